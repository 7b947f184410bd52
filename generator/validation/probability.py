"""Published probabilities of collision against the method that the ladder picks and against each method alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import scipy  # its statistics are loaded when they are first used: they take as long as all the rest of it
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import Frame
from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.geometry import Encounter
from nearpass.encounter.pc import assess_probability
from nearpass.encounter.pc2d import contour_pc, foster_pc, project
from nearpass.encounter.pc_encounter import PcInput
from nearpass.encounter.pc_result import FOSTER, NC_3D, PATERA, ProbabilityResult
from nearpass.encounter.uncertainty import Basis, Covariance, State
from nearpass.validation.check import Check, Section, within
from nearpass.validation.published import published

FloatArray = NDArray[np.float64]

KM: Final = 1e-3
CONFIDENCE: Final = 0.95
REFERENCE_2D: Final = 1e-6
PUBLISHED_NC: Final = 1e-3
LEAST_2D: Final = 1e-15
ROUNDED: Final = "the published value is rounded"


def probability_sections() -> tuple[Section, ...]:
    """Alfano's twelve cases, CARA's twenty conjunctions, and the plane integral on cases of others."""
    figures = published("pc_cases")
    alfano = [(case, assess_probability(_alfano(case), maximum=False)) for case in figures["alfano"]]
    cara = [(case, assess_probability(_cara(case), maximum=False)) for case in figures["cara"]]
    sources = figures["sources"]
    return (
        _section(
            "Probability: Alfano's twelve cases",
            "Two objects from rest to 15 km/s relative to each other, in LEO, MEO, HEO and GEO. The method that the "
            "ladder picks is held against 10⁸ simulated pairs. In case 12, of two objects at relative rest, the "
            "published simulation excludes the 3-D value published beside it; the ladder simulates there.",
            sources["alfano"],
            [_simulated(case, found) for case, found in alfano],
        ),
        _section(
            "Probability: operational conjunctions of NASA CARA",
            "Real conjunctions chosen because they are hard. The method that the ladder picks is held against the "
            "published 95 % interval of a simulation, in which one of twenty right values may lie outside.",
            sources["cara"],
            [_in_interval(case, found, case["low"], case["high"]) for case, found in cara],
            forgiven=1,
        ),
        _section(
            "Probability: expected number of collisions in 3-D",
            "Where the ladder leaves the encounter plane, its 3-D expected number is held against the published one.",
            f"{sources['alfano']}. {sources['cara']}",
            [_nc(case, found) for case, found in (*alfano, *cara) if found.expected is not None],
        ),
        _section(
            "Probability: the plane integral, twice",
            "Both quadratures of the 2-D integral are held against an independent one in arithmetic of 30 digits, and "
            "against published values of other programs.",
            f"{sources['plane']}; states of the two sections above",
            [
                *(row for case, found in (*alfano, *cara) for row in _both_quadratures(case, found)),
                *(row for case in figures["plane"] for row in _plane(case)),
            ],
        ),
    )


def _section(title: str, text: str, source: str, checks: list[Check], *, forgiven: int = 0) -> Section:
    return Section(title=title, text=text, source=source, required=len(checks) - forgiven, checks=tuple(checks))


def _alfano(case: Mapping[str, Any]) -> PcInput:
    half_s = float(case["half_span_s"])
    return _encounter(case, [np.array(case[key]) * KM**2 for key in ("cov1", "cov2")], (-half_s, half_s))


def _cara(case: Mapping[str, Any]) -> PcInput:
    covariances = []
    for number in "12":
        position, velocity = (np.array(case[f"{key}{number}"])[None] for key in "rv")
        turn = np.kron(np.eye(2), rtn_axes(position, velocity)[0])
        covariances.append(turn.T @ (np.array(case[f"cov{number}_rtn"]) * KM**2) @ turn)
    return _encounter(case, covariances, None)


def _encounter(case: Mapping[str, Any], covariances: list[FloatArray], span_s: tuple[float, float] | None) -> PcInput:
    frame, epoch = Frame(center="EARTH", axes="inertial"), Epoch(0)
    first, second = (
        State(
            object_id=number,
            frame=frame,
            epoch=epoch,
            position_km=np.array(case[f"r{number}"]) * KM,
            velocity_km_s=np.array(case[f"v{number}"]) * KM,
            covariance=Covariance(object_id=number, epoch=epoch, axes=frame.axes, matrix=matrix, basis=Basis.DELIVERED),
        )
        for number, matrix in zip("12", covariances, strict=True)
    )
    return PcInput(encounter=Encounter(primary=first, secondary=second), hbr_km=case["hbr_m"] * KM, span_s=span_s)


def _simulated(case: Mapping[str, Any], found: ProbabilityResult) -> Check:
    interval = scipy.stats.binomtest(case["hits"], case["trials"]).proportion_ci(CONFIDENCE, method="exact")
    return _in_interval(case, found, float(interval.low), float(interval.high), case["hits"] / case["trials"])


def _in_interval(
    case: Mapping[str, Any], found: ProbabilityResult, low: float, high: float, centre: float | None = None
) -> Check:
    return Check(
        name=case["name"],
        quantity=f"Pc by {found.method}",
        unit="",
        expected=(low + high) / 2.0 if centre is None else centre,
        got=found.pc,
        lower=low,
        upper=high,
        cause="95 % interval of the published simulation",
    )


def _nc(case: Mapping[str, Any], found: ProbabilityResult) -> Check:
    expected = case["nc_3d"]
    number = found.expected.number if found.expected else None
    cause = "0.1 %: the published program's own steps of time and of the sphere"
    return within(case["name"], NC_3D, "", expected, number, PUBLISHED_NC * expected, cause)


def _both_quadratures(case: Mapping[str, Any], found: ProbabilityResult) -> list[Check]:
    reference = case["reference_2d"]
    if reference is None or reference < LEAST_2D:
        return []
    cause = "1e-6: the agreement asked of two quadratures"
    return [
        within(case["name"], f"Pc by {name}", "", reference, found.methods[name].value, REFERENCE_2D * reference, cause)
        for name in (FOSTER, PATERA)
    ]


def _plane(case: Mapping[str, Any]) -> list[Check]:
    miss_km, (first_km, second_km) = np.array(case["miss_m"]) * KM, np.array(case["sigma_m"]) * KM
    planes = project(
        np.array([[*miss_km, 0.0]]),
        np.array([[0.0, 0.0, 1.0]]),
        np.diag([first_km**2, second_km**2, 0.0])[None],
        np.array([case["hbr_m"] * KM]),
    )
    return [
        within(case["name"], f"Pc by {name}", "", case["published"], float(pc(planes)[0]), case["digits"], ROUNDED)
        for name, pc in ((FOSTER, foster_pc), (PATERA, contour_pc))
    ]
