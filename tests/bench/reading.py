"""`python -m tests.bench.reading`: notes of about 200 characters read per CPU second, and where the time goes."""

from __future__ import annotations

import cProfile
import pstats
import random
import sys
import time
from collections.abc import Iterator

from crm_ext.domain.events import Direction, EventType
from crm_ext.reading import Text, load
from tests.reading.report import labelled

LENGTH = 200
WANTED = 10_000
ROUTINE = {
    "en": """Sent the minutes of the meeting to all participants.
Updated the address in the file and merged two duplicates.
Drove to the site in the morning, parked behind the hall.
The next fair is in hall 7, stand B21, set-up on Monday from eight.
Internal: forecast for the quarter to be entered by Friday noon.
Quote 2024-118 adjusted to the new price list, version 3 attached.
Two pallets left the warehouse at 10:40 with the usual carrier.
Travel expenses booked on cost centre 4410.
Telephone conference with the plant about the drawing, revision C.
The assistant forwarded the agenda, eleven items.
Weather bad, motorway closed for an hour near the junction.
Catalogue page 48 to be corrected before the reprint.
Serial number 88213-A noted, firmware 4.2.1, installed in room 12.
Calendar entry moved by half an hour.""",
    "zh": """会议纪要已发给所有参会人员。
档案里更新了地址，合并了两条重复记录。
上午开车到现场，车停在厂房后面。
展会在七号馆B21展位，周一八点开始布展。
内部：本季度预测周五中午前录入。
报价单2024-118按新价目表调整，附第三版。
两托盘货十点四十分由常用承运商发出。
差旅费记入成本中心4410。
与工厂就图纸C版开了电话会议。
助理转来议程，共十一项。
天气不好，高速在路口附近封了一个小时。
目录第48页重印前需更正。
序列号88213-A已登记，固件4.2.1，装在12号房间。
日程往后移了半小时。""",
}


def notes(count: int, seed: int = 7) -> list[Text]:
    """Varied notes: four sentences in five are routine, one comes from the labelled halves."""
    chance = random.Random(seed)
    return [_note(chance, chance.choice(("en", "zh"))) for _ in range(count)]


def _note(chance: random.Random, language: str) -> Text:
    telling = _TELLING[language]
    parts: list[str] = []
    while sum(map(len, parts)) < LENGTH:
        routine = chance.random() < 0.8
        parts.append(chance.choice(_ROUTINE[language]) if routine else chance.choice(telling))
    joint = " " if language == "en" else ""
    return Text(joint.join(parts), chance.choice(list(EventType)), chance.choice(list(Direction)))


def _sentences(language: str) -> Iterator[str]:
    for half in ("dev", "heldout"):
        yield from (each.text.text for each in labelled(half, language))


_TELLING = {each: list(_sentences(each)) for each in ("en", "zh")}
_ROUTINE = {each: text.splitlines() for each, text in ROUTINE.items()}


def main(count: int = 4000) -> None:
    reader = load()
    reader.read(notes(2000, seed=1))
    texts = notes(count)
    start = time.process_time()
    found = reader.read(texts)
    seconds = time.process_time() - start
    length = sum(len(each.text) for each in texts) / count
    print(f"{count / seconds:,.0f} notes of {length:.0f} characters per CPU second (wanted {WANTED:,})")
    print(f"{sum(map(len, found)) / count:.2f} signals a note")
    if "--profile" in sys.argv:
        with cProfile.Profile() as profile:
            reader.read(texts)
        pstats.Stats(profile).sort_stats("tottime").print_stats(18)


if __name__ == "__main__":
    main()
