from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest

from lox_core.clock import NEW_YORK, AsOf, Clock
from lox_core.journal import Journal
from lox_core.providers.alpaca_records import ActivityRow
from lox_core.settings import Settings
from lox_core.workbench.record import CLOSED, NO_BOOK, NO_EQUITY, NOT_OURS, record_day, regime_record, session_of
from tests.lox_core.workbench.desk import NOW, demo_bench, owned

PRESENT = AsOf(NOW, "now")
LIVE = Settings(LOX_MODE="live")


@pytest.fixture(scope="module")
def taken():
    return owned(demo_bench().book(PRESENT))


@pytest.fixture
def journal(tmp_path):
    return Journal.open(LIVE.model_copy(update={"LOX_DATA_DIR": tmp_path}), Clock(NOW))


def board(band="neutral", confirmed="normal", score=41.0):
    reading = SimpleNamespace(value=17.2, as_of=date(2026, 11, 19), unit="index")
    pillar = SimpleNamespace(confirmed=confirmed, inputs={"VIXCLS": reading})
    macro = SimpleNamespace(band=band, label="Goldilocks", risk_score=score)
    return SimpleNamespace(macro=macro, pillars={"volatility": pillar, "credit": pillar, "rates": pillar})


def test_a_day_is_kept_once_however_often_one_looks(journal, taken):
    first = record_day(journal, taken, PRESENT, mode="live", board=board())
    later = AsOf(NOW + timedelta(minutes=5), "now")
    again = record_day(journal, taken, later, mode="live", board=board())
    assert (first.outcome, again.outcome) == ("new", "updated")
    (day,) = journal.nav("…0001")
    assert (day.date, day.equity) == (date(2026, 11, 20), taken.book.account.equity)
    assert day.nav_liquidation == pytest.approx(taken.book.totals["nav_liquidation"].value)
    kept = journal.positions("…0001", before=date(2026, 11, 21))
    assert {one.symbol for one in kept.positions} == {leg.symbol for leg in taken.book.legs}
    assert len(journal.trades("…0001")) == len(taken.fills)
    assert len(journal.flows("…0001")) == len(taken.activities)
    (regime,) = journal.regimes()
    assert (regime.regime, regime.vix) == ("Goldilocks", 17.2)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda s: replace(s, named="Sample book"), NOT_OURS),
        (lambda s: replace(s, book=None), NO_BOOK),
        (lambda s: replace(s, book=replace(s.book, account=replace(s.book.account, equity=None))), NO_EQUITY),
    ],
)
def test_what_is_not_a_day_of_the_owners_is_not_kept_but_the_regimes_are(journal, taken, change, why):
    found = record_day(journal, change(taken), PRESENT, mode="live", board=board())
    assert (found.outcome, found.why) == ("not", why)
    assert journal.nav() == ()
    assert journal.trades() == ()
    assert len(journal.regimes()) == 1


@pytest.mark.parametrize(
    ("mode", "as_of"), [("demo", PRESENT), ("live", AsOf(NOW, "moment")), ("live", AsOf.on(date(2026, 11, 19)))]
)
def test_demo_and_past_write_nothing_at_all(journal, taken, mode, as_of):
    assert record_day(journal, taken, as_of, mode=mode, board=board()).outcome == "not"
    assert not journal.database.begun


def test_a_journal_that_keeps_nothing_is_not_asked(taken):
    assert record_day(Journal.none(Clock(NOW)), taken, PRESENT, mode="live", board=board()).outcome == "not"


def test_the_weekend_does_not_replace_what_was_kept_after_the_close(journal, taken):
    friday = AsOf(datetime(2026, 11, 20, 17, 0, tzinfo=NEW_YORK), "now")
    saturday = AsOf(datetime(2026, 11, 21, 12, 0, tzinfo=NEW_YORK), "now")
    assert record_day(journal, taken, saturday, mode="live").outcome == "new"
    assert record_day(journal, taken, saturday, mode="live").why == CLOSED
    assert record_day(journal, taken, friday, mode="live").outcome == "older"


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 20, 9, 29, tzinfo=NEW_YORK), date(2026, 11, 19)),
        (datetime(2026, 11, 20, 9, 30, tzinfo=NEW_YORK), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 20, 0, tzinfo=NEW_YORK), date(2026, 11, 20)),
        (datetime(2026, 11, 22, 12, 0, tzinfo=NEW_YORK), date(2026, 11, 20)),
        (datetime(2026, 11, 27, 14, 0, tzinfo=NEW_YORK), date(2026, 11, 27)),
    ],
)
def test_a_moment_belongs_to_the_session_that_began_last(instant, day):
    assert session_of(instant) == day


def test_too_little_known_is_no_regime():
    found = regime_record(board(band="insufficient_data", score=None), date(2026, 11, 20))
    assert found.regime is None
    assert found.pillars["volatility"] == "normal"
    assert regime_record(board(confirmed=None), date(2026, 11, 20)) is None


@pytest.mark.parametrize(
    ("code", "amount", "kind"),
    [
        ("CSD", 100.0, "deposit"),
        ("CSW", -100.0, "withdrawal"),
        ("JNLC", 50.0, "deposit"),
        ("JNLC", -50.0, "withdrawal"),
        ("DIV", 1.0, "dividend"),
        ("DIVNRA", -0.3, "dividend"),
        ("FEE", -0.1, "fee"),
        ("INT", 0.1, "interest"),
        ("OPASN", None, "assignment"),
        ("OPEXP", None, "expiry"),
        ("OPTRD", -1000.0, "other"),
        ("SOMETHINGNEW", 1.0, "other"),
    ],
)
def test_every_kind_of_flow_has_its_word(journal, taken, code, amount, kind):
    row = ActivityRow("a1", code, None, date(2026, 11, 20), net_amount=amount)
    record_day(journal, replace(taken, fills=(), activities=(row,)), PRESENT, mode="live")
    (flow,) = journal.flows()
    assert (flow.kind, flow.amount) == (kind, amount)
