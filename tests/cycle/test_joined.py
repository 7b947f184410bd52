"""Objects that fly together are told as one stretch of time, found or declared, and the others are as without them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fleets import ABOUT_MARS, CUTOFF, LOW, Kepler, write_workspace
from nearpass.config import load_config
from nearpass.cycle.joined import join
from nearpass.cycle.pipeline import run_cycle
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.trajectory import Proof, Trajectory
from nearpass.errors import ConfigError
from nearpass.reasons.levels import Level, StretchPcReaches
from nearpass.record.judging import passing_of
from nearpass.record.record import CycleRecord
from nearpass.report import pages, tables, wording
from nearpass.report.cdm_event import event_cdm
from nearpass.screening.screen import screen, told_together
from stub_cycles import plain

SPAN_S = 86_400.0
CROSSING = Kepler(LOW.a_km + 3.0, LOW.e, np.radians(60.0), node_rad=0.2, mean_anomaly_rad=0.05)
COMOVING_KM_S = 0.01
NODES_S = np.arange(-600.0, SPAN_S + 660.0, 60.0)
PARTING_S = 90.0
"""In which a metre's drift of 0.3 m/s shows above digits of a metre, between two nodes a minute apart."""


def motion(
    orbit: Kepler, *, digits: int | None = None, shift: Callable[[np.ndarray], np.ndarray] | None = None
) -> Trajectory:
    """An orbit as delivered states, printed with so many digits, and moved by so much along the x axis in km."""
    position_km, velocity_km_s = orbit.state(NODES_S)
    if shift is not None:
        position_km = position_km + shift(NODES_S)
    if digits is not None:
        position_km, velocity_km_s = np.round(position_km, digits), np.round(velocity_km_s, digits + 3)
    arc = arc_from_nodes(NODES_S, position_km, velocity_km_s, "HERMITE", 7)
    return Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=(arc,), proof=Proof.EXACT)


def joined(motions: dict[str, Trajectory], limit_km: float = 500.0, declared: dict | None = None):
    found = screen(motions, (0.0, SPAN_S), limit_km)
    return found, *join(found, motions, declared or {}, limit_km=limit_km, comoving_km_s=COMOVING_KM_S)


@pytest.mark.parametrize("digits", [6, 3, 2, 1])
def test_one_spacecraft_under_two_ids_is_one_stretch(digits: int) -> None:
    """Whatever the digits of the second file, the pair has no approach but one stretch over the window."""
    motions = {"A": motion(LOW, digits=9), "B": motion(LOW, digits=digits), "POLAR": motion(CROSSING)}
    plain, kept, stretches = joined(motions)
    (stretch,) = stretches["A", "B"]
    assert stretch.kind == "as one"
    assert (stretch.start_s, stretch.stop_s) == (0.0, SPAN_S) or stretch.start_s <= 0.0 <= SPAN_S <= stretch.stop_s
    assert stretch.least_km is not None
    assert stretch.least_km < 10.0**-digits
    assert [one for one in kept.approaches if (one.first, one.second) == ("A", "B")] == []
    others = [one for one in plain.approaches if "POLAR" in (one.first, one.second)]
    assert [one for one in kept.approaches if "POLAR" in (one.first, one.second)] == others
    assert others
    assert sum(count for _, count, _ in kept.funnel.minima_steps) == kept.funnel.minima


@pytest.mark.parametrize(("eccentricity", "most_km"), [(1e-5, 0.08), (2e-6, 0.016)])
def test_two_spacecraft_side_by_side_are_never_one(eccentricity: float, most_km: float) -> None:
    """Two that fly metres from each other about one orbit keep their nearest approach: only noise is one spacecraft."""
    beside = replace(LOW, e=LOW.e + eccentricity)
    _, kept, stretches = joined({"A": motion(LOW, digits=6), "B": motion(beside, digits=6)})
    own = [one for one in kept.approaches if (one.first, one.second) == ("A", "B")]

    assert {stretch.kind for stretch in stretches["A", "B"]} == {"in formation"}
    assert own
    assert min(one.miss_km for one in own) < most_km


@pytest.mark.parametrize("until_s", [7_000.0, 28_800.0, 60_000.0])
def test_the_stretch_ends_when_they_part(until_s: float) -> None:
    """Two that are one until a separation at 0.3 m/s fly as one until then, to a minute and a half."""

    def drift(at_s: np.ndarray) -> np.ndarray:
        return np.maximum(at_s - until_s, 0.0)[:, None] * np.array([3e-4, 0.0, 0.0])

    _, _, stretches = joined({"A": motion(LOW, digits=6), "B": motion(LOW, digits=3, shift=drift)})
    stretch = stretches["A", "B"][0]
    assert stretch.kind == "as one"
    assert stretch.stop_s == pytest.approx(until_s, abs=PARTING_S)


