"""Views of what a cycle screened: completeness in sentences, coverage per pair, uncovered spans, the funnel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from nearpass.record.record import CycleRecord, FunnelRecord, FunnelStep, PairRecord, UncoveredSpan
from nearpass.report import wording
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.tables import COVERAGE_COLUMNS
from nearpass.report.views import (
    Cell,
    Field,
    Table,
    cell,
    declared,
    limited,
    number_cell,
    span_cell,
    tabled,
    time_cell,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was screened, in sentences, per pair, and how the search got there."""

    statement: tuple[str, ...]
    pairs: Table
    uncovered: Table | None
    funnel: tuple[Table, ...]


def coverage(catalogue: Catalogue, links: Links) -> Coverage:
    """What was screened and how."""
    record = catalogue.record
    return Coverage(
        statement=_completeness(record),
        pairs=coverage_table(record.pairs, links),
        uncovered=_uncovered_table(catalogue, links),
        funnel=_funnel(record.funnel),
    )


def _funnel(funnel: FunnelRecord | None) -> tuple[Table, ...]:
    """Where every interval and every minimum went; nothing where that would count what is withheld."""
    if funnel is None:
        return ()
    caption = "Pair-intervals: pairs × intervals of the polynomials"
    return (
        _funnel_table(caption, funnel.intervals, funnel.interval_steps),
        _funnel_table("Minima of the distance found in them", funnel.minima, funnel.minima_steps),
    )


def _completeness(record: CycleRecord) -> tuple[str, ...]:
    limit = wording.plain(record.thresholds.limit_km)
    screened = [pair for pair in record.pairs if pair.unscreened is None and pair.covered_s > 0.0]
    proven = sum(pair.proof == "proven" for pair in screened)
    verified = len(screened) - proven
    start, stop = wording.minute(record.window.start), wording.minute(record.window.stop)
    found = f"Every local minimum of distance below {limit} km between {start} and {stop} UTC is listed"
    of_what = " of the pairs that this edition shows in full" if record.provenance.configuration is None else ""
    lines = [f"{found}{of_what}, in the time that is covered."]
    how = []
    if proven:
        how.append(f"proven for {wording.count(proven, 'pair')} (piecewise-polynomial ephemerides, searched exactly)")
    if verified:
        how.append(f"verified on a finer grid for {wording.count(verified, 'pair')} (fit error sampled)")
    if how:
        lines.append(wording.sentence(f"This is {' and '.join(how)}"))
    open_s = sum(pair.uncovered_s for pair in screened)
    if open_s > 0.0:
        partly = sum(pair.uncovered_s > 0.0 for pair in screened)
        which = wording.count(partly, "screened pair has", "screened pairs have")
        lines.append(f"{which} uncovered time: an approach there would not be found.")
    coarse = [item.id for item in record.objects if item.shown != "full"]
    if coarse:
        lines.append(f"How the pairs of {wording.listing(coarse)} were screened is withheld in this edition.")
    missing = len(record.pairs) - len(screened)
    if missing:
        lines.append(f"{wording.count(missing, 'pair was', 'pairs were')} not screened; the table says why.")
    return tuple(lines)


def coverage_table(pairs: Sequence[PairRecord], links: Links) -> Table:
    """One row a pair, the nearest first: what is proven, what is nearest, what is not covered."""
    nearest_first = sorted(pairs, key=lambda pair: pair.nearest.miss_km if pair.nearest else math.inf)
    kept, cut = limited(nearest_first, what="pairs")
    how = "proven: piecewise-polynomial ephemerides, searched exactly; verified: the error was sampled"
    fields: tuple[Field[PairRecord], ...] = (
        Field("Pair", lambda pair: _pair_cell(pair, links)),
        declared(COVERAGE_COLUMNS["proven_no_closer_than_km"]),
        Field("Proof", partial(cell, COVERAGE_COLUMNS["proof"]), meaning=how),
        declared(COVERAGE_COLUMNS["nearest_km"]),
        declared(COVERAGE_COLUMNS["nearest_tca_utc"]),
        Field("Covered", _covered_cell, unit="%", numeric=True),
        Field(
            "Not covered, and why", lambda pair: wording.said(pair.unscreened) if pair.unscreened else _reasons(pair)
        ),
    )
    return tabled(
        "Coverage: what is proven of each pair, the nearest first", kept, fields, twins=links.twins("coverage"),
        filter_label="Filter pairs" if len(kept) > 9 else None, cut=cut,
    )  # fmt: skip


def _reasons(pair: PairRecord) -> str:
    if not pair.uncovered:
        return "covered throughout"
    reasons = list(dict.fromkeys(wording.said(span.reason) for span in pair.uncovered))
    return f"{wording.span(pair.uncovered_s)}: {'; '.join(reasons)}"


def _uncovered_table(catalogue: Catalogue, links: Links) -> Table | None:
    """Uncovered spans of pairs that were screened; the others are uncovered throughout."""
    pairs = [pair for pair in catalogue.record.pairs if pair.unscreened is None and pair.uncovered]
    return uncovered_table(pairs, links) if pairs else None


def _pair_cell(pair: PairRecord, links: Links) -> Cell:
    return Cell(text=f"{pair.primary} – {pair.secondary}", href=links.pair(pair))


def _covered_cell(pair: PairRecord) -> Cell:
    total_s = pair.covered_s + pair.uncovered_s
    return number_cell(100.0 * pair.covered_s / total_s if total_s else None, 1)


def uncovered_table(pairs: Sequence[PairRecord], links: Links) -> Table:
    """When pairs were not screened, and why."""
    kept, cut = limited([(pair, span) for pair in pairs for span in pair.uncovered], what="spans")
    fields: tuple[Field[tuple[PairRecord, UncoveredSpan]], ...] = (
        Field("Pair", lambda row: _pair_cell(row[0], links)),
        Field("From", lambda row: time_cell(row[1].start), unit="UTC"),
        Field("To", lambda row: time_cell(row[1].stop), unit="UTC"),
        Field("Length", lambda row: span_cell(row[1].stop - row[1].start)),
        Field("Reason", lambda row: wording.said(row[1].reason)),
    )
    caption = "Uncovered spans of screened pairs" if len(pairs) > 1 else "Uncovered spans"
    return tabled(caption, kept, fields, cut=cut)


def _funnel_table(caption: str, entered: int, steps: Sequence[FunnelStep]) -> Table:
    rows = [("entered", entered, "sum of the rows below")]
    rows += [(step.name, step.count, wording.said(step.meaning)) for step in steps]
    fields: tuple[Field[tuple[str, int, str]], ...] = (
        Field("Step", lambda row: row[0]),
        Field("Count", lambda row: number_cell(row[1], 0), numeric=True),
        Field("Meaning", lambda row: row[2]),
    )
    return tabled(caption, rows, fields)
