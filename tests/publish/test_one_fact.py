"""A fact has one value and one name in all files of an edition: the published files are read, and nothing else.

For each approach its JSON says what holds; every table row, board row, mark, change, feed entry, calendar entry,
message and page that names the approach must say the same distance, time, probability, level and pair, as far as it
says any. Nothing of the program is used to read them.
"""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import html5lib
import pytest
from icalendar import Calendar

import build_site
from edition_records import edition, marked_record
from nearpass.record.marking import Show
from nearpass.release.reduction import reduced
from records import sample_record

X: Final = "{http://www.w3.org/1999/xhtml}"
SVG: Final = "{http://www.w3.org/2000/svg}"
ATOM: Final = "{http://www.w3.org/2005/Atom}"
LEVELS: Final = ("red", "yellow", "green")
SECOND_PRINTED: Final = timedelta(seconds=0.5)
MINUTE_PRINTED: Final = timedelta(minutes=1)
DISTANCE: Final = re.compile(r"(below )?(\d[\d\u202f]*(?:\.\d+)?)(?: to (\d+(?:\.\d+)?))?\u00a0(km|m)\b")
LEAST_PLACES: Final = 40
"""Of the sample so many places tell of an approach at least: fewer, and the reading has gone blind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What the JSON of an edition says of one approach."""

    event_id: str
    names: tuple[frozenset[str], frozenset[str]]
    level: str
    low_km: float
    high_km: float
    centres_km: tuple[float, float]
    first: datetime
    last: datetime
    pc: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What one element of a file says of one approach; what it does not say is None."""

    file: str
    kind: str
    event_id: str
    level: str | None = None
    miss: str | None = None
    when: str | None = None
    pc: str | None = None
    pair: str | None = None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z")[:26]).replace(tzinfo=UTC)


def _names(objects: Mapping[str, str], object_id: str | None) -> frozenset[str]:
    return frozenset({"anonymous object"}) if not object_id else frozenset({object_id, objects[object_id]})


def facts(site: Path, cycle: str, objects: Mapping[str, str]) -> dict[str, Fact]:
    """By id, from the cycle's JSON."""
    rows = json.loads((site / cycle / "events.json").read_text(encoding="utf-8"))["events"]
    found = {}
    for row in rows:
        surface = row["surface_km_low"] if row["surface_km"] is None else row["surface_km"]
        key = "miss_km" if surface is None else "surface_km"
        exact = row[key]
        found[row["event_id"]] = Fact(
            event_id=row["event_id"],
            names=(_names(objects, row["primary"]), _names(objects, row["secondary"])),
            level=row["alert"],
            low_km=row[f"{key}_low"] if exact is None else exact,
            high_km=row[f"{key}_high"] if exact is None else exact,
            centres_km=(row["miss_km_low"], row["miss_km_high"]),
            first=_moment(row["tca_utc_low"]),
            last=_moment(row["tca_utc_high"]),
            pc=None if row["pc_low"] is None else (row["pc_low"], row["pc_high"]),
        )
    return found


def text_of(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split(" ")).strip()


def level_of(element: ET.Element) -> str | None:
    """The last level that the element shows by shape and word: an arrow leads from the old one to it."""
    shown = [name for inner in element.iter() for name in LEVELS if f"level-{name}" in (inner.get("class") or "")]
    return shown[-1] if shown else None


def named(element: ET.Element, ids: frozenset[str]) -> str | None:
    """The approach that an element leads to or is the place of."""
    here = [element.get("id") or ""]
    here += [link.get("href") or "" for link in element.iter() if link.tag in (f"{X}a", f"{SVG}a")]
    for text in here:
        last = text.rpartition("#")[2] if "#" in text else text.rpartition("/")[2].removesuffix(".html")
        if last.removeprefix("now-") in ids:
            return last.removeprefix("now-")
    return None


