"""What a message says as numbers, and two messages side by side."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice

from nearpass.astro.frames import icrf_from_axes
from nearpass.astro.local_axes import rtn_axes
from nearpass.cycle.cdm_compare import compare_cdm, encounter_from_cdm, hard_body_radius_m
from nearpass.errors import FrameError, InputError
from nearpass.messages.cdm import Cdm
from nearpass.messages.cdm_read import parse_cdm
from nearpass.report.cdm_event import event_cdm
from records import Kepler, sample_record

DATA = Path(__file__).parent.parent / "data" / "cdm"
CASES = DATA.parent / "pc" / "published.json"

PRINTED_M = 0.051
"""Published relative positions and velocities have one decimal."""
PUBLISHED_DIGITS = 1e-8
"""The published covariances in RTN follow from states with nine digits."""
ROUNDING = 1e-9
"""What writing states to a micrometre and rotating them to and fro can change, in km and km/s."""

GM_MODELS = 5e-8
"""EGM96 and DE440 against DE431: the Earth with and without the relativistic scale, Mars from other missions."""
GM_OVER_LAG = 1e-6
"""Mars' GM by DE440 and by DE431 differ by 3e-8, a quarter of a millimetre of fall in two minutes; km and km/s."""
TURN_KM = 2e-4
"""Moving object 1 by 0.25 km turns its RTN axes by 0.07 mrad, a tenth of a metre at the miss distance of 1.9 km."""


def published(name: str) -> Cdm:
    return parse_cdm((DATA / name).read_bytes(), name)


def own() -> Cdm:
    """The message of the red event of the sample, with a covariance of both objects."""
    record = sample_record()
    event = next(event for event in record.events if event.level == "red")
    cdm = event_cdm(record, event)
    matrix = tuple(tuple(100.0 if row == column else 1.0 for column in range(6)) for row in range(6))
    first, second = (replace(one, covariance_rtn_m=matrix, covariance_method="CALCULATED") for one in cdm.objects)
    return replace(cdm, object1=first, object2=second)


def differences(ours: Cdm, theirs: Cdm) -> dict[str, float | None]:
    return {row.name: row.difference for row in compare_cdm(ours, theirs) if row.name != "objects"}


def test_states_in_itrf_give_the_published_relative_state() -> None:
    """Made inertial, a message in ITRF gives its own published RTN components; left turning, it does not."""
    cdm = published("itrf_ion_starlink.kvn")
    encounter = encounter_from_cdm(cdm).encounter

    def components(velocity_km_s):
        axes = rtn_axes(encounter.primary.position_km[None], velocity_km_s[None])[0]
        return axes @ encounter.miss_vector_km * 1000.0, axes @ encounter.relative_velocity_km_s * 1000.0

    miss_m, velocity_m_s = components(encounter.primary.velocity_km_s)
    assert np.abs(miss_m - cdm.relative.relative_position_rtn_m).max() < PRINTED_M
    assert np.abs(velocity_m_s - cdm.relative.relative_velocity_rtn_m_s).max() < PRINTED_M
    turning, _ = components(np.array(cdm.object1.velocity_km_s))
    assert np.abs(turning - cdm.relative.relative_position_rtn_m).max() > 1.0


def test_covariances_in_rtn_give_the_published_ones() -> None:
    """Alfano 2009, case 3: the RTN covariances of the message, rotated, are the tabulated inertial ones."""
    told = encounter_from_cdm(published("alfano_2009_case_03.kvn"))
    case = next(case for case in json.loads(CASES.read_text())["alfano2009"] if case["id"] == "alfano2009-03")

    for state, key in zip(told.encounter.states, ("cov1", "cov2"), strict=True):
        found = state.covariance.matrix
        expected = np.array(case["at_tca"][key]) * 1e-6
        sigmas = np.sqrt(np.diag(expected))
        assert np.abs((found - expected) / np.outer(sigmas, sigmas)).max() < PUBLISHED_DIGITS
    assert told.hbr_m == case["hbr_m"]


def test_the_encounter_says_what_does_not_fit() -> None:
    """A relative position of the opposite sign and a miss distance that the states contradict stand in the notes."""
    sample = encounter_from_cdm(published("alfano_2009_case_03.kvn"))
    example = published("ccsds_508_0_b_1_example.kvn")
    contradicted = encounter_from_cdm(replace(example, relative=replace(example.relative, miss_m=104.92)))

    assert any("RELATIVE_POSITION differs by 0.007" in note for note in sample.notes)
    assert encounter_from_cdm(example).notes == ()
    apart_km = math.dist(example.object1.position_km, example.object2.position_km)
    assert contradicted.notes == (f"MISS_DISTANCE is 0.104920 km, the states are {apart_km:.6f} km apart",)


