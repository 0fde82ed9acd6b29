"""Figures: data in, a finished Plotly figure out. Nothing here fetches, asks the time or knows a page."""
