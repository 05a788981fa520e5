"""What is kept: models, queries, migrations, encrypted settings and the audit log."""

from crm_ext.store.base import db, now

__all__ = ["db", "now"]
