"""Moves of contacts, and since when a contact stands at its stage"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_ext.store.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LOST = sa.text("loss != ''")
WARM = sa.text("stage >= 2")
OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.String(length=255), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("playbook", sa.String(length=40), nullable=False),
        sa.Column("way", sa.String(length=4), nullable=False),
        sa.Column("stage_from", sa.Integer(), nullable=True),
        sa.Column("stage_to", sa.Integer(), nullable=True),
        sa.Column("band_from", sa.String(length=12), nullable=True),
        sa.Column("band_to", sa.String(length=12), nullable=False),
        sa.Column("gained", sa.Text(), nullable=False),
        sa.Column("cleared", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.Column("loss", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_moves_connection_id_connections"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moves")),
    )
    op.create_index("ix_moves_contact", "moves", ["connection_id", "contact_id", "at"])
    op.create_index("ix_moves_way", "moves", ["way", "at", "stage_from", "stage_to"])
    op.create_index("ix_moves_loss", "moves", ["at", "loss"], sqlite_where=LOST, postgresql_where=LOST)
    op.add_column("contacts", sa.Column("stage_since", UtcDateTime(), nullable=True))
    op.create_index("ix_contacts_since", "contacts", ["stage", "stage_since"])
    op.create_index("ix_contacts_class", "contacts", ["value_class", "stage"])
    op.create_index(
        "ix_contacts_warm", "contacts", ["connection_id", "company_id"], sqlite_where=WARM, postgresql_where=WARM
    )
    op.create_index("ix_cases_open", "cases", ["kind", "at"], sqlite_where=OPEN, postgresql_where=OPEN)
    _begin()


def _begin() -> None:
    """Who was judged before this release came with that judgement, and stands so since."""
    op.execute(
        "UPDATE contacts SET stage_since = (SELECT a.since FROM annotations a WHERE a.current"
        " AND a.connection_id = contacts.connection_id AND a.contact_id = contacts.external_id)"
        " WHERE trust_level IS NOT NULL"
    )
    op.execute(
        "INSERT INTO moves (connection_id, contact_id, run_id, at, playbook, way, stage_to, band_to, gained, cleared,"
        " cause, loss) SELECT c.connection_id, c.external_id, coalesce(a.run_id, 0), a.since, a.playbook, 'came',"
        " c.stage, coalesce(c.band, 'low'), c.alerts, '', '', '' FROM contacts c JOIN annotations a ON a.current"
        " AND a.connection_id = c.connection_id AND a.contact_id = c.external_id"
    )


def downgrade() -> None:
    op.drop_index("ix_cases_open", table_name="cases")
    for name in ("ix_contacts_warm", "ix_contacts_class", "ix_contacts_since"):
        op.drop_index(name, table_name="contacts")
    op.drop_column("contacts", "stage_since")
    op.drop_table("moves")