@pytest.mark.parametrize("apart_km", [5.0, 50.0, 150.0])
def test_a_formation_keeps_its_nearest_approach(apart_km: float) -> None:
    """One behind the other on one orbit: of many approaches the nearest is left, which no other undercuts."""
    behind = Kepler(LOW.a_km, LOW.e, LOW.inclination_rad, mean_anomaly_rad=apart_km / LOW.a_km)
    plain, kept, stretches = joined({"A": motion(LOW), "B": motion(behind)})
    (stretch,) = stretches["A", "B"]
    assert stretch.kind == "in formation"
    assert stretch.approach_count == len(plain.approaches) > 10
    (nearest,) = kept.approaches
    assert nearest.miss_km == min(one.miss_km for one in plain.approaches)


@pytest.mark.parametrize(("eccentricity", "kinds"), [(0.008, {"in formation"}), (0.015, set())])
def test_a_formation_is_slower_than_a_fiftieth_of_the_orbital_speed(eccentricity: float, kinds: set[str]) -> None:
    """Twice the difference of eccentricities is the share, where two of one period are nearest (Hill's equations)."""
    _, _, stretches = joined({"A": motion(LOW), "B": motion(replace(LOW, e=LOW.e + eccentricity))})

    assert {one.kind for held in stretches.values() for one in held} == kinds


@pytest.mark.parametrize(("count", "kept_count"), [(6, 6), (7, 1)])
def test_a_formation_has_more_than_six_approaches(count: int, kept_count: int) -> None:
    """So many are each an event of its own; of more the nearest stands for all."""
    motions = {"A": motion(LOW), "B": motion(replace(LOW, mean_anomaly_rad=20.0 / LOW.a_km))}
    found = screen(motions, (0.0, SPAN_S), 500.0)
    few = told_together(found, found.approaches[:count])
    kept, _ = join(few, motions, {}, limit_km=500.0, comoving_km_s=COMOVING_KM_S)

    assert len(kept.approaches) == kept_count


def test_noise_of_more_than_a_hundred_metres_is_not_one_spacecraft() -> None:
    """States that scatter about each other by 150 m are no digits of one spacecraft given twice."""
    drawn = np.random.default_rng(5).standard_normal((len(NODES_S), 3))
    noise_km = 0.15 * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    _, _, stretches = joined({"A": motion(LOW), "B": motion(LOW, shift=lambda _: noise_km)})

    assert "as one" not in {one.kind for held in stretches.values() for one in held}


def test_a_formation_whose_distance_breathes_about_the_limit_is_told_once() -> None:
    """At about the listing limit, above it for a part of each revolution: one stretch and its nearest approach."""
    behind = replace(LOW, e=0.02, mean_anomaly_rad=100.0 / LOW.a_km)
    plain, kept, stretches = joined({"A": motion(replace(LOW, e=0.02)), "B": motion(behind)}, limit_km=100.0)
    distance_km = np.linalg.norm(behind.state(NODES_S)[0] - replace(LOW, e=0.02).state(NODES_S)[0], axis=1)
    assert (distance_km > 100.0).any()
    assert len(plain.approaches) > 10
    (stretch,) = stretches["A", "B"]
    assert (stretch.kind, stretch.approach_count) == ("in formation", len(plain.approaches))
    assert len(kept.approaches) == 1


def test_a_passing_pair_is_no_formation() -> None:
    """Two that cross at kilometres a second keep every approach."""
    plain, kept, stretches = joined({"A": motion(LOW), "POLAR": motion(CROSSING)})
    assert plain.approaches
    assert kept == plain
    assert stretches == {}


def cycle(directory: Path, orbits: dict[str, Kepler], extra: str = "") -> CycleRecord:
    path = write_workspace(directory, orbits=orbits, limit_km=500.0)
    text = path.read_text().replace('id = "B"\n', f'id = "B"\n{extra}')
    path.write_text(text)
    config, text = load_config(path)
    return run_cycle(config, text, directory, CUTOFF, None, lambda _, __: lambda _: None).record


def test_a_pair_that_is_one_costs_no_event_and_is_told_in_one_line(tmp_path: Path) -> None:
    """The cycle has the events and crossings that it has without the second id, and the front page one line more."""
    record = cycle(tmp_path / "with", {"A": LOW, "B": LOW, "POLAR": CROSSING})
    alone = cycle(tmp_path / "alone", {"A": LOW, "POLAR": CROSSING})
    both = {("A", "B")}
    of_a = [(one.tca, round(one.miss_km, 6)) for one in record.events if (one.primary, one.secondary) == ("A", "POLAR")]
    assert of_a
    assert of_a == [(one.tca, round(one.miss_km, 6)) for one in alone.events]
    assert not [one for one in record.events if (one.primary, one.secondary) in both]
    assert not [one for one in (*record.crossings, *record.seasons) if (one.primary, one.secondary) in both]
    page = pages.cycle_pages(record)["index.md"]
    assert page.count("flying as one from the start of the window until its end") == 1


SIGMAS = (
    "uncertainty = {{ radial_km = {0}, transverse_km = {1}, normal_km = {0}, timing_s = 0, "
    'timing_growth_s_per_day = 0, source = "assumed" }}\n'
)
"""Of each object, radial and normal, and along the orbit."""


