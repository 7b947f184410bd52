"""What a site made from a reduced record must not hold: everything that the full record has and the reduced has not.

A word, an instant or a number is a secret if the full record holds it and the reduced one does not. That is decided
by where it comes from, so nothing has to be declared secret, and a value that both records hold is none. What cannot
be told from chance is not searched for, and the limits are stated here, each with the chance of a false alarm that it
leaves:

- Identities (names, ids, designators, originators, operators, files, hashes, parties, channels) always; other text
  from :data:`LEAST_TEXT` characters on, since shorter ones are words such as ``HERMITE``.
- Who acts on an approach, as pages say it, from :data:`LEAST_CLAUSE` characters on.
- Instants to the second or finer; to the minute only those of approaches and burns, without those on the hour. A
  catalogue has thousands, of which some fall on the full second of any grid: they are printed, and searched for, to
  the tenth. Of the others a second at which a series that the edition holds has a sample is none: of many passages
  some meet one.
- Single numbers with :data:`ALONE_DIGITS` significant digits: of some thousand secrets a random number meets one
  with 1 in 100 000. Long series hold too many for that: two neighbours must stand side by side.
- Numbers with :data:`BESIDE_DIGITS` digits on a line that names the approach they belong to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nearpass import reasons
from nearpass.astro.epochs import DAY_S, Epoch, TimeSystem
from nearpass.record.coordination import Coordination, said_by
from nearpass.record.record import (
    BodyRecord,
    ChangeRecord,
    CrossingRecord,
    CycleRecord,
    DormantEvent,
    EventRecord,
    FunnelStep,
    MethodRecord,
    PairRecord,
    SolutionRecord,
)
from nearpass.record.sweep_record import SweepStep

LEAST_TEXT: Final = 20
LEAST_CLAUSE: Final = 10
"""What one party does about an approach, as ``CNSA stands by``."""
ACTS: Final = "who_acts"
"""The field of such a clause: it stands in no record, but follows from its notes."""
ALONE_DIGITS: Final = 9
BESIDE_DIGITS: Final = 5
LONG_SERIES: Final = 16
"""Numbers in a field from which it counts as a series."""
RUN_TIMES: Final = frozenset({"first_run", "last_run"})
"""When a run was made is no secret: one run makes all editions, and the register's pages tell it."""
FACTORS: Final = (1.0, 1e3, 1e-3, 1e6)
"""Units that the program prints beside those of the record: metres, thousands of kilometres, square metres."""
IDENTITIES: Final = frozenset({
    "id", "name", "operator", "naif_id", "originator", "file", "sha256", "event_id", "deadline_object", "object_id",
    "party", "parties", "to", "signed_by", "channel", "release", "primary", "secondary", "event_ids",
    "configuration_sha256", "reference", "solution_name", "catalogue_number", "object_in_file",
})  # fmt: skip
OWN_WORDS: Final = frozenset({FunnelStep, SweepStep, MethodRecord, BodyRecord})
"""Records whose names are those of the program or of a planet."""
_NAMES: Final = {**dict.fromkeys(OWN_WORDS, "words"), SolutionRecord: "solution_name"}
REASONS: Final = reasons.__name__
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A plain value of a record: the field that holds it, where that is, and whether it is one of a long series."""

    field: str
    place: str
    value: object
    series: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Magnitudes in order, ``(N,)``, and the place of each."""

    values: FloatArray
    places: tuple[str, ...]

    def found(self, value: float, half_unit: float) -> str | None:
        """The place of a magnitude that is printed as this value with this many digits."""
        start = int(np.searchsorted(self.values, value - half_unit * 1.0000001))
        inside = start < len(self.values) and self.values[start] <= value + half_unit * 1.0000001
        return self.places[start] if inside else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What must not be found. ``words`` and ``instants`` by spelling, each with where the full record holds it.

    ``alone`` and ``beside`` are numbers, ``series`` pairs of neighbours (rounded to ten digits); ``beside`` by the
    words that name an approach on a line. ``open_numbers`` and ``open_instants`` are what the edition holds itself.
    """

    words: dict[str, str]
    instants: dict[str, str]
    alone: Numbers
    beside: dict[tuple[str, ...], Numbers]
    floats: dict[float, str]
    open_numbers: Numbers
    open_instants: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an edition told in earlier cycles: of entries of the full record in full, and objects by their ids."""

    events: tuple[ChangeRecord | DormantEvent, ...] = ()
    objects: frozenset[str] = frozenset()


NOTHING_TOLD: Final = Told()


