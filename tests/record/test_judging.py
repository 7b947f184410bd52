"""What rules ask of an approach: from the surface of a natural body, and in sigmas of the nearest point of its disc."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearpass.encounter.alert import PcBound
from nearpass.record.event_record import BPlaneRecord
from nearpass.record.judging import disc_sigmas, passing
from nearpass.record.pairing import limits_of, pairing
from records import NO_PROBABILITY, sample_record

WIDTHS = st.floats(0.01, 30.0)


@given(st.floats(-60.0, 60.0), st.floats(-60.0, 60.0), st.floats(0.5, 20.0), WIDTHS, WIDTHS, st.floats(0.0, 3.1))
def test_no_point_of_the_disc_is_nearer_in_sigmas(xi_km, zeta_km, radius_km, wide_km, narrow_km, turn_rad) -> None:
    """Of 20,000 points on the disc's edge none is nearer to the origin, and the nearest of them is as near to 0.1 %."""
    turn = np.array([[math.cos(turn_rad), -math.sin(turn_rad)], [math.sin(turn_rad), math.cos(turn_rad)]])
    covariance = turn @ np.diag([wide_km**2, narrow_km**2]) @ turn.T
    found = disc_sigmas(xi_km, zeta_km, radius_km, tuple(map(tuple, covariance.tolist())))
    angles = np.linspace(0.0, 2.0 * np.pi, 20_000)
    edge = np.array([xi_km, zeta_km]) + radius_km * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    least = float(np.sqrt(np.einsum("ni,ij,nj->n", edge, np.linalg.inv(covariance), edge).min()))

    if math.hypot(xi_km, zeta_km) <= radius_km:
        assert found == 0.0
    else:
        # The steps along the edge, radius times 3e-4, in sigmas of the narrow axis, are what the nearest point misses.
        assert found <= least * (1.0 + 1e-6) + 1e-9
        assert found >= least - 1e-3 * least - radius_km * 3.2e-4 / min(wide_km, narrow_km)


def _plane(xi_km: float, zeta_km: float) -> BPlaneRecord:
    return BPlaneRecord(miss_xi_km=xi_km, miss_zeta_km=zeta_km, hbr_km=0.01, covariance_km2=((4.0, 0.0), (0.0, 1.0)))


def _passing(**more: object) -> object:
    plain = {
        "miss_km": 5.0, "surface_km": None, "miss_rtn_km": (-3.0, 4.0, 0.0), "miss_sigma_rtn_km": (1.5, 2.0, 0.0),
        "b_plane": _plane(2.0, 0.0), "probability": NO_PROBABILITY, "to_tca_h": 7.0, **more,
    }  # fmt: skip
    return passing(**plain)


def test_parts_of_the_miss_have_no_sign_and_sigmas_are_of_each() -> None:
    """|R|, |T| and |N| over their sigmas; a part that is nothing is 0 of them, though the sigma is nothing as well."""
    found = _passing()

    assert (found.distance_km, found.to_surface, found.to_tca_h) == (5.0, False, 7.0)
    assert found.beyond_rtn_km == (3.0, 4.0, 0.0)
    assert found.rtn_sigmas == (2.0, 2.0, 0.0)
    assert found.b_plane_sigmas == 1.0
    assert _passing(miss_sigma_rtn_km=(1.5, 0.0, 1.0)).rtn_sigmas == (2.0, math.inf, 0.0)


def test_without_covariances_no_sigma_is_known() -> None:
    """Neither along R, T and N nor in the B-plane; the parts of the miss are known all the same."""
    found = _passing(miss_sigma_rtn_km=None, b_plane=None)

    assert (found.rtn_sigmas, found.b_plane_sigmas) == (None, None)
    assert found.beyond_rtn_km == (3.0, 4.0, 0.0)
    assert _passing(miss_rtn_km=None).beyond_rtn_km is None


def test_lengths_and_sigmas_of_a_moon_count_from_its_surface() -> None:
    """Of a miss of 5 km with a radius of 2 km 1 km is left in R, 2 km in T, nothing in N; of the disc 3 of 2 km."""
    found = _passing(surface_km=3.0, b_plane=_plane(5.0, 0.0))

    assert (found.distance_km, found.to_surface) == (3.0, True)
    assert found.beyond_rtn_km == (1.0, 2.0, 0.0)
    assert found.rtn_sigmas == pytest.approx((1.0 / 1.5, 1.0, 0.0))
    assert found.b_plane_sigmas == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("missing", "counts"), [("primary", True), ("secondary", True), ("both", False), (None, False)]
)
def test_a_bound_counts_where_one_covariance_is_missing_and_no_moon_is_near(missing, counts) -> None:
    """The maximum over every covariance of one object is a bound; of both, or beside a moon, it is none."""
    risk = replace(NO_PROBABILITY, max_pc=1e-3, max_pc_missing=missing)

    assert _passing(probability=risk).bound == (PcBound(value=1e-3, missing=missing) if counts else None)
    assert _passing(probability=risk, surface_km=3.0).bound is None


def test_the_bound_over_a_stretch_counts_where_no_moon_is_near() -> None:
    """Of two spacecraft that fly together; beside a moon no level rests on it."""
    assert _passing(stretch_pc=1e-3).stretch_pc == 1e-3
    assert _passing(stretch_pc=1e-3, surface_km=3.0).stretch_pc is None


def test_the_class_of_a_pair_is_the_first_that_fits() -> None:
    """Joined before silent before moon before spacecraft."""
    items = {item.id: item for item in sample_record().objects}
    silent = next(item for item in items.values() if item.phase == "unknown")
    craft, other, moon = items["MRO"], items["TGO"], items["PHOBOS"]

    assert pairing(craft, other, joined=False).kind == "spacecraft"
    assert pairing(craft, moon, joined=False).kind == "moon"
    assert pairing(moon, silent, joined=False).kind == "silent"
    assert pairing(moon, silent, joined=True).kind == "joined"
    assert pairing(craft, other, joined=False).ids == {"MRO", "TGO"}


def test_limits_of_a_pair_are_the_thresholds_where_no_rules_are_stated() -> None:
    """A record of thresholds alone, as every earlier one, has them for every pair."""
    record = sample_record()
    limits, found = record.thresholds, limits_of(record, "MRO", "TGO")

    assert (found.red_km, found.yellow_km) == (limits.red_cad_km, limits.yellow_cad_km)
    assert (found.red_pc, found.yellow_pc) == (limits.red_pc, limits.yellow_pc)
    assert (found.red_oxd_km, found.yellow_oxd_km) == (limits.red_oxd_km, limits.yellow_oxd_km)
