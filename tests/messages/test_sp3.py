"""Orbit files of the geodetic services, against lines that they published and motion that is known."""

import re
from pathlib import Path

import numpy as np
import pytest
import spiceypy

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, Epoch, TimeSystem
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.config import load_config
from nearpass.cycle.pipeline import setting_of
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.ephemeris.lint_delivery import complete
from nearpass.ephemeris.reframe import in_fixed_axes
from nearpass.errors import InputError
from nearpass.ingest import ingest_object
from nearpass.messages.cutting import cut
from nearpass.messages.oem import OemMessage, parse_oem, peek_header
from other_texts import AJISAI

GM_EARTH_KM3_S2 = 398_600.4415
EARTH_RAD_S = 7.292115e-5  # nominal mean angular velocity, IERS Conventions (2010), table 1.2
PRECESSION_KM_S = 1e-5  # 50 arc seconds a year turn a position of 26,000 km by a hundredth of this
SPLINE_KM_S = 2e-3  # ends of a spline of degree 9 through nine positions a quarter of an hour apart
GPS_BEFORE_UTC_S = 18.0  # since 1 January 2017

# The beginning of the rapid orbits of the International GNSS Service of 14 December 2021 (igr21882.sp3).
IGS = """#cP2021 12 14  0  0  0.00000000      96 ORBIT IGb14 HLM  IGS
## 2188 172800.00000000   900.00000000 59562 0.0000000000000
+    3   G01G02G03  0  0  0  0  0  0  0  0  0  0  0  0  0  0
++         2  2  3  0  0  0  0  0  0  0  0  0  0  0  0  0  0
%c G  cc GPS ccc cccc cccc cccc cccc ccccc ccccc ccccc ccccc
%c cc cc ccc ccc cccc cccc cccc cccc ccccc ccccc ccccc ccccc
%f  1.2500000  1.025000000  0.00000000000  0.000000000000000
%f  0.0000000  0.000000000  0.00000000000  0.000000000000000
%i    0    0    0    0      0      0      0      0         0
%i    0    0    0    0      0      0      0      0         0
/* RAPID ORBIT COMBINATION FROM WEIGHTED AVERAGE OF:
/* PCV:IGS14_2186 OL/AL:FES2004  NONE     Y  ORB:CMB CLK:CMB
*  2021 12 14  0  0  0.00000000
PG01  12439.850240 -21691.270701  -8699.268697    484.801109  9  5  9 123
PG02 -19993.909093  12989.355843 -11140.817331   -645.564126  8  4  8  74
PG03   6247.223905 -13892.600619 -21854.331528    -40.860550  7  5  4 107
"""
MARK = re.compile(r"^\*.*\n", re.MULTILINE)


def read(text: str, satellite: str | None = None) -> OemMessage:
    return parse_oem(text.encode(), "orbit.sp3", satellite)


def conic(at_s: float) -> np.ndarray:
    """A satellite like those of navigation, on a conic of inertial axes, ``(6,)``."""
    elements = [26_000.0, 0.01, 0.96, 1.0, 2.0, 0.5, 0.0, GM_EARTH_KM3_S2]
    return np.array(spiceypy.conics(elements, at_s))


