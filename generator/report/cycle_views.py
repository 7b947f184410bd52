"""Views of a whole cycle: context, cards, inputs, stretches, losses and the matrix of pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nearpass.encounter.alert import SEVERITY, Level
from nearpass.record.record import (
    CycleRecord,
    EventRecord,
    InputRecord,
    LossRecord,
    PairRecord,
    StretchRecord,
    ToldEvent,
)
from nearpass.report import age_views, realism_views, remark_views, told_views, wording
from nearpass.report.catalogue import Catalogue, Links, by_urgency, nearness_km
from nearpass.report.event_card import EventCard
from nearpass.report.event_views import event_card
from nearpass.report.quality_views import grade
from nearpass.report.retrieval_views import failure_words
from nearpass.report.silence import phase_unknown
from nearpass.report.verdicts import crossing_alerts
from nearpass.report.views import Cell, Field, Table, number_cell, span_cell, tabled

CARD_LIMIT: Final = 6
MOST_CARDS: Final = 24
"""So many cards are read; what else is red stands in the table, and a sentence says how much that is."""
MATRIX_LIMIT: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The line above the verdict. ``next_machine`` lets a script say when a newer cycle is overdue."""

    body: str
    cycle_id: str
    cutoff: str
    cutoff_machine: str
    window: str
    next_expected: str | None
    next_machine: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """Nearest approach of a pair. ``label`` says all of it in words, ``text`` fits the field."""

    state: Literal["red", "yellow", "green", "far", "none", "self"]
    text: str
    label: str
    href: str | None
    partly: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Lower triangle of all pairs; row ``i`` has ``i`` cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[MatrixCell, ...]], ...]


def context(record: CycleRecord) -> Context:
    """The line above the verdict."""
    expected = record.next_expected
    return Context(
        body=record.body.name.capitalize(),
        cycle_id=record.cycle_id,
        cutoff=wording.moment_to_minute(record.window.start),
        cutoff_machine=wording.machine_time(record.window.start),
        window=wording.day_of(record.window.stop),
        next_expected=wording.moment_to_minute(expected) if expected else None,
        next_machine=wording.machine_time(expected) if expected else None,
    )


def cards(catalogue: Catalogue, links: Links) -> tuple[tuple[EventCard, ...], str | None]:
    """Cards of the red and yellow events, the most urgent first, and a sentence about those left out.

    Where nothing is red or yellow: the three nearest approaches.
    """
    urgent = [event for event in by_urgency(catalogue.record.approaches) if event.level is not Level.GREEN]
    if not urgent:
        nearest = sorted(catalogue.events, key=nearness_km)[:3]
        return tuple(event_card(event, catalogue, links) for event in nearest), None
    red = sum(event.level is Level.RED for event in urgent)
    shown = urgent[: min(max(CARD_LIMIT, red), MOST_CARDS)]
    rest = Counter(event.level for event in urgent[len(shown) :])
    needing = wording.count(rest[Level.RED], "more needs a decision", "more need a decision")
    watching = wording.count(rest[Level.YELLOW], "more approach to watch", "more approaches to watch")
    left_out = [text for level, text in ((Level.RED, needing), (Level.YELLOW, watching)) if rest[level]]
    more = f"{wording.listing(left_out)}, in the table below." if left_out else None
    return tuple(_card(event, catalogue, links) for event in shown), more


def _card(event: EventRecord | ToldEvent, catalogue: Catalogue, links: Links) -> EventCard:
    if isinstance(event, ToldEvent):
        return told_views.card(event, catalogue, links)
    return event_card(event, catalogue, links)


def nearest_pairs(catalogue: Catalogue, links: Links) -> tuple[Cell, ...]:
    """The three nearest passages of screened pairs, listed or not: what the first screen shows if nothing is listed."""
    pairs = [pair for pair in catalogue.record.pairs if pair.unscreened is None and pair.nearest]
    pairs.sort(key=lambda pair: pair.nearest.miss_km if pair.nearest else 0.0)
    return tuple(
        Cell(
            text=f"{catalogue.named(pair.primary, pair.secondary)}: {wording.distance(pair.nearest.miss_km)} "
            f"on {wording.moment_to_minute(pair.nearest.tca)}",
            href=links.pair(pair),
        )
        for pair in pairs[:3]
        if pair.nearest
    )


def inputs_line(record: CycleRecord) -> tuple[str, ...]:
    """The state of the inputs in a few short sentences, what is wrong after what is right."""
    used = [item for item in record.inputs if item.refusal is None]
    have = {item.object_id for item in used}
    known = [item for item in record.objects if item.shown == "full"]
    silent = sum("deliveries" in item.withheld and item.id not in have for item in known)
    text = f"{len(have)} of {wording.count(len(known) - silent, 'object')} have an ephemeris in use"
    oldest = age_views.oldest(record)
    if oldest is not None:
        text += f", the oldest {wording.span(oldest.age_s or 0.0)} old ({oldest.object_id})"
    lines = [f"{text}.", *age_views.lines(record), *realism_views.lines(record)]
    for item in record.inputs:
        if item.refusal:
            other = " (another delivery is in use)" if item.object_id in have else ""
            lines.append(f"{item.object_id} refused{other}: {wording.sentence(item.refusal)}")
    lines += [f"{file} lies among the deliveries, and no object claims it." for file in record.unclaimed or ()]
    failures = (f"{item.object_id}: {words}" for item in record.inputs for words in failure_words([item]))
    lines += dict.fromkeys(failures)
    lines += [f"{item.id}: {wording.PHASE_UNKNOWN}." for item in record.objects if phase_unknown(item)]
    lines += [
        f"{item.id}: its deliveries are withheld in this edition."
        for item in record.objects
        if item not in known or "deliveries" in item.withheld
    ]
    lines += remark_views.remarks_of(record.objects)
    return tuple(lines)


