"""Rotation of the keys that secrets are encrypted with."""

from __future__ import annotations

from cryptography.fernet import Fernet

from crm_ext.store import audit, db, vault
from crm_ext.sync import connections
from crm_ext.sync.environment import config


def rotate(*, actor: str) -> int:
    """Put a new key first where keys lie in a file, then encrypt everything anew; returns how many connections."""
    if not config().secret_keys:
        vault.add_key(config(), Fernet.generate_key().decode())
    count = 0
    for each in connections.all_connections():
        if each.secrets:
            each.secrets = vault.sealed(config(), vault.opened(config(), each.secrets))
            count += 1
    for key in audit.every_key():
        key.sealed = vault.sealed(config(), vault.opened(config(), key.sealed))
    audit.record(actor, "keys.rotate", "keys")
    db.session.commit()
    return count
