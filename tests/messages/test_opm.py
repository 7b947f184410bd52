"""Orbit Parameter Messages: one state, read in both notations, and carried on to an ephemeris that says what it is."""

import re
from pathlib import Path

import ccsds_ndm
import erfa
import numpy as np
import pytest

from nearpass.astro.bodies import body_named, equator_from_icrf
from nearpass.astro.epochs import Epoch
from nearpass.ephemeris.propagated import propagated
from nearpass.errors import InputError, NearpassError
from nearpass.messages.oem import parse_oem
from nearpass.messages.opm import OpmMessage, is_opm, parse_opm
from opm_texts import STATE, TRIANGLE, burn, opm

MARS = body_named("MARS")
START = Epoch.parse("2021-03-01T00:00:00")
ENERGY_SHARE = 1e-9  # what the integration may lose in a day
STEP = 1e-3  # km, of a difference quotient


def read(text: str) -> OpmMessage:
    return parse_opm(text.encode(), "state.opm")


def potential(position_km: np.ndarray) -> float:
    """Of the central term and J2 about the pole of the day (Kaula 1966, equation 1.31)."""
    radius_km = float(np.linalg.norm(position_km))
    sine = float(equator_from_icrf(MARS, START)[2] @ position_km) / radius_km
    oblate = MARS.j2 * (MARS.equatorial_radius_km / radius_km) ** 2 * (3.0 * sine**2 - 1.0) / 2.0
    return MARS.gm_km3_s2 / radius_km * (1.0 - oblate)


def test_both_notations_give_the_same_state() -> None:
    """State, manoeuvres and comments come from KVN as from the XML that another package makes of it."""
    text = opm(burn("2021-03-01T01:00:00", "RTN", (0.001, -0.002, 0.0), 60.0))
    ours, theirs = read(text), read(ccsds_ndm.Opm.from_str(text).to_str("xml"))
    assert is_opm(text.encode())
    assert (ours.position_km, ours.velocity_km_s) == (tuple(STATE[:3]), tuple(STATE[3:]))
    assert (theirs.position_km, theirs.velocity_km_s) == (ours.position_km, ours.velocity_km_s)
    assert (ours.epoch, theirs.epoch, ours.creation) == (START, START, Epoch.parse("2021-02-28T12:00:00"))
    (one,), (other,) = ours.manoeuvres, theirs.manoeuvres
    assert (one.dv_km_s, one.frame, one.instant) == ((0.001, -0.002, 0.0), "RTN", START + 3_630.0)
    assert (other.dv_km_s, other.frame, other.instant) == (one.dv_km_s, one.frame, one.instant)
    assert "OPM: MASS = 1913.0 [kg]" in ours.comments


def test_a_message_is_known_in_any_dress() -> None:
    """With a byte order mark, in UTF-16, under a prefix and within an <ndm> it is one of these, and read."""
    text = opm()
    body = str(ccsds_ndm.Opm.from_str(text).to_str("xml")).partition("?>")[2]
    dressed = (
        text.encode("utf-16"),
        text.encode("utf-8-sig"),
        f'<ndm xmlns:n="urn:ccsds:schema:ndmxml">{body}</ndm>'.encode(),
        body.replace("<opm", '<n:opm xmlns:n="urn:ccsds:schema:ndmxml"').replace("</opm", "</n:opm").encode(),
    )
    for data in dressed:
        assert is_opm(data)
        assert parse_opm(data, "x").position_km == read(text).position_km


def test_a_burn_of_negative_length_is_refused() -> None:
    """With keyword, value and line."""
    with pytest.raises(InputError, match=r"MAN_DURATION must not be negative, got '-5.0 \[s\]', state.opm:19"):
        read(opm(burn("2021-03-01T01:00:00", "RTN", (0.001, 0.0, 0.0), -5.0)))


ROOT = np.tril(np.arange(1.0, 37.0).reshape(6, 6)) * 1e-3
MATRIX = ROOT @ ROOT.T


def terms(matrix: np.ndarray = MATRIX) -> dict[str, str]:
    """The lower triangle as keywords."""
    return dict(zip(TRIANGLE, map(repr, matrix[np.tril_indices(6)].tolist()), strict=True))


@pytest.mark.parametrize(("frame", "axes"), [(None, "ICRF"), ("EME2000", "ICRF"), ("ICRF", "ICRF"), ("RTN", "RTN")])
def test_the_covariance_is_that_of_the_state(frame: str | None, axes: str) -> None:
    """All 21 terms come from both notations, for the epoch of the state, in the axes named or those of the state."""
    text = opm(REF_FRAME="EME2000", **({} if frame is None else {"COV_REF_FRAME": frame}), **terms())
    bias = erfa.bp06(2451545.0, 0.0)[0].T  # of IAU 2006: from EME2000 to the ICRF
    turn = np.eye(6) if frame in ("ICRF", "RTN") else np.kron(np.eye(2), bias)
    for message in (read(text), read(ccsds_ndm.Opm.from_str(text).to_str("xml"))):
        made, _ = propagated(message, days=0.1, step_s=60.0)
        held = made.segments[0].covariances
        assert held is not None
        assert (held.epochs_tai_ns.tolist(), held.frames) == ([START.tai_ns], (axes,))
        assert held.matrices[0] == pytest.approx(turn @ MATRIX @ turn.T, abs=1e-12)


