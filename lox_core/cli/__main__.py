"""``lox`` and ``python -m lox_core.cli``: run a command, and turn every known error into words and an exit code."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from lox_core.cli.main import app
from lox_core.cli.output import refuse
from lox_core.errors import LoxError
from lox_core.log import log_error


def run(arguments: list[str]) -> int:
    """Run one command line; returns the exit code."""
    as_json = "--json" in arguments
    try:
        result = app(arguments, standalone_mode=False, prog_name="lox")
    except LoxError as error:
        return refuse(error, as_json=as_json)
    except click.exceptions.Abort:
        return refuse(RuntimeError("stopped"), as_json=as_json)
    except click.ClickException as error:
        return refuse(_Usage(error.format_message()), as_json=as_json)
    except Exception as error:
        log_error("command line", error, critical=True)
        return refuse(RuntimeError("something failed that should not; the log has the details"), as_json=as_json)
    return result if isinstance(result, int) else 0


class _Usage(LoxError):
    """The command was asked wrongly."""


def main() -> NoReturn:
    """Entry point of the ``lox`` script."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
