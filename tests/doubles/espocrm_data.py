"""What stands in an EspoCRM in memory: entities with their fields, rows, filters, and what people do to them."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

BASE = {"createdAt": "datetime", "modifiedAt": "datetime", "createdBy": "link", "modifiedBy": "link"}
OWNED = {"assignedUser": "link", "description": "text", **BASE}
PERSON = {
    "name": "personName",
    "firstName": "varchar",
    "lastName": "varchar",
    "title": "varchar",
    "emailAddress": "email",
    "phoneNumber": "phone",
    "streamUpdatedAt": "datetime",
    **OWNED,
}
EVENT = {
    "name": "varchar",
    "status": "enum",
    "dateStart": "datetime",
    "parent": "linkParent",
    "account": "link",
    "contacts": "linkMultiple",
    "leads": "linkMultiple",
    **OWNED,
}
FIELDS: Mapping[str, Mapping[str, str]] = {
    "User": {"name": "personName", "userName": "varchar", "emailAddress": "email", "isActive": "bool", **BASE},
    "Account": {"name": "varchar", "website": "url", "industry": "enum", "type": "enum", **OWNED},
    "Contact": {**PERSON, "account": "link", "accounts": "linkMultiple"},
    "Lead": {
        **PERSON,
        "status": "enum",
        "source": "enum",
        "accountName": "varchar",
        "createdContact": "link",
        "createdAccount": "link",
    },
    "Opportunity": {
        "name": "varchar",
        "stage": "enum",
        "amount": "currency",
        "amountCurrency": "enum",
        "probability": "int",
        "leadSource": "enum",
        "closeDate": "date",
        "account": "link",
        "contact": "link",
        "contacts": "linkMultiple",
        **OWNED,
    },
    "Call": {**EVENT, "direction": "enum"},
    "Meeting": {**EVENT, "dateStartDate": "date"},
    "Task": {
        "name": "varchar",
        "status": "enum",
        "priority": "enum",
        "dateEnd": "datetime",
        "dateCompleted": "datetime",
        "parent": "linkParent",
        "account": "link",
        "contact": "link",
        **OWNED,
    },
    "Email": {
        "name": "varchar",
        "status": "enum",
        "dateSent": "datetime",
        "body": "wysiwyg",
        "bodyPlain": "text",
        "isAutoReply": "bool",
        "fromEmailAddress": "link",
        "toEmailAddresses": "linkMultiple",
        "ccEmailAddresses": "linkMultiple",
        "parent": "linkParent",
        "account": "link",
        **OWNED,
    },
    "Note": {"post": "text", "type": "varchar", "parent": "linkParent", **BASE},
    "Case": {
        "name": "varchar",
        "status": "enum",
        "type": "enum",
        "priority": "enum",
        "account": "link",
        "contact": "link",
        "contacts": "linkMultiple",
        "lead": "link",
        **OWNED,
    },
    "Webhook": {"event": "varchar", "url": "varchar", "skipOwn": "bool", "secretKey": "varchar", **BASE},
}
PARTS: Mapping[str, tuple[str, ...]] = {
    "link": ("Id", "Name"),
    "linkParent": ("Id", "Type", "Name"),
    "linkMultiple": ("Ids", "Names"),
}
"""The attributes of a field by its type; all other types have one of the field's name."""
ALWAYS = ("id", "createdAt", "createdById", "assignedUserId", "accountId", "accountName")
"""What a list tells, selected or not."""
PROBABILITIES = {"Prospecting": 10, "Proposal": 50, "Tasting": 60, "Closed Won": 100, "Closed Lost": 0, "Asleep": 0}
Row = dict[str, Any]


class BadRequest(Exception):
    """Something in a search that EspoCRM does not know."""


def attributes(fields: Mapping[str, str]) -> dict[str, str]:
    """The type of each attribute that an entity's fields have."""
    return {name + part: kind for name, kind in fields.items() for part in PARTS.get(kind, ("",))}


def text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


