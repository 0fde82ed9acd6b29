"""The frame around every page: page config, stylesheet, logo, ribbons and the navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from lox_core import __version__
from lox_core.charts.theme import palette
from lox_core.clock import NEW_YORK
from lox_ui import access, book_state, parts, services

st.set_page_config(
    page_title="Lox",
    page_icon=str(Path(__file__).with_name("icon.svg")),
    layout="wide",
    initial_sidebar_state="collapsed",
    menu_items={"About": f"Lox {__version__}. A workbench for one discretionary options trader. It places no orders."},
)
parts.style()

ink = palette(parts.theme_name()).text
st.logo(
    '<svg xmlns="http://www.w3.org/2000/svg" width="74" height="24" viewBox="0 0 74 24">'
    '<g fill="none" stroke="#F0836A" stroke-width="3" stroke-linecap="round">'
    '<path d="M3 5.5q4.5-4 9 0t9 0"/><path d="M3 12.5q4.5-4 9 0t9 0"/><path d="M3 19.5q4.5-4 9 0t9 0"/></g>'
    f'<text x="30" y="19" font-family="Source Sans, Helvetica, Arial, sans-serif" font-size="20" font-weight="700" '
    f'letter-spacing="1" fill="{ink}">LOX</text></svg>',
    size="medium",
)
page = st.navigation(
    [
        st.Page("../pages/regimes.py", title="Regimes", icon=":material/layers:", default=True),
        st.Page(
            "../pages/portfolio.py",
            title="Portfolio & Greeks",
            icon=":material/account_balance_wallet:",
            url_path="portfolio",
        ),
        st.Page("../pages/status.py", title="Status", icon=":material/monitor_heart:", url_path="status"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · Lox")
with parts.analyst_errors("Lox", key="frame"):
    if services.demo():
        parts.ribbon("DEMO MARKET", "Simulated, no real prices. A free FRED key in .env shows the real market.")
    if (fixed := services.clock().fixed) is not None:
        there = fixed.astimezone(NEW_YORK)
        stands = f"{there:%A} {there.day} {there:%B %Y, %H:%M} New York"
        parts.ribbon("The clock stands still", f"LOX_NOW sets it to {stands}; that instant counts as now.", plain=True)
    access.door(services.visitor())
    book_state.on_page(page.url_path)
    page.run()
