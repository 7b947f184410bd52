"""A whole cycle's record: what must hold of any record, whatever the fleet."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, ECCENTRIC, LOW, POLAR, Kepler, write_workspace
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.encounter.alert import Level
from nearpass.record.record import CycleRecord, dump, load
from nearpass.report.wording import said

ROUNDING_KM = 1e-9
STRAIGHT_SHARE = 0.02  # paths bend by under a fiftieth of the miss over the seconds between two passages
NEAR_S = 20.0  # within this timing both paths are straight enough for the link

UNCERTAIN = (
    "[object.uncertainty]\nradial_km = 0.05\ntransverse_km = 0.1\nnormal_km = 0.05\ntiming_s = 0.5\n"
    'timing_growth_s_per_day = 0.1\nsource = "assumed for this test"\n'
)


def quiet(_: str, __: int) -> Callable[[int], None]:
    return lambda _: None


def cycle(directory: Path, orbits: dict[str, Kepler], *, edit: Callable[[str], str] = lambda text: text) -> CycleRecord:
    path = write_workspace(directory, orbits=orbits, span_days=1.0, limit_km=500.0)
    path.write_text(edit(path.read_text()).replace("[cycle]\n", "[cycle]\ncrossing_limit_km = 60\n"))
    config, text = load_config(path)
    return run_cycle(config, text, directory, CUTOFF, None, quiet).record


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> CycleRecord:
    """Two orbits of nearly one radius that cross at a large angle, an eccentric one, and a silent one."""
    orbits = {
        "LOW": LOW,
        "POLAR": POLAR,
        "ECC": ECCENTRIC,
        "NEAR": Kepler(LOW.a_km + 3.0, LOW.e, np.radians(60.0), node_rad=0.2, mean_anomaly_rad=0.05),
        "LOST": Kepler(LOW.a_km + 1.0, LOW.e, np.radians(40.0), node_rad=1.2),
    }

    def edit(text: str) -> str:
        text = text.replace('name = "LOST orbiter"', 'name = "LOST orbiter"\nphase = "unknown"')
        for name in ("low", "near"):
            source = f'[[object.ephemeris]]\npath = "ephemerides/{name}_'
            text = text.replace(source, UNCERTAIN + source)
        return text

    return cycle(tmp_path_factory.mktemp("fleet"), orbits, edit=edit)


def test_the_miss_is_the_distance_of_the_printed_states(record: CycleRecord) -> None:
    """Of each event the miss distance, its RTN parts and its B-plane parts agree with both states at TCA."""
    assert record.events
    for event in record.events:
        apart_km = np.subtract(event.secondary_position_km, event.primary_position_km)
        closing_km_s = np.subtract(event.secondary_velocity_km_s, event.primary_velocity_km_s)

        assert np.linalg.norm(apart_km) == pytest.approx(event.miss_km, abs=ROUNDING_KM)
        assert np.linalg.norm(event.miss_rtn_km) == pytest.approx(event.miss_km, abs=ROUNDING_KM)
        assert np.linalg.norm(closing_km_s) == pytest.approx(event.relative_speed_km_s, abs=ROUNDING_KM)
        if not event.at_boundary:
            assert abs(apart_km @ closing_km_s) < 1e-6 * event.miss_km * event.relative_speed_km_s + ROUNDING_KM
            assert event.b_plane is not None
            in_plane_km = np.hypot(event.b_plane.miss_xi_km, event.b_plane.miss_zeta_km)
            assert in_plane_km == pytest.approx(event.miss_km, rel=1e-9)
        nearest_of_track = min(event.track.distance_km)
        assert nearest_of_track == pytest.approx(event.miss_km, abs=1e-6)


def test_every_counter_of_the_funnel_adds_up(record: CycleRecord) -> None:
    """What left the screening at each step sums to what entered, and the listed minima are the events."""
    funnel = record.funnel

    assert sum(step.count for step in funnel.interval_steps) == funnel.intervals
    assert sum(step.count for step in funnel.minima_steps) == funnel.minima
    assert next(step.count for step in funnel.minima_steps if step.name == "listed") == len(record.events)


def test_no_event_is_nearer_than_its_pair_is_proven_to_come(record: CycleRecord) -> None:
    """A pair's proven bound lies below its nearest approach and below each of its events."""
    for pair in record.pairs:
        if pair.proven_no_closer_than_km is None:
            assert pair.unscreened
            continue
        assert pair.nearest is not None
        assert pair.proven_no_closer_than_km <= pair.nearest.miss_km
        for event in record.events:
            if (event.primary, event.secondary) == (pair.primary, pair.secondary):
                assert pair.nearest.miss_km <= event.miss_km