def orbit(count: int = 9, *, velocities: bool = False, flags: dict[int, str] | None = None) -> str:
    """Positions of that satellite in axes that turn with the Earth's mean rotation, every quarter of an hour."""
    head = IGS[: MARK.search(IGS).start()].replace("#cP", "#cV" if velocities else "#cP")  # type: ignore[union-attr]
    lines = []
    for number in range(count):
        at_s = 900.0 * number
        state, angle_rad = conic(at_s), EARTH_RAD_S * at_s
        turn = np.array(
            [[np.cos(angle_rad), np.sin(angle_rad), 0], [-np.sin(angle_rad), np.cos(angle_rad), 0], [0, 0, 1]]
        )
        place = turn @ state[:3]
        speed = turn @ state[3:] - np.cross([0.0, 0.0, EARTH_RAD_S], place)
        flag = (flags or {}).get(number, "")
        minutes = 15 * number
        lines.append(f"*  2021 12 14 {minutes // 60:2d} {minutes % 60:2d}  0.00000000")
        told = "".join(f"{value:14.6f}" for value in ([0.0] * 3 if flag == "0" else place))
        lines.append(f"PG01{told}    484.801109{'':18}{flag if flag != '0' else ''}")
        lines.append("EP  55  55  55     222  1234567 -1234567  5999999      -30       21 -1230000")
        if velocities:
            lines.append("VG01" + "".join(f"{value * 1e4:14.6f}" for value in speed))
    return head + "\n".join(lines) + "\nEOF\n"


@pytest.mark.parametrize(
    ("satellite", "position_km", "exponent"),
    [
        ("G01", (12439.850240, -21691.270701, -8699.268697), 2),
        ("G02", (-19993.909093, 12989.355843, -11140.817331), 2),
        ("G03", (6247.223905, -13892.600619, -21854.331528), 3),
    ],
)
def test_published_lines_have_their_satellite_position_and_time(
    satellite: str, position_km: tuple[float, float, float], exponent: int
) -> None:
    """The position of the satellite that was asked for, in ITRF about the Earth, at midnight of GPS time."""
    second = IGS[MARK.search(IGS).start() :].replace("14  0  0", "14  0 15")  # type: ignore[union-attr]
    message = read(IGS + second, satellite)
    (only,) = message.segments

    assert tuple(only.positions_km[0]) == position_km
    assert (only.center_name, only.ref_frame, only.object_id) == ("EARTH", "ITRF", satellite)
    assert only.start == Epoch.parse("2021-12-14T00:00:00", TimeSystem.GPS)
    assert Epoch.parse("2021-12-14T00:00:00") - only.start == GPS_BEFORE_UTC_S
    assert (message.header.source, message.header.version, message.header.originator) == ("SP3", "c", "IGS")
    assert f"accuracy stated as 2**{exponent} mm, one sigma" in message.notes
    assert "its coordinate system IGb14 is read as ITRF" in message.notes
    assert message.header.comments[0].startswith("RAPID ORBIT COMBINATION")


def test_velocities_are_decimetres_a_second_and_utc_is_utc() -> None:
    """A file of one satellite needs no name; its first state is the published one, and its speed that of its height."""
    message = read(AJISAI + AJISAI[MARK.search(AJISAI).start() :].replace("16  0  0", "16  0  4"))  # type: ignore[union-attr]
    (only,) = message.segments

    assert tuple(only.velocities_km_s[0]) == pytest.approx((-2.0509432, -6.3568161, 0.97606481))
    assert only.start == Epoch.parse("2021-12-16T00:00:00")
    assert "the file states no accuracy of the satellite" in message.notes
    inertial = only.velocities_km_s[0] + np.cross([0, 0, EARTH_RAD_S], only.positions_km[0])
    radius_km = np.linalg.norm(only.positions_km[0])
    assert np.linalg.norm(inertial) == pytest.approx(np.sqrt(GM_EARTH_KM3_S2 / radius_km), rel=1e-2)  # nearly circular


