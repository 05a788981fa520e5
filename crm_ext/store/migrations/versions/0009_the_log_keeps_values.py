"""The log keeps what stood there before and after, nobody changes it, and who was erased stays away"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm_ext.store.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

REFUSAL = "The audit log is only added to."
SQLITE = "CREATE TRIGGER audit_no_{0} BEFORE {0} ON audit BEGIN SELECT RAISE(ABORT, '{1}'); END"
FUNCTION = (
    f"CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
)
POSTGRESQL = "CREATE TRIGGER audit_no_{0} BEFORE {0} ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
CHANGES = ("update", "delete")


def upgrade() -> None:
    op.add_column("audit", sa.Column("sealed", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "audit_keys",
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_audit_keys")),
    )
    op.create_table(
        "erasures",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_erasures_connection_id_connections"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "digest", name=op.f("pk_erasures")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FUNCTION)
        for change in CHANGES:
            op.execute(POSTGRESQL.format(change))
    else:
        for change in CHANGES:
            op.execute(SQLITE.format(change, REFUSAL))


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for change in CHANGES:
        op.execute(f"DROP TRIGGER audit_no_{change}{' ON audit' if postgresql else ''}")
    if postgresql:
        op.execute("DROP FUNCTION audit_refuse()")
    op.drop_table("erasures")
    op.drop_table("audit_keys")
    with op.batch_alter_table("audit") as batch:
        batch.drop_column("sealed")