def used_inputs_table(inputs: Sequence[InputRecord]) -> Table:
    """Where the numbers on a page come from, in few columns; all of it stands on the cycle's page."""
    return tabled(
        "Deliveries of both objects", inputs, [field for field in _DELIVERY_FIELDS if field.title in _IN_SHORT]
    )


def inputs_table(inputs: Sequence[InputRecord], of: str = "Inputs") -> Table:
    """Every delivery with what it says of itself."""
    return tabled(f"{of}: every delivery that was read, in use or refused", inputs, _DELIVERY_FIELDS)


def _format(item: InputRecord) -> str:
    named = f"message {item.message_id}" if item.message_id else None
    told = (item.format, named, item.classification, item.interpolation)
    parts = [part.replace(" ", "\u00a0") for part in told if part]
    return ", ".join(parts) or wording.DASH


def _spans(item: InputRecord) -> str:
    if not item.spans:
        return wording.DASH
    text = f"{wording.minute(item.spans[0].start)} to {wording.minute(item.spans[-1].stop)}"
    return text if len(item.spans) == 1 else f"{text}, in {len(item.spans)} parts"


def _frame(item: InputRecord) -> str:
    return ", ".join(part for part in (item.center, item.axes, item.time_system) if part) or wording.DASH


_DELIVERY_FIELDS: Final[tuple[Field[InputRecord], ...]] = (
    Field("Object", lambda item: item.object_id),
    Field("File", lambda item: item.file),
    Field("State", lambda item: "refused" if item.refusal else "in use"),
    Field("Grade", lambda item: Cell(text=grade(item), mark="nowrap"),
          meaning="By NPR 8079.1, table 5-1; all rules are on the object's page"),
    Field("Originator", lambda item: item.originator),
    Field("Format", _format),
    Field("Created", age_views.created_cell, unit="UTC"),
    Field("Age", lambda item: span_cell(item.age_s), meaning=wording.AGE_MEANING),
    Field("Span", lambda item: Cell(text=_spans(item), mark="span"), unit="UTC"),
    Field("Nodes", lambda item: number_cell(item.node_count, 0), numeric=True),
    Field("Covariances", lambda item: number_cell(item.covariance_count, 0), numeric=True),
    Field("Centre, axes, time", _frame),
    Field("SHA-256", lambda item: Cell(text=item.sha256 or wording.DASH, mark="hash")),
)  # fmt: skip
_IN_SHORT: Final = frozenset({
    "Object", "File", "State", "Grade", "Originator", "Created", "Age", "Covariances", "SHA-256",
})  # fmt: skip


def refusals(inputs: Sequence[InputRecord]) -> tuple[tuple[str, str, str], ...]:
    """Object, what was refused and why; most reasons name the file and its line themselves."""
    return tuple(
        (item.object_id, "" if item.file in item.refusal else item.file, wording.sentence(item.refusal))
        for item in inputs
        if item.refusal
    )


def stretches(record: CycleRecord) -> tuple[tuple[str, str], ...]:
    """Pairs that fly together, with when and how near: one line a stretch."""
    return tuple(
        (f"{pair.primary} – {pair.secondary}", stretch_words(stretch, record))
        for pair in record.pairs
        for stretch in pair.stretches
    )


def stretch_words(stretch: StretchRecord, record: CycleRecord) -> str:
    """Begin, least distance and end of a stretch in one sentence."""
    what = {
        "declared": "flying as one, as declared,",
        "as one": "flying as one",
        "in formation": "flying in formation",
    }[stretch.kind]
    begin = "the start of the window" if stretch.start <= record.window.start else wording.moment(stretch.start)
    end = "its end" if stretch.stop >= record.window.stop else wording.moment(stretch.stop)
    words = f"{what} from {begin} until {end}"
    if stretch.least_km is not None and stretch.least_at is not None:
        words += f"; least distance {wording.distance(stretch.least_km)}, {wording.moment(stretch.least_at)}"
    count = wording.count(stretch.approach_count, "approach", "approaches")
    listed = "No approach is listed of it."
    if stretch.kind == "in formation":
        listed = f"The nearest of {count} is listed for all of them."
    return " ".join(filter(None, [f"{words}.", listed, remark_views.stretch_risk(stretch)]))


