"""The journal: NAV, trades, flows and regimes, kept in a database that survives being killed at any moment."""
