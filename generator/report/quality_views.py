"""How far to trust an ephemeris: what the rules say of the delivery, and how earlier predictions turned out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nearpass.record.record import InputRecord, ObjectRecord, PredictionQuality
from nearpass.report import wording
from nearpass.report.views import Cell, Head, Table, TableRow, number_cell

DAY_S: Final = 86_400.0
GRADES: Final = {"pass": "✓ pass", "note": "• note", "fail": "✗ fail"}
HONEST: Final = 0.02
"""Chance below which covariances are called unrealistic (Zaidi and Hejduk 2016)."""


def grade(item: InputRecord) -> str:
    """The overall grade of a delivery in a word, a dash for one that was refused."""
    return GRADES[item.findings[0].grade] if item.findings else wording.DASH


def findings_table(inputs: Sequence[InputRecord]) -> Table | None:
    """Every rule's finding on the deliveries in use; None where none was graded."""
    rows = [
        TableRow(
            cells=(
                Cell(text=found.rule),
                Cell(text=GRADES[found.grade], mark="nowrap"),
                Cell(text=wording.measured(found.fact) or wording.DASH, mark="nowrap"),
                Cell(text=wording.said(found.fact)),
            )
        )
        for item in inputs
        for found in item.findings
    ]
    if not rows:
        return None
    return Table(
        caption="What each rule says of the delivery in use; the yardstick is NPR 8079.1, table 5-1",
        heads=(Head(title="Rule"), Head(title="Grade"), Head(title="Found"), Head(title="In words")),
        rows=tuple(rows),
    )


def predictions_table(item: ObjectRecord) -> Table | None:
    """Earlier predictions against later deliveries, the newest first; None without any."""
    if not item.prediction_errors:
        return None
    rows = tuple(
        TableRow(
            cells=(
                Cell(text=error.cycle_id),
                number_cell(error.lead_s / DAY_S, 1),
                *(number_cell(component, 3, signed=True) for component in error.error_rtn_km),
                number_cell(error.timing_s, 2, signed=True),
                number_cell(error.mahalanobis_squared, 1),
            )
        )
        for error in reversed(item.prediction_errors)
    )
    return Table(
        caption="Earlier predictions minus later deliveries, in the axes of the later one",
        heads=(
            Head(title="Predicted in cycle"),
            Head(title="Lead", unit="d", numeric=True, meaning="From the making of the earlier delivery"),
            Head(title="R", unit="km", numeric=True),
            Head(title="T", unit="km", numeric=True),
            Head(title="N", unit="km", numeric=True),
            Head(title="Late", unit="s", numeric=True, meaning="How late the object was predicted to pass"),
            Head(
                title="d²", numeric=True, meaning="Squared error in sigmas of both deliveries; 3 on average if honest"
            ),
        ),
        rows=rows,
    )


def prediction_words(item: ObjectRecord) -> tuple[str, ...]:
    """What the comparisons say together, in sentences."""
    found = item.prediction_quality
    if found is None:
        return ()
    rms = " · ".join(f"{axis} {value:.3f}" for axis, value in zip("RTN", found.rms_rtn_km, strict=True))
    return (
        f"{wording.count(found.count, 'comparison', 'comparisons')} so far; root mean square {rms} km.",
        (
            f"A declared model that fits them: timing_s = {found.timing_s:.2f}, "
            f"timing_growth_s_per_day = {found.timing_growth_s_per_day:.3f}."
        ),
        _realism(found),
    )


def _realism(found: PredictionQuality) -> str:
    if found.mean_mahalanobis_squared is None or found.realism_p is None:
        return "Too few covariances were delivered to test whether they are realistic."
    verdict = "realistic" if found.realism_p >= HONEST else "not realistic"
    return (
        f"The delivered covariances look {verdict}: the mean squared error is {found.mean_mahalanobis_squared:.1f} in "
        f"sigmas, where 3 is expected (Cramér-von Mises p = {found.realism_p:.2f})."
    )
