"""Playbook versions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_ext.store.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "playbooks",
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_playbooks")),
    )
    op.create_index(
        "uq_playbooks_active",
        "playbooks",
        ["active"],
        unique=True,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("judged_with", sa.String(length=64), nullable=True))
    for table in READ:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("whole", sa.Boolean(), server_default=sa.true(), nullable=False))
            batch_op.create_index(f"ix_{table}_reader", ["connection_id", "whole", "reader"], unique=False)


def downgrade() -> None:
    for table in READ:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(f"ix_{table}_reader")
            batch_op.drop_column("whole")
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.drop_column("judged_with")
    op.drop_index(
        "uq_playbooks_active",
        table_name="playbooks",
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.drop_table("playbooks")


READ = ("activities", "cases")
