"""How far to trust an ephemeris: what the rules say of the delivery, and how earlier predictions turned out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from nearpass.ephemeris.lint import Finding
from nearpass.record.record import InputRecord, ObjectRecord, PredictionError, PredictionQuality
from nearpass.report import wording
from nearpass.report.views import Cell, Field, Table, by_axis, number_cell, tabled

DAY_S: Final = 86_400.0
GRADES: Final = {"pass": "✓ pass", "note": "• note", "fail": "✗ fail"}
HONEST: Final = 0.02
"""Chance below which covariances are called unrealistic (Zaidi and Hejduk 2016)."""


def grade(item: InputRecord) -> str:
    """The overall grade of a delivery in a word, a dash for one that was refused."""
    return GRADES[item.findings[0].grade] if item.findings else wording.DASH


def findings_tables(inputs: Sequence[InputRecord]) -> tuple[tuple[str, Table], ...]:
    """Every rule's finding on each delivery that was graded, by the name of its file."""
    fields: tuple[Field[Finding], ...] = (
        Field("Rule", lambda found: found.rule),
        Field("Grade", lambda found: Cell(text=GRADES[found.grade], mark="nowrap")),
        Field("Found", lambda found: Cell(text=wording.measured(found.fact) or wording.DASH, mark="nowrap")),
        Field("In words", lambda found: wording.said(found.fact)),
    )
    yardstick = "the yardstick is NPR 8079.1, table 5-1"
    graded = [(PurePath(item.file).name, item.findings) for item in inputs if item.findings]
    return tuple((name, tabled(f"What each rule says of {name}; {yardstick}", rows, fields)) for name, rows in graded)


def predictions_table(item: ObjectRecord) -> Table | None:
    """Earlier predictions against later deliveries, the newest first; None without any."""
    if not item.prediction_errors:
        return None
    axes: tuple[Field[PredictionError], ...] = by_axis(lambda error: error.error_rtn_km)
    fields: tuple[Field[PredictionError], ...] = (
        Field("Predicted in cycle", lambda error: error.cycle_id),
        Field("Lead", lambda error: number_cell(error.lead_s / DAY_S, 1), unit="d", numeric=True,
              meaning="From the making of the earlier delivery"),
        *axes,
        Field("Late", lambda error: number_cell(error.timing_s, 2, signed=True), unit="s", numeric=True,
              meaning="How late the object was predicted to pass"),
        Field("d²", lambda error: number_cell(error.mahalanobis_squared, 1), numeric=True,
              meaning="Squared error in sigmas of both deliveries; 3 on average if honest"),
    )  # fmt: skip
    caption = "Earlier predictions minus later deliveries, in the axes of the later one"
    return tabled(caption, list(reversed(item.prediction_errors)), fields)


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
