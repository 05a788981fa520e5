"""Accounts, tokens, the audit log and the figures of the book, as the API shows them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from crm_ext.store.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD, Role
from crm_ext.store.tokens import LONGEST_NAME, TokenScope
from crm_ext.web.api.schemas.base import Body, Moment, moment, number, truth, words

ROLES = [role.value for role in Role]
SCOPES = [scope.value for scope in TokenScope]


class AccountSchema(Schema):
    email = words()
    name = words()
    role = words(validate=validate.OneOf(ROLES))
    active = truth()
    created_at = moment()


class NewAccount(Body):
    email = words(validate=validate.Length(3, 255))
    name = fields.String(load_default="", validate=validate.Length(max=255))
    role = words(validate=validate.OneOf(ROLES))
    password = words(validate=validate.Length(SHORTEST_PASSWORD, LONGEST_PASSWORD), load_only=True)


class ChangedAccount(Body):
    role = words(validate=validate.OneOf(ROLES))


class TokenSchema(Schema):
    id = number()
    account = words("The e-mail of whom it acts for.")
    name = words()
    scopes = fields.List(fields.String(validate=validate.OneOf(SCOPES)), required=True)
    created_at = moment()
    until = moment(allow_none=True)
    used_at = moment("The last use, to ten minutes.", allow_none=True)


class MadeTokenSchema(TokenSchema):
    token = words("The key itself, shown only now.")


class NewToken(Body):
    name = words("What it is for.", validate=validate.Length(1, LONGEST_NAME))
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES)), required=True, validate=validate.Length(1, len(SCOPES))
    )
    until = Moment(load_default=None, allow_none=True, metadata={"description": "RFC 3339 time, with zone."})


class AuditSchema(Schema):
    id = number()
    at = moment()
    actor = words()
    action = words()
    subject = words()
    fields_ = fields.List(fields.String(), required=True, data_key="fields", attribute="fields")
    before = fields.Dict(required=True, allow_none=True, metadata={"description": "What stood there."})
    after = fields.Dict(required=True, allow_none=True, metadata={"description": "What stands there since."})
    hash = words("Over this line and the one before.")


class BookSchema(Schema):
    total = number()
    stages = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    unknown_ = number("Judged, without enough evidence for a stage.", data_key="unknown", attribute="unknown")
    waiting = number("Not judged yet.")
    alerts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class MeSchema(Schema):
    email = words()
    name = words()
    role = words(validate=validate.OneOf(ROLES))
    scopes = fields.List(fields.String(), required=True)
