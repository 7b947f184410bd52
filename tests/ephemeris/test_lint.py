"""Grades of inputs: each rule kept and broken, on orbits whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleets import ABOUT_MARS, CUTOFF, GM_MARS_KM3_S2, Kepler
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.lint import Finding, Grade, lint_oem, lint_trajectory, overall
from nearpass.ephemeris.spk import spk_summary, spk_trajectory
from nearpass.ephemeris.trajectory import Proof, Trajectory
from nearpass.messages.oem import OemCovariances, OemMessage, OemSegment, parse_oem
from nearpass.reasons.findings import Notation
from nearpass.report.wording import measured, said
from oem_texts import message_text, segment_text
from published import FILES

DATA = FILES
MARS = body_named("MARS")
LOW = Kepler(a_km=3_800.0, e=0.01, inclination_rad=1.6)
LONG = Kepler(a_km=9_000.0, e=0.55, inclination_rad=1.5)
WINDOW_S = 2.0 * DAY_S
STEP_S = 60.0


def segment(
    orbit: Kepler = LOW, start_s: float = -600.0, stop_s: float = WINDOW_S, step_s: float = STEP_S
) -> OemSegment:
    """States of an orbit at even steps."""
    offsets_s = np.arange(start_s, stop_s + step_s / 2.0, step_s)
    position_km, velocity_km_s = orbit.state(offsets_s)
    epochs_ns = CUTOFF.tai_ns + np.rint(offsets_s * 1e9).astype(np.int64)
    template = parse_oem(
        message_text(segment_text(["2021-03-01T00:00:00 1 2 3 4 5 6"], STOP_TIME="2021-03-02")).encode(), "x"
    )
    return replace(
        template.segments[0],
        start=Epoch(int(epochs_ns[0])),
        stop=Epoch(int(epochs_ns[-1])),
        epochs_tai_ns=epochs_ns,
        positions_km=position_km,
        velocities_km_s=velocity_km_s,
    )


def message(*segments: OemSegment, age_s: float = 3_600.0) -> OemMessage:
    template = parse_oem(
        message_text(segment_text(["2021-03-01T00:00:00 1 2 3 4 5 6"], STOP_TIME="2021-03-02")).encode(), "x"
    )
    return OemMessage(header=replace(template.header, creation=CUTOFF + -age_s), segments=segments)


def linted(
    held: OemMessage, *, window_s: float = WINDOW_S, period_s: float | None = LOW.period_s
) -> dict[str, Finding]:
    findings = lint_oem(held, body=MARS, cutoff=CUTOFF, window_s=window_s, period_s=period_s)
    assert len({finding.rule for finding in findings}) == len(findings)
    return {finding.rule: finding for finding in findings}


def grades(held: OemMessage, **changes: float | None) -> dict[str, Grade]:
    return {rule: finding.grade for rule, finding in linted(held, **changes).items()}


def covariances(epochs_ns: np.ndarray, sigmas_km: np.ndarray, **changes: object) -> OemCovariances:
    matrices = (
        np.tile(np.diag([1.0, 1.0, 1.0, 1e-6, 1e-6, 1e-6]), (len(epochs_ns), 1, 1)) * sigmas_km[:, None, None] ** 2
    )
    table = OemCovariances(epochs_tai_ns=epochs_ns, matrices=matrices, frames=("RTN",) * len(epochs_ns), comments=())
    return replace(table, **changes)


def test_a_good_delivery_keeps_every_rule() -> None:
    """A fresh two-body orbit at 1/100 of its period with growing covariances at each point passes everywhere."""
    good = segment()
    held = covariances(good.epochs_tai_ns, np.linspace(0.1, 1.0, len(good.epochs_tai_ns)))
    found = linted(message(replace(good, covariances=held)))
    assert {rule: grade for rule, grade in ((r, f.grade) for r, f in found.items()) if grade is not Grade.PASS} == {}
    assert len(found) == 15
    assert overall(tuple(found.values())).grade is Grade.PASS


@pytest.mark.parametrize(
    ("days", "grade"), [(6.9, Grade.PASS), (7.1, Grade.NOTE), (14.1, Grade.FAIL), (-0.1, Grade.FAIL)]
)
def test_a_delivery_is_due_every_week(days: float, grade: Grade) -> None:
    """NPR 8079.1, table 5-1: at least weekly; a file from after the cut-off cannot be."""
    assert linted(message(segment(), age_s=days * DAY_S))["age"].grade is grade


@pytest.mark.parametrize(
    ("start_s", "stop_d", "window_d", "grade"),
    [
        (-600.0, 2.0, 2.0, Grade.PASS),
        (-600.0, 15.0, 20.0, Grade.NOTE),
        (-600.0, 13.0, 20.0, Grade.FAIL),
        (600.0, 2.0, 2.0, Grade.FAIL),
        (-3e5, -1.0, 2.0, Grade.FAIL),
        (3e5, 5.0, 2.0, Grade.FAIL),
    ],
)
def test_a_prediction_spans_the_window_or_two_weeks(
    start_s: float, stop_d: float, window_d: float, grade: Grade
) -> None:
    """Table 5-1: the screening interval, typically 14 to 21 days."""
    held = message(segment(start_s=start_s, stop_s=stop_d * DAY_S, step_s=600.0))
    assert linted(held, window_s=window_d * DAY_S)["span"].grade is grade


@pytest.mark.parametrize(("gap_s", "grade"), [(0.0, Grade.PASS), (600.0, Grade.NOTE), (7_200.0, Grade.FAIL)])
def test_gaps_between_segments_are_found(gap_s: float, grade: Grade) -> None:
    """A gap is noted, and more than a hundredth of the window fails."""
    held = message(segment(stop_s=36_000.0), segment(start_s=36_000.0 + gap_s))
    found = linted(held)["gaps"]
    assert found.grade is grade
    assert ("none" in measured(found.fact)) == (gap_s == 0.0)


@pytest.mark.parametrize(("share", "grade"), [(1 / 110, Grade.PASS), (1 / 60, Grade.NOTE), (1 / 15, Grade.FAIL)])
@pytest.mark.parametrize("known", [True, False])
def test_points_lie_a_hundredth_of_an_orbit_apart(share: float, grade: Grade, known: bool) -> None:
    """Table 5-1: about 1/100 orbit; without a period the true anomaly says the same of a nearly circular orbit."""
    held = message(segment(step_s=LOW.period_s * share))
    assert linted(held, period_s=LOW.period_s if known else None)["spacing"].grade is grade


def test_the_better_of_time_and_true_anomaly_counts() -> None:
    """Even steps in time rush through the periapsis of a long orbit, which table 5-1 allows."""
    held = message(segment(LONG, step_s=LONG.period_s / 100))
    assert linted(held, period_s=LONG.period_s)["spacing"].grade is Grade.PASS
    assert linted(held, period_s=None)["spacing"].grade is Grade.NOTE


def test_the_interpolation_error_is_that_of_left_out_states() -> None:
    """For straight lines between points two steps apart it is the sagitta of the arc, a (n h)**2 / 2."""
    held = message(replace(segment(replace(LOW, e=0.0)), interpolation="LINEAR", degree=1))
    found = linted(held)["interpolation"]
    sagitta_km = LOW.a_km * (1.0 - np.cos(LOW.motion_rad_s * STEP_S))
    assert measured(found.fact) == f"{sagitta_km:.3g} km"
    assert found.grade is Grade.FAIL


def test_one_wrong_state_shows_in_interpolation_and_velocity() -> None:
    """A position off by 5 km among good ones breaks both rules."""
    good = segment()
    positions_km = good.positions_km.copy()
    positions_km[1_001] += 5.0
    found = grades(message(replace(good, positions_km=positions_km)))
    assert (found["interpolation"], found["velocity"]) == (Grade.FAIL, Grade.FAIL)


@pytest.mark.parametrize(
    ("change", "grade"),
    [
        (lambda v: v, Grade.PASS),
        (lambda v: v + np.array([1e-4, 0.0, 0.0]), Grade.NOTE),
        (lambda v: v * 1.01, Grade.FAIL),
        (lambda v: -v, Grade.FAIL),
        (lambda v: v * 1e3, Grade.FAIL),
    ],
)
def test_velocities_are_the_rates_of_the_positions(change, grade: Grade) -> None:  # a lambda on velocities
    """A shift, a wrong scale, a wrong sign and metres a second are found."""
    good = segment()
    assert grades(message(replace(good, velocities_km_s=change(good.velocities_km_s))))["velocity"] is grade


def test_velocities_relative_to_rotating_axes_are_found() -> None:
    """States in axes that turn with Mars, called inertial, are inconsistent by the speed of the rotation."""
    good = segment()
    turn_rad_s = 7.088e-5
    spin = np.cross([0.0, 0.0, turn_rad_s], good.positions_km)
    assert grades(message(replace(good, velocities_km_s=good.velocities_km_s - spin)))["velocity"] is Grade.FAIL


def test_few_states_are_noted_rather_than_judged() -> None:
    """Three states reduce the degree, and neither interpolation nor velocities can be checked."""
    found = grades(message(segment(stop_s=-600.0 + 2 * STEP_S)))
    assert {found[rule] for rule in ("degree", "interpolation", "velocity")} == {Grade.NOTE}


def test_an_unnamed_method_is_noted() -> None:
    """The assumed method stands in the words."""
    found = linted(message(replace(segment(), interpolation=None, degree=None)))["degree"]
    assert (found.grade, "Hermite of degree 7" in said(found.fact)) == (Grade.NOTE, True)


def test_a_manoeuvre_is_a_step_of_the_velocity_alone() -> None:
    """Two segments that share a position but not the velocity show the step; one of positions is noted."""
    step_km_s = 0.4e-3
    first, second = segment(stop_s=36_000.0), segment(start_s=36_000.0)
    burnt = replace(second, velocities_km_s=second.velocities_km_s + np.array([0.0, 0.0, step_km_s]))
    found = linted(message(first, burnt))["joints"]
    assert (found.grade, measured(found.fact)) == (Grade.PASS, "0.4 m/s")
    moved = replace(second, positions_km=second.positions_km + np.array([0.0, 0.0, 0.5]))
    assert linted(message(first, moved))["joints"].grade is Grade.NOTE


@pytest.mark.parametrize(
    ("change", "rule", "words"),
    [
        (lambda s: replace(s, positions_km=s.positions_km * 0.5), "altitude", "below the surface"),
        (
            lambda s: replace(s, positions_km=s.positions_km * 1e3, velocities_km_s=s.velocities_km_s * 1e3),
            "gravity",
            "metres",
        ),
        (lambda s: replace(s, velocities_km_s=s.velocities_km_s * 1.5), "speed", "orbit is claimed"),
    ],
)
def test_impossible_states_fail(change, rule: str, words: str) -> None:  # a lambda on a segment
    """Inside Mars, metres for kilometres, and faster than escape are each named."""
    found = linted(message(change(segment())))[rule]
    assert found.grade is Grade.FAIL
    assert words in said(found.fact)


@pytest.mark.parametrize("name", ["EARTH", "MOON", "VENUS"])
def test_the_wrong_planet_is_named(name: str) -> None:
    """A path about another body, said to be about Mars, curves by that body's gravity."""
    scale = (body_named(name).gm_km3_s2 / GM_MARS_KM3_S2) ** (1 / 3)
    good = segment()
    found = linted(
        message(replace(good, positions_km=good.positions_km * scale, velocities_km_s=good.velocities_km_s * scale))
    )["gravity"]
    assert (found.grade, name.title() in said(found.fact)) == (Grade.FAIL, True)


