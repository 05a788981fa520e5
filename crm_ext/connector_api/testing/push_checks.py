"""Checks of writing: our fields, and nothing but our fields, one result per row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from crm_ext.connector_api.contract import Connector, Level, Outcome, Result, Row
from crm_ext.connector_api.testing.case import Case, Untold, valued
from crm_ext.connector_api.testing.pull_checks import full
from crm_ext.connector_api.testing.pulling import differences, require
from crm_ext.domain.records import Contact, Stream


def prepare_twice(case: Case) -> None:
    """Preparing a prepared CRM writes nothing."""
    prepared(case).close()
    before = case.writes()
    prepared(case).close()
    require(before == case.writes(), f"The second `prepare` wrote {case.writes() - before} times.")


def prepare_writes(case: Case) -> None:
    """Preparing is counted as writing by the CRM: else `prepare_twice` could not fail."""
    before = case.writes()
    prepared(case).close()
    require(case.writes() > before, "`prepare` wrote nothing that `writes` counts.")


def round_trip(case: Case) -> None:
    """What is pushed is read back, for every field of ours and every contact; Chinese text included."""
    wanted = {row.id: row.values for row in rows(case)}
    connector = prepared(case)
    pushed(connector, rows(case))
    stands(case.make(), wanted)


def overwrite(case: Case) -> None:
    """Other values replace those that stand there, and none of the old ones stays beside them."""
    connector = prepared(case)
    pushed(connector, rows(case))
    later = rows(case, turn=1)
    pushed(connector, later)
    stands(case.make(), {row.id: row.values for row in later})


def one_field(case: Case) -> None:
    """A row that names one field changes that one only."""
    connector = prepared(case)
    first = rows(case)
    pushed(connector, first)
    for name, value in valued(case.tags, 1).items():
        pushed(connector, [Row(first[0].id, {name: value}, first[0].values)])
        wanted = {**first[0].values, name: value}
        stands(connector, {first[0].id: wanted})
        pushed(connector, [Row(first[0].id, first[0].values, wanted)])


def clears(case: Case) -> None:
    """An empty string takes a value away, and gives nothing else."""
    connector = prepared(case)
    pushed(connector, rows(case))
    blank = dict.fromkeys((tag.name for tag in case.tags), "")
    pushed(connector, [Row(row.id, blank, row.values) for row in rows(case)])
    stands(case.make(), {row.id: blank for row in rows(case)})


def tags_with_the_pull(case: Case) -> None:
    """If contacts are pulled with our fields, they hold what stands in the CRM."""
    pushed(prepared(case), rows(case))
    records = full(case)[Stream.CONTACTS].records
    for row in rows(case):
        contact = records[row.id]
        tags = contact.tags if isinstance(contact, Contact) else None
        require(tags is None or same_tags(tags, row.values), f"{row.id} was pulled with {tags}, not {row.values}.")


def only_ours(case: Case) -> None:
    """Pushing changes nothing in the CRM but our own fields, and none of our writing is pulled as a record."""
    connector = prepared(case)
    before, records = case.others(), full(case)
    pushed(connector, rows(case))
    after = case.others()
    require(before == after, f"Pushing changed what is not ours: before {before!r}, after {after!r}")
    for stream, got in full(case).items():
        lines = differences(got.records, records[stream].records.values(), ("tags", "updated_at"))
        require(not lines, f"{stream} are pulled otherwise after a push: {'; '.join(lines)}")


def bad_row(case: Case) -> None:
    """A contact that cannot be written gets its own result; the others of its batch are written."""
    bad = case.bad_row()
    connector = prepared(case)
    batch = rows(case)
    require(len(batch) > 2 and any(row.id == bad for row in batch), "`bad_row` must be one of three contacts or more.")
    refused_only(connector, batch, bad, Outcome.PERMANENT)


def gone_row(case: Case) -> None:
    """A contact that is no longer there is told as gone; the others of its batch are written."""
    gone = case.gone_row()
    connector = prepared(case)
    batch = rows(case)
    refused_only(connector, [batch[0], Row(gone, batch[0].values), *batch[1:]], gone, Outcome.GONE)
    require(gone not in connector.read_tags([gone]), "`read_tags` must leave out a contact that is gone.")


def no_rows(case: Case) -> None:
    """Nothing to write, nothing to read: no result, no request that fails."""
    connector = prepared(case)
    require(not list(connector.push([])), "`push` of no rows gave results.")
    require(not connector.read_tags([]), "`read_tags` of no contacts gave some.")


def rows(case: Case, turn: int = 0) -> list[Row]:
    """A row for each contact, each with other values than its neighbour; at another turn, with other ones again."""
    contacts = case.expected().get(Stream.CONTACTS, ())
    if not contacts:
        raise Untold("No contact is expected: a CRM without contacts cannot be written to.")
    return [Row(each.id, valued(case.tags, index + turn)) for index, each in enumerate(contacts)]


def prepared(case: Case) -> Connector:
    connector = case.make()
    failed = [each for each in connector.prepare(case.tags) if each.level is Level.FAIL]
    require(not failed, f"`prepare` failed: {failed}")
    return connector


def pushed(connector: Connector, batch: Sequence[Row]) -> dict[str, Result]:
    """Push rows that must all be written."""
    results = one_each(connector.push(iter(batch)), batch)
    failed = [each for each in results.values() if each.outcome is not Outcome.OK]
    require(not failed, f"Rows were not written: {failed}")
    return results


def one_each(results: Iterable[Result], batch: Sequence[Row]) -> dict[str, Result]:
    got = list(results)
    require(sorted(each.id for each in got) == sorted(row.id for row in batch), f"Not one result per row: {got}")
    return {each.id: each for each in got}


def refused_only(connector: Connector, batch: Sequence[Row], refused: str, outcome: Outcome) -> None:
    results = one_each(connector.push(iter(batch)), batch)
    require(results[refused].outcome is outcome, f"{refused} must be {outcome}: {results[refused]}")
    require(results[refused].detail, f"{refused}: the result must say why, in the CRM's words.")
    others = [row for row in batch if row.id != refused]
    failed = [results[row.id] for row in others if results[row.id].outcome is not Outcome.OK]
    require(not failed, f"One row was refused, and others suffered: {failed}")
    stands(connector, {row.id: row.values for row in others})


def stands(connector: Connector, wanted: Mapping[str, Mapping[str, str]]) -> None:
    """The CRM holds these values of ours."""
    got = connector.read_tags(list(wanted))
    for name, values in wanted.items():
        require(name in got, f"`read_tags` leaves {name} out.")
        require(same_tags(got[name], values), f"{name} reads {dict(got[name])}, pushed was {dict(values)}.")


def same_tags(got: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Equal, where a field that is left out counts as empty."""
    return all(got.get(name, "") == wanted.get(name, "") for name in got.keys() | wanted.keys())


PUSH_CHECKS = (
    prepare_writes, prepare_twice, round_trip, overwrite, one_field, clears, tags_with_the_pull, only_ours, bad_row,
    gone_row, no_rows,
)  # fmt: skip
