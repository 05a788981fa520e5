"""What lies in the folder: which files are tables, what their bytes are, and whether they change under our hands."""

from __future__ import annotations

import codecs
import csv
import hashlib
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from crm_ext.connector_api import NeedsAttention, RetryLater

ENDINGS = (".csv", ".tsv", ".xlsx", ".xlsm")
ANNOTATED = ".annotated"
DELIMITERS = ",;\t|"
CHUNK = 1 << 20
SAMPLE = 1 << 16
LONGEST_LINE = 1 << 22
MOST_STRINGS = 96 << 20
MOST_UNPACKED = 8 << 30
MOST_RATIO = 300

Stamp = tuple[int, int, int]


class NotATable(NeedsAttention):
    """The file `name` is no CSV or XLSX file that can be read; `what` says what it is instead."""

    def __init__(self, name: str, what: str, *, fix: str) -> None:
        super().__init__(f"{name} {what}.", fix=fix)
        self.name = name


@dataclass(frozen=True, slots=True)
class Form:
    """How a table is written down. For a workbook `encoding` is empty; `bytewise` tells that lines end in `\\n`,
    `spaced` that blanks stand before quotation marks."""

    encoding: str = ""
    delimiter: str = ","
    start: int = 0
    bytewise: bool = True
    spaced: bool = False

    @property
    def workbook(self) -> bool:
        return not self.encoding


@dataclass(frozen=True, slots=True)
class File:
    """A file as it stood when it was looked at."""

    path: Path
    digest: str
    lines: int
    form: Form

    @property
    def name(self) -> str:
        return self.path.name


def folder_of(path: str) -> Path:
    """The folder that the setting names. Raises NeedsAttention if it is none or may not be read."""
    folder = Path(path).expanduser()
    if not folder.exists():
        raise NeedsAttention(f"The folder {folder} does not exist.", fix="Correct the setting `path`.")
    if not folder.is_dir():
        raise NeedsAttention(
            f"{folder} is a file, not a folder.", fix="Set `path` to the folder that holds the export's files."
        )
    return folder


def candidates(folder: Path) -> list[Path]:
    """The files that may be tables of an export, by name; never what we wrote ourselves."""
    try:
        found = sorted(folder.iterdir())
    except PermissionError as error:
        raise NeedsAttention(
            f"The folder {folder} may not be read.", fix="Give the user that runs crm-ext the right to read it."
        ) from error
    return [each for each in found if _wanted(each) and each.is_file()]


def _wanted(path: Path) -> bool:
    hidden = path.name.startswith((".", "~$"))
    return not hidden and path.suffix.lower() in ENDINGS and not path.stem.lower().endswith(ANNOTATED)


def annotated_path(path: Path) -> Path:
    """Where our copy of a contacts file stands: `contacts.annotated.csv` beside `contacts.csv`."""
    return path.with_name(f"{path.stem}{ANNOTATED}{path.suffix}")


def stamp(path: Path) -> Stamp:
    """What changes when somebody writes to the file. Raises RetryLater if it has gone."""
    try:
        found = path.stat()
    except OSError as error:
        raise RetryLater(
            f"{path.name} went away while it was read.", fix="Run again once the export is whole."
        ) from error
    return found.st_mtime_ns, found.st_size, found.st_ino