def formation(directory: Path, *, extra: str = "", sigmas: str = SIGMAS.format(0.02, 0.3)) -> CycleRecord:
    """One a kilometre behind the other for half a day, and yellow from a probability of 1e-4 on."""
    behind = replace(LOW, mean_anomaly_rad=1.0 / LOW.a_km, e=LOW.e + 1e-6)
    path = write_workspace(directory, orbits={"A": LOW, "B": behind}, span_days=0.5, limit_km=500.0)
    text = path.read_text().replace("lead_time_h", sigmas + "lead_time_h")
    text = text.replace(
        "[alert.red]\ncad_km = 3\n[alert.yellow]\ncad_km = 10\n",
        "[alert.red]\ncad_km = 1e-4\n[alert.yellow]\ncad_km = 1e-3\npc = 1e-4\n",
    )
    path.write_text(text.replace('id = "B"\n', f'id = "B"\n{extra}'))
    config, text = load_config(path)
    return run_cycle(config, text, directory, CUTOFF, None, lambda _, __: lambda _: None).record


def test_a_formation_has_one_probability_over_its_stretch(tmp_path: Path) -> None:
    """It is told with both bounds where the pair is told, and the level rests on the upper one, also years later."""
    record = formation(tmp_path)
    ((stretch,),) = (pair.stretches for pair in record.pairs)
    (event,) = record.events
    least, most = stretch.least_pc, stretch.most_pc
    assert least is not None
    assert most is not None
    assert stretch.no_pc is None
    assert 0.0 < least < most < 1.0
    assert most > (event.probability.pc or 0.0)
    assert event.level is Level.YELLOW
    assert event.reason[0] == StretchPcReaches(level=Level.YELLOW, value=most, limit=1e-4)
    assert passing_of(event, record).counted_pc == most
    made = pages.cycle_pages(record)
    both = f"Probability of contact in that time: between {wording.probability(least)} and {wording.probability(most)}"
    assert both in plain(made["index.md"])
    assert both in plain(made[f"events/{event.event_id}.md"])
    assert f"contact in that time between {least:.2E} and {most:.2E}" in " ".join(
        event_cdm(record, event).relative.comments
    )
    (row,) = json.loads(tables.COVERAGE_COLUMNS.json(record, record.pairs))["pairs"]
    assert (row["together_pc_least"], row["together_pc_most"]) == pytest.approx((least, most), rel=1e-6)


@pytest.mark.parametrize(
    ("sigmas", "why"),
    [("", "no_covariance"), (SIGMAS.format(0.02, 0.3), None)],
    ids=["nothing known", "declared errors"],
)
def test_a_declared_tandem_has_it_where_its_errors_are_known(tmp_path: Path, sigmas: str, why: str | None) -> None:
    """Without an approach of its own it has the bounds all the same, or the reason why there are none."""
    record = formation(tmp_path, extra='joined = [{ with = "A" }]\n', sigmas=sigmas)
    ((stretch,),) = (pair.stretches for pair in record.pairs)
    assert record.events == ()
    assert stretch.no_pc == why
    assert (stretch.most_pc is not None) == (why is None)


def test_one_body_has_no_probability(tmp_path: Path) -> None:
    """Two ids of one spacecraft have none, and the page says why."""
    record = cycle(tmp_path, {"A": LOW, "B": LOW})
    ((stretch,),) = (pair.stretches for pair in record.pairs)
    assert (stretch.no_pc, stretch.most_pc) == ("one_body", None)
    assert "No probability of contact is given: two states of one body" in pages.cycle_pages(record)["index.md"]


def test_what_is_declared_holds_until_it_ends(tmp_path: Path) -> None:
    """Joined until noon: no approach before, the approaches of a formation after it told by its nearest."""
    noon = CUTOFF + SPAN_S / 2.0
    near = Kepler(LOW.a_km, LOW.e, LOW.inclination_rad, mean_anomaly_rad=20.0 / LOW.a_km)
    extra = f'joined = [{{ with = "A", until = "{noon.iso(digits=0)}" }}]\n'
    record = cycle(tmp_path, {"A": LOW, "B": near}, extra)
    (pair,) = record.pairs
    kinds = [(stretch.kind, stretch.start, stretch.stop) for stretch in pair.stretches]
    assert kinds[0] == ("declared", CUTOFF, noon)
    assert all(event.tca > noon for event in record.events)


@pytest.mark.parametrize(
    "joined", ['{ with = "C" }', '{ with = "B" }', '{ with = "A", from = "2022-01-01", until = "2021-01-01" }']
)
def test_a_declaration_that_cannot_be_is_refused(tmp_path: Path, joined: str) -> None:
    """With oneself, with nobody, or backwards in time."""
    with pytest.raises(ConfigError, match="joined"):
        cycle(tmp_path, {"A": LOW, "B": CROSSING}, f"joined = [{joined}]\n")
