"""How Alembic runs a step: on the connection and inside the transaction of whoever asked."""

from __future__ import annotations

from alembic import context

from lox_core.journal.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