@pytest.mark.parametrize("velocities", [False, True])
def test_the_motion_is_inertial_where_the_conic_is(velocities: bool) -> None:
    """Turned into ICRF axes and interpolated between its epochs, it obeys the energy and momentum of the conic."""
    message = read(orbit(velocities=velocities), "G01")
    motion = trajectory_from_oem(
        in_fixed_axes(message), body=body_named("EARTH"), epoch=message.segments[0].start, window_s=(0.0, 7200.0),
        planets=PlanetaryEphemeris.default(),
    )  # fmt: skip
    for at_s in (0.0, 450.0, 3333.0, 6750.0):
        position_km, velocity_km_s = (rows[0] for rows in motion.state(np.array([at_s])))
        truth = conic(at_s)
        assert np.linalg.norm(position_km) == pytest.approx(np.linalg.norm(truth[:3]), abs=1e-4)
        assert np.linalg.norm(velocity_km_s) == pytest.approx(np.linalg.norm(truth[3:]), abs=PRECESSION_KM_S)
        normal = np.cross(position_km, velocity_km_s)
        assert np.linalg.norm(normal) == pytest.approx(np.linalg.norm(np.cross(truth[:3], truth[3:])), rel=1e-5)


def test_velocities_of_a_file_of_positions_are_those_of_its_spline() -> None:
    """They serve to judge: within two metres a second of those that the same orbit states."""
    bare, full = read(orbit(), "G01").segments[0], read(orbit(velocities=True), "G01").segments[0]

    assert np.abs(bare.velocities_km_s - full.velocities_km_s).max() < SPLINE_KM_S
    assert (bare.interpolation, full.interpolation) == ("LAGRANGE", "HERMITE")


def test_absent_positions_and_manoeuvres_are_gaps() -> None:
    """Zeros, a missing epoch and the flag of a manoeuvre part the motion; where predictions begin is noted."""
    message = read(orbit(12, flags={4: "0", 8: "M", 10: " P"}), "G01")
    spans = [
        (part.start - message.segments[0].start, part.stop - message.segments[0].start) for part in message.segments
    ]

    assert spans == [(0.0, 2700.0), (4500.0, 6300.0), (7200.0, 9900.0)]
    assert "1 epochs have no position, and are gaps" in message.notes
    assert "manoeuvred before 1 epochs: nothing is interpolated there" in message.notes
    assert any(note.startswith("predicted from 2021-12-14T02:29:42") for note in message.notes)
    lines = orbit(9).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("*  2021 12 14  1  0"))
    skipped = read("\n".join(lines[:at] + lines[at + 3 :]), "G01")
    assert [len(part.epochs_tai_ns) for part in skipped.segments] == [4, 4]


def test_a_file_that_was_cut_off_is_told() -> None:
    """Its first line says how many epochs there should be: where fewer came, data are missing."""
    text = orbit(9)
    whole, cut = (complete(read(f"{text[:32]}{count:7d}{text[39:]}", "G01").segments) for count in (9, 96))
    assert whole is None
    assert cut is not None
    assert cut.fact.length_s == pytest.approx(87 * 900.0)


def test_version_d_and_beidou_time_are_read() -> None:
    """SP3-d differs in its head; BDT is 14 s behind GPS, GLONASS keeps UTC."""
    for system, offset_s in (("GPS", 0.0), ("GAL", 0.0), ("BDT", 14.0), ("UTC", 18.0), ("GLO", 18.0)):
        text = orbit().replace("#cP", "#dP").replace("%c G  cc GPS", f"%c M  cc {system}")
        message = read(text, "G01")
        assert message.header.version == "d"
        assert message.segments[0].start == Epoch.parse("2021-12-14T00:00:00", TimeSystem.GPS) + offset_s


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("#cP", "#aP", "must be SP3-c or SP3-d"),
        ("IGb14", "ICRF ", "coordinate system must be fixed to the Earth"),
        ("cc GPS", "cc XYZ", "time system must be one of"),
        ("900.00000000", "  0.00000000", "the interval of epochs"),
        ("*  2021 12 14  0 15", "*  2021 12 14  0  0", "epochs must increase"),
        ("*  2021 12 14  0 15", "*  2021 13 14  0 15", "an epoch must be a date and time"),
        ("*  2021 12 14  0 15  0.00000000", "*  2021 12 14", "an epoch must have year"),
        ("PG01", "PG0x", "without a gap"),
        ("\nPG01", "\nPG01      nan     ", "a state must be of decimal numbers"),
    ],
)
def test_a_broken_file_is_told_with_its_line(old: str, new: str, rule: str) -> None:
    """Each rule by name, with file and line."""
    with pytest.raises(InputError, match=rule) as caught:
        read(orbit().replace(old, new), "G01")
    assert caught.value.line is not None
    assert caught.value.file == "orbit.sp3"