def test_states_about_another_centre_are_not_judged() -> None:
    """A cruise about the Sun is not compared with the size of Mars."""
    found = linted(message(replace(segment(), center_name="SUN")))
    assert "altitude" not in found
    assert found["states"].grade is Grade.NOTE
    assert "states" not in linted(message(replace(segment(), center_name="MARS BARYCENTER")))


@pytest.mark.parametrize(("center", "found"), [("EARTH", True), ("VENUS", True), ("MOON", False), ("MARS", False)])
def test_an_orbit_inside_the_named_centre_fails(center: str, found: bool) -> None:
    """States 3800 km from the middle of Earth or Venus, whose radii are 6378 and 6052 km, are named as impossible."""
    rule = linted(message(replace(segment(), center_name=center))).get("centre")
    assert (rule is not None) is found
    if rule is not None:
        assert (rule.grade, center.title() in said(rule.fact)) == (Grade.FAIL, True)


def test_covariances_at_some_states_only_are_noted() -> None:
    """Table 5-1 asks for one at every point; none at all is noted as well."""
    good = segment()
    some = covariances(good.epochs_tai_ns[::4], np.linspace(0.1, 1.0, len(good.epochs_tai_ns[::4])))
    found = linted(message(replace(good, covariances=some)))["covariance"]
    assert (found.grade, "25.0%" in said(found.fact)) == (Grade.NOTE, True)
    assert measured(linted(message(good))["covariance"].fact) == "none"


