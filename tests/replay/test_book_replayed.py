"""The owner's book on recorded history, from the broker's wire to the command line's answer."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from lox_core.cli.__main__ import run
from lox_core.portfolio.valued import GREEKS

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("replay")]
AT = "2025-05-16T15:30:00-04:00"
ASKED = 3
Asked = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """One data directory for all, so that the Treasury curve is fetched once."""
    return tmp_path_factory.mktemp("replayed-book")


@pytest.fixture
def asked(replay, monkeypatch, tmp_path, data_dir, capsys) -> Iterator[Asked]:
    """``asked("risk")``: exit code, JSON answer and standard error at the moment the replay stands at."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALPACA_API_KEY", "replayed-key")
    monkeypatch.setenv("ALPACA_API_SECRET", "replayed-secret")
    monkeypatch.setenv("LOX_KERNELS", "numpy")
    monkeypatch.setenv("LOX_DATA_DIR", str(data_dir))

    def ask(command: str, *more: str, now: str = AT) -> tuple[int, dict[str, Any], str]:
        for name, value in replay.environment(now).items():
            monkeypatch.setenv(name, value)
        code = run([command, *more, "--json"])
        out = capsys.readouterr()
        return code, json.loads(out.out), out.err

    replay.well()
    replay.stand_at(AT)
    yield ask
    replay.well()


def whole(document: dict[str, Any]) -> None:
    """Totals equal the sum of the legs; what has no mark is on the list and nowhere else."""
    for name in GREEKS:
        known = [row["greeks"][name] for row in document["positions"] if row["greeks"][name] is not None]
        if known:
            assert document["totals"][name] == pytest.approx(math.fsum(known), rel=1e-8, abs=1e-6)
        elif document["positions"]:
            assert document["totals"][name] is None
            assert name in document["missing_reasons"]
    marked = [row["mark_value"] for row in document["positions"] if row["mark_value"] is not None]
    if document["totals"]["nav_liquidation"] is not None and document["cash"] is not None:
        wanted = document["cash"] + math.fsum(marked)
        assert document["totals"]["nav_liquidation"] == pytest.approx(wanted, rel=1e-8)
    unmarked = {row["symbol"] for row in document["positions"] if row["mark_value"] is None}
    assert unmarked == {row["symbol"] for row in document["unpriced"]}
    assert all(row["missing_reason"] for row in document["positions"] if row["mark"] is None)


def test_totals_are_the_sums_of_the_legs_and_the_unpriced_are_listed(asked):
    code, document, err = asked("risk")
    whole(document)
    assert (code, document["account"]) == (1, "…0001")
    assert "IWM1250815C00210000: adjusted contract" in err
    assert document["coverage"]["dollar_delta"] > 0.9


@pytest.mark.parametrize("kind", ["truncated-json"])
def test_without_quotes_nothing_is_zero_and_every_option_is_on_the_list(asked, replay, kind):
    replay.fault("alpaca-data", kind, path="options/snapshots")
    code, document, err = asked("risk")
    assert code == 1
    assert "option quotes" in document["gaps"]
    assert "Traceback" not in err
    whole(document)
    options = [row for row in document["positions"] if len(row["symbol"]) > 10]
    assert all(row["mark"] is None and row["mark_value"] is None for row in options)
    assert document["coverage"]["nav_liquidation"] < 1


@pytest.mark.parametrize("kind", ["500", "reset"])
def test_without_positions_there_is_no_book_and_the_reason_in_words(asked, replay, kind):
    replay.fault("alpaca-trading", kind, path="positions")
    code, document, err = asked("risk")
    assert code == 1
    assert document["missing_reason"]
    assert set(document["totals"].values()) == {None}
    assert "Traceback" not in err


