"""``lox doctor``: the Status page in the terminal: what is connected, what is broken, which page suffers."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from lox_core.cli.output import console, emit_json, finish
from lox_core.cli.start import Session
from lox_core.journal.records import JournalState
from lox_core.workbench.catalog_check import catalog_differences
from lox_core.workbench.macro import StatusReport


def doctor(
    catalog: Annotated[
        bool, typer.Option("--catalog", help="Compare every series' title, units and frequency with FRED's.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Ask every source once and report keys, ages, errors, budgets and the cache."""
    session = Session.open()
    as_of = session.clock.as_of_now()
    session.workbench.load(as_of)
    session.owners.ask_broker()
    differences = [str(one) for one in catalog_differences(session.workbench.market)] if catalog else None
    report = session.workbench.status(as_of)
    problems = [f"{p.name}: {p.last_error}" for p in report.providers if p.mode != "off" and p.last_error]
    journal = session.owners.journal.state()
    problems += [f"Journal: {journal.problem}"] if journal.problem else []
    if as_json:
        emit_json({**status_json(report, session.workbench.mode, differences), "journal": _journal(journal)})
    else:
        _print(report, session.workbench.mode)
        console().print(f"Journal: {journal.problem or journal.where}", markup=False)
        _print_catalog(differences)
    finish(problems + (differences or []), as_json=as_json)


def _journal(state: JournalState) -> dict[str, Any]:
    return {
        "keeps": state.keeps,
        "where": state.where,
        "rows": dict(state.rows),
        "first_day": state.first_day.isoformat() if state.first_day else None,
        "last_day": state.last_day.isoformat() if state.last_day else None,
        "size_bytes": state.size_bytes,
        "problem": state.problem,
    }


def _print_catalog(differences: list[str] | None) -> None:
    if differences is not None:
        agree = "The catalog agrees with FRED." if not differences else "The catalog and FRED disagree:"
        console().print("\n".join([agree, *differences]), markup=False)


def status_json(report: StatusReport, mode: str, differences: list[str] | None = None) -> dict[str, Any]:
    """The status as JSON; ``differences`` of the catalog, where they were asked for."""
    return {
        **({} if differences is None else {"catalog_differences": differences}),
        "mode": mode,
        "version": report.version,
        "started_at": report.started_at.isoformat(),
        "cache": {"bytes": report.cache_bytes, "where": report.cache_where},
        "notices": list(report.notices),
        "providers": [
            {
                "name": p.name,
                "mode": p.mode,
                "key": p.key,
                "unlocks": p.unlocks,
                "last_success": p.last_success.isoformat() if p.last_success else None,
                "last_error": p.last_error,
                "breaker": p.breaker,
                "budget_left": p.budget_left,
            }
            for p in report.providers
        ],
        "series": [
            {
                "id": s.id,
                "observation_date": s.observation_date.isoformat() if s.observation_date else None,
                "age_days": s.age_days,
                "fetched_at": s.fetched_at.isoformat() if s.fetched_at else None,
                "stale": s.stale,
                "route": s.route,
                "source": s.source,
                "reason": s.reason,
            }
            for s in report.series
        ],
    }


def _print(report: StatusReport, mode: str) -> None:
    out = console()
    out.print(
        f"Lox {report.version} · {mode} · cache {report.cache_bytes / 1e6:.1f} MB, {report.cache_where}", style="bold"
    )
    for notice in report.notices:
        out.print(notice, style="yellow", markup=False)
    providers = Table(box=None, pad_edge=False, header_style="dim")
    for column in (
        "Provider",
        "Mode",
        "Key",
        "Last success",
        "Breaker",
        "Budget",
        "Last error, or what the key unlocks",
    ):
        providers.add_column(column)
    for p in report.providers:
        success = f"{p.last_success:%Y-%m-%d %H:%M}" if p.last_success else "—"
        budget = f"{p.budget_left:.0%}" if p.budget_left is not None else "—"
        providers.add_row(p.name, p.mode, p.key, success, p.breaker, budget, p.last_error or p.unlocks)
    out.print(providers)
    ages = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("Series", "Observation", "Age", "Route", "Note"):
        ages.add_column(column)
    for s in report.series:
        age = "—" if s.age_days is None else f"{s.age_days} d"
        ages.add_row(s.id, str(s.observation_date or "—"), age, s.route or "—", s.reason or "")
    out.print(ages)