def test_the_centre_gives_the_gravity() -> None:
    """GM is that of ORBIT_CENTER, the Earth's where there is none, and an unknown centre is refused."""
    example = published("ccsds_508_0_b_1_example.kvn")
    lost = replace(example, object1=replace(example.object1, orbit_center="VULCAN"))

    assert encounter_from_cdm(example).encounter.gm_km3_s2 == pytest.approx(398_600.4418, rel=GM_MODELS)
    assert encounter_from_cdm(own()).encounter.gm_km3_s2 == pytest.approx(42_828.375, rel=GM_MODELS)
    with pytest.raises(FrameError):
        encounter_from_cdm(lost)


def test_terms_without_a_variance_are_discounted() -> None:
    """Velocity terms with a zero variance count as zero, and a position without all variances has no covariance."""
    cdm = own()

    def with_zero(index: int) -> Cdm:
        matrix = [list(row) for row in cdm.object1.covariance_rtn_m]
        matrix[index][index] = 0.0
        one = replace(cdm.object1, covariance_rtn_m=tuple(tuple(row) for row in matrix))
        return replace(cdm, object1=one)

    velocity = encounter_from_cdm(with_zero(4))
    assert np.linalg.matrix_rank(velocity.encounter.primary.covariance.matrix) == 5
    assert any("counts as zero" in note for note in velocity.notes)
    assert encounter_from_cdm(with_zero(1)).encounter.primary.covariance is None


@pytest.mark.parametrize(
    ("comment", "hbr_m"),
    [
        ("HBR = 6 [m]", 6.0),
        ("HBR                        = 15.0", 15.0),
        ("HBR=1.2E1 [m]", 12.0),
        ("the HBR is 6", None),
    ],
)
def test_the_hard_body_radius_is_read_from_comments(comment, hbr_m) -> None:
    """The forms of published messages are understood; a sentence about it is none."""
    example = published("ccsds_508_0_b_1_example.kvn")

    assert hard_body_radius_m(replace(example, relative=replace(example.relative, comments=(comment,)))) == hbr_m


@pytest.mark.parametrize("comments", [("HBR = 6 [m]", "HBR = 7 [m]"), ("HBR = 0.006 [km]",)])
def test_an_ambiguous_hard_body_radius_is_refused(comments) -> None:
    """Two radii, or one in another unit, are not guessed at."""
    example = published("ccsds_508_0_b_1_example.kvn")
    with pytest.raises(InputError, match="HBR must be"):
        hard_body_radius_m(replace(example, relative=replace(example.relative, comments=comments)))


@pytest.mark.parametrize("name", ["ccsds_508_0_b_1_example.kvn", "itrf_ion_starlink.kvn", "alfano_2009_case_03.kvn"])
def test_a_message_does_not_differ_from_itself(name) -> None:
    """Every difference is zero, or there is no value."""
    cdm = published(name)

    assert {value for value in differences(cdm, cdm).values() if value is not None} == {0.0}


def test_swapped_objects_are_recognised() -> None:
    """A partner's message with the objects the other way round differs in nothing."""
    ours = own()
    theirs = replace(ours, object1=ours.object2, object2=ours.object1)

    assert set(differences(ours, theirs).values()) <= {0.0, None}
    assert compare_cdm(ours, theirs)[0].theirs.endswith("(by designator, swapped)")


def test_states_in_gcrf_axes_are_rotated_before_they_are_compared() -> None:
    """The same states written in GCRF axes differ in nothing but rounding; unrotated they would by 0.1 m."""
    ours = own()
    turn = icrf_from_axes("EME2000")

    def turned(one):
        return replace(
            one,
            ref_frame="GCRF",
            position_km=tuple(turn @ one.position_km),
            velocity_km_s=tuple(turn @ one.velocity_km_s),
        )

    theirs = replace(ours, object1=turned(ours.object1), object2=turned(ours.object2))
    found = [value for value in differences(ours, theirs).values() if value is not None]

    assert len(found) >= 20
    assert max(abs(value) for value in found) < ROUNDING


