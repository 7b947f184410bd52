"""What a search looks for in an edition: withheld facts and deliveries, less what the readers may have anyway.

What cannot be told from chance is not looked for, and the limits are stated here:

- Identities (names, ids, designators, originators, operators, files, hashes, parties, channels) always; other text
  from :data:`LEAST_TEXT` characters on, since shorter ones are words such as ``HERMITE``; of deliveries, comments and
  notes also words of letters and digits from :data:`LEAST_TOKEN` on.
- Who acts on an approach, as pages say it, from :data:`LEAST_CLAUSE` characters on.
- Instants to the second or finer, those of a catalogue's approaches to the tenth: of thousands some fall on the full
  second of any grid. A second at which a series that the edition holds has a sample is none, and where a line tells an
  instant twice, the finer spelling decides. To the minute only on a line that names both objects.
- Numbers by their digits: :mod:`nearpass.publish.digits`; with :data:`BESIDE_DIGITS` digits on a line that names both
  objects of the approach that they belong to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from nearpass.astro.epochs import DAY_S, Epoch, TimeSystem
from nearpass.publish.delivered import DeliveredFile, Deliveries
from nearpass.publish.digits import FloatArray, Numbers, Rows, Windows, numbers, windows
from nearpass.publish.readers import Readers
from nearpass.publish.withheld import ACTS, OF_CYCLES, Fact, For, Words, facts
from nearpass.record.marking import Edition, Show
from nearpass.record.record import CycleRecord, InputRecord

LEAST_TEXT: Final = 20
LEAST_TOKEN: Final = 8
LEAST_CLAUSE: Final = 10
"""What one party does about an approach, as ``CNSA stands by``."""
DECIMALS: Final = (0, 1, 3, 6)
"""Of a second, in which instants are looked for: those that pages and twins print."""
BESIDE_DIGITS: Final = 6
BESIDE_FEW: Final = 100
"""So many numbers of a pair are known by :data:`BESIDE_DIGITS` digits each; ten times as many take one digit more."""
FREE_TEXTS: Final = frozenset({"comments", "note", "text", "source"})
"""Words of others, of which also those of letters and digits are looked for."""
RUN_TIMES: Final = frozenset({"first_run", "last_run", "first_seen"})
"""When a run was made is no secret: one makes all editions, and the register tells it; a run first sees a file."""
SHORT_FILE: Final = 2_000
"""Of a file with so few numbers each is looked for; of a longer one rows, as of its covariances."""
IDENTITIES: Final = frozenset({
    "id", "name", "operator", "naif_id", "originator", "file", "sha256", "event_id", "deadline_object", "object_id",
    "party", "parties", "to", "signed_by", "channel", "release", "primary", "secondary", "event_ids",
    "configuration_sha256", "reference", "solution_name", "catalogue_number",
    "object_in_file", "message_id", "unclaimed", "object_ids",
}) | OF_CYCLES  # fmt: skip
_TOKEN: Final = re.compile(rf"\b(?=[a-z0-9_]*\d)(?=[a-z0-9_]*[a-z])[a-z][a-z0-9_]{{{LEAST_TOKEN - 1},}}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What must not stand on a line that names both objects of an approach: numbers, and minutes by their spelling."""

    numbers: Numbers
    minutes: dict[str, str]

    @property
    def least_digits(self) -> int:
        """With so many digits a random number on such a line is hardly one of these."""
        return BESIDE_DIGITS + max(0, int(np.ceil(np.log10(max(len(self.numbers.places), 1) / BESIDE_FEW))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must not be found, each with the place that it comes from, never with what it is.

    ``words`` and ``instants`` by spelling, ``cased`` by the very spelling: names that are words of the pages too.
    ``alone`` are numbers that are known by themselves, ``beside`` by the words
    that name both objects; ``rows`` windows of numbers (:mod:`nearpass.publish.digits`), ``drawn`` numbers that no
    picture may be made from. ``open_numbers``, in any power of ten, ``open_beside``, the same as
    printed, and ``open_instants`` are for the readers.
    """

    words: dict[str, str] = field(default_factory=dict)
    cased: dict[str, str] = field(default_factory=dict)
    instants: dict[str, str] = field(default_factory=dict)
    alone: Numbers = field(default_factory=lambda: numbers({}))
    beside: dict[tuple[str, ...], Beside] = field(default_factory=dict)
    rows: Rows = field(default_factory=Rows)
    drawn: dict[float, str] = field(default_factory=dict)
    open_numbers: Numbers = field(default_factory=lambda: numbers({}))
    open_beside: Numbers = field(default_factory=lambda: numbers({}, any_power=False))
    open_instants: AbstractSet[str] = frozenset()

    @property
    def of_deliveries(self) -> Expected:
        """Without what a delivered file, which holds many numbers and instants, may hold by chance."""
        return Expected(words=self.words, cased=self.cased, rows=self.rows)


def expected(
    full: CycleRecord,
    edition: Edition,
    words: Words,
    *,
    deliveries: Deliveries,
    vocabulary: str = "",
    common: str = "",
    told_before: AbstractSet[str] = frozenset(),
) -> Expected:
    """What an edition must not hold of a cycle.

    Args:
        full: The archived record.
        edition: The edition.
        words: How pages put codes into words.
        deliveries: The delivered files.
        vocabulary: The program's own words (:func:`plain_text`): text that stands in them and names nobody is free.
        common: What pages say of themselves, as :func:`plain_text`: an object may be called by a word of it.
        told_before: Ids of events and objects that this cycle no longer has, and that the edition had.
    """
    readers = Readers(full, edition)
    held = list(facts(full, readers, words, frozenset(told_before)))
    ours = [fact for fact in held if fact.held is For.WITHHELD]
    theirs = [fact for fact in held if fact.held is not For.WITHHELD]
    sources = _Deliveries(full, readers, deliveries)
    open_floats = {value for fact in theirs for value in _floats(fact)}
    mine: dict[float, str] = {}
    series: list[FloatArray] = []
    for fact in ours:
        values = [value for value in _floats(fact) if value not in open_floats]
        if isinstance(fact.value, tuple):
            series.append(np.array(values))
        for value in values:
            mine.setdefault(abs(value), fact.place)
    single = {value: place for value, place in mine.items() if value}
    long = {abs(value) for one in series for value in one.tolist()}
    alone = {value: place for value, place in single.items() if value not in long} | sources.alone()
    epochs = {fact.value for fact in theirs if isinstance(fact.value, Epoch)}
    spelled = {text for epoch in epochs for text in (*_seconds(epoch), _minute(epoch))} | set(_sampled(full))
    permitted = _Permitted(theirs, edition, vocabulary)
    found = permitted.kept(_texts_of(ours))
    found |= {text: place for text, place in permitted.kept(sources.words()).items() if text not in found}
    called = {plain_text(name): name for item in full.objects for name in (item.id, item.name)}
    shared = [text for text in found if text in called and _holds(common, text)]
    cased = {called[text]: found.pop(text) for text in shared}
    if any(show is not Show.FULL for show in readers.shows.values()):
        spelled |= _cells(full)
    return Expected(
        words=found,
        cased=cased,
        instants=_instants(ours, epochs, spelled),
        alone=numbers(alone),
        beside=_beside(ours, open_floats, spelled),
        rows=sources.rows(series, [np.array(list(_floats(fact))) for fact in theirs if isinstance(fact.value, tuple)]),
        drawn={value: place for value, place in single.items() if _many_digits(value)},
        open_numbers=numbers(dict.fromkeys(open_floats, "")),
        open_beside=numbers(dict.fromkeys(open_floats, ""), any_power=False),
        open_instants=spelled,
    )


_HYPHENS: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2212", "-"))
"""Those that do not break, as in a name at the head of a page, and the sign of a number."""


def plain_text(text: str) -> str:
    """Text as it is compared: no accents, no case, one blank for any white space, one hyphen for its kin and minus."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_HYPHENS)).encode("ascii", "ignore").decode()
    return " ".join(text.casefold().split())


class _Permitted:
    """What the readers may have, against which texts are held."""

    def __init__(self, theirs: Iterable[Fact], edition: Edition, vocabulary: str) -> None:
        texts = {(fact.field in IDENTITIES, text) for fact in _once(theirs) for text, _ in _texts(fact)}
        rules = [word for rule in edition.rules.values() for word in (rule.decided_by, rule.reason) if word]
        own = {plain_text(word) for word in (edition.id, edition.audience or "", *edition.parties, *rules)}
        self.texts = {text for _, text in texts} | own
        self.told = " | ".join(self.texts)
        self.identities = " | ".join(sorted(text for names, text in texts if names)) + " | " + " | ".join(sorted(own))
        self.vocabulary = vocabulary

    def kept(self, texts: Iterable[tuple[str, str, str, int]]) -> dict[str, str]:
        """Of texts, each with its field, place and least length, those that are not for the readers."""
        found: dict[str, str] = {}
        for text, field_name, place, least in texts:
            if len(text) < least or text in self.texts or text in found:
                continue
            own = field_name not in IDENTITIES and (text in self.told or text in self.vocabulary)
            common = field_name == "solution_name" and _holds(self.vocabulary, text)  # one may be called "other"
            if not own and not common and not _holds(self.identities, text):
                found[text] = place
        return found


def _texts_of(ours: Iterable[Fact]) -> Iterator[tuple[str, str, str, int]]:
    for fact in _once(ours):
        yield from ((text, fact.field, fact.place, least) for text, least in _texts(fact))


def _once(found: Iterable[Fact]) -> Iterator[Fact]:
    """The first fact of each field and text or number that may be a word: a record repeats most of them."""
    first: dict[tuple[str, object], Fact] = {}
    for fact in found:
        if isinstance(fact.value, str | int) and not isinstance(fact.value, bool):
            first.setdefault((fact.field, fact.value), fact)
    return iter(first.values())


def _texts(fact: Fact) -> Iterator[tuple[str, int]]:
    """Spellings of a text and the length from which each is looked for."""
    if fact.field in {"naif_id", "catalogue_number"} and isinstance(fact.value, int):
        yield str(fact.value).lstrip("-"), 4  # shorter ones are numbers like any other
    if not isinstance(fact.value, str) or fact.field == "configuration":
        return
    identity = fact.field in IDENTITIES
    for line in fact.value.splitlines():
        text = plain_text(line)
        digits = text.lstrip("-")
        # A number of three digits is a number like any other; its digits alone are those of an object's NAIF number.
        text, short = (digits, 4) if digits.isdigit() else (text, 2)
        yield text, short if identity else LEAST_CLAUSE if fact.field == ACTS else LEAST_TEXT
        if fact.held is For.WITHHELD and fact.field in FREE_TEXTS:
            yield from ((token, LEAST_TOKEN) for token in _TOKEN.findall(text))
    if fact.field == "file":
        name = plain_text(fact.value.rsplit("/", maxsplit=1)[-1])
        yield name, 2
        yield name.rsplit(".", maxsplit=1)[0], 6


def _holds(words: str, text: str) -> bool:
    """Whether a text stands in words by itself."""
    return text in words and re.search(rf"(?<![a-z0-9]){re.escape(text)}(?![a-z0-9])", words) is not None


class _Deliveries:
    """Delivered files, each withheld as a whole, without its covariances, or for the readers."""

    def __init__(self, full: CycleRecord, readers: Readers, deliveries: Deliveries) -> None:
        self._readers = readers
        uses: dict[str, list[tuple[int, InputRecord]]] = {}
        for place, entry in enumerate(full.deliveries):
            if entry.sha256 is not None:
                uses.setdefault(entry.sha256, []).append((place, entry))
        free = {sha256: [self._free(entry) for _, entry in found] for sha256, found in uses.items()}
        blind = {
            sha256
            for sha256, found in uses.items()
            if all(free[sha256]) and any(self._blind(entry) for _, entry in found)
        }
        hidden = {entry.object_id for found in uses.values() for _, entry in found if not self._free(entry)}
        self._withheld: list[tuple[str, DeliveredFile, bool]] = []
        self._open: list[DeliveredFile] = []
        self._open_rows: list[Windows] = []
        for sha256, found in uses.items():
            if not any(free.values()) and not blind:
                continue
            file = deliveries.file(sha256)
            if file is None:
                continue
            where = f"delivery {found[0][0] + 1} of the record"
            if not any(free[sha256]) or sha256 in blind:
                self._withheld.append((where, file, sha256 in blind))
                self._open_rows += [file.other_rows] if sha256 in blind else []
            elif any(entry.object_id in hidden for _, entry in found):
                self._open_rows.append(file.rows)
            if any(free[sha256]):
                self._open.append(file)

    def _free(self, entry: InputRecord) -> bool:
        return self._readers.show([entry.object_id]) is Show.FULL and self._readers.may(entry.marking)

    def _blind(self, entry: InputRecord) -> bool:
        return not self._readers.may_have_matrices(entry)

    def words(self) -> Iterator[tuple[str, str, str, int]]:
        """Texts of withheld files that stand in no file for the readers."""
        for place, file, blind in self._withheld:
            for word in () if blind else file.said.words:
                text, where = plain_text(word.text), f"{place}, line {word.line}"
                tokens = _TOKEN.findall(text)
                least = (4 if text.isdigit() else 2) if word.names else LEAST_TEXT
                for part, kind, length in (
                    (text, "message_id" if word.names else "text", least),
                    *((token, "text", LEAST_TOKEN) for token in tokens),
                ):
                    if len(part) >= length and not any(part.encode() in one.lower for one in self._open):
                        yield part, kind, where, length

    def alone(self) -> dict[float, str]:
        """Numbers of short files, and of short covariances of longer ones."""
        found: dict[float, str] = {}
        for place, file, blind in self._withheld:
            said = file.said
            values = said.values if not blind and len(said.values) <= SHORT_FILE else said.matrices
            if len(values) <= SHORT_FILE:
                found |= dict.fromkeys((value for value in np.abs(values).tolist() if value), place)
        return found

    def rows(self, series: Sequence[FloatArray], open_series: Sequence[FloatArray]) -> Rows:
        """Windows of the numbers of withheld files and of other series, and those that are for the readers."""
        withheld = [(file.matrix_rows if blind else file.rows).keys for _, file, blind in self._withheld]
        withheld += [windows(one, smooth=True) for one in series]
        return Rows.of(withheld, [*self._open_rows, *map(Windows, open_series)])


def _floats(fact: Fact) -> Iterator[float]:
    values = fact.value if isinstance(fact.value, tuple) else (fact.value,)
    return (value for value in values if isinstance(value, float))


def _many_digits(value: float) -> bool:
    """Whether a number has enough digits to be recognised in a drawing."""
    return len(f"{value:.15g}".replace("-", "").replace(".", "").split("e", maxsplit=1)[0].strip("0")) >= 9


def _beside(
    ours: Iterable[Fact], open_floats: AbstractSet[float], spelled: AbstractSet[str]
) -> dict[tuple[str, ...], Beside]:
    """For each pair of which readers know the names: the numbers and minutes of its approaches."""
    values: dict[tuple[str, ...], dict[float, str]] = {}
    minutes: dict[tuple[str, ...], dict[str, str]] = {}
    for fact in ours:
        if fact.pair is None:
            continue
        key = tuple(map(plain_text, fact.pair))
        place = f"the {fact.field} of {' and '.join(fact.pair)}"
        mine, times = values.setdefault(key, {}), minutes.setdefault(key, {})
        if isinstance(fact.value, float) and fact.value not in open_floats:
            mine.setdefault(abs(fact.value), place)
        if isinstance(fact.value, Epoch) and fact.field == "tca" and (text := _minute(fact.value)) not in spelled:
            times.setdefault(text, place)
    return {key: Beside(numbers=numbers(values[key], any_power=False), minutes=minutes[key]) for key in values}


def _instants(ours: Iterable[Fact], known: AbstractSet[object], spelled: AbstractSet[str]) -> dict[str, str]:
    """Spellings of instants that the readers may not have, each with its place."""
    places: dict[tuple[Epoch, bool], str] = {}  # a record tells most instants several times
    for fact in ours:
        if isinstance(fact.value, Epoch) and fact.value not in known and fact.field not in RUN_TIMES:
            places.setdefault((fact.value, fact.place.startswith("record.sweep.approaches")), fact.place)
    found: dict[str, str] = {}
    for (epoch, swept), place in places.items():
        for text in _seconds(epoch):
            if text not in spelled and ("." in text or not swept):
                found.setdefault(text, place)
    return found


def _seconds(epoch: Epoch) -> Iterator[str]:
    """``2021-03-21T04:12:33.512`` to the second, its tenth, thousandth and millionth, in UTC and TDB."""
    for system in (TimeSystem.UTC, TimeSystem.TDB):
        for digits in DECIMALS:
            text = epoch.iso(system, digits=digits)
            if not text.rstrip("0").endswith((":", ":00:", ".")) or text[14:19] != "00:00":
                yield text


def _minute(epoch: Epoch) -> str:
    return epoch.iso(digits=0)[:16]


def _cells(full: CycleRecord) -> set[str]:
    """Where cells of time begin and end, to the second and minute: every ten minutes of the window's days."""
    start = Epoch.parse(f"{full.window.start.iso(digits=0)[:10]}T00:00:00") + -DAY_S
    count = int((full.window.stop - start) / 600.0) + 288
    texts = [(start + 600.0 * index).iso(digits=0) for index in range(count)]
    return {*texts, *(text[:16] for text in texts)}


def _sampled(full: CycleRecord) -> Iterator[str]:
    """The seconds at which series against time are printed, whoever holds them: they tell of no object."""
    profiles = [(held.start, held.step_s, len(held.least_km)) for pair in full.pairs if (held := pair.profile)]
    differences = [
        (one.start, one.step_s, len(one.least_rtn_km))
        for solution in full.solutions
        if (one := solution.difference) is not None
    ]
    for start, step_s, count in {*profiles, *differences}:
        yield from ((start + index * step_s).iso(digits=0) for index in range(count))
    for season in full.seasons:
        yield from ((full.window.start + day * DAY_S).iso(digits=0) for day in season.days)
