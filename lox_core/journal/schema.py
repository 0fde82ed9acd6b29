"""Bringing a journal to the present schema: an empty file, the previous generation's, or an older one of our own.

Everything happens in the caller's one transaction, so a migration that fails leaves the file as it was. Alembic is
slow to import and is loaded only when there is something to migrate.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from lox_core.errors import StoreError

REVISIONS = ("0001", "0002")
HEAD = REVISIONS[-1]
PREVIOUS = "0001"  # the three tables of the previous generation, without account and mode
PREVIOUS_COLUMNS = {
    "nav_history": {"id", "date", "equity", "cash", "created_at"},
    "trades": {"id", "symbol", "side", "quantity", "price", "filled_at", "strategy", "created_at"},
    "regime_history": {"id", "date", "regime", "vix", "hy_oas", "yield_10y", "created_at"},
}
VERSION_TABLE = "alembic_version"


def sound(connection: Connection) -> bool:
    """Whether SQLite's quick check finds the file in order."""
    return connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() == "ok"


def is_current(connection: Connection, name: str) -> bool:
    """Whether the schema is the present one.

    Raises
    ------
    StoreError
        The database is a newer Lox's, or somebody else's.
    """
    return _stands(connection, name) == HEAD


def bring_up(connection: Connection, name: str) -> None:
    """Migrate to the present schema within the connection's transaction; nothing is done when it is there already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(70301)")  # one migrates, others wait and find it done
    stands = _stands(connection, name)
    if stands == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "lox_core.journal:migrations")
    config.attributes["connection"] = connection
    if stands == PREVIOUS:
        connection.execute(text(f"DROP TABLE IF EXISTS {VERSION_TABLE}"))
        command.stamp(config, PREVIOUS)
    command.upgrade(config, HEAD)


def _stands(connection: Connection, name: str) -> str | None:
    """The revision the database stands at; None where it is empty."""
    about = inspect(connection)
    tables = set(about.get_table_names())
    version = None
    if VERSION_TABLE in tables:
        version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    known = tables & set(PREVIOUS_COLUMNS)
    columns = {table: {str(column["name"]) for column in about.get_columns(table)} for table in known}
    if known and not any("mode" in found for found in columns.values()):
        _require_previous(columns, name)
        return PREVIOUS
    if version in REVISIONS and known == set(PREVIOUS_COLUMNS):
        return str(version)
    if version is not None:
        raise StoreError(
            f"{name} was written by a newer Lox than this one and is not touched. Update Lox, or move the file aside."
        )
    if tables - {VERSION_TABLE}:
        raise StoreError(f"{name} holds tables that are not the journal's and is not touched. Move it aside.")
    return None


def _require_previous(columns: dict[str, set[str]], name: str) -> None:
    for table, found in columns.items():
        lost = sorted(PREVIOUS_COLUMNS[table] - found)
        if lost:
            raise StoreError(f"{name} cannot be taken over: {table} lacks {', '.join(lost)}. Move the file aside.")