def _rows(file: str, root: ET.Element, ids: frozenset[str]) -> Iterator[Place]:
    """Rows of tables whose head says what a field is."""
    for table in root.iter(f"{X}table"):
        heads = [text_of(head).split(" ")[0] for head in table.iter(f"{X}th") if head.get("scope") == "col"]
        if "Miss" not in heads or not {"Level", "Worst"} & set(heads) or "Effect" in heads:
            continue
        for row in table.iter(f"{X}tr"):
            cells = [cell for cell in row if cell.tag in (f"{X}td", f"{X}th")]
            event_id = named(row, ids)
            if event_id is None or len(cells) != len(heads):
                continue
            fields = {head: text_of(cell) for head, cell in zip(heads, cells, strict=True)}
            current = cells[heads.index("Level")] if "Level" in heads else row  # beside it may stand the one before
            miss = fields["Miss"].rstrip("‡")
            yield Place(
                file=file, kind="row", event_id=event_id, level=level_of(current),
                miss=None if miss in {"–", "withheld"} else f"{miss}\u00a0km", when=fields.get("TCA"),
                pc=fields.get("Pc"), pair=fields.get("Pair"),
            )  # fmt: skip


def _elements(file: str, root: ET.Element, ids: frozenset[str]) -> Iterator[Place]:
    """Rows of the board, changes, marks of the timeline."""
    for item in root.iter(f"{X}article"):
        if "row" in (item.get("class") or "").split() and (event_id := named(item, ids)):
            miss = next(e for e in item.iter(f"{X}p") if e.get("class") == "bigmiss")
            top = next(e for e in item.iter(f"{X}p") if e.get("class") == "top")
            pair = next(item.iter(f"{X}h3"))
            yield Place(
                file=file, kind="board", event_id=event_id, level=level_of(top), miss=text_of(miss[0]),
                when=next(top.iter(f"{X}time")).get("datetime"), pair=text_of(pair),
            )  # fmt: skip
    for item in root.iter(f"{X}li"):
        if "change " in (item.get("class") or "") and (event_id := named(item, ids)):
            numbers = [text_of(e) for e in item if (e.get("class") or "") == "nums" and "km" in text_of(e)]
            time = next(item.iter(f"{X}time"), None)
            yield Place(
                file=file, kind="change", event_id=event_id, level=level_of(item),
                miss=numbers[0].rpartition("→")[2].strip() if numbers else None,
                when=None if time is None else time.get("datetime"), pair=text_of(next(item.iter(f"{X}a"))),
            )  # fmt: skip
    for item in root.iter(f"{SVG}a"):
        title = next(item.iter(f"{SVG}title"), None)
        if title is not None and (event_id := named(item, ids)) and DISTANCE.search(text_of(title)):
            words = re.findall(r"\b(red|yellow|green)\b", text_of(title))
            yield Place(file=file, kind="mark", event_id=event_id, level=words[0] if words else None,
                        miss=text_of(title))  # fmt: skip


def _event_page(file: str, root: ET.Element, event_id: str) -> Place:
    """The head of an approach's own page: level, distance and time of the paragraph to quote."""
    top = next(e for e in root.iter(f"{X}p") if e.get("class") == "top")
    head = next(root.iter(f"{X}h1"))
    return Place(
        file=file, kind="page", event_id=event_id, level=level_of(top), miss=text_of(head),
        when=next(top.iter(f"{X}time")).get("datetime"),
    )  # fmt: skip


def places(site: Path, cycle: str, ids: frozenset[str]) -> Iterator[Place]:
    """Everything that the files of an edition say of its approaches."""
    for path in sorted(site.rglob("*.html")):
        file = path.relative_to(site).as_posix()
        root = html5lib.parse(path.read_bytes())
        yield from _rows(file, root, ids)
        yield from _elements(file, root, ids)
        if file.startswith(f"{cycle}/events/"):
            yield _event_page(file, root, path.stem)
    yield from _subscriptions(site, ids)
    yield from _twins(site, cycle, ids)


