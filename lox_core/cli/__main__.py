"""``lox`` and ``python -m lox_core.cli``: run a command, and turn every known error into words and an exit code."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from lox_core.cli.main import app
from lox_core.cli.output import REFUSED, refuse
from lox_core.errors import LoxError
from lox_core.log import log_error


def run(arguments: list[str]) -> int:
    """Run one command line; returns the exit code."""
    as_json = "--json" in arguments
    try:
        result = app(arguments, standalone_mode=False, prog_name="lox")
    except LoxError as error:
        return refuse(error, as_json=as_json)
    except typer.Abort:
        return refuse(UsageError("Stopped."), as_json=as_json)
    except TyperException as error:
        said = error.format_message().strip()
        if "\n" not in said:
            return refuse(UsageError(said), as_json=as_json)
        if as_json:  # a group asked for nothing answers with its help
            return refuse(UsageError("Which command? lox --help lists them."), as_json=True)
        typer.echo(said)
        return REFUSED
    except Exception as error:
        log_error("command line", error, critical=True)
        return refuse(RuntimeError("something failed that should not; the log has the details"), as_json=as_json)
    return result if isinstance(result, int) else 0


class UsageError(LoxError):
    """The command was asked wrongly."""


def main() -> NoReturn:
    """Entry point of the ``lox`` script."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
