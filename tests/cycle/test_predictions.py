"""Predictions judged by later deliveries."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleets import ABOUT_MARS, LOW
from nearpass.astro.epochs import Epoch
from nearpass.astro.local_axes import rtn_axes
from nearpass.cycle.predictions import Delivered, _error, carried, first_midnight_s, judge, predict, quality
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.trajectory import CovarianceTable, Proof, Trajectory
from nearpass.record.prediction_record import PredictionError

DAY_S = 86_400.0
START = Epoch.parse("2021-03-10T06:00:00")
TRACK_BEND = 0.01  # a shift of seconds along a path of two hours is straight to a hundredth


def delivered(name: str, *, days: int = 0, late_s: float = 0.0, span_days: float = 5.0) -> Delivered:
    """A delivery of the low orbit made ``days`` after the start, on which the object runs late by a constant."""
    offsets_s = np.arange(0.0, span_days * DAY_S, 60.0)
    arc = arc_from_nodes(offsets_s, *LOW.state(offsets_s + days * DAY_S - late_s), "HERMITE", 7)
    daily_s = np.arange(0.0, span_days * DAY_S, DAY_S / 4.0)
    steady = np.diag([1.0, 4.0, 1.0, 1e-6, 1e-6, 1e-6])
    turns = np.kron(np.eye(2), rtn_axes(*arc.state(daily_s)))
    table = CovarianceTable(offsets_s=daily_s, matrices=turns.transpose(0, 2, 1) @ steady @ turns)
    return Delivered(
        cycle_id=name,
        sha256=name,
        created=START + days * DAY_S + -3600.0,
        trajectory=Trajectory(
            object_id="A",
            frame=ABOUT_MARS,
            epoch=START + days * DAY_S,
            arcs=(replace(arc, covariances=table),),
            proof=Proof.EXACT,
        ),
    )


@pytest.mark.parametrize(
    ("epoch", "seconds"),
    [("2021-03-10T06:00:00", 64_800.0), ("2021-03-10T00:00:00", 0.0), ("2016-12-31T12:00:00", 43_201.0)],
)
def test_the_next_midnight_counts_leap_seconds(epoch: str, seconds: float) -> None:
    """From noon before the leap second of 2016 it is one second more to midnight; at midnight it is none."""
    assert first_midnight_s(Epoch.parse(epoch)) == seconds


@given(st.floats(-3.0, 3.0))
def test_a_constant_delay_is_found_as_timing(late_s: float) -> None:
    """A delivery that runs late is judged so, along the track alone, by the sum of both deliveries' variances."""
    old = predict(delivered("old", late_s=late_s), 5 * DAY_S)
    errors = judge([old], delivered("new", days=2))

    assert len(errors) == 1
    assert errors[0].timing_s == pytest.approx(late_s, abs=TRACK_BEND * abs(late_s) + 1e-6)
    assert errors[0].lead_s == 2 * DAY_S + 64_800.0 + 3600.0
    speed_km_s = 3.4
    assert abs(errors[0].error_rtn_km[2]) < 1e-6
    assert errors[0].error_rtn_km[1] == pytest.approx(-late_s * speed_km_s, rel=0.05, abs=1e-5)
    assert errors[0].mahalanobis_squared == pytest.approx(
        sum(e**2 / (2 * s**2) for e, s in zip(errors[0].error_rtn_km, (1.0, 2.0, 1.0), strict=True)), rel=1e-3, abs=1e-9
    )


def test_wholly_correlated_errors_give_no_distance_in_sigmas() -> None:
    """Two covariances whose sum has no inverse leave the error and its time; how many sigmas it is stays unknown."""
    half = ((1.53125, 7.4375, 0.0), (7.4375, 36.125, 0.0), (0.0, 0.0, 0.5))
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.inv(np.add(half, half))
    (prediction,) = [predict(delivered("old", late_s=1.0), 5 * DAY_S)]
    state = replace(prediction.states[0], covariance_rtn_km2=half)

    found = _error(prediction, state, state)

    assert found.mahalanobis_squared is None
    assert found.timing_s == pytest.approx(0.0)


def test_a_delivery_is_not_judged_by_itself() -> None:
    """The same file in a later cycle gives no comparison, neither of itself nor of older ones."""
    old, again = predict(delivered("old"), 5 * DAY_S), delivered("old")

    assert judge([old], again) == ()


def test_predictions_are_kept_while_they_lie_ahead() -> None:
    """Carried predictions hold only later states, each file once, and at most five."""
    kept = ()
    for day in range(8):
        kept = carried(kept, predict(delivered(str(day), days=day, span_days=9.0), 9 * DAY_S))

    assert len(kept) == 5
    assert [prediction.cycle_id for prediction in kept] == ["3", "4", "5", "6", "7"]
    newest = kept[-1].states[0].at
    assert all(state.at > newest for prediction in kept[:-1] for state in prediction.states)


def error(lead_days: float, timing_s: float, squared: float | None) -> PredictionError:
    return PredictionError(
        cycle_id="x", lead_s=lead_days * DAY_S, error_rtn_km=(3.0, 4.0, 0.0), timing_s=timing_s,
        mahalanobis_squared=squared,
    )  # fmt: skip


def test_the_proposed_model_recovers_the_one_that_drew_the_errors() -> None:
    """From errors drawn with 0.5 s + 0.3 s/d the fit comes back to within the sampling error, and they look honest."""
    generator = np.random.default_rng(20210317)
    leads_days = generator.uniform(0.5, 25.0, 4000)
    drawn = [error(lead, generator.normal(0.0, 0.5 + 0.3 * lead), float(generator.chisquare(3))) for lead in leads_days]
    found = quality(drawn)

    assert found is not None
    assert found.count == 4000
    assert found.timing_growth_s_per_day == pytest.approx(0.3, rel=0.05)
    assert found.timing_s == pytest.approx(0.5, abs=0.15)
    assert found.rms_rtn_km == pytest.approx((3.0, 4.0, 0.0))
    assert found.mean_mahalanobis_squared == pytest.approx(3.0, rel=0.05)
    assert found.realism_p is not None
    assert found.realism_p > 0.02


def test_dishonest_covariances_are_noticed() -> None:
    """Sigmas that are half of the true ones give a mean squared distance of 12 and a vanishing chance."""
    generator = np.random.default_rng(1)
    found = quality([error(1.0, 0.1, float(4 * generator.chisquare(3))) for _ in range(200)])

    assert found is not None
    assert found.mean_mahalanobis_squared == pytest.approx(12.0, rel=0.2)
    assert found.realism_p is not None
    assert found.realism_p < 1e-3


def test_too_few_comparisons_say_nothing_of_realism() -> None:
    """With fewer than five covariances there is a model but no test, and with no comparison there is neither."""
    found = quality([error(1.0, 0.1, 3.0)] * 4)

    assert found is not None
    assert found.mean_mahalanobis_squared is None
    assert found.realism_p is None
    assert quality([]) is None
