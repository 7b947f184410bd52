"""Views of a catalogue's screening: what was screened, by operators and constellations, and every approach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nearpass.encounter.alert import Level
from nearpass.record.record import ApproachRecord, CycleRecord, SweepRecord
from nearpass.report import wording
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.tables import Column, Columns
from nearpass.report.verdicts import pair_count
from nearpass.report.views import (
    ROW_LIMIT,
    Cell,
    Fact,
    Field,
    Head,
    Table,
    TableRow,
    cell,
    declared,
    level_cell,
    tabled,
)  # fmt: skip

MATRIX_GROUPS: Final = 12
REST: Final = "all others"
FOLDER: Final = "approaches"
MOST_PARTS: Final = 20
"""So many pages has the list at most; nobody turns more of them, and the tables have every row."""
_BOUNDARY_MARK: Final = "‡"

APPROACH_COLUMNS: Final[Columns[ApproachRecord]] = Columns("approaches", (
    Column(key="event_id", title="Event", meaning="Identifier of the event; empty where the approach has no page",
           value=lambda a: a.event_id),
    Column(key="primary", title="Primary", meaning="Identifier of the first object", value=lambda a: a.primary),
    Column(key="secondary", title="Secondary", meaning="Identifier of the other object", value=lambda a: a.secondary),
    Column(key="tca_utc", title="TCA", unit="UTC", meaning="Time of closest approach", value=lambda a: a.tca),
    Column(key="miss_km", title="Miss", unit="km", meaning="Distance at TCA between the centres",
           value=lambda a: a.miss_km),
    Column(key="relative_speed_km_s", title="Speed", unit="km/s", meaning="Relative speed at TCA", digits=9,
           page_digits=4,
           value=lambda a: a.relative_speed_km_s),
    Column(key="alert", title="Level", meaning="Alert level", value=lambda a: a.level.value),
    Column(key="at_boundary", title="At boundary", meaning="Whether the minimum lies at an end of the coverage",
           value=lambda a: a.at_boundary),
    Column(key="together_from_utc", title="Together from", unit="UTC",
           meaning="Where the two move together: when they came below the limit, or the window began",
           value=lambda a: a.together.start if a.together else None),
    Column(key="together_to_utc", title="Together to", unit="UTC",
           meaning="Where the two move together: when they left the limit, or the window ended",
           value=lambda a: a.together.stop if a.together else None),
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepView:
    """A catalogue's screening in short: one sentence after the other, and where all approaches stand."""

    statement: tuple[str, ...]
    href: str
    facts: tuple[Fact, ...]
    matrix: Table | None
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One page of the list: its number, rows, the addresses of all parts with what they hold, and what none holds."""

    number: int
    table: Table
    others: tuple[tuple[str, str], ...]
    left_out: str | None


def part_name(number: int) -> str:
    """File name of a part of the list, without its suffix."""
    return "index" if number == 1 else str(number)


def sweep_view(catalogue: Catalogue, links: Links) -> SweepView | None:
    """What the pages say of a catalogue; None where there is none."""
    sweep = catalogue.record.sweep
    if sweep is None:
        return None
    return SweepView(
        statement=statement(catalogue.record, sweep),
        href=f"{links.cycle}{FOLDER}/index.html",
        facts=_facts(catalogue.record, sweep),
        matrix=_matrix(sweep),
        faults=sweep.faults,
    )


def statement(record: CycleRecord, sweep: SweepRecord) -> tuple[str, ...]:
    """What was screened, what was found, and what is not known."""
    limit = wording.plain(record.thresholds.limit_km)
    count = len(sweep.approaches)
    levels = Counter(row.level for row in sweep.approaches)
    together = sum(row.together is not None for row in sweep.approaches)
    alerts = [f"{levels[level]} {level.value}" for level in (Level.RED, Level.YELLOW) if levels[level]]
    found = f"{wording.count(count, 'approach', 'approaches')} below {limit} km"
    found += f", {wording.listing(alerts)}" if alerts else ""
    lines = [f"{_scope(record, sweep)} were screened: {found}."]
    if together:
        pairs = wording.count(together, "of these is a pair that moves", "of these are pairs that move")
        lines.append(f"{pairs} together, listed once for each stretch of time below the limit.")
    if sweep.uncovered_count:
        lines.append(f"{wording.count(sweep.uncovered_count, 'object')} could not be propagated over the whole window.")
    if sweep.fault_count:
        lines.append(f"{wording.count(sweep.fault_count, 'element set')} could not be read.")
    return tuple(lines)


def _scope(record: CycleRecord, sweep: SweepRecord) -> str:
    pairs, objects = _grouped(pair_count(record, sweep)), _grouped(sweep.catalogued_count)
    if sweep.mode == "primaries":
        chosen = wording.count(len(sweep.primaries), "primary", "primaries")
        return f"{chosen} against {objects} catalogued objects, {pairs} pairs,"
    return f"All {pairs} pairs with one of {objects} catalogued objects"


def _grouped(amount: int) -> str:
    """``30 000``, with narrow spaces that do not break."""
    return f"{amount:,}".replace(",", "\u202f")


def _facts(record: CycleRecord, sweep: SweepRecord) -> tuple[Fact, ...]:
    facts = [
        Fact(label="Catalogued objects", value=_grouped(sweep.catalogued_count)),
        Fact(label="Pairs", value=_grouped(pair_count(record, sweep))),
    ]
    if sweep.primaries:
        facts.append(Fact(label="Primaries", value=", ".join(sweep.primaries)))
    if sweep.oldest is not None and sweep.newest is not None:
        facts.append(Fact(label="Oldest elements", value=wording.moment_to_minute(sweep.oldest)))
        facts.append(Fact(label="Newest elements", value=wording.moment_to_minute(sweep.newest)))
    facts.append(
        Fact(
            label="Largest error of interpolation",
            value=f"{sweep.largest_error_km * 1e6:.2g} mm",
            note="verified on a finer grid, not proven; how far mean elements are from the truth is another matter",
        )
    )
    facts += [
        Fact(label=f"Pairs and steps {step.name}", value=_grouped(step.count), note=wording.said(step.meaning))
        for step in sweep.steps
    ]
    return tuple(facts)


def _matrix(sweep: SweepRecord) -> Table | None:
    """Approaches by operator or constellation of both objects: how many, and the nearest."""
    group_of = {item.id: item.group for item in sweep.objects}
    counts: Counter[str] = Counter()
    for row in sweep.approaches:
        counts.update({group_of[row.primary], group_of[row.secondary]})
    if not counts:
        return None
    shown = [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MATRIX_GROUPS]]
    names = [*shown, REST] if len(counts) > len(shown) else shown
    cells: dict[tuple[int, int], list[float]] = {}
    for row in sweep.approaches:
        places = [
            names.index(name) if name in shown else len(shown)
            for name in (group_of[row.primary], group_of[row.secondary])
        ]
        cells.setdefault((max(places), min(places)), []).append(row.miss_km)
    rows = tuple(
        TableRow(cells=(Cell(text=name), *(_count_cell(cells.get((line, column), [])) for column in range(len(names)))))
        for line, name in enumerate(names)
    )
    return Table(
        caption="Approaches by operator or constellation: number, and the nearest in km",
        heads=(Head(title="Group"), *(Head(title=name, numeric=True) for name in names)),
        rows=rows,
    )


def _count_cell(misses_km: Sequence[float]) -> Cell:
    if not misses_km:
        return Cell(text="", sort="")
    return Cell(text=f"{len(misses_km)} · {wording.number(min(misses_km), 3)}", sort=str(len(misses_km)))


def parts(catalogue: Catalogue, links: Links) -> list[Part]:
    """The list of all approaches, the nearest first, so many rows a page and so many pages."""
    sweep = catalogue.record.sweep
    if sweep is None:
        return []
    names = {item.id: item.name for item in sweep.objects}
    ranked = sorted(sweep.approaches, key=lambda row: (row.miss_km, row.tca, row.primary, row.secondary))
    shown = ranked[: MOST_PARTS * ROW_LIMIT]
    pages = [shown[first : first + ROW_LIMIT] for first in range(0, len(shown), ROW_LIMIT)] or [[]]
    left_out = None
    if len(shown) < len(ranked):
        left_out = (
            f"These pages hold the nearest {_grouped(len(shown))} approaches, up to "
            f"{wording.distance(shown[-1].miss_km)}; the CSV and JSON files hold all {_grouped(len(ranked))}."
        )
    others = tuple(
        (f"{part_name(number)}.html", f"{wording.distance(rows[0].miss_km)} to {wording.distance(rows[-1].miss_km)}")
        for number, rows in enumerate(pages, start=1)
        if rows
    )
    return [
        Part(number=number, table=_table(rows, names, catalogue, links), others=others, left_out=left_out)
        for number, rows in enumerate(pages, start=1)
    ]


def _table(rows: Sequence[ApproachRecord], names: dict[str, str], catalogue: Catalogue, links: Links) -> Table:
    columns = APPROACH_COLUMNS
    fields: tuple[Field[ApproachRecord], ...] = (
        Field("Pair", lambda row: _pair_cell(row, catalogue, links),
              meaning="Leads to the event's page where it has one"),
        Field("Names", lambda row: f"{names[row.primary]} – {names[row.secondary]}"),
        Field("Level", lambda row: level_cell(row.level)),
        declared(columns["tca_utc"]),
        declared(columns["miss_km"], shows=_miss_cell),
        declared(columns["relative_speed_km_s"]),
        Field("Together", lambda row: Cell(text=_together(row), mark="span"), unit="UTC",
              meaning="When a pair that moves together is below the limit"),
    )  # fmt: skip
    at_boundary = any(row.at_boundary for row in rows)
    return tabled(
        "Approaches, the nearest first", rows, fields, twins=links.twins("approaches"),
        filter_label="Filter approaches" if len(rows) > 1 else None,
        note="‡ At an end of the coverage: the true minimum may lie outside it." if at_boundary else None,
    )  # fmt: skip


def _pair_cell(row: ApproachRecord, catalogue: Catalogue, links: Links) -> Cell:
    href = links.event(row.event_id) if row.event_id in catalogue.detailed else None
    return Cell(text=f"{row.primary} – {row.secondary}", href=href)


def _together(row: ApproachRecord) -> str:
    return f"{wording.minute(row.together.start)} to {wording.minute(row.together.stop)}" if row.together else ""


def _miss_cell(row: ApproachRecord) -> Cell:
    plain = cell(APPROACH_COLUMNS["miss_km"], row)
    return Cell(text=plain.text, sort=plain.sort, mark=_BOUNDARY_MARK) if row.at_boundary else plain