@pytest.mark.parametrize(
    ("off", "grade"), [(0.9, Grade.PASS), (1.000001, Grade.NOTE), (1.2, Grade.FAIL), (np.inf, Grade.FAIL)]
)
def test_covariances_are_positive_definite(off: float, grade: Grade) -> None:
    """A correlation of one, but for rounding, is noted; beyond one, or a variance of zero, fails."""
    good = segment()
    held = covariances(good.epochs_tai_ns[:5], np.full(5, 0.3))
    matrices = held.matrices.copy()
    if np.isfinite(off):
        matrices[2, 0, 1] = matrices[2, 1, 0] = off * matrices[2, 0, 0]
    else:
        matrices[2, 3, 3] = 0.0
    found = grades(message(replace(good, covariances=replace(held, matrices=matrices))))
    assert found["covariance definite"] is grade


@pytest.mark.parametrize(("last_km", "grade"), [(2.0, Grade.PASS), (1.0, Grade.NOTE), (0.5, Grade.NOTE)])
def test_the_uncertainty_of_a_prediction_grows(last_km: float, grade: Grade) -> None:
    """A constant or shrinking covariance is noted."""
    good = segment()
    held = covariances(good.epochs_tai_ns, np.linspace(1.0, last_km, len(good.epochs_tai_ns)))
    assert grades(message(replace(good, covariances=held)))["covariance growth"] is grade


