"""The leak test: every file of a built edition is searched for what the edition must not hold, before it is served.

A file is read in every spelling at once: percent signs, HTML and JSON escapes undone, case and accents folded, with
and without its tags. Pictures are searched for text like any file, and for paths by what they were drawn from: each
number handed to a drawing is compared with the secret ones. Compressed files are searched inside.
"""

from __future__ import annotations

import gzip
import html
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Final, Protocol
from urllib.parse import unquote

import nearpass
from nearpass.errors import LeakError
from nearpass.publish.index import open_index
from nearpass.publish.stage import all_plots
from nearpass.publish.workspace import Workspace
from nearpass.record.marking import Edition
from nearpass.record.record import SCHEMA, ChangeRecord, CycleRecord, DormantEvent
from nearpass.release.reduction import reduced
from nearpass.release.secrets import (
    ALONE_DIGITS,
    BESIDE_DIGITS,
    NOTHING_TOLD,
    Numbers,
    Secrets,
    Told,
    leaves,
    plain_text,
    secrets_of,
)
from nearpass.report.plots import Plot
from nearpass.report.site_hooks import ASSETS
from nearpass.report.wording import said
from nearpass.report.wording.acting import clauses
from nearpass.resources import resource

_WORD: Final = re.compile(r"[a-z0-9]+")
_NOT_OF_A_WORD: Final = bytes(code if chr(code) in ascii_lowercase + digits else ord(" ") for code in range(256))
_NUMBER: Final = re.compile(rf"(?<![\w.:])(?=[\d.]{{{BESIDE_DIGITS}}})\d[\d.]*(?:e[+-]?\d+)?(?![\w.:])")
"""Numbers long enough to be searched for."""
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?")
_SPOKEN: Final = re.compile(
    r"(\d{1,2}) (january|february|march|april|may|june|july|august|september|october|november|december) (\d{4}) "
    r"(\d\d:\d\d(?::\d\d)?)"
)
_MONTHS: Final = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
                  "november", "december")  # fmt: skip
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_PRINTABLE: Final = re.compile(rb"[ -~]{8,}")
"""Texts in a file of another kind: shorter runs occur by chance."""
_NOT_DECIMALS: Final = r"(?<!\d\.)"
"""A catalogue number is no name where it is the decimals of a number; distances have many."""
_TAG: Final = re.compile(r"<[^<>]*>")
_THIN: Final = str.maketrans(dict.fromkeys("\u202f\u00a0\u2009", None) | {"−": "-"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Where a file holds what it must not: ``secret`` is the place in the full record, never the secret itself."""

    file: str
    line: int | None
    secret: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where} holds {self.secret}"


def _any(_name: str) -> bool:
    return True


def check_leaks(workspace: Workspace, built: Path, full: CycleRecord, of_it: Callable[[str], bool] = _any) -> None:
    """Search a built edition before it is put in place.

    Args:
        workspace: Of which edition.
        built: Its files.
        full: The archived record that they were made from.
        of_it: Which files, by their path, were made from it, where others were built beside them. What one cycle had to
            withhold, as a note that named an event not yet listed, a later one may tell.

    Raises:
        LeakError: naming the edition, the file and the line.
    """
    edition = workspace.edition
    if edition is None or edition.everything:
        return
    own = _programs_own(workspace, built)
    shown = reduced(full, edition)
    if shown.edition is None and shown == full:
        return
    texts = [(name, data) for name, data in _files(built, of_it) if _inside(name) not in own]
    found = next(_leaks(texts, all_plots(shown), _secrets(workspace, full, shown)), None)
    if found is not None:
        raise _leak(found, edition)


class TextSearch(Protocol):
    """Searches a text by its name, and what pictures in it were drawn from."""

    def __call__(self, name: str, text: str, plots: Sequence[Plot] = ()) -> None:
        """Search.

        Raises:
            LeakError: if the text holds what the edition must not.
        """


def text_search(workspace: Workspace, full: CycleRecord) -> TextSearch:
    """The same search for texts that leave by another way than the site, such as messages.

    Args:
        workspace: Of which edition.
        full: The archived record that the texts are made from.
    """
    edition = workspace.edition
    shown = full if edition is None else reduced(full, edition)
    if edition is None or edition.everything or (shown.edition is None and shown == full):
        return lambda name, text, plots=(): None  # noqa: ARG005 - nothing is withheld
    secrets = _secrets(workspace, full, shown)

    def search(name: str, text: str, plots: Sequence[Plot] = ()) -> None:
        found = next(_leaks([(name, text.encode())], plots, secrets), None)
        if found is not None:
            raise _leak(found, edition)

    return search


def _secrets(workspace: Workspace, full: CycleRecord, shown: CycleRecord) -> Secrets:
    return secrets_of(full, shown, vocabulary(), _told_before(workspace, full), said, clauses)


def _leak(found: Leak, edition: Edition) -> LeakError:
    return LeakError(f"an edition must not hold what is withheld from it: {found}", value=edition.id)


def _told_before(workspace: Workspace, record: CycleRecord) -> Told:
    """What left the list with an object that this cycle no longer has: no secret where the edition told of it before.

    The record does not say what that object's marking was; earlier pages, as the edition may show them today, do.
    """
    objects = {item.id for item in record.objects}
    changes: tuple[ChangeRecord | DormantEvent, ...] = (*record.changes, *record.dormant)
    left = [entry for entry in changes if not {entry.primary, entry.secondary} <= objects]
    if not left:
        return NOTHING_TOLD
    gone = {name for entry in left for name in (entry.primary, entry.secondary)} - objects
    with open_index(workspace.index, workspace.archived) as index:
        return Told(
            events=tuple(entry for entry in left if index.has_event(entry.event_id, entry.tca)),
            objects=frozenset(name for name in gone if index.has_object(name)),
        )


def leaks_in(files: Sequence[tuple[str, bytes]], plots: Sequence[Plot], secrets: Secrets) -> list[Leak]:
    """Everything that is found in files and in what pictures were drawn from."""
    return list(_leaks(files, plots, secrets))


def _leaks(files: Sequence[tuple[str, bytes]], plots: Sequence[Plot], secrets: Secrets) -> Iterator[Leak]:
    by_word: dict[str, list[str]] = {}
    for secret in secrets.words:
        longest = max(_WORD.findall(secret), key=len, default="")
        by_word.setdefault(longest, []).append(secret)
    searched: set[tuple[bytes, bool]] = set()
    for name, data in files:
        picture = name.endswith(".svg")
        # A packed copy of the site holds every page once more: of the same bytes only the new name tells anything.
        lines = _lines(name, b"" if (data, picture) in searched else data)
        searched.add((data, picture))
        yield from _words_in(name, lines, by_word, secrets)
        yield from _instants_in(name, lines, secrets)
        if not picture:
            yield from _numbers_in(name, lines, secrets)
    for plot in plots:
        for leaf in leaves(plot.drawing):
            if isinstance(leaf.value, float) and leaf.value in secrets.floats:
                yield Leak(file=f"plots/{plot.name}.svg", line=None, secret=secrets.floats[leaf.value])


def _lines(name: str, data: bytes) -> list[str]:
    """The file's name and lines in the spelling in which they are compared."""
    text = data.decode("utf-8", errors="replace")
    if "\\u" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    found = [plain_text(name.replace("/", " / "))]
    for line in text.splitlines():
        plain = unquote(line) if "%" in line else line
        plain = html.unescape(html.unescape(plain)) if "&" in plain else plain
        plain = plain if plain.isascii() else plain.translate(_THIN)
        found.append(plain_text(plain))
        if "<" in plain and "><" in plain:
            found[-1] += " | " + plain_text(_TAG.sub("", plain))
    return found


def _words_in(name: str, lines: list[str], by_word: dict[str, list[str]], secrets: Secrets) -> Iterator[Leak]:
    whole = " ".join(lines)
    words = set(whole.encode("ascii").translate(_NOT_OF_A_WORD).split())  # a tenth of the time of a pattern
    present = [word for word in by_word if word.encode("ascii") in words]
    for secret in (secret for word in present for secret in by_word[word] if secret in whole):
        pattern = re.compile(
            rf"(?<![a-z0-9]){_NOT_DECIMALS if secret.isdigit() else ''}{re.escape(secret)}(?![a-z0-9])"
        )
        line = next((number for number, text in enumerate(lines) if pattern.search(text)), None)
        if line is not None or pattern.search(whole):
            yield Leak(file=name, line=line, secret=secrets.words[secret])


def _instants_in(name: str, lines: list[str], secrets: Secrets) -> Iterator[Leak]:
    for number, line in enumerate(lines):
        if ":" not in line:
            continue
        for text in (*(found[0] for found in _INSTANT.finditer(line)), *map(_from_spoken, _SPOKEN.finditer(line))):
            spelled = text.replace(" ", "T").upper()
            if spelled in secrets.instants:
                yield Leak(file=name, line=number, secret=secrets.instants[spelled])


def _from_spoken(found: re.Match[str]) -> str:
    return f"{found[3]}-{_MONTHS.index(found[2]) + 1:02d}-{int(found[1]):02d}T{found[4]}"


def _numbers_in(name: str, lines: list[str], secrets: Secrets) -> Iterator[Leak]:
    for number, line in enumerate(lines):
        printed = [(text, count) for text in _NUMBER.findall(line) if (count := _digits(text)) >= BESIDE_DIGITS]
        if not printed:
            continue
        beside = [numbers for pair, numbers in secrets.beside.items() if all(key in line for key in pair)]
        for text, count in printed:
            place = _place(text, [*beside, secrets.alone] if count >= ALONE_DIGITS else beside, secrets)
            if place is not None:
                yield Leak(file=name, line=number, secret=place)


def _digits(text: str) -> int:
    """Significant digits of a printed number."""
    return len(text.split("e", maxsplit=1)[0].replace(".", "").strip("0"))


def _place(text: str, searched: Sequence[Numbers], secrets: Secrets) -> str | None:
    """Where the full record holds a number that can be printed so, unless the edition holds such a one itself."""
    if not searched:
        return None
    value, half_unit = _value(text)
    if value is None or secrets.open_numbers.found(value, half_unit) is not None:
        return None
    return next((hit for numbers in searched if (hit := numbers.found(value, half_unit)) is not None), None)


def _value(text: str) -> tuple[float | None, float]:
    """A printed number and half a unit of its last digit; None if it is none."""
    try:
        value = float(text)
    except ValueError:
        return None, 0.0
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return value, 0.5 * 10.0 ** (int(exponent or 0) - decimals)


def _inside(name: str) -> str:
    """The name of a page within a packed copy of the site; the name itself outside of one."""
    return name.split(".zip/", maxsplit=1)[1].partition("/")[2] if ".zip/" in name else name


def _files(built: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """The wanted files with their names, those inside compressed ones too."""
    for path in sorted(path for path in built.rglob("*") if path.is_file()):
        name = path.relative_to(built).as_posix()
        if wanted(name):
            yield from _unpacked(name, path.read_bytes())


def _unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, or what a compressed one holds, or the texts within one that is neither."""
    if data.startswith(b"\x1f\x8b"):
        yield name, b""  # its name is searched, its bytes say nothing before they are unpacked
        yield from _unpacked(name.removesuffix(".gz"), gzip.decompress(data))
    elif zipfile.is_zipfile(io.BytesIO(data)):
        yield name, b""
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _unpacked(f"{name}/{member}", archive.read(member))
    elif _is_text(data):
        yield name, data
    else:
        yield name, b"\n".join(_PRINTABLE.findall(data))


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@cache
def vocabulary() -> str:
    """The words of the program: its sources, with their strings joined, and its templates."""
    package = Path(nearpass.__file__).parent
    sources = [path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))]
    templates = [path.read_text(encoding="utf-8") for path in sorted(resource("templates").rglob("*.j2"))]
    return plain_text(re.sub(r'"\s*\n\s*f?"', "", "\n".join([*sources, *templates])))


def _programs_own(workspace: Workspace, built: Path) -> set[str]:
    """Files that travel with the program, the same in every site: its pages, unless replaced, its theme, its schema."""
    pages = resource("site")
    own = {
        path.relative_to(pages).with_suffix(".html" if path.suffix == ".md" else path.suffix).as_posix()
        for path in pages.rglob("*")
        if path.is_file() and not (workspace.hand_written / path.relative_to(pages)).exists()
    }
    assets = {path.relative_to(built).as_posix() for path in (built / ASSETS).rglob("*")}
    return own | assets | {f"schema/cycle-{number}.json" for number in range(1, SCHEMA + 1)}
