"""How far to trust an input: a grade for each rule, and one for the whole, with what was found.

The yardstick is the ephemeris specification of NASA's NPR 8079.1, table 5-1 (orbits not about the Earth); the other
rules ask whether the states can be what they claim. Nothing here refuses an input: whoever reads the page decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from nearpass.astro.bodies import Body
from nearpass.astro.epochs import Epoch
from nearpass.ephemeris import lint_delivery as delivery
from nearpass.ephemeris import lint_elements as elements
from nearpass.ephemeris import lint_motion as motion
from nearpass.ephemeris.lint_covariance import covariance_spacing
from nearpass.ephemeris.lint_finding import Finding, Grade
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.messages.elements_record import ElementSet
from nearpass.messages.oem_records import OemMessage
from nearpass.reasons.findings import NoCovariance, Overall

__all__ = ["Finding", "Grade", "lint_elements", "lint_oem", "lint_trajectory", "overall"]

_SAMPLES: Final = 2_000  # of each arc


def lint_oem(
    message: OemMessage, *, body: Body, cutoff: Epoch, window_s: float, period_s: float | None
) -> tuple[Finding, ...]:
    """Every rule on a message, in the order in which a page lists them.

    Args:
        message: What was delivered.
        body: The body that the cycle screens around.
        cutoff: The data cut-off, at which the window begins.
        window_s: Length of the window in seconds.
        period_s: Orbital period, or None where no orbit is claimed.

    """
    with np.errstate(all="ignore"):  # absurd numbers are what this is to find: what overflows fails its rule
        return tuple(_oem_findings(message, body, cutoff, window_s, period_s))


def _oem_findings(
    message: OemMessage, body: Body, cutoff: Epoch, window_s: float, period_s: float | None
) -> Iterator[Finding]:
    segments = message.segments
    spans = [held for held in map(motion.span_of, segments) if held[0] <= held[1]] or [
        (segment.start, segment.stop) for segment in segments
    ]
    yield delivery.age(message.header.creation, cutoff)
    if (cut := delivery.complete(segments)) is not None:
        yield cut
    yield delivery.span(spans, cutoff, window_s)
    yield delivery.gaps(spans, cutoff, window_s)
    if (spacing := motion.spacing(segments, period_s)) is not None:
        yield spacing
    yield motion.degree(segments)
    yield motion.interpolation(segments)
    yield motion.velocity(segments)
    yield motion.joints(segments)
    yield from motion.plausibility(motion.motion_of(segments, body), body, in_orbit=period_s is not None)
    if (inside := motion.inside_center(segments, body)) is not None:
        yield inside
    yield delivery.covariance_presence(segments)
    held = [segment.covariances for segment in segments if segment.covariances is not None]
    if held:
        matrices = np.concatenate([covariances.matrices for covariances in held])
        epochs_ns = np.concatenate([covariances.epochs_tai_ns for covariances in held])
        yield delivery.covariance_definite(matrices)
        if (growth := delivery.covariance_growth(epochs_ns, matrices, cutoff)) is not None:
            yield growth
        if (apart := covariance_spacing(segments, body, period_s)) is not None:
            yield apart
    yield from delivery.notation(message.notes)


def lint_trajectory(
    trajectory: Trajectory,
    spans: Sequence[tuple[Epoch, Epoch]],
    *,
    body: Body,
    cutoff: Epoch,
    window_s: float,
    period_s: float | None,
    age: Finding | None = None,
) -> tuple[Finding, ...]:
    """The rules that need no table of states, for a kernel.

    Args:
        trajectory: What is screened, about ``body``.
        spans: What the file covers.
        body: The body that the cycle screens around.
        cutoff: The data cut-off, at which the window begins.
        window_s: Length of the window in seconds.
        period_s: Orbital period, or None where no orbit is claimed.
        age: What is known of the age; by default, that the file says nothing.

    """
    found = [
        age or delivery.age(None, cutoff),
        delivery.span(spans, cutoff, window_s),
        delivery.gaps(spans, cutoff, window_s),
        *_motion_findings(trajectory, body, in_orbit=period_s is not None),
    ]
    if not trajectory.has_covariance:
        bare = NoCovariance(rule="kernel_without_covariance")
        found.append(Finding(rule="covariance", grade=Grade.NOTE, fact=bare))
    return tuple(found)


def lint_elements(
    item: ElementSet,
    trajectory: Trajectory,
    *,
    body: Body,
    cutoff: Epoch,
    window_s: float,
    period_s: float | None,
) -> tuple[Finding, ...]:
    """The rules on mean elements, whose error grows with the time from their epoch.

    Args:
        item: The elements.
        trajectory: What is screened, made of them.
        body: The body that the cycle screens around.
        cutoff: The data cut-off, at which the window begins.
        window_s: Length of the window in seconds.
        period_s: Orbital period, or None where no orbit is claimed.

    """
    return (
        elements.age(item.epoch, cutoff),
        elements.reach(item, trajectory, window_s),
        elements.fit(trajectory),
        *_motion_findings(trajectory, body, in_orbit=period_s is not None),
        Finding(rule="covariance", grade=Grade.NOTE, fact=NoCovariance(rule="elements_without_covariance")),
        *delivery.notation(item.notes),
    )


def _motion_findings(trajectory: Trajectory, body: Body, *, in_orbit: bool) -> tuple[Finding, ...]:
    """Joints between the arcs, and whether such a motion can be."""
    arcs = trajectory.arcs
    if not arcs:
        return ()
    steps = [step for pair in pairwise(arcs) if (step := motion.step_at(*pair)) is not None]
    states = [arc.state(np.linspace(arc.start_s, arc.stop_s, _SAMPLES)) for arc in arcs]
    sampled = motion.Motion(
        radii_km=np.linalg.norm(np.concatenate([state[0] for state in states]), axis=1),
        speeds_km_s=np.linalg.norm(np.concatenate([state[1] for state in states]), axis=1),
        gm_km3_s2=np.concatenate([motion.felt_gm_km3_s2(arc) for arc in arcs]),
    )
    return motion.joint_finding(steps, len(arcs)), *motion.plausibility(sampled, body, in_orbit=in_orbit)


def overall(findings: Sequence[Finding]) -> Finding:
    """The worst grade of all, with the rules behind it."""
    failed, noted = (
        tuple(finding.rule for finding in findings if finding.grade is grade) for grade in (Grade.FAIL, Grade.NOTE)
    )
    fact = Overall(
        rule="not_trusted" if failed else "mind" if noted else "all_kept", rules=failed or noted, total=len(findings)
    )
    grade = Grade.FAIL if failed else Grade.NOTE if noted else Grade.PASS
    return Finding(rule="overall", grade=grade, fact=fact)
