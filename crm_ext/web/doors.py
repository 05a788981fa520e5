"""How a contact's page sends what people do: with the session's cookie, or, in another site's frame, with tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flask import url_for

from crm_ext.store.accounts import Role
from crm_ext.store.models import ContactRow
from crm_ext.web import signing
from crm_ext.web.access import EVERYBODY, may

ACTING = EVERYBODY - {Role.AUDITOR}


@dataclass(frozen=True, slots=True)
class Indoors:
    """A signed-in person. `field` is what a button sends, `here` the page's own address."""

    contact: ContactRow
    field: ClassVar[str] = "action"
    framed: ClassVar[bool] = False

    @property
    def here(self) -> str:
        return self._to("show")

    @property
    def address(self) -> str:
        return self._to("act")

    @property
    def note(self) -> str:
        return self._to("note")

    @property
    def open(self) -> bool:
        return may(ACTING)

    def value(self, action: str) -> str:
        return action

    def _to(self, view: str) -> str:
        key = self.contact
        return url_for(f"contacts.{view}", connection_id=key.connection_id, contact_id=key.external_id)


@dataclass(frozen=True, slots=True)
class Framed:
    """Somebody who looks at a card inside the CRM."""

    granted: signing.Pass
    token: str
    open: bool
    field: ClassVar[str] = "token"
    framed: ClassVar[bool] = True

    @property
    def here(self) -> str:
        return url_for("card.show", token=self.token)

    @property
    def address(self) -> str:
        return url_for("card.act")

    @property
    def note(self) -> str:
        return url_for("card.note", token=self.token)

    def value(self, action: str) -> str:
        return signing.button(self.granted, action)


Door = Indoors | Framed