def test_the_whole_is_as_good_as_its_worst_rule() -> None:
    """The overall grade names the rules behind it."""
    findings = [
        Finding(rule=rule, grade=grade, fact=Notation(notes=()))
        for rule, grade in (("a", Grade.PASS), ("b", Grade.NOTE), ("c", Grade.FAIL), ("d", Grade.FAIL))
    ]
    assert (overall(findings).grade, said(overall(findings).fact).endswith("c, d.")) == (Grade.FAIL, True)
    assert said(overall(findings[:2]).fact).endswith("b.")
    assert overall(findings[:1]).grade is Grade.PASS


def test_a_trajectory_is_judged_without_its_states() -> None:
    """Span, gaps, joints, size, gravity and speed can be told from the polynomials of a kernel."""
    arcs = []
    for part in (segment(start_s=0.0, stop_s=36_000.0), segment(start_s=36_000.0)):
        offsets_s = (part.epochs_tai_ns - CUTOFF.tai_ns) / 1e9
        arcs.append(arc_from_nodes(offsets_s, part.positions_km, part.velocities_km_s, "HERMITE", 7))
    trajectory = Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=tuple(arcs), proof=Proof.EXACT)
    findings = lint_trajectory(
        trajectory, [(CUTOFF, CUTOFF + WINDOW_S)], body=MARS, cutoff=CUTOFF, window_s=WINDOW_S, period_s=LOW.period_s
    )
    found = {finding.rule: finding.grade for finding in findings}
    assert {rule for rule, grade in found.items() if grade is Grade.NOTE} == {"age", "covariance"}
    assert {rule for rule, grade in found.items() if grade is Grade.PASS} == {
        "span", "gaps", "joints", "altitude", "gravity", "speed",
    }  # fmt: skip


