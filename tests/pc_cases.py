"""Published cases of the probability of collision, in km and seconds."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from encounters import pc_input
from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.pc_encounter import PcInput
from published import FIGURES

FOLDER: Final = FIGURES / "pc"
COUNTS: Final = FOLDER / "alfano2009_monte_carlo.csv"
GM_EARTH_KM3_S2: Final = (
    398600.4418  # what the published cases were propagated with: Alfano's epoch states reach his TCA
)
METRES: Final = 1e-3


@dataclass(frozen=True)
class Case:
    """One case: what goes in, and the published record with its expected values."""

    given: PcInput
    published: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.published["id"])


def published_cases() -> dict[str, list[Any]]:
    """The file of published cases."""
    return dict(json.loads((FOLDER / "published.json").read_text()))


def alfano_cases() -> list[Case]:
    """The twelve cases of Alfano (2009) at their TCA, over his spans."""
    cases = []
    for published in published_cases()["alfano2009"]:
        half_s = float(published["mc_half_window_s"])
        cases.append(
            Case(encounter(published["at_tca"], published, inertial=True, span_s=(-half_s, half_s)), published)
        )
    return cases


def cara_cases() -> list[Case]:
    """Twenty operational conjunctions published by NASA CARA with their Monte Carlo intervals."""
    return [Case(encounter(one, one, inertial=False), one) for one in published_cases()["cara_conjunctions"]]


def every_state_case() -> Iterator[Case]:
    """All the cases that come with states."""
    yield from alfano_cases()
    for group in ("cara_conjunctions", "cara_unit_tests", "orekit_statecov"):
        for one in published_cases()[group]:
            yield Case(encounter(one, one, inertial=False), one)


def monte_carlo_counts() -> dict[str, tuple[int, int]]:
    """Hits and trials of the simulation of Alfano's cases."""
    with COUNTS.open() as file:
        return {
            f"alfano2009-{int(row['case']):02d}": (int(row["hits"]), int(row["trials"])) for row in csv.DictReader(file)
        }


def encounter(
    states: Mapping[str, Any],
    published: Mapping[str, Any],
    *,
    inertial: bool,
    span_s: tuple[float, float] | None = None,
) -> PcInput:
    """An encounter from a published record in metres, its covariances inertial or in each object's RTN."""
    r1, v1, r2, v2 = (np.array(states[key]) * METRES for key in ("r1", "v1", "r2", "v2"))
    if inertial:
        cov1, cov2 = (np.array(states[key]) * METRES**2 for key in ("cov1", "cov2"))
    else:
        cov1 = to_inertial(np.array(states["cov1_rtn"]) * METRES**2, r1, v1)
        cov2 = to_inertial(np.array(states["cov2_rtn"]) * METRES**2, r2, v2)
    return pc_input(
        primary_position_km=r1,
        primary_velocity_km_s=v1,
        secondary_position_km=r2,
        secondary_velocity_km_s=v2,
        primary_covariance=cov1,
        secondary_covariance=cov2,
        hbr_km=published["hbr_m"] * METRES,
        center="EARTH",
        span_s=span_s,
    )


def to_inertial(covariance: np.ndarray, position_km: np.ndarray, velocity_km_s: np.ndarray) -> np.ndarray:
    """A covariance ``(6, 6)`` in RTN, turned to the axes of the state."""
    turn = np.kron(np.eye(2), rtn_axes(position_km[None], velocity_km_s[None])[0])
    return np.asarray(turn.T @ covariance @ turn)
