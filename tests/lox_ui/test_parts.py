from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from lox_ui import parts

HOSTILE = st.text(alphabet=st.sampled_from(list("<>&\"'=ax /\n\x00é")), max_size=30)


@given(HOSTILE)
def test_text_cannot_become_an_element_or_an_attribute(text):
    built = parts.tag("span", text, cls=text, title=text)
    inner = built.removeprefix("<span").removesuffix("</span>")
    assert inner.count("<") == 0
    quoted = inner.partition(">")[0]
    assert quoted.count('"') % 2 == 0
    assert quoted.count('"') in (0, 4)


def test_only_html_built_here_passes_unescaped():
    built = parts.join(parts.tag("b", "x"), "<b>y</b>")
    assert built == "<b>x</b>&lt;b&gt;y&lt;/b&gt;"


def test_half_a_character_from_a_broken_reply_can_still_be_sent():
    assert parts.safe("x\ud800").encode("utf-8") == b"x?"


def test_none_is_a_dash():
    assert parts.safe(None) == "—"


@pytest.mark.parametrize(
    ("state", "said"),
    [("fresh", "1 d"), ("aging", "1 d · aging"), ("stale", "1 d · stale"), ("absent", "1 d · no data")],
)
def test_a_badge_says_its_state_in_a_word_and_a_shape(state, said):
    built = parts.badge("FRED", "1 d", state)
    assert f"lx-badge {state}" in built
    assert f"</b>{said}</span>" in built


def test_meters_say_what_they_show_to_who_cannot_see_them():
    assert 'aria-label="severity 3 of 5"' in parts.steps(3)
    assert parts.steps(3).count('class="b3"') == 3
    assert 'aria-label="coverage 96 % · Fiscal missing"' in parts.coverage(0.957, "Fiscal missing")
    assert "width:96%" in parts.coverage(0.957)


@pytest.mark.parametrize("value", [None, math.nan])
def test_a_bar_of_nothing_is_a_dash(value):
    assert parts.fill(value, 50, "0") == "—"


def test_a_bar_never_leaves_its_box():
    assert "width:100%" in parts.fill(80, 50, "80")
    assert "width:0%" in parts.fill(-3, 50, "−3")


def test_what_adds_is_solid_and_what_takes_away_is_outlined():
    built = parts.bars([("Growth", 2.0, ""), ("Credit", -4.0, ""), ("Floor", 1.0, "floor")])
    assert built.count('class="less"') == 1
    assert built.count('class="floor"') == 1
    assert "left:2.0%;width:48.0%" in built
    assert "−4.0" in built


@given(st.lists(st.one_of(st.floats(-1e150, 1e150), st.sampled_from([math.nan, math.inf, None])), max_size=40))
def test_a_spark_is_drawn_from_known_values_or_hidden(values):
    known = [v for v in values if v is not None and math.isfinite(v)]
    built = parts.spark(values)
    assert ("clip-path" in built) is (len(known) >= 2)
    assert "nan" not in built
    assert "inf" not in built


def test_a_missing_number_in_a_strip_is_a_dash():
    assert "<strong>—</strong>" in parts.strip([("Score", None, "")])


def page_with_an_error():
    from lox_core.errors import AuthError
    from lox_ui import parts as drawn

    with drawn.analyst_errors("The board", works="Status still works.", key="x"):
        raise AuthError("FRED rejected the key.", source="FRED")
    drawn.show("below")


def test_an_error_becomes_a_panel_and_the_rest_of_the_page_goes_on():
    at = AppTest.from_function(page_with_an_error).run()
    assert not at.exception
    page = "".join(element.proto.body for element in at.get("html"))
    for words in (
        "The board cannot be shown.",
        "FRED rejected the key.",
        "Status still works.",
        "tried again",
        "below",
    ):
        assert words in page
    assert at.button(key="retry-x").label == "Try again"


def page_with_a_bug():
    from lox_ui import parts as drawn

    with drawn.analyst_errors("The board"):
        raise ZeroDivisionError("a bug is not an analyst's error")


def test_a_bug_is_not_dressed_up_as_a_data_problem():
    assert len(AppTest.from_function(page_with_a_bug).run().exception) == 1


def page_that_waits():
    from lox_ui import parts as drawn

    with drawn.waiting([100, 200], "Reading…") as line:
        drawn.told_by(line)(2, 4, "VIXCLS")
    drawn.show("done")


def test_skeletons_are_gone_when_the_data_are_there():
    at = AppTest.from_function(page_that_waits).run()
    assert not at.exception
    assert not at.get("progress")
    assert not at.get("skeleton")


def test_the_stylesheet_fetches_nothing():
    css = parts.STYLESHEET.read_text(encoding="utf-8")
    assert "url(" not in css
    assert "@import" not in css


def page_of_states():
    from lox_ui import parts as drawn

    drawn.no_key("FRED_API_KEY", "real macro series. Free at https://example.invalid")
    drawn.nothing("No positions. Import a CSV or open the sample book.")
    drawn.notices([])
    drawn.notices(["The disk is full; <i>memory</i> is used."])


def test_states_are_told_in_words():
    at = AppTest.from_function(page_of_states).run()
    assert not at.exception
    drawn = [element.proto.body for element in at.get("html")]
    assert len(drawn) == 3
    assert "FRED_API_KEY is not set." in drawn[0]
    assert "It unlocks: real macro series." in drawn[0]
    assert "lx-empty" in drawn[1]
    assert "&lt;i&gt;memory" in drawn[2]
