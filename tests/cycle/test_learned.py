"""Learned uncertainty: what the archive's comparisons show is used, and labelled so, beside what was declared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, Kepler, write_workspace
from nearpass.config import load_config
from nearpass.cycle.learned import learned_model
from nearpass.cycle.pipeline import run_cycle
from nearpass.encounter.uncertainty import Basis
from nearpass.record.prediction_record import PredictionError
from nearpass.record.record import CycleRecord, EventRecord
from nearpass.report import wording
from records import sample_record

DECLARED = (
    "uncertainty = { radial_km = 0.05, transverse_km = 0.3, normal_km = 0.05, timing_s = 0.05, "
    'timing_growth_s_per_day = 0.4, source = "assumed" }\n'
)
FIRST = Kepler(3700.0, 0.001, np.radians(90.0))
SECOND = Kepler(3701.0, 0.001, np.radians(60.0))
"""They meet at their common node, half a revolution after the cut-off and every half after that."""
SHOWN_S = 2.0
"""Every comparison is so late: the learned timing sigma is that times sqrt(pi / 2), for a mean absolute value of it."""


def _errors(count: int) -> tuple[PredictionError, ...]:
    return tuple(
        PredictionError(
            cycle_id=f"2021-03-{number + 1:02d}T0000Z", lead_s=86_400.0 * (1 + number % 3),
            error_rtn_km=(0.2, -6.8, 0.1), timing_s=SHOWN_S, mahalanobis_squared=None,
        )
        for number in range(count)
    )  # fmt: skip


def _cycles(directory: Path, extra: str, count: int) -> tuple[CycleRecord, CycleRecord]:
    """A first cycle, and one an hour later whose predecessor had so many comparisons of LOW."""
    path = write_workspace(directory, orbits={"LOW": FIRST, "POLAR": SECOND}, span_days=0.1, limit_km=60.0)
    text = path.read_text().replace('id = "POLAR"', f'id = "POLAR"\n{DECLARED}')
    path.write_text(text.replace('id = "LOW"', f'id = "LOW"\n{extra}'))
    config, text = load_config(path)
    first = run_cycle(config, text, directory, CUTOFF, None, lambda _, __: lambda ___: None).record
    objects = tuple(
        replace(item, prediction_errors=_errors(count)) if item.id == "LOW" else item for item in first.objects
    )
    before = replace(first, objects=objects)
    return before, run_cycle(config, text, directory, CUTOFF + 60.0, before, lambda _, __: lambda ___: None).record


def _timing_s(event: EventRecord) -> float:
    """One sigma of LOW along its velocity over its speed."""
    item = next(item for item in event.uncertainty if item.object_id == "LOW")
    return float(np.sqrt(item.covariance_rtn[1][1]) / np.linalg.norm(event.primary_velocity_km_s or ()))


def test_learned_sigmas_are_used_and_say_so(tmp_path: Path) -> None:
    """With comparisons enough the model that fits them is used, and the declared one's Pc stands beside it."""
    _, record = _cycles(tmp_path, f"{DECLARED}learned = true\nleast_comparisons = 8\n", 8)
    event = record.events[0]
    mine = next(item for item in event.uncertainty if item.object_id == "LOW")

    assert mine.basis is Basis.LEARNED
    assert "learned from 8 comparisons" in wording.said(mine.source)
    assert _timing_s(event) == pytest.approx(SHOWN_S * np.sqrt(np.pi / 2.0), rel=0.01)  # the radial part adds 0.03 %
    assert next(item for item in event.uncertainty if item.object_id == "POLAR").basis is Basis.DECLARED
    beside = [method for method in event.probability.methods if method.name.endswith("by the declared model")]
    assert len(beside) == 1
    assert beside[0].pc is not None
    assert beside[0].pc != event.probability.pc
    assert next(item for item in record.objects if item.id == "LOW").learned is not None


def test_a_learned_model_is_of_root_mean_squares_and_of_a_timing_that_grows() -> None:
    """Of each earlier delivery the comparison farthest ahead alone, whatever the sign of its error."""
    told = [(1.0, 0.1, -0.3, 3.0), (2.0, -0.1, 0.3, -5.0), (3.0, 0.5, 0.3, 7.0)]  # days, R, N, timing in mean errors
    errors = [
        PredictionError(
            cycle_id=f"2021-03-0{number}T0000Z", lead_s=lead_s, error_rtn_km=(r_km, 40.0, n_km),
            timing_s=np.sqrt(2.0 / np.pi) * late, mahalanobis_squared=None,
        )
        for number, (days, r_km, n_km, late) in enumerate(told, start=1)
        for lead_s, late in ((86_400.0 * days, late), (3_600.0, 900.0))
    ]  # fmt: skip
    item = replace(sample_record().objects[0], prediction_errors=tuple(errors))
    found = learned_model(item, 3)

    assert found is not None
    assert found.radial_km == found.transverse_km == pytest.approx(np.sqrt((0.01 + 0.01 + 0.25) / 3.0))
    assert found.normal_km == pytest.approx(0.3)
    assert (found.timing_s, found.timing_growth_s_per_day) == pytest.approx((1.0, 2.0))
    assert found.comparisons == 3
    assert learned_model(item, 4) is None


def test_with_too_few_comparisons_the_declared_model_stays(tmp_path: Path) -> None:
    """One comparison less, and nothing changes."""
    _, record = _cycles(tmp_path, f"{DECLARED}learned = true\nleast_comparisons = 8\n", 7)
    event = record.events[0]

    assert {item.basis for item in event.uncertainty} == {Basis.DECLARED}
    assert not any("declared model" in method.name for method in event.probability.methods)
    assert next(item for item in record.objects if item.id == "LOW").learned is None


def test_a_word_is_enough(tmp_path: Path) -> None:
    """``uncertainty = "learned"`` declares nothing and uses what was learned."""
    before, record = _cycles(tmp_path, 'uncertainty = "learned"\n', 10)

    assert [item.object_id for item in before.events[0].uncertainty] == ["POLAR"]
    assert {item.object_id: item.basis for item in record.events[0].uncertainty}["LOW"] is Basis.LEARNED


def test_comparisons_of_one_delivery_teach_once(tmp_path: Path) -> None:
    """Ten comparisons of one delivery are one."""
    before, _ = _cycles(tmp_path, DECLARED, 1)
    item = next(item for item in before.objects if item.id == "LOW")
    same = replace(item, prediction_errors=tuple(replace(error, lead_s=86_400.0) for error in _errors(1)) * 10)

    assert learned_model(same, 2) is None
    assert learned_model(None, 1) is None
