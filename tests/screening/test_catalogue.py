"""The screening of large fleets, against dense sampling of sgp4 itself."""

import pickle
from collections import defaultdict
from typing import Final

import numpy as np
import pytest

from catalogues import EARTH_KM, EPOCH, fleet_of, low_orbits, satellite, structured
from dense_catalogue import Minimum, dense_minima
from nearpass.ephemeris.element_fleet import ElementFleet
from nearpass.screening import catalogue
from nearpass.screening.catalogue import Approaches, LargeScreening, screen_catalogue
from nearpass.screening.workers import Serial

LIMIT_KM: Final = 25.0
COMOVING_KM_S: Final = 0.01
WINDOW_S: Final = (0.0, 3 * 3600.0)
MILLISECOND_S: Final = 1e-3
METRE_KM: Final = 1e-3
ROUNDING_KM: Final = 1e-8  # of two positions in double precision, and of the interpolants' roots


def rows_of(found: Approaches) -> dict[tuple[int, int], list[dict[str, float]]]:
    """Approaches by pair."""
    by_pair = defaultdict(list)
    names = ("offset_s", "miss_km", "at_boundary", "start_s", "stop_s", "speed_km_s")
    columns = [getattr(found, name).tolist() for name in names]
    for first, second, *values in zip(found.first.tolist(), found.second.tolist(), *columns, strict=True):
        by_pair[first, second].append(dict(zip(names, values, strict=True)))
    return by_pair


def unmatched(dense: list[Minimum], found: Approaches) -> tuple[list[Minimum], list[tuple[int, int, float]]]:
    """Minima that no approach tells of, and approaches that no minimum has: both empty if the lists agree."""
    rows, lost = rows_of(found), []
    unused = {(pair, row["offset_s"]) for pair, own in rows.items() for row in own}
    for one in dense:
        pair = one.first, one.second
        told = [row for row in rows[pair] if row["start_s"] - 0.01 <= one.offset_s <= row["stop_s"] + 0.01]
        same = [
            row
            for row in rows[pair]
            if abs(row["offset_s"] - one.offset_s) <= MILLISECOND_S + one.blur_s
            and abs(row["miss_km"] - one.miss_km) <= METRE_KM
            and row["at_boundary"] == one.at_boundary
        ]
        unused -= {(pair, row["offset_s"]) for row in same}
        within = [row for row in told if row["miss_km"] <= one.miss_km + ROUNDING_KM]
        if not same and not within:
            lost.append(one)
    return lost, sorted((*pair, offset_s) for pair, offset_s in unused)


def screened(satellites: list, window_s: tuple[float, float] = WINDOW_S, **kwargs: object) -> LargeScreening:
    """With the thresholds of these tests, in this process."""
    options = {"workers": Serial(), "comoving_km_s": COMOVING_KM_S, **kwargs}
    return screen_catalogue(fleet_of(satellites), window_s, LIMIT_KM, **options)


def equal(one: Approaches, two: Approaches) -> bool:
    """Bit by bit."""
    return all(np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True) for name in Approaches.__slots__)


@pytest.fixture(scope="module")
def mixed() -> tuple[list, LargeScreening]:
    """A catalogue of all kinds of orbits, screened."""
    satellites = structured(300)
    return satellites, screened(satellites)


def test_exactly_what_dense_sampling_finds(mixed: tuple[list, LargeScreening]) -> None:
    """In a catalogue of all kinds of orbits nothing is missed, added, late by 1 ms or off by 1 m."""
    satellites, found = mixed
    dense = dense_minima(satellites, WINDOW_S, LIMIT_KM)
    assert len(dense) > 40
    assert unmatched(dense, found.approaches) == ([], [])


def test_pairs_that_move_together_are_told_as_stretches(mixed: tuple[list, LargeScreening]) -> None:
    """A stretch is slow in its minimum, ends at the limit or with the window, and lies below the limit throughout."""
    satellites, found = mixed
    fleet = fleet_of(satellites)
    told = [(pair, row) for pair, rows in rows_of(found.approaches).items() for row in rows if row["start_s"] >= 0.0]
    assert len(told) > 10
    for (first, second), row in told:
        times_s = np.linspace(row["start_s"], row["stop_s"], 200)
        apart_km = np.linalg.norm(np.subtract(*fleet.sampled_km(np.array([first, second]), times_s)), axis=1)
        assert row["speed_km_s"] < COMOVING_KM_S
        assert apart_km.max() <= LIMIT_KM + ROUNDING_KM * 100
        assert apart_km.min() >= row["miss_km"] - ROUNDING_KM
        for end_s, end_km, edge_s in zip(times_s[[0, -1]], apart_km[[0, -1]], WINDOW_S, strict=True):
            assert end_s == edge_s or end_km == pytest.approx(LIMIT_KM, abs=1e-6)