@pytest.mark.published_files("mars/em16_tgo_mlt_20180609_20180614.bsp")
def test_a_real_kernel_passes_what_physics_asks() -> None:
    """ESA's planning orbit of TGO (2018) is above Mars, bound to it and curves by its gravity."""
    kernels = [DATA / "mars" / "em16_tgo_mlt_20180609_20180614.bsp"]
    (summary,) = [found for found in spk_summary(kernels) if found.target == -143]
    epoch = Epoch.parse("2018-06-10T00:00:00")
    planets = PlanetaryEphemeris.default()
    trajectory = spk_trajectory(kernels, -143, body=MARS, epoch=epoch, window_s=(0.0, DAY_S), planets=planets)
    findings = lint_trajectory(trajectory, summary.spans, body=MARS, cutoff=epoch, window_s=DAY_S, period_s=7_090.0)
    found = {finding.rule: finding.grade for finding in findings}
    assert [found[rule] for rule in ("span", "gaps", "altitude", "gravity", "speed")] == [Grade.PASS] * 5


CORPUS = sorted((DATA / "oem_valid").glob("bradsease_real_*.oem"))


@pytest.mark.published_files("oem_valid")
@pytest.mark.parametrize("path", CORPUS or [DATA / "oem_valid"], ids=lambda path: path.name)
def test_real_orbits_of_the_earth_pass_what_physics_asks(path: Path) -> None:
    """Orbits written by GMAT and others have consistent velocities, and curve by the gravity of the Earth."""
    held = parse_oem(path.read_bytes(), path.name)
    cutoff = held.segments[0].start
    findings = lint_oem(held, body=body_named("EARTH"), cutoff=cutoff, window_s=3_600.0, period_s=None)
    found = {finding.rule: finding.grade for finding in findings}
    rules = ("span", "gaps", "spacing", "interpolation", "velocity", "joints", "altitude", "gravity", "speed")
    assert [found[rule] for rule in rules] == [Grade.PASS] * len(rules)


values = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=100, deadline=None)
@given(data=st.data(), count=st.integers(1, 40))
def test_absurd_numbers_are_graded_without_an_error(data: st.DataObject, count: int) -> None:
    """Whatever finite numbers a message holds, each rule gives a finding."""
    base = segment(stop_s=-600.0 + STEP_S * (count - 1))
    rows = data.draw(st.lists(st.lists(values, min_size=6, max_size=6), min_size=1, max_size=3))
    table = np.resize(np.array(rows), (count, 6))
    matrix = np.resize(np.array(data.draw(st.lists(values, min_size=1, max_size=36))), (count, 6, 6))
    held = OemCovariances(
        epochs_tai_ns=base.epochs_tai_ns, matrices=np.tril(matrix) + np.swapaxes(np.tril(matrix, -1), 1, 2),
        frames=("RTN",) * count, comments=(),
    )  # fmt: skip
    changed = replace(base, positions_km=table[:, :3], velocities_km_s=table[:, 3:], covariances=held)
    assert {"altitude", "speed", "covariance definite"} <= set(linted(message(changed)))
