"""Answers to recommended steps, tokens that were used, and the key that names a connection to its CRM"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from crm_ext.store.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "step_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.String(length=255), nullable=False),
        sa.Column("tactic", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=True),
        sa.Column("trust_level", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_step_answers_connection_id_connections"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_answers")),
    )
    op.create_index("ix_step_answers_contact", "step_answers", ["connection_id", "contact_id", "at"])
    op.create_index("ix_step_answers_at", "step_answers", ["at"])
    op.create_table(
        "used_tokens",
        sa.Column("nonce", sa.String(length=40), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_used_tokens")),
    )
    op.create_index(op.f("ix_used_tokens_until"), "used_tokens", ["until"])
    _name_connections()


def _name_connections() -> None:
    """Added without making the table anew: in SQLite that would empty the tables that refer to it."""
    op.add_column("connections", sa.Column("key", sa.String(length=40), nullable=False, server_default=""))
    table = sa.table("connections", sa.column("id", sa.Integer), sa.column("key", sa.String))
    database = op.get_bind()
    for number in database.scalars(sa.select(table.c.id)).all():
        database.execute(sa.update(table).where(table.c.id == number).values(key=secrets.token_urlsafe(18)))
    op.create_index(op.f("ix_connections_key"), "connections", ["key"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_connections_key"), table_name="connections")
    op.drop_column("connections", "key")
    op.drop_table("used_tokens")
    op.drop_table("step_answers")
