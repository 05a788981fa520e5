"""Evidence leads back to the record of the CRM that it was found in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crm_ext.annotate import annotate
from crm_ext.domain.bundle import Bundle
from crm_ext.domain.events import RecordRef
from crm_ext.domain.records import Contact, Deal, DealStatus, Stream
from crm_ext.domain.timeline import timeline
from crm_ext.playbook import load

AS_OF = datetime(2026, 6, 30, tzinfo=UTC)


def test_evidence_names_its_record() -> None:
    orders = tuple(
        Deal(id=f"d{days}", at=AS_OF - timedelta(days=days), status=DealStatus.WON, contact_ids=("c",))
        for days in (200, 20)
    )
    annotation = annotate(timeline(Bundle(contact=Contact(id="c"), deals=orders)), load(), AS_OF)
    found = {line.record for line in annotation.evidence if line.event is not None}
    assert found == {RecordRef(Stream.DEALS, "d200"), RecordRef(Stream.DEALS, "d20")}
