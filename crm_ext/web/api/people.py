"""Who signs in, the keys to the API, and the log of who did what."""

from __future__ import annotations

from typing import Any

from flask_login import current_user

from crm_ext.store import accounts, audit, tokens
from crm_ext.store.models import Account, ApiToken, AuditEntry
from crm_ext.store.tokens import TokenScope
from crm_ext.web.access import ADMINS, EVERYBODY, OVERSEERS, may, me
from crm_ext.web.api.noun import Noun
from crm_ext.web.api.schemas.base import ListQuery, listed
from crm_ext.web.api.schemas.people import (
    AccountSchema,
    AuditSchema,
    ChangedAccount,
    MadeTokenSchema,
    MeSchema,
    NewAccount,
    NewToken,
    TokenSchema,
)

users = Noun("users", scope=TokenScope.ADMIN)
keys = Noun("tokens", scope=TokenScope.ADMIN)
log = Noun("audit", scope=TokenScope.ADMIN)
myself = Noun("me")


@myself.on("GET", "", EVERYBODY, out=MeSchema)
def who() -> dict[str, Any]:
    """Who asks, and what for: the account, and the scopes of the token (all of them where somebody is signed in)."""
    token = current_user.token
    return {**account(me()), "scopes": token.scopes.split() if token else list(TokenScope)}


@users.on("GET", "", OVERSEERS, query=ListQuery, out=listed(AccountSchema))
def everybody(query: dict[str, Any]) -> dict[str, Any]:
    """Everybody who signs in."""
    found = accounts.walk(after=query["after"], limit=query["limit"])
    return {"items": [account(each) for each in found.items], "next": found.next}


@users.on("POST", "", ADMINS, body=NewAccount, out=AccountSchema, status=201)
def add(body: dict[str, Any]) -> dict[str, Any]:
    """Add a person."""
    return account(accounts.add(**body, actor=me().email))


@users.on("PATCH", "/<email>", ADMINS, body=ChangedAccount, out=AccountSchema)
def change(email: str, body: dict[str, Any]) -> dict[str, Any]:
    """Give a person another role."""
    return account(accounts.change_role(email, body["role"], actor=me().email))


@keys.on("GET", "", EVERYBODY, query=ListQuery, out=listed(TokenSchema))
def held(query: dict[str, Any]) -> dict[str, Any]:
    """The tokens that open something: an administrator's and auditor's list holds everybody's."""
    found = tokens.walk(None if may(OVERSEERS) else me(), after=query["after"], limit=query["limit"])
    return {"items": [token(each) for each in found.items], "next": found.next}


@keys.on("POST", "", EVERYBODY, body=NewToken, out=MadeTokenSchema, status=201)
def make(body: dict[str, Any]) -> dict[str, Any]:
    """Make a token that acts for whoever asks. Its text is shown only now."""
    made, text = tokens.make(me(), **body, actor=me().email)
    return {**token(made), "token": text}


@keys.on("DELETE", "/<int:token_id>", EVERYBODY, status=204)
def revoke(token_id: int) -> str:
    """Take a token back; it opens nothing from now on."""
    tokens.revoke(tokens.get(token_id, None if may(ADMINS) else me()), actor=me().email)
    return ""


@log.on("GET", "", OVERSEERS, query=ListQuery, out=listed(AuditSchema))
def lines(query: dict[str, Any]) -> dict[str, Any]:
    """The log of who did what to which thing, newest first; of who was erased, no values are left."""
    found = audit.walk(after=query["after"], limit=query["limit"])
    return {"items": [line(each) for each in found.items], "next": found.next}


def account(each: Account) -> dict[str, Any]:
    return {name: getattr(each, name) for name in ("email", "name", "role", "active", "created_at")}


def token(each: ApiToken) -> dict[str, Any]:
    plain = {name: getattr(each, name) for name in ("id", "name", "created_at", "until", "used_at")}
    return {**plain, "account": each.account.email, "scopes": each.scopes.split()}


def line(each: AuditEntry) -> dict[str, Any]:
    plain = {name: getattr(each, name) for name in ("id", "at", "actor", "action", "subject", "hash")}
    values = audit.values(each)
    kept = {"before": values.get("before"), "after": values.get("after")}
    return {**plain, **kept, "fields": each.fields.get("names", [])}
