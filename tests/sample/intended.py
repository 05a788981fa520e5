"""What the made-up contacts are meant to be: known here, and nowhere in the export or the package."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from crm_ext.sample.export import rows

STAGES: Mapping[str, frozenset[int | None]] = {
    name: frozenset(stages)
    for name, stages in {
        "untouched": {None},
        "mailed": {None},
        "only_us": {0, 1},
        "refused": {0},
        "broke_off": {0},
        "met": {1},
        "asked": {1},
        "hesitant": {1},
        "courtesy": {1},
        "warming": {2},
        "first_buyer": {2},
        "loyal": {3},
        "friend": {3},
        "ally": {4},
        "broken_pact": {1, 2},
        "good_desk": {2},
        "bad_desk": {1, 2},
        "open_desk": {2},
        "to_rival": {0, 1, 2},
        "asleep": {1, 2, 3},
        "debtor": {1, 2},
        "courted/buyer": {1},
        "courted/user": {1},
        "courted/voice": {None, 1},
        "piloting/buyer": {1},
        "piloting/boss": {1},
        "piloting/user": {2},
        "piloting/voice": {2},
        "piloting/inside": {None, 1},
        "supplied/buyer": {1, 2},
        "supplied/boss": {2, 3},
        "supplied/user": {2, 3},
        "supplied/inside": {1, 2, 3},
        "partnered/boss": {4},
        "partnered/buyer": {1, 2},
        "partnered/voice": {2, 3},
        "drifting/buyer": {0, 1},
        "drifting/user": {1},
        "drifting/boss": {1},
    }.items()
}
"""Story → the stages that an honest reader may give; None where there is too little to go on."""

ALERTS: Mapping[str, str] = {
    "bad_desk": "complaint",
    "open_desk": "complaint",
    "to_rival": "competitor",
    "asleep": "dormant",
    "debtor": "non_payment",
}
"""Story → the alert that must be raised."""


def stories(contacts: int, seed: int, as_of: date) -> dict[str, str]:
    """Each contact's story, by id, of the export that the same arguments write."""
    found: dict[str, str] = {}
    for _ in rows(contacts, seed, as_of, lambda contact, story: found.update({contact: story})):
        pass
    return found


def intended(contacts: int, seed: int, as_of: date) -> dict[str, frozenset[int | None]]:
    """Each contact's allowed stages, by id."""
    return {contact: STAGES[story] for contact, story in stories(contacts, seed, as_of).items()}