def secrets_of(
    full: CycleRecord,
    shown: CycleRecord,
    vocabulary: str = "",
    told: Told = NOTHING_TOLD,
    said: Callable[[object], str] | None = None,
    acts: Callable[[Coordination], Sequence[str]] | None = None,
) -> Secrets:
    """What a site made from ``shown`` must not hold of ``full``.

    Args:
        full: The archived record.
        shown: What the edition may hold of it.
        vocabulary: The program's own words (:func:`plain_text`): text that stands in them and names nobody is free.
        told: What the edition had of things that this cycle no longer has.
        said: How pages put a reason into words: the sentences of the full record are secrets as well.
        acts: How they put into words who acts on an approach, one clause a party.
    """
    ours = [*leaves(full, said=said), *_acting(full, acts)]
    theirs = [
        *leaves((shown, *told.events), said=said),
        *_acting(shown, acts),
        *(Leaf(field="id", place="", value=name, series=False) for name in told.objects),
    ]
    open_floats = {leaf.value for leaf in theirs if isinstance(leaf.value, float)}
    hidden = [leaf for leaf in ours if isinstance(leaf.value, float) and leaf.value not in open_floats]
    known = {leaf.value for leaf in theirs if isinstance(leaf.value, Epoch)}
    spelled = {text for epoch in known for text in _spellings(epoch, minutes=True)} | set(_sampled(shown))
    return Secrets(
        words=_words(ours, theirs, vocabulary),
        instants=_instants(ours, known, spelled),
        alone=_numbers(leaf for leaf in hidden if not leaf.series),
        beside=_beside(full, shown, open_floats),
        floats={value: leaf.place for leaf in hidden if _telling(value := _float(leaf))},
        open_numbers=_numbers(leaf for leaf in theirs if isinstance(leaf.value, float)),
        open_instants=frozenset(spelled),
    )


def _acting(record: CycleRecord, acts: Callable[[Coordination], Sequence[str]] | None) -> Iterator[Leaf]:
    """Who acts on each approach that a note is about."""
    for name in sorted({note.event_id for note in record.notes if note.event_id is not None} if acts else ()):
        for clause in acts(said_by(record.notes, name)) if acts else ():
            yield Leaf(field=ACTS, place="record.notes: who acts", value=clause, series=False)


def words_of(secrets: Secrets) -> Secrets:
    """The words alone: a delivered file holds more numbers and instants than chance can be told from."""
    none = Numbers(values=np.zeros(0), places=())
    return replace(secrets, instants={}, alone=none, beside={}, floats={})


def leaves(
    record: object, place: str = "record", field: str = "", said: Callable[[object], str] | None = None
) -> Iterator[Leaf]:
    """Every plain value of a record with its place, such as ``record.events[3].tca``; of a reason also what is said."""
    if is_dataclass(record) and not isinstance(record, Epoch | type):
        if said is not None and type(record).__module__.startswith(REASONS):
            yield Leaf(field=field, place=place, value=said(record), series=False)
        for entry in fields(record):
            named = _NAMES.get(type(record), "name") if entry.name == "name" else entry.name
            yield from leaves(getattr(record, entry.name), f"{place}.{entry.name}", named, said)
    elif isinstance(record, tuple):
        yield from _of_tuple(record, place, field, said)
    elif record is not None:
        yield Leaf(field=field, place=place, value=record, series=False)


def _of_tuple(values: tuple[Any, ...], place: str, field: str, said: Callable[[object], str] | None) -> Iterator[Leaf]:
    flat = _flat(values)
    if flat is not None and len(flat) > LONG_SERIES:
        yield from (Leaf(field=field, place=place, value=value, series=True) for value in flat if value is not None)
        return
    for index, value in enumerate(values):
        yield from leaves(value, f"{place}[{index}]", field, said)


def _flat(values: tuple[Any, ...]) -> list[float | None] | None:
    """The numbers of a tuple of numbers or of rows of numbers; None for any other."""
    found: list[float | None] = []
    for value in values:
        if isinstance(value, tuple):
            inner = _flat(value)
            if inner is None:
                return None
            found += inner
        elif value is None or (isinstance(value, float) and not isinstance(value, bool)):
            found.append(value)
        else:
            return None
    return found