def test_a_pc_rests_on_two_covariances(record: CycleRecord) -> None:
    """Where both objects have an uncertainty there is a probability in [0, 1], elsewhere none and the reason."""
    seen = set()
    for event in record.events:
        known = len(event.uncertainty) == 2
        seen.add(known)
        assert (event.miss_sigma_km is not None) is known
        if known:
            assert event.probability.pc is not None
            assert 0.0 <= event.probability.pc <= 1.0
            assert {entry.basis.value for entry in event.uncertainty} == {"declared"}
        else:
            assert event.probability.pc is None
            assert event.probability.why
    assert seen == {True, False}


def test_crossings_predict_the_close_approaches_beside_them(record: CycleRecord) -> None:
    """Where both pass a crossing within seconds, the straight-line distance of the crossing is the event's miss."""
    compared = 0
    for crossing in record.crossings:
        if crossing.oxt_s is None or abs(crossing.oxt_s) > NEAR_S:
            continue
        assert crossing.passage_primary is not None
        beside = [
            event
            for event in record.events
            if (event.primary, event.secondary) == (crossing.primary, crossing.secondary)
            and abs(event.tca - crossing.passage_primary) < 2 * NEAR_S
        ]
        assert beside
        assert crossing.straight_line_cad_km == pytest.approx(beside[0].miss_km, rel=STRAIGHT_SHARE)
        compared += 1
    assert compared


def test_thresholds_of_crossings_count_from_a_moons_surface(tmp_path: Path) -> None:
    """A body of 55 km on an orbit crossed at about that distance is listed and judged by what is left above it."""

    def edit(text: str) -> str:
        text = text.replace('name = "NEAR orbiter"\nhbr_m = 5', 'name = "NEAR moon"\nradius_km = 55')
        return text.replace("cad_km = 10", "cad_km = 10\noxd_km = 40")

    orbits = {"LOW": LOW, "NEAR": Kepler(LOW.a_km + 70.0, LOW.e, np.radians(60.0), node_rad=0.2)}
    found = cycle(tmp_path, orbits, edit=edit).crossings

    assert found
    assert max(crossing.oxd_km for crossing in found) > 60.0  # the limit of this workspace, between centres
    for crossing in found:
        assert crossing.surface_km == pytest.approx(crossing.oxd_km - 55.0)
        assert "from the surface" in said(crossing.reason)
        beyond = crossing.surface_km >= 40.0 or (crossing.oxt_s is not None and abs(crossing.oxt_s) > 900.0)
        assert (crossing.level is Level.GREEN) == beyond


def test_a_silent_object_has_crossings_and_nothing_else(record: CycleRecord) -> None:
    """An object of unknown phase is in no event, and its crossings tell neither its passage nor a timing."""
    lost = [crossing for crossing in record.crossings if "LOST" in (crossing.primary, crossing.secondary)]

    assert lost
    assert not any("LOST" in (event.primary, event.secondary) for event in record.events)
    for crossing in lost:
        passage = crossing.passage_primary if crossing.primary == "LOST" else crossing.passage_secondary
        assert passage is None
        assert crossing.oxt_s is None
        assert crossing.straight_line_cad_km is None


def test_a_made_record_survives_storage(record: CycleRecord) -> None:
    """A record fresh from a cycle is equal to the one loaded from its bytes, which are the same again."""
    text = dump(record)

    assert dump(load(text, "record.json")) == text
    assert record == load(text, "record.json")
