"""The bars of an exposure: the largest in their order, the rest summed as far as it is known."""

from __future__ import annotations

from lox_core.portfolio.valued import Total
from lox_ui.book_pnl_view import MOST_BARS, _bars


def test_what_is_missing_among_the_others_is_said_and_is_no_zero():
    large = {f"L{i}": Total(1000.0 - i, 1.0) for i in range(MOST_BARS - 1)}
    few = {**large, "S": Total(None, 0.0, ("S",))}
    assert _bars(few)[-1] == ("S", None)
    many = {**large, "A": Total(5.0, 1.0), "B": Total(None, 0.0, ("B",)), "C": Total(-2.0, 1.0)}
    assert _bars(many)[-1] == ("others (1 missing)", 3.0)
    assert _bars({**large, "A": Total(5.0, 1.0), "C": Total(-2.0, 1.0)})[-1] == ("others", 3.0)
    assert _bars({**large, "A": Total(None, 0.0), "B": Total(None, 0.0)})[-1] == ("others (2 missing)", None)
