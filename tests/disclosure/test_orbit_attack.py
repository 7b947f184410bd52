"""What distances of pairs give away of a withheld orbit, and that the method page prints what was found."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from nearpass.resources import resource
from orbit_attack import Attack, FloatArray, known_from

DATA = Path(__file__).parent.parent / "data/disclosure/tianwen-1.json"
STUDY_KM = 0.1  # of a study by another program: its instants and its clipping of cells differ
LAST, ALL = (3,), (0, 1, 2, 3)


@pytest.fixture(scope="module")
def possible_km() -> dict[tuple[int, ...], FloatArray]:
    """Half of the largest width of what is possible at each instant, by the cycles that were told."""
    known = known_from(DATA)
    return {cycles: Attack(known.of(cycles)).set_membership_km() for cycles in (LAST, ALL)}


@pytest.fixture(scope="module")
def fitted_km() -> FloatArray:
    """How far each of ten fits to all figures is from the true orbit at each instant."""
    return Attack(known_from(DATA)).least_squares_km(starts=10)


def test_distances_of_every_pair_place_the_object_at_a_kilometre(possible_km) -> None:
    """Four cycles of nearest distances and times place it within 0.8 +- 0.1 km, so that 10 km cannot be promised.

    Nor can less: no two orbits that give all figures are ever 10 km on both sides of a guess at that instant.
    """
    assert possible_km[ALL].min() == pytest.approx(0.8, abs=STUDY_KM)
    assert np.median(possible_km[ALL]) == pytest.approx(9.1, abs=0.5)  # the study's grid of instants is another
    assert possible_km[ALL].min() < 10.0


def test_each_cycle_tells_more(possible_km) -> None:
    """One cycle leaves 2.2 km where four leave 0.8: what is published cannot be taken back."""
    assert possible_km[LAST].min() == pytest.approx(2.2, abs=STUDY_KM)
    assert (possible_km[ALL] <= possible_km[LAST] + 1e-6).all()


def test_least_squares_does_about_what_the_polytope_allows(possible_km, fitted_km) -> None:
    """From ten starts no fit is nearer than the polytope's width at every instant, and the best is never far from it.

    A guess may be better than the bound by luck at one instant: the bound is what nobody can be sure to beat.
    """
    best = fitted_km[np.median(fitted_km, axis=1).argmin()]

    assert not any((fit < possible_km[ALL] / 2.0).all() for fit in fitted_km)
    assert (best <= 2.0 * possible_km[ALL]).all()


def test_the_method_page_prints_bound_and_attack_side_by_side(possible_km, fitted_km) -> None:
    """The figures of its table are those computed here, least and median over the window."""
    page = (resource("site") / "method.md").read_text(encoding="utf-8")
    (one,) = [line for line in page.splitlines() if line.startswith("| as it was")]
    (more,) = [line for line in page.splitlines() if line.startswith("| the same, four cycles, 28 figures")]
    attack = fitted_km.min(), np.median(fitted_km, axis=1).min()

    assert printed(one)[1:] == rounded(possible_km[LAST].min(), np.median(possible_km[LAST]))
    assert [text for text in printed(more) if text != "10"] == rounded(
        possible_km[ALL].min(), np.median(possible_km[ALL]), *attack
    )


def printed(row: str) -> list[str]:
    """The kilometres of a row of the table; the first of the first row is the rounding."""
    return re.findall(r"(\d+(?:\.\d+)?) km", row)


def rounded(*values_km: float) -> list[str]:
    """As the page gives them."""
    return [f"{value:.1f}" if value < 5.0 else f"{value:.0f}" for value in values_km]
