"""Which trading day an instant belongs to."""

from __future__ import annotations

from datetime import date, datetime

from lox_core.calendars import close_of, in_session, is_session, last_close
from lox_core.clock import NEW_YORK


def session_of(instant: datetime) -> date:
    """The session an instant belongs to: today's once it has begun, else the last one."""
    today = instant.astimezone(NEW_YORK).date()
    begun = in_session(instant) or (is_session(today) and instant >= close_of(today))
    return today if begun else last_close(instant).date()
