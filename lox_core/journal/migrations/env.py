"""How Alembic runs a step: on the connection and inside the transaction of whoever asked."""

from __future__ import annotations

from alembic import context

from lox_core.journal.tables import metadata

LOADED_AS = "env_py"  # what Alembic calls this file when it runs it; imported by its own name it does nothing


def run() -> None:
    """Run the steps Alembic has chosen."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if __name__ == LOADED_AS:
    run()