def _subscriptions(site: Path, ids: frozenset[str]) -> Iterator[Place]:
    """Feeds and calendars."""
    for path in sorted(site.rglob("feeds/**/*.xml")):
        for entry in ET.parse(path).getroot().iter(f"{ATOM}entry"):  # noqa: S314 - the site's own file
            link = next(e.get("href") or "" for e in entry.iter(f"{ATOM}link") if "/events/" in f"/{e.get('href')}")
            title = entry.findtext(f"{ATOM}title") or ""
            event_id = link.rpartition("/")[2].removesuffix(".html")
            if event_id in ids:
                yield Place(file=path.relative_to(site).as_posix(), kind="feed", event_id=event_id,
                            level=title.partition(":")[0].lower(), miss=title, pair=title)  # fmt: skip
    for path in sorted(site.rglob("*.ics")):
        for entry in Calendar.from_ical(path.read_bytes()).walk("VEVENT"):
            uid = str(entry["uid"])
            event_id = uid.partition("@")[0].removesuffix("-tca")
            if event_id in ids and "-tca@" in uid:
                yield Place(file=path.relative_to(site).as_posix(), kind="calendar", event_id=event_id,
                            level=str(entry["categories"].cats[0]), when=entry.decoded("dtstart").isoformat()[:19],
                            pair=str(entry["summary"]))  # fmt: skip


def _twins(site: Path, cycle: str, ids: frozenset[str]) -> Iterator[Place]:
    """The finder's list, the CSV, the messages."""
    for path in sorted(site.rglob("live/events-*.js")):
        rows = json.loads(path.read_text(encoding="utf-8").splitlines()[0].partition('"] = ')[2].rstrip(";"))
        for event_id, first, second, _, near_km, level, _, newest, *cells in rows:
            if event_id in ids and newest == cycle_id(cycle):
                miss = f"{near_km:.3f}" if near_km is not None else cells[1]
                yield Place(file=path.relative_to(site).as_posix(), kind="finder", event_id=event_id, level=level,
                            miss=f"{miss}\u00a0km", pair=f"{first or 'anonymous object'} – "
                            f"{second or 'anonymous object'}")  # fmt: skip
    with (site / cycle / "events.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield Place(file=f"{cycle}/events.csv", kind="twin", event_id=row["event_id"], level=row["alert"],
                        when=row["tca_utc"] or row["tca_utc_low"])  # fmt: skip
    for path in sorted((site / cycle / "events").glob("*.cdm")):
        yield Place(file=path.relative_to(site).as_posix(), kind="message", event_id=path.stem,
                    when=re.search(r"^TCA\s*=\s*(\S+)", path.read_text(), re.MULTILINE)[1])  # type: ignore[index] # fmt: skip


def cycle_id(cycle: str) -> str:
    """``2021-03-15T0000Z`` of ``cycles/2021/03/15/T0000Z``."""
    return "-".join(cycle.split("/")[1:4]) + cycle.rpartition("/")[2]


def contradictions(place: Place, fact: Fact) -> Iterator[str]:
    """What a place says otherwise than the fact."""
    if place.level is not None and place.level != fact.level:
        yield f"level {place.level} for {fact.level}"
    if place.miss is not None and not _same_distance(place, fact):
        yield f"distance {place.miss!r} for {fact.low_km} to {fact.high_km} km"
    if place.when is not None and not _same_time(place.when, fact):
        yield f"TCA {place.when} for {fact.first}"
    if place.pc is not None and not _same_chance(place.pc, fact):
        yield f"Pc {place.pc} for {fact.pc}"
    if place.pair is not None:
        said = place.pair.replace("\u2011", "-").replace("\u00a0", " ")
        if not all(any(name in said for name in names) for names in fact.names):
            yield f"pair {place.pair!r} for {fact.names}"


def _same_distance(place: Place, fact: Fact) -> bool:
    found = DISTANCE.search(place.miss or "")
    if found is None:
        return False
    below, first, second, unit = found.groups()
    scale = 1.0 if unit == "km" else 1e-3
    low, high = ((0.0 if below else float(first.replace("\u202f", ""))), float((second or first).replace("\u202f", "")))
    digits = len(first.partition(".")[2])
    step = 0.5000001 * 10.0**-digits * scale
    return abs(low * scale - fact.low_km) <= step and abs(high * scale - fact.high_km) <= step


