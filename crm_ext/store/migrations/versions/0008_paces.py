"""Requests that count towards a CRM account's rate limits"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_ext.store.types import Json

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paces",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(length=40), nullable=False),
        sa.Column("requests", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_paces_connection_id_connections"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", "lane", name=op.f("pk_paces")),
    )


def downgrade() -> None:
    op.drop_table("paces")
