"""Kernels of every type that CSPICE writes, written here, against CSPICE's evaluation of them and the orbit itself."""

from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice
from numpy.polynomial import chebyshev

from element_texts import LINE_1, LINE_2
from fleets import GM_MARS_KM3_S2, LOW
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import Epoch, tdb_s
from nearpass.astro.frames import PlanetaryEphemeris, furnished
from nearpass.ephemeris.spk import spk_summary, spk_trajectory
from nearpass.ephemeris.trajectory import Proof
from nearpass.errors import InputError
from published import FIGURES

EPOCH = Epoch.parse("2021-03-01T00:00:00")
T0_S = float(tdb_s(EPOCH, np.zeros(1))[0])
SPAN_S, STEP_S, DEGREE = 7200.0, 60.0, 15
DOUBLE_TDB_KM = 1e-6
"""A tenth of a microsecond of a double of TDB seconds, at orbital speed."""
FITTED_KM = 1e-4
"""What the interpolation of a minute's steps and the series leave of the orbit that they were made of."""


EVEN_S = np.arange(-STEP_S, SPAN_S + 1.5 * STEP_S, STEP_S)


def orbit(offsets_s: np.ndarray) -> np.ndarray:
    """States ``(N, 6)`` of the orbit."""
    return np.ascontiguousarray(np.hstack(LOW.state(np.asarray(offsets_s))))


def series(length_s: float, columns: slice) -> np.ndarray:
    """Chebyshev coefficients ``(interval, component, degree + 1)`` of the orbit, over intervals of one length."""
    places = chebyshev.chebpts1(4 * DEGREE)
    middles_s = np.arange(0.0, SPAN_S, length_s) + length_s / 2
    return np.array(
        [chebyshev.chebfit(places, orbit(at_s + places * length_s / 2)[:, columns], DEGREE).T for at_s in middles_s]
    )


HEAD = (-999, 499, "J2000", T0_S, T0_S + SPAN_S, "test")


def _position_series(handle: int) -> None:
    coefficients = series(600.0, slice(0, 3))
    spice.spkw02(handle, *HEAD, 600.0, len(coefficients), DEGREE, coefficients.ravel(), T0_S)


def _state_series(handle: int) -> None:
    coefficients = series(600.0, slice(0, 6))
    spice.spkw03(handle, *HEAD, 600.0, len(coefficients), DEGREE, coefficients.ravel(), T0_S)


def _two_body(handle: int) -> None:
    spice.spkw05(handle, *HEAD, GM_MARS_KM3_S2, len(EVEN_S), orbit(EVEN_S), T0_S + EVEN_S)


def _even_lagrange(handle: int) -> None:
    spice.spkw08(handle, *HEAD, 11, len(EVEN_S), orbit(EVEN_S), T0_S + EVEN_S[0], STEP_S)


def _uneven_lagrange(handle: int) -> None:
    times_s = EVEN_S + 5.0 * np.sin(EVEN_S)
    spice.spkw09(handle, *HEAD, 11, len(times_s), orbit(times_s), T0_S + times_s)


def _sgp4(handle: int) -> None:
    with furnished([FIGURES / "spice" / "leapseconds.tls"]):
        start_s, elements = spice.getelm(1957, [LINE_1, LINE_2])
    constants = [1.082616e-3, -2.53881e-6, -1.65597e-6, 7.43669161e-2, 120.0, 78.0, 6378.135, 1.0]
    ends = (start_s, start_s + SPAN_S)
    spice.spkw10(handle, -999, 399, "J2000", *ends, "test", constants, 1, elements, [start_s])


def _even_hermite(handle: int) -> None:
    spice.spkw12(handle, *HEAD, 7, len(EVEN_S), orbit(EVEN_S), T0_S + EVEN_S[0], STEP_S)


def _uneven_hermite(handle: int) -> None:
    times_s = EVEN_S + 5.0 * np.sin(EVEN_S)
    spice.spkw13(handle, *HEAD, 7, len(times_s), orbit(times_s), T0_S + times_s)


def _uneven_series(handle: int) -> None:
    starts_s = np.arange(0.0, SPAN_S, 600.0)
    packets = [
        np.concatenate([[T0_S + start_s + 300.0, 300.0], one.ravel()])
        for start_s, one in zip(starts_s, series(600.0, slice(0, 6)), strict=True)
    ]
    spice.spk14b(handle, "test", *HEAD[:5], DEGREE)
    spice.spk14a(handle, len(packets), np.concatenate(packets), T0_S + starts_s)
    spice.spk14e(handle)


def _conic(handle: int) -> None:
    """The osculating ellipse, with a precession that is turned off (3)."""
    position_km, velocity_km_s = np.split(orbit(np.zeros(1))[0], 2)
    momentum = np.cross(position_km, velocity_km_s)
    to_periapsis = np.cross(velocity_km_s, momentum) / GM_MARS_KM3_S2 - position_km / np.linalg.norm(position_km)
    ecc = float(np.linalg.norm(to_periapsis))
    elements = spice.oscelt(orbit(np.zeros(1))[0], T0_S, GM_MARS_KM3_S2)
    motion = np.sqrt(GM_MARS_KM3_S2 / (elements[0] / (1.0 - ecc)) ** 3)
    spice.spkw15(
        handle, *HEAD, T0_S - elements[5] / motion, momentum / np.linalg.norm(momentum), to_periapsis / ecc,
        float(momentum @ momentum / GM_MARS_KM3_S2), ecc, 3.0, [0.0, 0.0, 1.0], GM_MARS_KM3_S2, 0.0, 3396.19,
    )  # fmt: skip