def test_a_file_of_several_asks_which_one() -> None:
    """Without a name, or with one that is not in it, the names are listed and the key is named."""
    for satellite in (None, "G32"):
        with pytest.raises(InputError, match="must name one satellite of the file in satellite: G01, G02, G03"):
            read(orbit(), satellite)
    with pytest.raises(InputError, match="one with each position"):
        read(re.sub(r"\nVG01.*", "", orbit(velocities=True)), "G01")


def test_its_header_is_read_alone_and_it_is_never_cut() -> None:
    """The header needs no more than its first lines; accuracies cannot be taken out, so that a package refuses it."""
    text = orbit()
    start = text[: text.index("PG01")].encode()
    assert peek_header(start, "orbit.sp3").creation == Epoch.parse("2021-12-14T00:00:00", TimeSystem.GPS)
    with pytest.raises(InputError, match="CCSDS messages only"):
        cut(text.encode(), "orbit.sp3", keep=lambda _: True, covariances=False)


def test_a_cycle_takes_the_satellite_that_its_source_names(tmp_path: Path) -> None:
    """The source's satellite is read, with a note that the pole's motion is left out, and the record says SP3."""
    (tmp_path / "igr.sp3").write_text(orbit())
    path = tmp_path / "nearpass.toml"
    alerts = "[alert.red]\ncad_km = 1\n[alert.yellow]\ncad_km = 5\n"
    tables = [
        f'[[object]]\nid = "{name}"\nname = "GPS {name}"\nhbr_m = 5\n'
        f'[[object.ephemeris]]\npath = "*.sp3"\noriginator = "IGS"\nsatellite = "{name}"\n'
        for name in ("G01", "G02")
    ]
    path.write_text("\n".join(['[cycle]\nbody = "EARTH"\nspan_days = 0.08\nlimit_km = 100', alerts, *tables]))
    config, _ = load_config(path)
    found = ingest_object(config.objects[0], setting_of(config, tmp_path, Epoch.parse("2021-12-14T00:00:00")))

    assert found.trajectory is not None
    assert found.trajectory.spans_s == ((0.0, 0.08 * DAY_S),)
    assert (found.inputs[0].format, found.inputs[0].object_in_file, found.inputs[0].axes) == ("SP3 c", "G01", "ITRF")
    told = {finding.rule: finding for finding in found.inputs[0].findings}
    assert told["centre and axes"].fact.rule == "axes_without_pole_motion"
    path.write_text(path.read_text().replace('satellite = "G01"\n', ""))
    config, _ = load_config(path)
    asked = ingest_object(config.objects[0], setting_of(config, tmp_path, Epoch.parse("2021-12-14T00:00:00")))
    assert "must name one satellite of the file" in (asked.inputs[0].refusal or "")


@pytest.mark.parametrize("number", range(120))
def test_any_damage_gives_a_message_or_one_error(number: int) -> None:
    """Each line left out, doubled, cut or overwritten gives states or an error with its line."""
    lines = orbit(velocities=True).splitlines()
    at, kind = number % len(lines), number // 30 % 4
    change = ([], [lines[at]] * 2, [lines[at][: len(lines[at]) // 2]], [re.sub(r"\d", "9", lines[at])])[kind]
    outcome: OemMessage | InputError
    try:
        outcome = read("\n".join([*lines[:at], *change, *lines[at + 1 :]]), "G01")
    except InputError as error:
        outcome = error
    assert outcome.segments if isinstance(outcome, OemMessage) else outcome.line is not None
