"""The connector itself: what Tryton is, and what is done with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.tryton import checking, preparing
from connectors.tryton.lookups import Lookups
from connectors.tryton.pulling import Pulling
from connectors.tryton.pushing import Pushing
from connectors.tryton.rpc import Rpc
from connectors.tryton.streams import MODELS, readers, users
from crm_ext.connector_api import (
    Capabilities,
    Connector,
    Context,
    Cursor,
    Field,
    Finding,
    Page,
    Part,
    Result,
    Row,
    Setting,
    Stream,
    TagSpec,
    batched,
)


class Tryton(Connector):
    """Tryton, tried with 8.2: https://docs.tryton.org"""

    slug = "tryton"
    label = "Tryton"
    settings = (
        Setting(name="base_url", label="Address", kind="url", help="For example http://tryton.example.com:8000"),
        Setting(name="database", label="Database"),
        Setting(name="login", label="Login"),
        Setting(name="password", label="Password", secret=True),
        Setting(
            name="employments",
            label="Relations from a person to the company",
            default="Employee of, Works for, Contact of",
            help="Names of party relation types; a party at the far end is a company, every other one a contact.",
        ),
        Setting(name="page_size", label="Rows asked for at once", kind="int", default=500),
        Setting(
            name="look_back",
            label="Seconds that a write may be under way",
            kind="int",
            default=90,
            help="Changes of this last while before a pull are read once more by the next one.",
        ),
    )
    capabilities = Capabilities(
        streams=(Stream.USERS, Stream.COMPANIES, Stream.CONTACTS, Stream.DEALS, Stream.ACTIVITIES),
        tags="categories",
        push_batch=500,
        incremental=frozenset({Stream.COMPANIES, Stream.CONTACTS, Stream.DEALS, Stream.ACTIVITIES}),
        deletes=True,
        settle=60.0,
    )

    def __init__(self, settings: Mapping[str, Any], context: Context | None = None) -> None:
        super().__init__(settings, context)
        self.rpc = Rpc(settings)
        self.lookups = Lookups(self.rpc, [each.strip() for each in settings["employments"].split(",")])

    @property
    def requests(self) -> int:
        return self.rpc.api.requests

    def check(self) -> list[Finding]:
        return list(checking.findings(self.rpc))

    def pull(self, part: Part, checkpoint: Cursor | None) -> Iterator[Page]:
        if part.stream is Stream.USERS:
            yield users(self.rpc)
            return
        reader = readers(self.lookups, self.context.mapping)[part.stream]()
        yield from Pulling(self.rpc, reader, self.config["page_size"], self.config["look_back"]).run(part, checkpoint)

    def push(self, rows: Iterable[Row]) -> Iterator[Result]:
        pushing = Pushing(self.rpc, self.lookups)
        for batch in batched(rows, self.capabilities.push_batch):
            yield from pushing.batch(batch)

    def read_tags(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        found: dict[str, Mapping[str, str]] = {}
        for batch in batched((int(each) for each in ids if each.isdecimal()), self.config["page_size"]):
            fields = ["categories"]
            rows = self.rpc.model("party.party.search_read", [["id", "in", batch]], 0, None, None, fields)
            held = self.lookups.tags(rows) or {}
            found |= {str(row["id"]): held.get(row["id"], {}) for row in rows}
        return found

    def prepare(self, tags: Sequence[TagSpec]) -> list[Finding]:
        self.lookups.forget_categories()
        made = preparing.prepare(self.rpc, tags)
        self.lookups.forget_categories()
        return made

    def clear(self, tags: Sequence[TagSpec]) -> list[Finding]:
        self.lookups.forget_categories()
        return preparing.clear(self.rpc, tags)

    def fields(self, stream: Stream) -> list[Field]:
        described = self.rpc.model(f"{MODELS[stream]}.fields_get", [])
        return [Field(stream, name, each["string"], each["type"]) for name, each in sorted(described.items())]

    def link(self, stream: Stream, external_id: str) -> str | None:
        base, database = self.config["base_url"].rstrip("/"), quote(self.config["database"], safe="")
        return f"{base}/#{database}/model/{MODELS[stream]}/{external_id}"

    def close(self) -> None:
        self.rpc.api.close()
