"""The three tables of the previous generation, where they are not there already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create what an empty database lacks."""
    op.create_table(
        "nav_history",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("date", sa.Date),
        sa.Column("equity", sa.Float),
        sa.Column("cash", sa.Float),
        sa.Column("created_at", sa.DateTime),
    )
    op.create_table(
        "trades",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("symbol", sa.String),
        sa.Column("side", sa.String),
        sa.Column("quantity", sa.Float),
        sa.Column("price", sa.Float),
        sa.Column("filled_at", sa.DateTime),
        sa.Column("strategy", sa.String),
        sa.Column("created_at", sa.DateTime),
    )
    op.create_table(
        "regime_history",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("date", sa.Date),
        sa.Column("regime", sa.String),
        sa.Column("vix", sa.Float),
        sa.Column("hy_oas", sa.Float),
        sa.Column("yield_10y", sa.Float),
        sa.Column("created_at", sa.DateTime),
    )