def _equinoctial(handle: int) -> None:
    """Elements of the same ellipse about the axes of the kernel, without precession."""
    periapsis_km, ecc, inclination, node, argument, anomaly, *_ = spice.oscelt(
        orbit(np.zeros(1))[0], T0_S, GM_MARS_KM3_S2
    )
    a_km = periapsis_km / (1.0 - ecc)
    turned = argument + node
    elements = [
        a_km, ecc * np.sin(turned), ecc * np.cos(turned), anomaly + turned,
        np.tan(inclination / 2) * np.sin(node), np.tan(inclination / 2) * np.cos(node),
        0.0, np.sqrt(GM_MARS_KM3_S2 / a_km**3), 0.0,
    ]  # fmt: skip
    spice.spkw17(handle, *HEAD, T0_S, elements, -np.pi / 2, np.pi / 2)


def _esoc_hermite(handle: int) -> None:
    times_s, states = EVEN_S, orbit(EVEN_S)
    gravity = -GM_MARS_KM3_S2 * states[:, :3] / np.linalg.norm(states[:, :3], axis=1)[:, None] ** 3
    packets = np.hstack([states, states[:, 3:], gravity])
    spice.spkw18(handle, 0, *HEAD, 7, packets, T0_S + times_s)


def _velocity_series(handle: int) -> None:
    """Velocities in km a day, and positions at the middle of intervals of a hundredth of a day."""
    day_s, length_d = 86_400.0, 0.01
    start_jd = spice.j2000() + np.floor(T0_S / day_s * 100.0) / 100.0
    begins_s = (start_jd - spice.j2000()) * day_s - T0_S
    count = int(np.ceil((SPAN_S - begins_s) / (length_d * day_s)))
    places = chebyshev.chebpts1(4 * DEGREE)
    records = []
    for middle_s in begins_s + (np.arange(count) + 0.5) * length_d * day_s:
        speeds = orbit(middle_s + places * length_d * day_s / 2)[:, 3:] * day_s
        middle_km = orbit(np.array([middle_s]))[0, :3]
        fitted = chebyshev.chebfit(places, speeds, DEGREE).T
        records.append(np.hstack([fitted, middle_km[:, None]]))
    spice.spkw20(handle, *HEAD, length_d, count, DEGREE, np.array(records).ravel(), 1.0, day_s, float(start_jd), 0.0)


WRITERS = {
    2: _position_series, 3: _state_series, 5: _two_body, 8: _even_lagrange, 9: _uneven_lagrange, 10: _sgp4,
    12: _even_hermite, 13: _uneven_hermite, 14: _uneven_series, 15: _conic, 17: _equinoctial, 18: _esoc_hermite,
    20: _velocity_series,
}  # fmt: skip


def test_every_type_that_can_be_written_is_tried() -> None:
    """A type that a later CSPICE can write as well must get a kernel here."""
    written = {int(name.removeprefix("spkw")) for name in dir(spice) if name.startswith("spkw") and name[4:].isdigit()}

    assert written | {14} == set(WRITERS)


@pytest.mark.parametrize("data_type", sorted(WRITERS.keys() - {10}))
def test_a_kernel_of_each_type_is_followed(tmp_path: Path, data_type: int) -> None:
    """The motion is CSPICE's own to twice the stated error, and that of the orbit that was written."""
    path = tmp_path / "own.bsp"
    handle = spice.spkopn(str(path), "test", 0)
    WRITERS[data_type](handle)
    spice.spkcls(handle)
    (held,) = spk_summary([path])
    start, stop = held.spans[0]
    body = body_named("MARS")
    window_s = (0.0, stop - start)
    planets = PlanetaryEphemeris.default()
    found = spk_trajectory([path], -999, body=body, epoch=start, window_s=window_s, planets=planets)
    offsets_s = np.sort(np.random.default_rng(data_type).uniform(*found.spans_s[0], 200))
    with furnished([path]):
        truth = np.array([spice.spkgeo(-999, t, "J2000", body.naif_id)[0] for t in tdb_s(start, offsets_s)])
    position_km, velocity_km_s = found.state(offsets_s)
    stated_km = max(arc.error_km for arc in found.arcs)

    assert held.data_types == (data_type,)
    assert np.ravel(found.spans_s) == pytest.approx(window_s, abs=1e-6)
    assert found.proof is (Proof.EXACT if data_type in {2, 3} else Proof.SAMPLED)
    assert np.linalg.norm(position_km - truth[:, :3], axis=1).max() <= max(2.0 * stated_km, DOUBLE_TDB_KM)
    assert np.linalg.norm(velocity_km_s - truth[:, 3:], axis=1).max() <= max(stated_km, DOUBLE_TDB_KM)
    assert np.linalg.norm(position_km - orbit((start - EPOCH) + offsets_s)[:, :3], axis=1).max() < FITTED_KM


def test_mean_elements_in_a_kernel_are_refused_by_name(tmp_path: Path) -> None:
    """CSPICE evaluates type 10 with leap seconds only, which a kernel of motion does not hold: that is what is said."""
    path = tmp_path / "mean.bsp"
    handle = spice.spkopn(str(path), "test", 0)
    WRITERS[10](handle)
    spice.spkcls(handle)
    (held,) = spk_summary([path])
    start, stop = held.spans[0]

    with pytest.raises(InputError, match=r"NOLEAPSECONDS.*mean\.bsp"):
        spk_trajectory(
            [path], -999, body=body_named("EARTH"), epoch=start, window_s=(0.0, stop - start),
            planets=PlanetaryEphemeris.default(),
        )  # fmt: skip