def test_the_motion_is_that_of_gravity_and_j2() -> None:
    """Accelerations are the gradient of the potential, and the energy in it stays what it was."""
    message, error_km = propagated(read(opm()), days=1.0, step_s=60.0)
    (segment,) = message.segments
    assert error_km < 1e-4
    energies = np.einsum("ni,ni->n", segment.velocities_km_s, segment.velocities_km_s) / 2.0 - np.array(
        [potential(position_km) for position_km in segment.positions_km]
    )
    np.testing.assert_allclose(energies, energies[0], rtol=ENERGY_SHARE)
    at = 500
    gradient = [
        (potential(segment.positions_km[at] + step) - potential(segment.positions_km[at] - step)) / (2.0 * STEP)
        for step in STEP * np.eye(3)
    ]
    slope = (segment.velocities_km_s[at + 1] - segment.velocities_km_s[at - 1]) / 120.0
    curvature = (segment.velocities_km_s[at + 2] - segment.velocities_km_s[at - 2]) / 240.0
    np.testing.assert_allclose((4.0 * slope - curvature) / 3.0, gradient, rtol=1e-4, atol=1e-8)
    assert message.header.comments[0].startswith(
        "Approximate: propagated from one state at 2021-03-01T00:00:00.000 UTC"
    )
    assert message.header.creation == Epoch.parse("2021-02-28T12:00:00")


@pytest.mark.parametrize("frame", ["RTN", "RSW", "TNW", "ICRF"])
def test_a_manoeuvre_acts_half_way_through_its_duration(frame: str) -> None:
    """Two segments meet there in position, and their velocities differ by what the message adds in its axes."""
    dv = (0.001, -0.002, 0.003)
    message, _ = propagated(read(opm(burn("2021-03-01T01:00:00", frame, dv, 60.0))), days=0.1, step_s=60.0)
    before, after = message.segments
    assert before.stop == after.start == START + 3_630.0
    np.testing.assert_array_equal(before.positions_km[-1], after.positions_km[0])
    out, along = before.positions_km[-1], before.velocities_km_s[-1]
    normal = np.cross(out, along)
    rows = {
        "RTN": (out, np.cross(normal, out), normal), "RSW": (out, np.cross(normal, out), normal),
        "TNW": (along, np.cross(normal, along), normal), "ICRF": tuple(np.eye(3)),
    }[frame]  # fmt: skip
    expected = sum(part * row / np.linalg.norm(row) for part, row in zip(dv, rows, strict=True))
    np.testing.assert_allclose(after.velocities_km_s[0] - before.velocities_km_s[-1], expected, rtol=0, atol=1e-15)


def test_what_is_written_can_be_screened(tmp_path: Path, nearpass) -> None:  # type: ignore[no-untyped-def]
    """The command writes an OEM with the same name and says what it is; the OPM itself points to the command."""
    source = tmp_path / "state.opm"
    source.write_text(opm())
    with pytest.raises(InputError, match="nearpass convert FILE"):
        parse_oem(source.read_bytes(), "state.opm")
    code, _, _ = nearpass("convert", str(source), str(tmp_path / "state.oem"), "--days", "0.5")
    assert code == 0
    message = parse_oem((tmp_path / "state.oem").read_bytes(), "state.oem")
    assert message.segments[0].object_name == "LOW"
    assert message.segments[0].stop == START + 43_200.0
    assert "Approximate" in message.header.comments[0]


BURN = "2021-03-01T01:00:00"
NONE = (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "rule", "at"),
    [
        (opm(X="12 [m]"), r"X must be in \[km\]", "X ="),
        (opm(Z_DOT="fast"), "Z_DOT must be a finite number", "Z_DOT ="),
        (opm(EPOCH="2021-02-30T00:00:00"), "EPOCH: the date", "EPOCH ="),
        (opm(CENTER_NAME="VULCAN"), "VULCAN", "CENTER_NAME ="),
        (opm(REF_FRAME="MCI"), "REF_FRAME", "REF_FRAME ="),
        (opm(TIME_SYSTEM="ABC"), "TIME_SYSTEM", "TIME_SYSTEM ="),
        (
            opm(burn(BURN, "RIC", NONE)),
            "MAN_REF_FRAME: RIC is not clear",
            "MAN_REF_FRAME =",
        ),
        (
            re.sub(r"MAN_DV_2.*\n", "", opm(burn(BURN, "RTN", NONE))),
            "MAN_DV_2",
            "MAN_EPOCH",
        ),
        (opm().replace("2.0", "9.0", 1), "CCSDS_OPM_VERS must be one of", "CCSDS_OPM"),
        (opm(X="0 [km]", Y="0 [km]", Z="0 [km]"), "must not lie deep inside MARS", "X ="),
        (opm(X_DOT="0", Y_DOT="0", Z_DOT="0"), "must not end deep inside MARS", "X ="),
        (re.sub(r"Y_DOT.*\n", "", opm()), "must give Y_DOT", "MASS"),
        (re.sub(r"CZ_Y.*\n", "", opm(**terms())), "must give CZ_Y", "CX_X ="),
        (opm(**terms()).replace("CZ_Z = ", "CZ_Z = x", 1), "CZ_Z must be a finite number", "CZ_Z ="),
        (opm(**(terms() | {"CX_X": "1 [m**2]"})), r"CX_X must be in \[km\*\*2\]", "CX_X ="),
    ],
)
def test_a_fault_has_its_line(text: str, rule: str, at: str) -> None:
    """Each broken keyword is named at its line; one that is missing, where the message ends."""
    with pytest.raises(NearpassError, match=rule) as caught:
        propagated(read(text), days=0.1, step_s=60.0)
    assert text.splitlines()[(caught.value.line or 0) - 1].startswith(at)
