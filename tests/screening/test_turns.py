"""Minima of a row of numbers against scipy.signal."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import find_peaks

from nearpass.screening.turns import prominent_minima


@given(st.lists(st.integers(-50, 50), unique=True, max_size=40), st.floats(0.5, 30.0))
def test_prominent_minima(values: list[int], least: float) -> None:
    """The minima of a row that rises at both ends are its downward peaks of that prominence."""
    row = [1000.0, *map(float, values), 1000.0]
    expected, _ = find_peaks(-np.array(row), prominence=np.nextafter(least, np.inf))
    assert prominent_minima(row, least) == expected.tolist()


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=10))
def test_falling_ends(values: list[int]) -> None:
    """A row that falls away beyond its ends has no minimum where it is lowest at an end."""
    row = [-np.inf, *sorted(map(float, values)), np.inf]
    assert prominent_minima(row, 0.0) == []
