"""The connector: what it is, and which part of it does what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from connectors.hubspot.api import SLOWEST_PLAN, HubSpotApi
from connectors.hubspot.checks import ACCOUNT, Checks, known
from connectors.hubspot.hooks import Hooks, user_of
from connectors.hubspot.kinds import internal
from connectors.hubspot.mapping import Mapper
from connectors.hubspot.paths import VERSION, VERSIONS
from connectors.hubspot.properties import Properties
from connectors.hubspot.pushing import BATCH, Writer
from connectors.hubspot.reading import Reader
from connectors.hubspot.stages import Stages
from connectors.hubspot.streams import Puller
from crm_ext.connector_api import (
    Capabilities,
    Connector,
    Context,
    Cursor,
    Field,
    Finding,
    Hint,
    Message,
    NeedsAttention,
    Page,
    Part,
    Result,
    Row,
    Setting,
    Stream,
    TagSpec,
)

SEPARATORS = re.compile(r"[\s,;]+")
PULLED = (Stream.USERS, Stream.COMPANIES, Stream.CONTACTS, Stream.DEALS, Stream.ACTIVITIES, Stream.CASES)


class HubSpot(Connector):
    """HubSpot CRM, all editions."""

    slug = "hubspot"
    label = "HubSpot"
    frames = ("https://app.hubspot.com", "https://*.hubspot.com")
    settings = (
        Setting(name="base_url", label="Address of the API", kind="url", default="https://api.hubapi.com"),
        Setting(
            name="access_token",
            label="Access token",
            secret=True,
            default="",
            help="Of a service key (Development → Keys), a static-auth app or a private app; empty with OAuth.",
        ),
        Setting(name="client_id", label="OAuth client id", default=""),
        Setting(
            name="client_secret", label="OAuth client secret", secret=True, default="", help="Signs webhooks, too."
        ),
        Setting(name="refresh_token", label="OAuth refresh token", secret=True, default=""),
        Setting(
            name="webhook_secrets",
            label="Further secrets that sign webhooks and cards",
            secret=True,
            default="",
            help="Separated by commas: keep the old one here while you change to a new one.",
        ),
        Setting(name="app_id", label="App id", default="", help="Tells webhooks of our own writes from others."),
        Setting(
            name="webhook_url",
            label="Address in front of the proxy",
            default="",
            help="Scheme and host that HubSpot calls, if requests arrive here under another address.",
        ),
        Setting(
            name="trust_forwarded",
            label="Trust X-Forwarded headers",
            kind="bool",
            default=False,
            help="Only behind a proxy that sets them itself.",
        ),
        Setting(
            name="look_back",
            label="Look back, in seconds",
            kind="int",
            default=60,
            help="How long HubSpot's search may take to show a change.",
        ),
        Setting(
            name="without",
            label="Leave out",
            default="",
            help="Kinds not to read, separated by commas: companies, deals, tickets, calls, emails, meetings, notes, "
            "tasks, communications.",
        ),
        Setting(
            name="api_version",
            label="Version of the API",
            kind="choice",
            default=VERSION,
            choices=tuple((version, version) for version in VERSIONS),
        ),
        Setting(name="portal_id", label="Account (portal) id", default="", help="Found by the check."),
        Setting(name="ui_domain", label="HubSpot's web address", default="", help="Found by the check."),
    )
    capabilities = Capabilities(
        streams=PULLED,
        push_batch=BATCH,
        incremental=frozenset(PULLED) - {Stream.USERS},
        deletes=True,
        webhooks=True,
        cards=True,
        rates=SLOWEST_PLAN,
        settle=5.0,
        side_by_side=True,
    )

    def __init__(self, settings: Mapping[str, Any], context: Context | None = None) -> None:
        super().__init__(settings, context)
        self._api = HubSpotApi(settings, self.context)
        self._writer = Writer(self._api)
        self._asking, self._asked = Lock(), False
        mapper = Mapper(self.context.mapping, Stages(self._api))
        reader = Reader(self._api, mapper, int(settings["look_back"]) * 1000)
        self._puller = Puller(self._api, reader, frozenset(listed(settings["without"])))

    @property
    def requests(self) -> int:
        return self._api.requests

    def check(self) -> list[Finding]:
        return Checks(self._api, self.context.save).findings()

    def fields(self, stream: Stream) -> list[Field]:
        if stream is Stream.USERS:
            return super().fields(stream)
        return Properties(self._api).fields(stream)

    def prepare(self, tags: Sequence[TagSpec]) -> list[Finding]:
        self._account()
        return Properties(self._api).prepare(tags)

    def clear(self, tags: Sequence[TagSpec]) -> list[Finding]:
        return Properties(self._api).clear(tags)

    def pull(self, part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        self._account()
        yield from self._puller.pull(part, checkpoint)

    def push(self, rows: Iterable[Row]) -> Iterator[Result]:
        return self._writer.push(rows)

    def read_tags(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        return self._writer.read(ids)

    def link(self, stream: Stream, external_id: str) -> str | None:
        """The record's page; owners have none."""
        if stream is Stream.USERS:
            return None
        kind, record_id = internal(stream, external_id)
        portal, domain = self._account()
        if not portal or not domain:
            return None
        return f"https://{domain}/contacts/{portal}/record/{kind.id}/{record_id}"

    def changes(self, message: Message) -> Sequence[Hint]:
        return self._hooks().changes(message)

    def card(self, message: Message) -> str:
        return self._hooks().card(message)

    def card_user(self, message: Message) -> str:
        return user_of(message)

    def close(self) -> None:
        self._api.close()

    def _account(self) -> tuple[str, str]:
        """Portal and web address; looking for them once in a connection's life finds out the API's version, too.

        Both are empty where HubSpot does not tell: what is asked next has the reason.
        """
        with self._asking:
            if not self._asked and not all(self.config.get(name) for name in ACCOUNT):
                with suppress(NeedsAttention):
                    self.config = {**self.config, **known(Checks(self._api, self.context.save).account())}
            self._asked = True
        return str(self.config["portal_id"]), str(self.config["ui_domain"])

    def _hooks(self) -> Hooks:
        return Hooks(
            [secret for name in ("client_secret", "webhook_secrets") for secret in listed(self.config[name])],
            own_apps=listed(self.config["app_id"]),
            portal=str(self.config["portal_id"]),
            public_url=str(self.config["webhook_url"]),
            trust_forwarded=bool(self.config["trust_forwarded"]),
        )


def listed(value: str) -> list[str]:
    return [each for each in SEPARATORS.split(value) if each]
