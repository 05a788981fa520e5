"""The connector itself: what Odoo is, and which part does what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from connectors.odoo import checking, discovery, hooks, preparing
from connectors.odoo.lookups import Lookups
from connectors.odoo.mapping import Mapper
from connectors.odoo.ours import Ours
from connectors.odoo.pulling import Puller
from connectors.odoo.pushing import BATCH, Writer
from connectors.odoo.server import Server
from connectors.odoo.sources import EVERY
from crm_ext.connector_api import (
    Capabilities,
    Connector,
    Context,
    Cursor,
    Field,
    Finding,
    Hint,
    Message,
    Page,
    Part,
    Result,
    Row,
    Setting,
    Stream,
    TagSpec,
)

PULLED = (Stream.USERS, Stream.COMPANIES, Stream.CONTACTS, Stream.DEALS, Stream.ACTIVITIES, Stream.CASES)
NEW_LINKS = 18
"""From this version on, records have addresses like /odoo/res.partner/5."""


class Odoo(Connector):
    """Odoo 14 and later, Community, Enterprise and odoo.com: https://www.odoo.com/documentation"""

    slug = "odoo"
    label = "Odoo"
    settings = (
        Setting(name="base_url", label="Address", kind="url", help="For example https://odoo.example.com"),
        Setting(name="database", label="Database"),
        Setting(name="login", label="Login", help="Of the user whose key it is, mostly an e-mail address."),
        Setting(
            name="api_key",
            label="API key",
            secret=True,
            help="Preferences, Account Security, New API Key. Before Odoo 19 the password works, too.",
        ),
        Setting(
            name="write_as",
            label="Write as",
            kind="choice",
            default="auto",
            choices=(("auto", "Fields, else tags"), ("fields", "Fields"), ("tags", "Tags")),
        ),
        Setting(name="page_size", label="Rows asked for at once", kind="int", default=1000),
        Setting(
            name="look_back",
            label="Seconds that a transaction may last",
            kind="int",
            default=300,
            help="Odoo dates what it writes by the beginning of the transaction; changes are looked for so far back.",
        ),
        Setting(
            name="per_second",
            label="Requests a second",
            kind="int",
            default=0,
            help="0: one on odoo.com, as many as there are elsewhere.",
        ),
        Setting(
            name="webhook_secrets",
            label="Secrets of webhooks",
            secret=True,
            default="",
            help="Long random words, separated by commas; one of them ends the address that an automation rule calls.",
        ),
        Setting(name="version", label="Version", default="", help="Found by the check."),
        Setting(name="uid", label="Number of the user", kind="int", default=0, help="Found by the check."),
        Setting(name="absent", label="Models that are not there", default="", help="Found by the check."),
    )
    capabilities = Capabilities(
        streams=PULLED,
        push_batch=BATCH,
        incremental=frozenset(PULLED) - {Stream.USERS},
        deletes=True,
        webhooks=True,
        settle=30.0,
    )

    def __init__(self, settings: Mapping[str, Any], context: Context | None = None) -> None:
        super().__init__(settings, context)
        self.server = Server(settings, self.context)
        self.ours = Ours(self.server, settings["write_as"])
        self.lookups = Lookups(self.server)

    @property
    def requests(self) -> int:
        return self.server.api.requests

    def check(self) -> list[Finding]:
        return list(checking.findings(self.server, self.ours, self.context.save))

    def pull(self, part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        mapper = Mapper(self.context.mapping, self.lookups, self.ours)
        puller = Puller(self.server, mapper, self.config["page_size"], self.config["look_back"])
        if "ids" in part.bounds:
            return puller.named(part.stream, part.bounds["ids"])
        return puller.pull(part, checkpoint)

    def push(self, rows: Iterable[Row]) -> Iterator[Result]:
        return Writer(self.server, self.ours).push(rows)

    def read_tags(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        return Writer(self.server, self.ours).read(ids)

    def prepare(self, tags: Sequence[TagSpec]) -> list[Finding]:
        return preparing.prepare(self.server, self.ours, tags)

    def clear(self, tags: Sequence[TagSpec]) -> list[Finding]:
        return preparing.clear(self.server, self.ours, tags)

    def changes(self, message: Message) -> Sequence[Hint]:
        return hooks.changes(message, str(self.config["webhook_secrets"]))

    def fields(self, stream: Stream) -> list[Field]:
        return discovery.fields(self.server, stream)

    def link(self, stream: Stream, external_id: str) -> str | None:
        """The record's page, in the form of its version; a message has none of its own."""
        word, _, number = external_id.rpartition(":")
        source = EVERY.get(word or str(stream))
        if source is None or word == "message":
            return None
        base = str(self.config["base_url"]).rstrip("/")
        if self.server.known_major >= NEW_LINKS:
            return f"{base}/odoo/{source.model}/{number}"
        return f"{base}/web#{urlencode({'id': number, 'model': source.model, 'view_type': 'form'})}"

    def close(self) -> None:
        self.server.api.close()