@pytest.mark.parametrize("kind", ["429"])
def test_without_history_the_rest_stands(asked, replay, kind):
    replay.fault("alpaca-trading", kind, path="portfolio/history")
    code, document, err = asked("nav")
    assert code == 1
    assert document["gaps"]["history"]
    assert document["performance"] is None
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("service", "kind"),
    [
        ("alpaca-data", "nan"),
        ("alpaca-data", "wrong-types"),
        ("alpaca-trading", "nan"),
        ("alpaca-trading", "wrong-types"),
        ("alpaca-trading", "duplicate-rows"),
    ],
)
def test_a_spoilt_reply_is_one_document_whose_sums_hold(asked, replay, service, kind):
    replay.fault(service, kind)
    code, document, err = asked("risk")
    assert code in (0, 1)
    assert "Traceback" not in err
    whole(document)


@pytest.mark.parametrize("account", ["empty", "naked_short"])
def test_other_accounts_add_up_too(asked, replay, account):
    replay._post("/__mode", {"account": account})
    try:
        _, document, _ = asked("risk")
    finally:
        replay._post("/__mode", {"account": "default"})
    whole(document)
    assert (document["positions"] == []) == (account == "empty")


ORDINARY = (
    "2025-05-14T15:45:00-04:00",
    "2025-05-15T15:45:00-04:00",
    "2024-02-14T15:45:00-05:00",
    "2023-09-13T15:45:00-04:00",
    "2017-05-03T15:45:00-04:00",
)


@pytest.mark.parametrize("now", ORDINARY)
def test_on_an_ordinary_day_little_is_left_unexplained(replayed_book, now):
    book = replayed_book(now)
    made, spy = book.attribution, book.book.underlyings["SPY"]
    usual = np.diff(np.log(spy.recent_closes)).std(ddof=1)
    assert abs(spy.spot / spy.previous_close - 1) < 1.5 * usual
    explained = [row for row in made.legs if row.effects]
    gross = sum(abs(row.pnl - row.trades) for row in explained)
    residual = abs(sum(row.effects["residual"] for row in explained))
    assert len(explained) > 4
    assert residual < 0.05 * gross
    assert made.pnl == pytest.approx(sum(made.effects.values()) + made.expiring_pnl + made.trades)


def test_on_an_ex_date_shares_earn_their_dividend_and_options_see_no_move(replayed_book):
    made = replayed_book("2025-06-20T15:45:00-04:00").attribution
    paid = {row.symbol: row.effects["dividends"] for row in made.legs if row.effects.get("dividends")}
    assert paid["SPY"] > 100
    assert {symbol[:3] for symbol in paid} == {"SPY", "IWM"}
    assert made.residual_share < 0.05
    assert made.disagreement_usd < 0.05 * sum(abs(row.pnl - row.trades) for row in made.legs)


@pytest.mark.parametrize("now", ["2020-03-16T15:45:00-04:00", "2025-04-09T15:45:00-04:00"])
def test_a_gap_of_three_percent_raises_the_alarm(replayed_book, now):
    made = replayed_book(now).attribution
    assert any(alarm.startswith("SPY moved") for alarm in made.alarms)


@pytest.fixture
def replayed_book(replay, data_dir):
    """``replayed_book(now)``: the owner's snapshot at a moment of recorded history."""
    from lox_core.clock import Clock
    from lox_core.settings import Settings
    from lox_core.workbench import Workbench

    def taken(now: str):
        """Asked again while something is missing: the replay computes a chain when first asked for, slowly."""
        replay.stand_at(now)
        keys = {"ALPACA_API_KEY": "replayed-key", "ALPACA_API_SECRET": "replayed-secret"}
        settings = Settings.from_layers({**replay.environment(now), **keys, "LOX_DATA_DIR": str(data_dir)})
        clock = Clock.from_setting(now)
        for _ in range(ASKED):
            found = Workbench.build(settings, clock, public=False).book(clock.as_of_now())
            if not found.gaps:
                break
        return found

    replay.well()
    yield taken
    replay.well()