def test_differences_have_the_sign_theirs_minus_ours() -> None:
    """A state moved along the track and a larger miss are positive, each in its unit."""
    ours = own()
    first = ours.object1
    axes = rtn_axes(np.array([first.position_km]), np.array([first.velocity_km_s]))[0]
    moved = replace(first, position_km=tuple(np.array(first.position_km) + 0.25 * axes[1]))
    relative = replace(ours.relative, miss_m=ours.relative.miss_m + 10.0)
    found = differences(ours, replace(ours, object1=moved, relative=relative))

    assert found["miss distance"] == pytest.approx(0.010)
    assert found[f"{first.name} position T"] == pytest.approx(0.25)
    assert found[f"{first.name} position R"] == pytest.approx(0.0, abs=ROUNDING)
    assert found["miss T"] == pytest.approx(-0.25, abs=TURN_KM)


@pytest.mark.parametrize("lag_s", [-60.0, 1.5, 120.0])
def test_states_are_compared_at_one_instant(lag_s) -> None:
    """States of another TCA on the same Kepler orbits differ in nothing, though they lie up to 400 km apart."""
    ours = own()

    def later(one):
        state = Kepler.from_state(np.array(one.position_km), np.array(one.velocity_km_s), 0.0).at(lag_s)
        return replace(one, position_km=tuple(state[0]), velocity_km_s=tuple(state[1]))

    theirs = replace(
        ours,
        object1=later(ours.object1),
        object2=later(ours.object2),
        relative=replace(ours.relative, tca=ours.relative.tca + lag_s),
    )
    found = differences(ours, theirs)
    states = [value for name, value in found.items() if " position " in name or " velocity " in name]

    assert found["TCA"] == lag_s
    assert len(states) == 12
    assert max(abs(value) for value in states) < GM_OVER_LAG


def test_states_in_itrf_are_compared_in_one_set_of_axes() -> None:
    """A point that does not move in space turns backwards in ITRF; seen two seconds later it differs in nothing."""
    ours = published("itrf_ion_starlink.kvn")
    first = ours.object1
    lag_s = 2.0
    moved = spice.prop2b(398_600.435436, [*first.position_km, *_inertial(first)], lag_s)
    angle_rad = 7.292115e-5 * lag_s
    backwards = np.array(
        [[np.cos(angle_rad), np.sin(angle_rad), 0], [-np.sin(angle_rad), np.cos(angle_rad), 0], [0, 0, 1]]
    )
    position_km = backwards @ moved[:3]
    velocity_km_s = backwards @ moved[3:] - np.cross([0, 0, 7.292115e-5], position_km)
    later = replace(first, position_km=tuple(position_km), velocity_km_s=tuple(velocity_km_s))
    theirs = replace(ours, object1=later, relative=replace(ours.relative, tca=ours.relative.tca + lag_s))
    states = [value for name, value in differences(ours, theirs).items() if name.startswith("ION SCV-008 p")]

    assert max(abs(value) for value in states) < ROUNDING


def _inertial(one) -> np.ndarray:
    return np.array(one.velocity_km_s) + np.cross([0, 0, 7.292115e-5], one.position_km)


def test_states_about_different_centres_are_not_subtracted() -> None:
    """A state about the Mars barycentre is no state about Mars: there are no rows of differences."""
    ours = own()
    objects = [replace(one, orbit_center="MARS BARYCENTER") for one in ours.objects]
    found = differences(ours, replace(ours, object1=objects[0], object2=objects[1]))

    assert "miss distance" in found
    assert [name for name in found if " position " in name or " velocity " in name] == []


def test_messages_of_other_objects_are_not_compared() -> None:
    """Two messages that share no objects are refused."""
    with pytest.raises(InputError, match="same objects"):
        compare_cdm(own(), published("ccsds_508_0_b_1_example.kvn"))


def test_radii_of_the_draft_are_added() -> None:
    """Version 2.0 gives each object its hard-body radius; one of them alone says nothing of the pair."""
    text = (DATA / "ccsds_508_0_b_1_example.kvn").read_text()
    first, found, second = text.partition("OBJECT                        = OBJECT2")
    assert found
    one = first.replace("\nX  ", "\nHBR = 7.5 [m]\nX  ", 1)
    assert hard_body_radius_m(parse_cdm((one + found + second).encode(), "one.cdm")) is None
    two = second.replace("\nX  ", "\nHBR = 2.5 [m]\nX  ", 1)
    assert hard_body_radius_m(parse_cdm((one + found + two).encode(), "both.cdm")) == 10.0
