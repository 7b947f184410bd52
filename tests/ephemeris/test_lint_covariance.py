"""The grade of covariances that lie far apart in time."""

from dataclasses import replace

import numpy as np
import pytest

from covariance_law import EPOCH, MARS, ORBITS, known
from nearpass.astro.epochs import NS, TimeSystem
from nearpass.ephemeris.lint import Grade
from nearpass.ephemeris.lint_covariance import covariance_spacing
from nearpass.messages.oem import OemCovariances, OemSegment
from nearpass.report.wording import said

HOUR_S = 3600.0
PERIOD_S = 6760.0  # of MRO's orbit
LAW = known(ORBITS["MRO"], np.arange(0.0, 25 * HOUR_S, HOUR_S), oblate=True)


def segment(every_h: int, factors: dict[int, float]) -> OemSegment:
    """A day of the orbit with a covariance every so many hours, some of them multiplied."""
    times_s = LAW.arc.knots_s
    position_km, velocity_km_s = LAW.arc.state(times_s)
    matrices = LAW.covariances.copy()
    for hour, factor in factors.items():
        matrices[hour] *= factor
    return OemSegment(
        object_name="MRO", object_id="2005-029A", center_name="MARS", ref_frame="ICRF", ref_frame_epoch=None,
        time_system=TimeSystem.UTC, start=EPOCH, stop=EPOCH + 24 * HOUR_S, useable_start=None, useable_stop=None,
        interpolation="HERMITE", degree=7, comments=(), first_line=1,
        epochs_tai_ns=EPOCH.tai_ns + np.rint(times_s * NS).astype(np.int64),
        positions_km=position_km, velocities_km_s=velocity_km_s, accelerations_km_s2=None,
        covariances=OemCovariances(
            epochs_tai_ns=EPOCH.tai_ns + (LAW.times_s[::every_h] * NS).astype(np.int64),
            matrices=matrices[::every_h], frames=("ICRF",) * len(matrices[::every_h]), comments=(),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("every_h", "factors", "grade"),
    [
        (24, {}, Grade.PASS),
        (12, {}, Grade.PASS),
        (24, {24: 9.0}, Grade.NOTE),
        (24, {0: 9.0}, Grade.NOTE),
        (12, {12: 900.0}, Grade.FAIL),
        (12, {24: 1 / 900.0}, Grade.FAIL),
    ],
)
def test_covariances_far_apart_must_fit_the_motion_between_them(every_h: int, factors: dict, grade: Grade) -> None:
    """Grown by the motion alone they fit; three times the sigma in half a day or a day is noted, thirty times fails."""
    found = covariance_spacing([segment(every_h, factors)], MARS, PERIOD_S)
    assert found.grade is grade
    assert f"{every_h}.0 h apart" in said(found.fact)


def test_covariances_within_half_a_revolution_need_no_such_proof() -> None:
    """An hour is just over half a revolution of MRO, but well under half of one twice as long."""
    jump = segment(1, {3: 900.0})
    assert covariance_spacing([jump], MARS, PERIOD_S).grade is Grade.FAIL
    assert covariance_spacing([jump], MARS, 2.0 * PERIOD_S).grade is Grade.PASS


def test_absurd_states_fail_without_an_error() -> None:
    """Along positions of which not even the distance is a number no covariance fits the next one."""
    absurd = segment(24, {})
    with np.errstate(all="ignore"):
        found = covariance_spacing([replace(absurd, positions_km=absurd.positions_km * 1e300)], MARS, PERIOD_S)
    assert found.grade is Grade.FAIL


def test_there_is_nothing_to_judge_without_an_orbit_or_a_second_covariance() -> None:
    """No period, no covariances, one alone, or states about another body: no finding."""
    good = segment(12, {})
    alone = segment(24, {})
    held = alone.covariances
    one = replace(held, epochs_tai_ns=held.epochs_tai_ns[:1], matrices=held.matrices[:1], frames=held.frames[:1])
    assert covariance_spacing([good], MARS, None) is None
    assert covariance_spacing([replace(good, covariances=None)], MARS, PERIOD_S) is None
    assert covariance_spacing([replace(alone, covariances=one)], MARS, PERIOD_S) is None
    assert covariance_spacing([replace(good, center_name="EARTH")], MARS, PERIOD_S) is None
