"""Status: what is broken, and which page suffers."""

from __future__ import annotations

from lox_ui import journal_view, loaders, parts, series_view, services, status_view

REDRAW_S = 60

demo = services.demo()
now = services.clock().now()
as_of = services.as_of(None)
with parts.bar("status"):
    parts.show(parts.title("Status", "What is broken, and which page suffers?"), width="content")
    status_view.refresh_button(as_of)

with parts.analyst_errors("The status of the sources", key="status"):
    report = loaders.status(as_of)
    parts.notices(loaders.notices())
    status_view.verdict(report, now)
    with parts.panel("providers"):
        status_view.providers_panel(report, now, demo=demo)
    with parts.panel("series"):
        series_view.series_panel(report, now, demo=demo)
    journal_view.journal_panel(services.today())

parts.redraw_every(REDRAW_S, "st_beat")
