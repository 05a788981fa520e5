"""Our webhooks in EspoCRM: one for each event, as a message does not name its event."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from connectors.espocrm.api import EspoApi, Forbidden
from connectors.espocrm.hooks import EVENT
from connectors.espocrm.kinds import NOTES, USERS, EntityKind
from crm_ext.connector_api import Finding, Gone, Level, SkipRecord, pages

HAPPENINGS = ("create", "update", "delete")
SHOWN = ("id", "event", "url", "secretKey")
RIGHT = "Give the API user's role access to the scope Webhook, then prepare again."
Raw = Mapping[str, Any]


class Subscriptions:
    """Makes and removes webhooks to `url`. `save` keeps their secrets."""

    def __init__(
        self, api: EspoApi, url: str, kinds: Sequence[EntityKind], save: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self._api = api
        self._url = url
        self._events = [f"{kind.name}.{what}" for kind in kinds if kind not in (USERS, NOTES) for what in HAPPENINGS]
        self._save = save

    def prepare(self) -> list[Finding]:
        """One webhook for each event; those that are there are kept."""
        try:
            standing = self._standing()
            made = [self._made(event) for event in self._events if event not in standing]
        except (Forbidden, SkipRecord) as error:
            return [Finding("webhooks", Level.WARN, error.detail or error.message, RIGHT)]
        secrets = [f"{each['id']}:{each['secretKey']}" for each in (*standing.values(), *made) if each.get("secretKey")]
        self._save({"webhook_secrets": ",".join(secrets)})
        return [Finding("webhooks", Level.PASS, f"{len(made)} made, {len(standing)} were there")]

    def clear(self) -> list[Finding]:
        try:
            standing = self._standing()
            for each in standing.values():
                self._remove(str(each["id"]))
        except (Forbidden, SkipRecord) as error:
            return [Finding("webhooks", Level.WARN, error.detail or error.message, RIGHT)]
        return [Finding("webhooks", Level.PASS, f"{len(standing)} removed")]

    def _standing(self) -> dict[str, Raw]:
        """Our webhooks by event."""

        def fetch(last: str | None) -> tuple[Sequence[Raw], str | None]:
            after = [{"type": "greaterThan", "attribute": "id", "value": last}] if last else []
            rows, more = self._api.listed("Webhook", SHOWN, after)
            return rows, str(rows[-1]["id"]) if more else None

        rows = [row for found, _ in pages(fetch) for row in found]
        return {str(row["event"]): row for row in rows if row.get("url") == self._address(str(row.get("event")))}

    def _made(self, event: str) -> Raw:
        body = {"event": event, "url": self._address(event), "skipOwn": True}
        made: Raw = self._api.post("Webhook", json=body)
        return made

    def _remove(self, webhook: str) -> None:
        try:
            self._api.json("DELETE", f"Webhook/{webhook}")
        except Gone:
            return

    def _address(self, event: str) -> str:
        parts = urlsplit(self._url)
        query = "&".join(filter(None, [parts.query, urlencode({EVENT: event})]))
        return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
