"""What is told about different bodies, or in different axes, is compared by nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nearpass
from brute_force import Orbit, flown
from catalogues import EPOCH, fleet_of, low_orbits
from fleets import ABOUT_MARS, CUTOFF, LOW, message, segment
from nearpass.astro.bodies import BODIES
from nearpass.astro.frames import Frame
from nearpass.crossing.crossing import crossings, fleet_crossings
from nearpass.crossing.season import season
from nearpass.ephemeris.element_fleet import ElementFleet
from nearpass.ephemeris.extension import extended
from nearpass.ephemeris.moons import moon_trajectory
from nearpass.ephemeris.spk_write import write_spk
from nearpass.ephemeris.trajectory import Arc, Trajectory
from nearpass.errors import FrameError
from nearpass.messages.oem_write import write_oem
from nearpass.screening.motions import MixedFleet, TrajectoryFleet
from nearpass.screening.screen import screen

WINDOW_S = (0.0, 7200.0)
PERIODS_S = (7000.0, 7000.0)
MOTION = flown(Orbit(3700.0, 0.01, 1.0), 7200.0)
AT_MARS = replace(MOTION, object_id="-74")
"""One and the same numbers: compared as they stand, the two would meet all the time."""
AT_THE_MOON = replace(MOTION, object_id="-85", frame=Frame(center="MOON", axes="ICRF"))
TURNED = replace(MOTION, object_id="-41", frame=Frame(center="MARS", axes="EME2000"))

WAYS: dict[str, Callable[[Trajectory, Trajectory], object]] = {
    "screen": lambda one, two: screen({one.object_id: one, two.object_id: two}, WINDOW_S, 10.0),
    "crossings": lambda one, two: crossings(
        one, two, (one.object_id, two.object_id), WINDOW_S, 10.0, periods_s=PERIODS_S
    ),
    "fleet_crossings": lambda one, two: fleet_crossings(
        {one.object_id: one, two.object_id: two}, {one.object_id: 7000.0, two.object_id: 7000.0}, WINDOW_S, 10.0
    ),
    "season": lambda one, two: season(
        one, two, at_s=0.0, periods_s=PERIODS_S, gm_km3_s2=BODIES["MARS"].gm_km3_s2, radius_km=3396.0, j2=2e-3,
        pole=np.array([0.0, 0.0, 1.0]), threshold_km=10.0, days=1.0,
    ),
    "catalogue": lambda one, two: TrajectoryFleet({one.object_id: one, two.object_id: two}),
    "catalogues": lambda one, two: MixedFleet(
        [TrajectoryFleet({one.object_id: one}), TrajectoryFleet({two.object_id: two})]
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_objects_about_two_bodies_are_refused_by_name_and_body(way: str) -> None:
    """Whatever compares two motions refuses one about Mars beside one about the Moon, naming both."""
    for pair in ((AT_MARS, AT_THE_MOON), (AT_THE_MOON, AT_MARS)):
        with pytest.raises(FrameError) as refused:
            WAYS[way](*pair)
        for told in ("-74 about MARS", "-85 about MOON"):
            assert told in str(refused.value)


@pytest.mark.parametrize("way", WAYS)
def test_objects_in_two_axes_are_refused_with_both(way: str) -> None:
    """About one body, but in axes that are not the same, two motions are refused as well, and both axes are named."""
    with pytest.raises(FrameError) as refused:
        WAYS[way](AT_MARS, TURNED)
    for told in ("-74 about MARS in ICRF", "-41 about MARS in EME2000"):
        assert told in str(refused.value)


def test_element_sets_stand_beside_no_ephemeris_of_other_axes() -> None:
    """Positions in the axes of SGP4 are not mixed with ephemerides in those of the ICRF."""
    satellites = low_orbits(2, 1)
    own = TrajectoryFleet({"A": replace(MOTION, frame=Frame(center="EARTH", axes="ICRF"))})
    with pytest.raises(FrameError, match="A about EARTH in ICRF, 00000 about EARTH in TEME"):
        MixedFleet([own, fleet_of(satellites)])
    MixedFleet([own, ElementFleet(["1", "2"], satellites, EPOCH, EPOCH, in_icrf=True)])


def test_a_delivery_says_what_its_motion_is_of_and_about(tmp_path: Path) -> None:
    """A message, a kernel made of it and the theory of a moon give motions of the object they name, about Mars."""
    held = message(segment(LOW, 0.0, 7200.0, 60.0))
    (tmp_path / "a.oem").write_text(write_oem(held))
    write_spk(held, tmp_path / "a.bsp", target=-1001)
    motions = [nearpass.read(tmp_path / name).trajectory(CUTOFF, WINDOW_S) for name in ("a.oem", "a.bsp")]
    motions.append(moon_trajectory(401, body=BODIES["MARS"], epoch=CUTOFF, window_s=WINDOW_S))
    motions.append(extended(motions[0], body=BODIES["MARS"], window_s=(0.0, 9000.0)))
    assert [one.object_id for one in motions] == ["2021-001A", "-1001", "401", "2021-001A"]
    assert {one.frame for one in motions} == {ABOUT_MARS}
    assert motions[-1].approximation is not None


def test_how_far_a_series_is_from_the_ephemeris_is_said() -> None:
    """No arc is made without its error: that it has none is said, not assumed."""
    with pytest.raises(TypeError, match="error_km"):
        Arc(MOTION.arcs[0].knots_s, MOTION.arcs[0].coefficients_km)
