"""What comparisons of predictions say of the errors that were stated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nearpass.astro.epochs import DAY_S
from nearpass.record.prediction_record import DeclaredRecord, PredictionError
from nearpass.record.realism import independent, realism, timing_fit
from nearpass.report import realism_views
from nearpass.report.cycle_views import inputs_line
from records import sample_record

SPEED_KM_S = 3.4
MODEL = DeclaredRecord(
    radial_km=0.05, transverse_km=0.01, normal_km=0.05, timing_s=0.2, timing_growth_s_per_day=0.3, source="test"
)


def _errors(factor: float, count: int, *, bias_s: float = 0.0, seed: int = 1) -> tuple[PredictionError, ...]:
    """Errors drawn from the model's own law, ``factor`` times as large."""
    drawn = np.random.default_rng(seed)
    found = []
    for number in range(count):
        lead_s = float(drawn.uniform(0.5, 14.0)) * DAY_S
        sigma_s = MODEL.timing_s + MODEL.timing_growth_s_per_day * lead_s / DAY_S
        late_s = bias_s + factor * sigma_s * float(drawn.standard_normal())
        found.append(
            PredictionError(
                cycle_id=f"2021-01-{number:04d}", lead_s=lead_s, error_rtn_km=(0.01, -late_s * SPEED_KM_S, 0.02),
                timing_s=late_s, mahalanobis_squared=None,
            )
        )  # fmt: skip
    return tuple(found)


@pytest.mark.parametrize("factor", [0.2, 1.0, 5.0])
def test_the_ratio_is_that_of_the_law(factor: float) -> None:
    """Errors drawn five times as large as declared are told as five times as large, honest ones as honest."""
    found = realism(_errors(factor, 4000), MODEL)

    assert found is not None
    assert found.ratio == pytest.approx(factor, rel=0.05)  # 4,000 draws give a root mean square to 1.1 %
    assert found.refuted is (factor != 1.0)
    assert found.timing_growth_s_per_day == pytest.approx(factor * 0.3, rel=0.1)


def test_a_bias_is_told_in_its_standard_errors() -> None:
    """A constant lateness shows as one."""
    found = realism(_errors(1.0, 400, bias_s=3.0), MODEL)

    assert found is not None
    assert found.bias_s == pytest.approx(3.0, abs=0.5)
    assert found.bias_sigmas > 3.0


def test_comparisons_of_one_delivery_count_once() -> None:
    """Twenty comparisons of two deliveries are two: the farthest of each."""
    one, two = _errors(1.0, 2)
    many = [replace(one, lead_s=DAY_S * (1 + k)) for k in range(10)] + [
        replace(two, lead_s=DAY_S * k) for k in range(10)
    ]

    assert [error.lead_s / DAY_S for error in independent(many)] == [10.0, 9.0]
    assert realism(many, MODEL) is None


def test_delivered_covariances_are_judged_by_their_own_squares() -> None:
    """A mean squared distance of 75, where 3 is honest, is a factor of five."""
    errors = [replace(error, mahalanobis_squared=75.0) for error in _errors(1.0, 8)]
    found = realism(errors, MODEL)

    assert found is not None
    assert (found.ratio, found.delivered_ratio) == (None, pytest.approx(5.0))


@pytest.mark.parametrize(("ratio", "refuted"), [(0.45, True), (0.55, False), (1.9, False), (2.1, True)])
def test_what_was_stated_is_refuted_by_more_than_a_factor_of_two(ratio: float, refuted: bool) -> None:
    """Either way, and from five comparisons on: a squared distance has the mean 3 where the covariance is honest."""
    errors = [replace(error, mahalanobis_squared=3.0 * ratio**2) for error in _errors(1.0, 5)]
    found = realism(errors, MODEL)

    assert found is not None
    assert found.delivered_ratio == pytest.approx(ratio)
    assert found.refuted is refuted
    assert realism(errors[:4], MODEL) is None


def test_the_fit_gives_back_its_law() -> None:
    """Errors of exactly the mean size of a law give that law."""
    exact = [
        replace(error, timing_s=(0.5 + 0.1 * error.lead_s / DAY_S) * np.sqrt(2.0 / np.pi)) for error in _errors(1.0, 9)
    ]
    assert timing_fit(exact) == pytest.approx((0.5, 0.1), rel=1e-9)


def test_the_front_page_tells_of_a_refuted_model() -> None:
    """Beside the inputs stands by how much the declared model is off; an honest one is not mentioned."""
    record = sample_record()
    item = next(item for item in record.objects if item.kind == "spacecraft")

    def lines(factor: float) -> str:
        judged = replace(item, declared=MODEL, prediction_errors=_errors(factor, 40))
        objects = tuple(judged if one.id == item.id else replace(one, prediction_errors=()) for one in record.objects)
        return " ".join(inputs_line(replace(record, objects=objects)))

    assert f"{item.id}: earlier predictions refute the declared model" in lines(5.0)
    assert "40 independent comparisons" in lines(5.0)
    assert "refute" not in lines(1.0)
    assert realism_views.lines(replace(record, objects=())) == ()