@pytest.mark.parametrize("steps", [5, 23])
def test_borders_of_slabs_change_nothing(
    mixed: tuple[list, LargeScreening], steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the window is cut into slabs, the same approaches are found at the same times."""
    satellites, whole = mixed
    monkeypatch.setattr(catalogue, "SLAB_STEPS", steps)
    cut = screened(satellites)
    for name in ("first", "second", "at_boundary"):
        assert np.array_equal(getattr(cut.approaches, name), getattr(whole.approaches, name))
    for name, tolerance in (("offset_s", MILLISECOND_S), ("start_s", 1e-2), ("stop_s", 1e-2), ("miss_km", ROUNDING_KM)):
        assert getattr(cut.approaches, name) == pytest.approx(
            getattr(whole.approaches, name), abs=tolerance, nan_ok=True
        )


def test_primaries_choose_among_the_same_approaches(mixed: tuple[list, LargeScreening]) -> None:
    """One against all finds what all against all finds of the one."""
    satellites, whole = mixed
    counts = np.bincount(np.concatenate([whole.approaches.first, whole.approaches.second]))
    primaries = np.zeros(len(satellites), dtype=bool)
    primaries[np.argsort(counts)[-5:]] = True
    some = screened(satellites, primaries=primaries)
    wanted = np.flatnonzero(primaries[whole.approaches.first] | primaries[whole.approaches.second])
    chosen = Approaches(**{name: getattr(whole.approaches, name)[wanted] for name in Approaches.__slots__})
    assert len(wanted) > 5
    assert equal(some.approaches, chosen)


def test_a_fleet_survives_the_journey_between_processes() -> None:
    """A pickled fleet propagates to the same bits."""
    fleet = fleet_of(structured(100))
    again = pickle.loads(pickle.dumps(fleet))  # noqa: S301  # made in the line itself
    rows, times_s = np.arange(100), np.linspace(-1e5, 1e5, 7)
    assert np.array_equal(fleet.sampled_km(rows, times_s), again.sampled_km(rows, times_s))


def test_axes_do_not_matter(mixed: tuple[list, LargeScreening]) -> None:
    """In ICRF axes, as beside other ephemerides, a fleet has the same approaches."""
    satellites, whole = mixed
    fleet = ElementFleet(fleet_of(satellites).ids, satellites, EPOCH, EPOCH, in_icrf=True)
    turned = screen_catalogue(fleet, WINDOW_S, LIMIT_KM, workers=Serial(), comoving_km_s=COMOVING_KM_S).approaches
    assert np.array_equal(turned.first, whole.approaches.first)
    assert turned.offset_s == pytest.approx(whole.approaches.offset_s, abs=MILLISECOND_S)
    assert turned.miss_km == pytest.approx(whole.approaches.miss_km, abs=ROUNDING_KM)


def test_an_object_that_decays_is_covered_until_then() -> None:
    """Where SGP4 gives up on an object the others are screened on, and its covered time says how far it went."""
    doomed = satellite(EARTH_KM + 120, 0.001, 1.0, 0.0, 0.0, 0.0)
    doomed.sgp4init(0, "i", 1, 27_760.0, 0.5, 0.0, 0.0, 0.001, 0.0, 1.0, 0.0, doomed.no_kozai, 0.0)
    others = low_orbits(20, 5)
    found = screened([doomed, *others], (0.0, 86_400.0))
    alone = screened(others, (0.0, 86_400.0))
    assert 0.0 <= found.covered_s[0] < 86_400.0
    assert np.all(found.covered_s[1:] == pytest.approx(86_400.0))
    untouched = (found.approaches.first > 0) & (found.approaches.second > 0)
    assert np.count_nonzero(untouched) == len(alone.approaches.first)