def losses(record: CycleRecord, object_id: str | None = None) -> tuple[tuple[str, str], ...]:
    """What of the cycle could not be computed, of what, and why: the approaches first, the nearest before others.

    With an ``object_id`` what has to do with it, and what names no object.
    """
    found = [loss for loss in record.losses if object_id is None or object_id in loss.object_ids or not loss.object_ids]
    ordered = sorted(found, key=lambda loss: (loss.tca is None, loss.miss_km or 0.0, loss.object_ids, loss.stage))
    return tuple((_lost_part(loss), wording.sentence(_lost_reason(loss))) for loss in ordered)


def _lost_part(loss: LossRecord) -> str:
    of = f"{wording.LOST_PARTS[loss.stage]} {' – '.join(loss.object_ids)}".strip()
    if loss.tca is None or loss.miss_km is None:
        return of
    return f"{of}, {wording.moment_to_minute(loss.tca)}, miss distance {wording.distance(loss.miss_km)}"


def _lost_reason(loss: LossRecord) -> str:
    return f"{loss.rule}, got {loss.value}" if loss.value is not None else loss.rule


def matrix(catalogue: Catalogue, links: Links) -> Matrix | None:
    """Nearest approach of every pair; None where there are too many objects for a page, or most are of a catalogue."""
    ids = [item.id for item in catalogue.record.objects]
    coarse = {item.id for item in catalogue.record.objects if item.shown != "full"}
    every = len(ids) * (len(ids) - 1) // 2
    if len(ids) > MATRIX_LIMIT or (catalogue.record.sweep is not None and len(catalogue.record.pairs) < every):
        return None
    worst: dict[tuple[str, str], Level] = {}
    for event in catalogue.events:
        key = (event.primary, event.secondary)
        if key not in worst or SEVERITY[event.level] > SEVERITY[worst[key]]:
            worst[key] = event.level
    either = catalogue.pairs | {(b, a): pair for (a, b), pair in catalogue.pairs.items()}
    rows = []
    for index, row in enumerate(ids):
        cells = tuple(
            _told_cell(row, column, catalogue, links)
            if {row, column} & coarse
            else _matrix_cell(either.get((row, column)), worst, catalogue, links)
            for column in ids[:index]
        )
        rows.append((row, links.object(row), cells))
    return Matrix(columns=tuple(ids), rows=tuple(rows))


def _told_cell(row: str, column: str, catalogue: Catalogue, links: Links) -> MatrixCell:
    """A pair of which nothing is told but red and yellow approaches: the worst of them."""
    name = " – ".join(sorted((row, column)))
    told = [event for event in catalogue.told if {event.primary, event.secondary} == {row, column}]
    if not told:
        label = f"{name}: no red or yellow approach; the rest is withheld"
        return MatrixCell(state="none", text="·", label=label, href=None, partly=False)
    worst = max(told, key=lambda event: SEVERITY[event.level])
    near = wording.figure(worst.miss_km)
    label = f"{name}: {worst.level.value}, {near}, {wording.short_cell_of_time(worst.tca)} UTC; the rest is withheld"
    high = worst.miss_km.high
    text = f"<{wording.plain(high)}" if high is not None else "·"
    return MatrixCell(state=worst.level.value, text=text, label=label, href=links.row(worst.event_id), partly=False)


def _matrix_cell(
    pair: PairRecord | None, worst: dict[tuple[str, str], Level], catalogue: Catalogue, links: Links
) -> MatrixCell:
    if pair is None:
        return MatrixCell(state="self", text="", label="not a pair of this cycle", href=None, partly=False)
    name = f"{pair.primary} – {pair.secondary}"
    href = links.pair(pair)
    if catalogue.unknown(pair.primary, pair.secondary):
        alert = crossing_alerts(catalogue.record).get((pair.primary, pair.secondary))
        label = f"{name}: {wording.PHASE_UNKNOWN}" + (f"; the orbits cross, {alert.value}" if alert else "")
        return MatrixCell(state="none", text="?", label=label, href=href, partly=False)
    if pair.unscreened is not None or pair.nearest is None:
        reason = wording.said(pair.unscreened) if pair.unscreened else "no time in common"
        return MatrixCell(state="none", text="×", label=f"{name}: not screened, {reason}", href=href, partly=False)
    level = worst.get((pair.primary, pair.secondary))
    surface_km = catalogue.surface_km(pair)
    nearest_km, to = (pair.nearest.miss_km, "") if surface_km is None else (surface_km, " to the surface")
    label = f"{name}: nearest {wording.distance(nearest_km)}{to} at {wording.minute(pair.nearest.tca)} UTC"
    if level is not None:
        label += f", {level.value}"
    if pair.uncovered_s > 0.0:
        label += f"; {wording.span(pair.uncovered_s)} not covered"
    return MatrixCell(
        state=level.value if level else "far", text=_short_km(nearest_km), label=label, href=href,
        partly=pair.uncovered_s > 0.0,
    )  # fmt: skip


def _short_km(value_km: float) -> str:
    """Two significant digits or so, as a matrix has room for."""
    if value_km < 10.0:
        return wording.number(value_km, 1)
    return wording.number(value_km, 0) if value_km < 10_000.0 else f"{wording.number(value_km / 1000.0, 0)}k"
