"""The only shared code that imports Streamlit. Always ``from lox_ui import …``: in a run this folder leads the path."""