def plain_text(text: str) -> str:
    """Text as it is compared: no accents, no case, one blank for any white space."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(text.casefold().split())


def _instants(ours: Iterable[Leaf], known: Set[object], spelled: Set[str]) -> dict[str, str]:
    """Spellings of the instants that only the full record holds, each with its place."""
    places: dict[tuple[Epoch, bool, bool], str] = {}  # a record tells most instants several times
    for leaf in ours:
        if isinstance(leaf.value, Epoch) and leaf.value not in known and leaf.field not in RUN_TIMES:
            swept = leaf.place.startswith("record.sweep.approaches")
            places.setdefault((leaf.value, leaf.field in {"tca", "deadline", "burn"}, swept), leaf.place)
    found: dict[str, str] = {}
    for (epoch, minutes, swept), place in places.items():
        for text in _spellings(epoch, minutes=minutes):
            if text not in spelled and ("." in text or not swept):
                found.setdefault(text, place)
    return found


def _words(ours: Iterable[Leaf], theirs: Iterable[Leaf], vocabulary: str) -> dict[str, str]:
    """Texts that only the full record holds, as they are compared, each with its place."""
    ours, theirs = _told_once(ours), _told_once(theirs)
    permitted = {text for leaf in theirs for text, _ in _texts(leaf)}
    identities = " | ".join(sorted({text for leaf in theirs if leaf.field in IDENTITIES for text, _ in _texts(leaf)}))
    told = " | ".join(permitted)
    found: dict[str, str] = {}
    for leaf in ours:
        for text, least in _texts(leaf):
            if len(text) < least or text in permitted or text in found:
                continue
            own = leaf.field not in IDENTITIES and (text in told or text in vocabulary)
            common = leaf.field == "solution_name" and _holds(vocabulary, text)  # a solution may be called "other"
            if not own and not common and not _holds(identities, text):
                found[text] = leaf.place
    return found


def _holds(words: str, text: str) -> bool:
    """Whether a text stands in words by itself."""
    return re.search(rf"(?<![a-z0-9]){re.escape(text)}(?![a-z0-9])", words) is not None


def _told_once(found: Iterable[Leaf]) -> list[Leaf]:
    """The first leaf of each field and text or number that may be a word: a record repeats most of them."""
    first: dict[tuple[str, object], Leaf] = {}
    for leaf in found:
        if isinstance(leaf.value, str | int) and not isinstance(leaf.value, bool):
            first.setdefault((leaf.field, leaf.value), leaf)
    return list(first.values())


def _texts(leaf: Leaf) -> Iterator[tuple[str, int]]:
    """Spellings of a text and the length from which each is searched for."""
    if leaf.field in {"naif_id", "catalogue_number"} and isinstance(leaf.value, int):
        yield str(leaf.value).lstrip("-"), 4  # shorter ones are numbers like any other
    if not isinstance(leaf.value, str) or leaf.field == "configuration":
        return
    identity = leaf.field in IDENTITIES
    for line in leaf.value.splitlines():
        text = plain_text(line)
        short = 4 if text.lstrip("-").isdigit() else 2  # a number of three digits is a number like any other
        yield text, short if identity else LEAST_CLAUSE if leaf.field == ACTS else LEAST_TEXT
    if leaf.field == "file":
        name = plain_text(leaf.value.rsplit("/", maxsplit=1)[-1])
        yield name, 2
        yield name.rsplit(".", maxsplit=1)[0], 6


def _spellings(epoch: Epoch, *, minutes: bool) -> Iterator[str]:
    """``2021-03-21T04:12:33.512`` to the second, its tenth, thousandth and millionth, in UTC and TDB."""
    for system in (TimeSystem.UTC, TimeSystem.TDB):
        for digits in (0, 1, 3, 6):
            text = epoch.iso(system, digits=digits)
            if not text.rstrip("0").endswith((":", ":00:", ".")) or text[14:19] != "00:00":
                yield text
    if minutes and epoch.iso(digits=0)[14:16] != "00":
        yield epoch.iso(digits=0)[:16]


def _sampled(shown: CycleRecord) -> Iterator[str]:
    """The seconds at which the series against time that a record holds are printed."""
    profiles = [(held.start, held.step_s, len(held.least_km)) for pair in shown.pairs if (held := pair.profile)]
    differences = [
        (one.start, one.step_s, len(one.least_rtn_km))
        for solution in shown.solutions
        if (one := solution.difference) is not None
    ]
    for start, step_s, count in {*profiles, *differences}:
        yield from ((start + index * step_s).iso(digits=0) for index in range(count))
    for season in shown.seasons:
        yield from ((shown.window.start + day * DAY_S).iso(digits=0) for day in season.days)


def _float(leaf: Leaf) -> float:
    return leaf.value if isinstance(leaf.value, float) else 0.0


def _telling(value: float) -> bool:
    """Whether a number has enough digits to be recognised at all."""
    return len(f"{value:.15g}".replace("-", "").replace(".", "").split("e")[0].strip("0")) >= ALONE_DIGITS


def _numbers(found: Iterable[Leaf]) -> Numbers:
    """Magnitudes in all units, in order."""
    first: dict[float, str] = {}
    for leaf in found:
        if isinstance(leaf.value, float) and leaf.value:
            first.setdefault(abs(leaf.value), leaf.place)
    values = np.multiply.outer(FACTORS, np.array(list(first))).ravel()
    order, places = np.argsort(values, kind="stable"), list(first.values())
    return Numbers(values=values[order], places=tuple(places[index % len(places)] for index in order.tolist()))


def _beside(full: CycleRecord, shown: CycleRecord, permitted: set[float]) -> dict[tuple[str, ...], Numbers]:
    """For each pair that is shown coarsely under its own names: the numbers of its approaches."""
    groups: dict[tuple[str, ...], list[Leaf]] = {}
    named, whole = {item.id for item in shown.objects}, {(pair.primary, pair.secondary) for pair in shown.pairs}
    every = {(pair.primary, pair.secondary) for pair in full.pairs}
    coarse = {pair for pair in every - whole if named.issuperset(pair)}
    items: list[EventRecord | PairRecord | CrossingRecord] = [*full.events, *full.pairs, *full.crossings]
    for item in items:
        key = (item.primary, item.secondary)
        if key in coarse:
            place = f"the {type(item).__name__} of {' and '.join(key)}"
            found = (leaf for leaf in leaves(item, place) if not leaf.series)
            groups.setdefault(tuple(map(plain_text, key)), []).extend(
                leaf for leaf in found if isinstance(leaf.value, float) and leaf.value not in permitted
            )
    return {key: _numbers(found) for key, found in groups.items()}
