"""The commands and their groups."""

from __future__ import annotations

from typing import Annotated

import typer

from lox_core import __version__
from lox_core.cli import book, doctor, journal, regimes

app = typer.Typer(
    name="lox",
    help="Lox: what regime the market is in, why, since when, and what would flip it. Every command takes --json.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
research = typer.Typer(help="Research: regimes.", no_args_is_help=True)
app.add_typer(research, name="research")
app.add_typer(journal.app, name="journal")
research.command("regimes")(regimes.board)
app.command("regime")(regimes.pillar)
app.command("status")(book.status)
app.command("account")(book.account)
app.command("risk")(book.risk)
app.command("nav")(book.nav)
app.command("doctor")(doctor.doctor)


def _version(shown: bool) -> None:
    if shown:
        typer.echo(f"lox {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Lox on the command line."""
