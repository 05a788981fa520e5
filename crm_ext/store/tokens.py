"""Keys to the API: made once, kept as digests, limited by scopes and by what their owner may do."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import select

from crm_ext.errors import CrmExtError, NotFound
from crm_ext.store import audit
from crm_ext.store.base import db, now
from crm_ext.store.models import Account, ApiToken
from crm_ext.store.queries import paging

PREFIX = "crmx_"
LONGEST_NAME = 100
REMEMBER_USE = timedelta(minutes=10)
"""How old the note of the last use may get before it is written anew: not with every request."""


class TokenScope(StrEnum):
    """What a key opens: looking, changing what its owner may change, and the administration."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class WrongToken(CrmExtError):
    """A name, scope or end that no key can have."""


def make(
    account: Account, name: str, scopes: Collection[str], *, actor: str, until: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new key and its text, which nobody can read again. Raises WrongToken."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise WrongToken("A token needs a name.", fix=f"Say what it is for, in up to {LONGEST_NAME} characters.")
    if until is not None and until <= now():
        raise WrongToken(f"{until:%Y-%m-%d} is past.", fix="Name a day to come.")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(account=account, name=name, digest=_digest(text), scopes=" ".join(_scopes(scopes)), until=until)
    db.session.add(token)
    db.session.flush()
    audit.record(actor, "token.add", f"token:{token.id}", ["scopes", "until"])
    db.session.commit()
    return token, text


def _scopes(wanted: Collection[str]) -> list[str]:
    known = list(TokenScope)
    unknown = [each for each in wanted if each not in known]
    if unknown or not wanted:
        said = f"There is no scope {unknown[0]!r}." if unknown else "A token needs a scope."
        raise WrongToken(said, fix=f"Use some of {', '.join(known)}.")
    return [each for each in known if each in wanted]


def listed(account: Account | None = None) -> Sequence[ApiToken]:
    """The keys that still open something, of one account or of everybody."""
    query = select(ApiToken).where(ApiToken.revoked_at.is_(None)).order_by(ApiToken.id)
    return db.session.scalars(query if account is None else query.where(ApiToken.account_id == account.id)).all()


def walk(account: Account | None, *, after: str, limit: int) -> paging.Slice[ApiToken]:
    """As `listed`, the newest first, a slice at a time. Raises WrongPlace."""
    query = select(ApiToken).where(ApiToken.revoked_at.is_(None))
    mine = query if account is None else query.where(ApiToken.account_id == account.id)
    return paging.by_number(mine, ApiToken.id, after=after, limit=limit)


def get(number: int, account: Account | None = None) -> ApiToken:
    """Raises NotFound, also for a key of somebody else where `account` is given."""
    token = db.session.get(ApiToken, number)
    if token is None or token.revoked_at or (account is not None and token.account_id != account.id):
        raise NotFound(f"There is no token {number}.", fix="List them with: crm-ext token list")
    return token


def revoke(token: ApiToken, *, actor: str) -> None:
    token.revoked_at = now()
    audit.record(actor, "token.revoke", f"token:{token.id}")
    db.session.commit()


def opened(text: str) -> ApiToken | None:
    """The key with this text, while it is neither revoked nor over and its owner may sign in."""
    if not text.startswith(PREFIX):
        return None
    token = db.session.scalar(select(ApiToken).where(ApiToken.digest == _digest(text)))
    if token is None or token.revoked_at or not token.account.active or (token.until and token.until <= now()):
        return None
    if token.used_at is None or token.used_at < now() - REMEMBER_USE:
        token.used_at = now()
        db.session.commit()
    return token


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