class Crm:
    """Rows by entity and id. `custom` holds the fields that were made, by entity and name."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in FIELDS}
        self.gone: dict[str, set[str]] = {name: set() for name in FIELDS}
        self.custom: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in FIELDS}
        self.locked: set[str] = set()
        self.writes: Counter[str] = Counter()
        self.made = 0
        self.now: Callable[[], float] = time.time
        self._number = 0

    def add(self, entity: str, row: Mapping[str, Any], at: float, row_id: str = "") -> str:
        """A row as an import leaves it: made and last changed at a time."""
        self._number += 1
        row_id = row_id or f"{self._number:013x}{secrets.token_hex(2)}"
        self.rows[entity][row_id] = {"id": row_id, "createdAt": text(at), "modifiedAt": text(at), **row}
        self._named(entity, self.rows[entity][row_id])
        return row_id

    def change(self, entity: str, row_id: str, values: Mapping[str, Any], by: str = "person") -> Row:
        row = self.rows[entity][row_id]
        row |= {**values, "modifiedAt": text(self.now()), "modifiedById": by}
        self._named(entity, row)
        return row

    def delete(self, entity: str, row_id: str) -> None:
        """Deleted rows stay in the database, where nobody but an admin sees them."""
        del self.rows[entity][row_id]
        self.gone[entity].add(row_id)

    def types(self, entity: str) -> dict[str, str]:
        made = {name: each["type"] for name, each in self.custom[entity].items()}
        return attributes({**FIELDS[entity], **made})

    def described(self, entity: str) -> dict[str, dict[str, Any]]:
        """The entity's fields as the metadata tells them."""
        plain: dict[str, dict[str, Any]] = {name: {"type": kind} for name, kind in FIELDS[entity].items()}
        if entity == "Opportunity":
            plain["stage"] |= {"options": list(PROBABILITIES), "probabilityMap": PROBABILITIES}
        return {**plain, **{name: {**each, "isCustom": True} for name, each in self.custom[entity].items()}}

    def full(self, entity: str, row: Row) -> Row:
        return {name: row.get(name) for name in ("id", *self.types(entity))} | {"id": row["id"]}

    def part(self, entity: str, row: Row, select: Iterable[str]) -> Row:
        """A row of a list: what was selected, and what always comes along; links to many only if selected."""
        types = self.types(entity)
        names = [name for name in (*ALWAYS, *select) if name in types or name == "id"]
        if not select:
            names = ["id", *(name for name, kind in types.items() if kind != "linkMultiple")]
        return {name: row.get(name, [] if name.endswith("Ids") else None) for name in names}

    def found(self, entity: str, where: Iterable[Any]) -> list[Row]:
        tests = [self._test(entity, item) for item in where]
        return [row for row in self.rows[entity].values() if all(test(row) for test in tests)]

    def _test(self, entity: str, item: Any) -> Callable[[Row], bool]:
        if set(item) - {"type", "attribute", "value", "dateTime", "timeZone"}:
            raise KeyError("where")
        kind, value = item.get("type"), item.get("value")
        if kind in ("and", "or"):
            tests = [self._test(entity, each) for each in value]
            return lambda row: (all if kind == "and" else any)(test(row) for test in tests)
        name = item.get("attribute")
        if kind not in COMPARED:
            raise BadRequest(f"Unknown where item type '{kind}'.")
        if name != "id" and name not in self.types(entity):
            raise BadRequest(f"Not existing attribute '{name}' in where item.")
        compare = COMPARED[kind]
        if name == "emailAddress":
            wanted = [each.lower() for each in (value if kind == "in" else [value])]
            return lambda row: any(each.lower() in wanted for each in owned(row))
        return lambda row: compare(row.get(name), value)

    def _named(self, entity: str, row: Row) -> None:
        if FIELDS[entity].get("name") == "personName":
            row["name"] = " ".join(filter(None, [row.get("firstName"), row.get("lastName")])) or row.get("name")


def owned(row: Row) -> list[str]:
    """All addresses of a row: the main one, and those that only a single read shows."""
    return [each for each in (row.get("emailAddress"), *row.get("_more", ())) if each]


COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": lambda have, value: have == value,
    "in": lambda have, value: have in value,
    "greaterThan": lambda have, value: have is not None and have > value,
    "greaterThanOrEquals": lambda have, value: have is not None and have >= value,
    "lessThan": lambda have, value: have is not None and have < value,
    "lessThanOrEquals": lambda have, value: have is not None and have <= value,
    "isNotNull": lambda have, _: have is not None,
}
