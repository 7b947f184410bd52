"""TEME, the axes of SGP4, against the IAU's own routines and a published vector."""

import erfa
import numpy as np
import pytest

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.teme import icrf_from_teme

METRE_AT_GEO = 1e-3 / 42_164.0
SPLINE = 1e-12
MONTH_S = 28.0 * DAY_S


@pytest.mark.parametrize("year", [1980, 2009, 2026, 2049])
def test_axes_agree_with_erfa(year: int) -> None:
    """ERFA's axes of date, turned by GMST82 - GAST06, are the same axes to 1 m at the synchronous orbit.

    AIAA 2006-6753, appendix C: TEME is the true equator of date, its origin a sidereal time's difference off.
    """
    epoch = Epoch.parse(f"{year}-03-09T05:00:00")
    offsets_s = np.linspace(0.0, MONTH_S, 12)
    for offset_s, to_icrf in zip(offsets_s, icrf_from_teme(epoch, 0.0, MONTH_S)(offsets_s), strict=True):
        tt = 2_451_545.0, (epoch.tai_ns / 1e9 + offset_s + 32.184) / DAY_S
        origin_rad = erfa.gst06a(*tt, *tt) - erfa.gmst82(*tt)  # UT1 is in both sidereal times and cancels
        expected = erfa.rz(origin_rad, erfa.pnm06a(*tt)).T

        assert np.abs(to_icrf - expected).max() < METRE_AT_GEO


def test_the_published_vector() -> None:
    """Vallado's example of 2004-04-06 comes out in the GCRF to 1 m; his corrections of the pole are centimetres.

    Vallado, Fundamentals of Astrodynamics and Applications, example 3-14, with the TEME vector of AIAA 2006-6753-Rev1.
    """
    to_icrf = icrf_from_teme(Epoch.parse("2004-04-06T07:51:28.386009"), 0.0, 1.0)(np.zeros(1))[0]
    position_km = to_icrf @ np.array([5094.18016210, 6127.64465950, 6380.34453270])

    np.testing.assert_allclose(position_km, [5102.508958, 6123.011401, 6378.136928], rtol=0, atol=1e-3)


def test_the_spline_keeps_rotations() -> None:
    """Between its nodes the spline gives matrices that rotate and do not stretch."""
    rotations = icrf_from_teme(Epoch.parse("2026-03-09T00:00:00"), 0.0, MONTH_S)(np.linspace(0.0, MONTH_S, 1001))

    assert np.abs(rotations @ rotations.transpose(0, 2, 1) - np.eye(3)).max() < SPLINE