def _same_time(text: str, fact: Fact) -> bool:
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return False
    if len(text) == len("2021-03-21"):
        return text == fact.first.date().isoformat()
    told = _moment(text[:26].partition(" to ")[0].replace(" ", "T"))
    return abs(told - fact.first) <= (MINUTE_PRINTED if len(text) <= len("2021-03-21 04:12") else SECOND_PRINTED)


def _same_chance(text: str, fact: Fact) -> bool:
    if fact.pc is None:
        return text in {"–", "withheld"}
    if text.startswith("below "):
        return fact.pc[0] == 0.0 and float(text[6:]) == pytest.approx(fact.pc[1])
    if " to " in text:
        return [float(part) for part in text.split(" to ")] == pytest.approx(fact.pc)
    return float(text) == pytest.approx(fact.pc[0], rel=0.06)  # two digits


def built(folder: Path, name: str) -> tuple[Path, str, dict[str, str]]:
    """The site of an edition of the sample's cycle, the folder of the cycle, and names by id."""
    record = sample_record()
    if name != "whole":
        rules = {"MEX": Show.HIDDEN, "ODY": Show.ANONYMOUS, "TIANWEN-1": Show.METRICS}
        record = reduced(marked_record({}), edition({} if name == "clear" else rules))
    record = build_site.alone(record)
    build_site.write_sources(folder / "docs", [record])
    build_site.build(folder / "docs", folder / "site")
    cycle = next((folder / "site" / "cycles").glob("*/*/*/*")).relative_to(folder / "site").as_posix()
    return folder / "site", cycle, {item.id: item.name for item in record.objects}


@pytest.mark.parametrize("name", ["whole", "clear", "metrics"])
def test_an_approach_is_the_same_everywhere(tmp_path: Path, name: str) -> None:
    """Every place of an edition that tells of an approach has the distance, time, chance, level, pair of its JSON."""
    site, cycle, objects = built(tmp_path, name)
    known = facts(site, cycle, objects)
    found = list(places(site, cycle, frozenset(known)))

    wrong = {
        f"{place.file} ({place.kind}) {place.event_id}": problems
        for place in found
        if (problems := list(contradictions(place, known[place.event_id])))
    }
    assert wrong == {}
    assert len(found) > LEAST_PLACES
    kinds = Counter(place.kind for place in found)
    withheld = {"change", "feed"} if name == "metrics" else set()  # of its only change nothing is told there
    assert kinds.keys() | withheld >= {
        "row",
        "board",
        "change",
        "mark",
        "page",
        "feed",
        "calendar",
        "finder",
        "twin",
        "message",
    }


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"miss": "8.823\u00a0km"}, "distance"),
        ({"level": "green"}, "level"),
        ({"when": "2021-03-21T04:12:35.300Z"}, "TCA"),
        ({"pc": "4.9e-6"}, "Pc"),
        ({"pair": "MRO – MAVEN"}, "pair"),
    ],
)
def test_a_contradiction_is_seen(change: dict[str, Any], named: str) -> None:
    """One digit, another level, half a second more, another pair: each is noticed."""
    at = datetime(2021, 3, 21, 4, 12, 34, 600_000, tzinfo=UTC)
    fact = Fact(event_id="E", names=(frozenset({"MRO"}), frozenset({"TW1", "Tianwen-1"})), level="red", low_km=8.822,
                high_km=8.822, centres_km=(19.9, 19.9), first=at, last=at, pc=(4.3e-6, 4.3e-6))  # fmt: skip
    place = {"miss": "8.822\u00a0km", "level": "red", "when": "2021-03-21 04:12:34.6", "pc": "4.3e-6",
             "pair": "MRO – Tianwen\u20111"}  # fmt: skip
    assert list(contradictions(Place(file="f", kind="row", event_id="E", **place), fact)) == []
    (problem,) = contradictions(Place(file="f", kind="row", event_id="E", **(place | change)), fact)
    assert problem.startswith(named)