def digest(path: Path) -> str:
    """A hash of the file's bytes. Raises RetryLater if it has gone."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
    except OSError as error:
        raise RetryLater(f"{path.name} cannot be read now: {error.strerror}.") from error


def inspected(path: Path, encoding: str = "") -> File:
    """Look at a file's bytes, all of them once. Raises NotATable with a sentence that says what it is instead.

    `encoding` is the admin's word on it, empty to find out.
    """
    try:
        with path.open("rb") as file:
            head = file.read(SAMPLE)
    except OSError as error:
        raise NotATable(path.name, f"cannot be opened: {error.strerror}", fix="Check its rights.") from error
    _refuse(path, head)
    if head.startswith(b"PK"):
        _refuse_bomb(path)
        return File(path, digest(path), 0, Form())
    form = _form(path, head, encoding)
    return File(path, digest(path), _lines(path), form)


def _refuse(path: Path, head: bytes) -> None:
    """Raise NotATable for what begins like something else than a table."""
    text = head.lstrip(codecs.BOM_UTF8 + b" \r\n\t").lower()
    workbook = path.suffix.lower().startswith(".xls")
    for holds, what, fix in (
        (not text, "is empty", "Export it again."),
        (text.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml")), "is a web page, not a table", SAVE_AS),
        (head.startswith(b"\xd0\xcf\x11\xe0"), "is in the old Excel format or protected by a password", SAVE_AS),
        (head.startswith(b"PK") and not workbook, "is a workbook, not text", "Rename it so that it ends in .xlsx."),
        (
            workbook and not head.startswith(b"PK"),
            "is not an Excel workbook",
            "If it is text, let its name end in .csv.",
        ),
        (head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b")), "is not a table", SAVE_AS),
        (_binary(head), "holds binary data, not text", SAVE_AS),
    ):
        if holds:
            raise NotATable(path.name, what, fix=fix)


SAVE_AS = "Export it as CSV or XLSX."


def _binary(head: bytes) -> bool:
    if head.startswith(b"PK") or _utf16(head):
        return False
    controls = sum(head.count(bytes([each])) for each in range(32) if each not in (9, 10, 11, 12, 13, 26, 27))
    return controls > len(head) / 100


def _utf16(head: bytes) -> str:
    """The byte order of UTF-16 text, with a mark or without; empty for other text."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    half = min(len(head), 4096) // 2
    if max(even, odd) < half * 0.3 or min(even, odd) > half * 0.05:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise NotATable(path.name, f"is damaged: {error}", fix="Export it again.") from error
    names = {each.filename: each.file_size for each in members}
    if "[Content_Types].xml" not in names:
        raise NotATable(path.name, "is a ZIP archive, not an Excel workbook", fix="Unpack it into the folder.")
    unpacked = sum(names.values())
    if unpacked > MOST_UNPACKED or unpacked > CHUNK + MOST_RATIO * path.stat().st_size:
        raise NotATable(
            path.name,
            f"would unpack to {unpacked:,} bytes from {path.stat().st_size:,}, which no export does",
            fix="Export it as CSV.",
        )
    if names.get("xl/sharedStrings.xml", 0) > MOST_STRINGS:
        raise NotATable(
            path.name,
            "holds more text than can be kept in memory; as a workbook it cannot be read piece by piece",
            fix="Export it as CSV.",
        )


def _form(path: Path, head: bytes, encoding: str) -> Form:
    wide = _utf16(head)
    found = encoding or wide or ("utf-8" if head.startswith(codecs.BOM_UTF8) else _eight_bit(path))
    start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    text = codecs.getincrementaldecoder(found)("replace").decode(head[start:])
    bytewise = not found.startswith("utf-16") and (b"\n" in head or b"\r" not in head)
    if bytewise and b"\n" not in head and path.stat().st_size > LONGEST_LINE:
        raise NotATable(path.name, f"has no line break in its first {SAMPLE:,} bytes", fix=SAVE_AS)
    delimiter = _delimiter(path, text)
    return Form(found, delimiter, start, bytewise, f'{delimiter} "' in text)


def _eight_bit(path: Path) -> str:
    """UTF-8 or GB18030, whichever fails on fewer lines; Windows-1252 where a Western file is neither."""
    if _decodes(path, "utf-8"):
        return "utf-8"
    if _decodes(path, "gb18030"):
        return "gb18030"
    fails: Counter[str] = Counter()
    with path.open("rb") as file:
        for line in iter(lambda: file.readline(LONGEST_LINE), b""):
            if not line.isascii():
                fails.update({"lines": 1, "utf-8": _fails(line, "utf-8"), "gb18030": _fails(line, "gb18030")})
    if fails["utf-8"] == fails["lines"] and fails["gb18030"] * 2 > fails["lines"]:
        return "cp1252"
    return "gb18030" if fails["gb18030"] < fails["utf-8"] else "utf-8"


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            for chunk in iter(lambda: file.read(CHUNK), b""):
                decoder.decode(chunk)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return False
    return True


def _fails(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return True
    return False


def _delimiter(path: Path, text: str) -> str:
    """What parts the cells: the sign that cuts the first lines into the most, and the most even, rows."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    lines = text.splitlines()[:30]
    if lines and lines[0].lower().startswith("sep="):
        return lines[0][4:5] or ","
    return max(DELIMITERS, key=lambda sign: _evenness(lines, sign))


def _evenness(lines: list[str], sign: str) -> float:
    try:
        widths = [len(row) for row in csv.reader(lines[:-1] or lines, delimiter=sign)]
    except csv.Error:
        return 0.0
    width, rows = Counter(widths).most_common(1)[0] if widths else (1, 0)
    return (width - 1) * rows / max(len(widths), 1)


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(CHUNK), b""))
