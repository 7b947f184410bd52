"""Reading the Cartesian trajectories of Orbit Comprehensive Messages."""

from __future__ import annotations

import ccsds_ndm
import numpy as np
import pytest

from nearpass.astro.epochs import Epoch
from nearpass.ephemeris.convert import convert
from nearpass.errors import InputError
from nearpass.messages.oem import OemMessage, parse_oem, peek_header
from oem_texts import START, circular, message_text, segment_text, state_lines

OFFSETS_S = np.arange(8) * 60.0
LINES = state_lines(OFFSETS_S)
COVARIANCE = np.diag(np.arange(1.0, 7.0)) + 0.25 * np.tri(6, k=-1) + 0.25 * np.tri(6, k=-1).T
LOWER = " ".join(repr(float(value)) for value in COVARIANCE[np.tril_indices(6)])
UPPER = " ".join(repr(float(value)) for value in COVARIANCE[np.triu_indices(6)])
WHOLE = " ".join(repr(float(value)) for value in COVARIANCE.ravel())
CORRELATIONS = np.full((6, 6), 0.125)
LOWER_WCC = " ".join(repr(float(value)) for value in (np.tril(COVARIANCE) + np.triu(CORRELATIONS, 1)).ravel())
UPPER_WCC = " ".join(repr(float(value)) for value in (np.triu(COVARIANCE) + np.tril(CORRELATIONS, -1)).ravel())
RELATIVE = [f"{offset_s:.1f} {line.split(' ', 1)[1]}" for offset_s, line in zip(OFFSETS_S, LINES, strict=True)]

HEAD = """CCSDS_OCM_VERS = 3.0
COMMENT for a test
CREATION_DATE = 2021-02-28T12:00:00
ORIGINATOR = TEST

META_START
OBJECT_NAME = ORBITER
INTERNATIONAL_DESIGNATOR = 2005-029A
TIME_SYSTEM = UTC
EPOCH_TZERO = 2021-03-01T00:00:00
META_STOP
"""
PHYSICS = "PHYS_START\nCOMMENT its mass\nWET_MASS = 100 [kg]\nPHYS_STOP\n"
MANOEUVRE = """MAN_START
MAN_ID = 1
MAN_DEVICE_ID = MAIN
MAN_COMPOSITION = TIME_ABSOLUTE, DV_X
2021-03-01T00:00:00 1.0
MAN_STOP
"""


def trajectory(lines: list[str], **changes: str | None) -> str:
    """A trajectory block; ``changes`` replace, add or (None) leave out keywords."""
    pairs: dict[str, str | None] = {
        "CENTER_NAME": "MARS",
        "TRAJ_REF_FRAME": "ICRF",
        "TRAJ_TYPE": "CARTPV",
        "INTERPOLATION": "HERMITE",
        "INTERPOLATION_DEGREE": "7",
        **changes,
    }
    keywords = [f"{key} = {value}" for key, value in pairs.items() if value is not None]
    return "\n".join(["TRAJ_START", *keywords, *lines, "TRAJ_STOP"]) + "\n"


def covariance(line: str = f"60.0 {LOWER}", ordering: str = "LTM", frame: str = "RTN_INERTIAL", **more: str) -> str:
    pairs = {"COV_REF_FRAME": frame, "COV_TYPE": "CARTPV", "COV_ORDERING": ordering, **more}
    return "\n".join(["COV_START", *(f"{key} = {value}" for key, value in pairs.items()), line, "COV_STOP"]) + "\n"


def _read(text: str) -> OemMessage:
    return parse_oem(text.encode(), "test.ocm")


@pytest.mark.parametrize("lines", [LINES, RELATIVE])
def test_a_trajectory_block_is_a_segment(lines: list[str]) -> None:
    """States at dates or at seconds from EPOCH_TZERO give the segment that an OEM with the same states gives."""
    message = _read(HEAD + trajectory(lines) + PHYSICS + MANOEUVRE)
    oem = _read(message_text(segment_text(LINES)))
    (ours,), (theirs,) = message.segments, oem.segments
    names = ("object_name", "object_id", "center_name", "ref_frame", "start", "stop", "interpolation", "degree")
    assert [getattr(ours, name) for name in names] == [getattr(theirs, name) for name in names]
    np.testing.assert_array_equal(ours.epochs_tai_ns, theirs.epochs_tai_ns)
    np.testing.assert_array_equal(ours.positions_km, theirs.positions_km)
    np.testing.assert_array_equal(ours.velocities_km_s, theirs.velocities_km_s)
    assert (message.header.source, message.header.version, message.header.comments) == ("OCM", "3.0", ("for a test",))
    assert message.header.creation == oem.header.creation


def test_another_reader_finds_the_same_states() -> None:
    """The package ccsds-ndm-py accepts the text of these tests and reads the same numbers."""
    (theirs,) = ccsds_ndm.Ocm.from_str(HEAD + trajectory(LINES)).segment.data.traj
    rows = [[float(value) for value in line.values] for line in theirs.traj_lines]
    np.testing.assert_array_equal(rows, np.hstack(circular(OFFSETS_S)))


def test_accelerations_and_useable_spans_are_kept() -> None:
    """CARTPVA has ten columns; useable limits may be seconds as well."""
    lines = [f"{line} 1.0 2.0 3.0" for line in LINES]
    changes = {"TRAJ_TYPE": "CARTPVA", "USEABLE_START_TIME": "30.0", "USEABLE_STOP_TIME": "2021-03-01T00:06:00"}
    (segment,) = _read(HEAD + trajectory(lines, **changes)).segments
    assert segment.accelerations_km_s2 is not None
    np.testing.assert_array_equal(segment.accelerations_km_s2[3], [1.0, 2.0, 3.0])
    assert (segment.useable_start, segment.useable_stop) == (START + 30.0, START + 360.0)


@pytest.mark.parametrize(
    ("ordering", "numbers"),
    [("LTM", LOWER), ("UTM", UPPER), ("FULL", WHOLE), ("LTMWCC", LOWER_WCC), ("UTMWCC", UPPER_WCC), ("utm", UPPER)],
)
def test_covariances_join_their_trajectory(ordering: str, numbers: str) -> None:
    """Either triangle, alone or with correlations in the other, and the full matrix give the same covariance."""
    message = _read(HEAD + trajectory(LINES) + covariance(f"60.0 {numbers}", ordering))
    held = message.segments[0].covariances
    assert held is not None
    assert held.frames == ("RTN",)
    np.testing.assert_array_equal(held.matrices, [COVARIANCE])
    np.testing.assert_array_equal(held.epochs_tai_ns, [(START + 60.0).tai_ns])


def test_a_covariance_that_cannot_be_used_costs_no_trajectory() -> None:
    """Empty blocks, second ones and those beside the states are noted; units that are the standard's are read."""
    usual = covariance(COV_UNITS="[km, km, km, km/s, km/s, km/s]", COV_TYPE="cartpv")
    others = covariance(f"9e5 {LOWER}") + covariance(f"120.0 {LOWER}") + covariance("")
    message = _read(HEAD + trajectory(LINES, TRAJ_TYPE="cartpv") + usual + others)
    held = message.segments[0].covariances
    assert held is not None
    assert len(held.frames) == 1
    notes = " ".join(message.notes)
    for words in ("no trajectory holds its first epoch", "its trajectory has one before it", "of line 46 is empty"):
        assert words in notes
    beyond = _read(HEAD + trajectory(LINES) + covariance(f"60.0 {LOWER}\n9e5 {LOWER}"))
    assert any("1 of 2 covariances" in note for note in beyond.notes)


def test_xml_is_read_in_any_namespace() -> None:
    """The namespaces that CCSDS has published, and others, qualify the same elements."""
    text = ccsds_ndm.Ocm.from_str(HEAD + trajectory(LINES) + covariance()).to_str("xml")
    for namespace in ("urn:ccsds:schema:ndmxml", "urn:ccsds:recommendation:navigation:schema:ndmxml"):
        qualified = text.replace("<ocm", f'<ocm xmlns="{namespace}"')
        np.testing.assert_array_equal(_read(qualified).segments[0].positions_km, _read(text).segments[0].positions_km)


def test_other_trajectory_types_are_passed_over() -> None:
    """Elements beside the states are not read; a message of elements alone is refused."""
    elements = trajectory(["0.0 7000 0.1 10 20 30 40"], TRAJ_TYPE="KEPLERIAN")
    assert len(_read(HEAD + elements + trajectory(LINES)).segments) == 1
    with pytest.raises(InputError, match="CARTPV"):
        _read(HEAD + elements)


def test_an_ocm_is_converted_to_an_oem() -> None:
    """What is written is an OEM with the same states."""
    converted = convert((HEAD + trajectory(LINES)).encode(), "x.ocm", "kvn")
    assert converted.error_km == 0.0
    assert _read(converted.content.decode()).header.source == "OEM"


def test_the_header_is_had_from_the_beginning() -> None:
    """Peeking needs nothing behind META_START."""
    assert peek_header(HEAD[: HEAD.index("OBJECT")].encode(), "x").creation == Epoch.parse("2021-02-28T12:00:00")


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        (HEAD.replace("3.0", "2.0"), "must be 3.0", 1),
        (HEAD.replace("ORIGINATOR = TEST\n", ""), "ORIGINATOR", 5),
        (HEAD.replace("EPOCH_TZERO = 2021-03-01T00:00:00\n", ""), "EPOCH_TZERO", 10),
        (HEAD.replace("META_STOP\n", ""), "META_STOP", 11),
        (HEAD, "CARTPV or CARTPVA", 12),
        (HEAD + "STATES\n", "START line", 12),
        (HEAD + trajectory(LINES).replace("TRAJ_STOP\n", ""), "TRAJ_STOP", 18),
        (HEAD + trajectory(LINES, CENTER_NAME=None), "CENTER_NAME", 12),
        (HEAD + trajectory(LINES, TRAJ_REF_FRAME=None), "TRAJ_REF_FRAME", 12),
        (HEAD + trajectory(LINES, TRAJ_UNITS="[m,m,m,m/s,m/s,m/s]"), "must be km", 18),
        (HEAD + trajectory(LINES, INTERPOLATION="PROPAGATE"), "INTERPOLATION must be", 16),
        (HEAD + trajectory([]), "at least one", 18),
        (HEAD + trajectory([LINES[1], LINES[0]]), "increase", 19),
        (HEAD + trajectory([RELATIVE[1], RELATIVE[0]]), "increase", 19),
        (HEAD + trajectory([RELATIVE[0], "60.0 1 2 3 4 5"]), "7 columns", 19),
        (HEAD + trajectory([RELATIVE[0], "60.0 1 2 3 4 5 x"]), "decimal numbers", 19),
        (HEAD + trajectory([f"{line} 1 2 3" for line in LINES]), "columns", 18),
        (HEAD + trajectory(LINES) + trajectory(LINES), "must not overlap", 27),
        (HEAD + trajectory(LINES) + covariance(ordering="LOWER"), "COV_ORDERING", 30),
        (HEAD + trajectory(LINES) + covariance(COV_UNITS="[m, m, m, m/s, m/s, m/s]"), "COV_UNITS must be", 31),
        (HEAD + trajectory(LINES) + covariance("60.0 1 2 3"), "22 columns", 31),
    ],
)
def test_a_broken_rule_is_named_with_its_line(text: str, rule: str, line: int) -> None:
    """What is missing, ambiguous or broken is refused with the line."""
    with pytest.raises(InputError) as caught:
        _read(text)
    assert rule in caught.value.rule
    assert (caught.value.file, caught.value.line) == ("test.ocm", line)


def test_any_damage_gives_a_message_or_one_input_error() -> None:
    """Each line left out, doubled or cut in the middle gives a message or an InputError with a line."""
    text = HEAD + trajectory(RELATIVE) + PHYSICS + covariance()
    lines = text.split("\n")
    outcomes: list[int | None] = []
    for at, line in enumerate(lines):
        for change in ([], [line, line], [line[: len(line) // 2]], ["\x00"], ["1" * 400]):
            try:
                assert _read("\n".join([*lines[:at], *change, *lines[at + 1 :]])).segments
            except InputError as error:
                outcomes.append(error.line)
    assert None not in outcomes
    assert 0 < len(outcomes) < 5 * len(lines)


def _xml(text: str) -> str:
    """The same message in XML, as the package ccsds-ndm-py writes it, one element a line."""
    written = ccsds_ndm.Ocm.from_str(text).to_str("xml")
    assert isinstance(written, str)
    return written.replace("><", ">\n<")


RICH = HEAD + trajectory(RELATIVE) + PHYSICS + covariance() + MANOEUVRE


@pytest.mark.parametrize("around", ["{}", "<ndm><opm><a/></opm>{}</ndm>"])
def test_xml_gives_the_same_message(around: str) -> None:
    """The XML that another package makes of a message gives the header, states and covariance of its KVN."""
    prologue, _, body = _xml(RICH).partition("\n")
    ours, theirs = _read(prologue + "\n" + around.format(body)), _read(RICH)
    (segment,), (other,) = ours.segments, theirs.segments
    assert ours.header == theirs.header
    assert peek_header(_xml(RICH).partition("<body>")[0].encode(), "test.xml") == ours.header
    np.testing.assert_array_equal(segment.epochs_tai_ns, other.epochs_tai_ns)
    np.testing.assert_array_equal(segment.positions_km, other.positions_km)
    np.testing.assert_array_equal(segment.velocities_km_s, other.velocities_km_s)
    assert segment.covariances is not None
    assert other.covariances is not None
    np.testing.assert_array_equal(segment.covariances.matrices, other.covariances.matrices)
    assert segment.covariances.frames == other.covariances.frames


def test_a_segment_from_xml_knows_its_line() -> None:
    """The line of a segment is the one at which its trajectory begins in the XML."""
    lines = _xml(RICH).splitlines()
    assert lines[_read(_xml(RICH)).segments[0].first_line - 1] == "<traj>"


@pytest.mark.parametrize(
    ("old", "new", "rule", "at"),
    [
        ("<TRAJ_TYPE>CARTPV<", "<TRAJ_TYPE>KEPLERIAN<", "must hold a trajectory of TRAJ_TYPE CARTPV", "<TRAJ_TYPE>"),
        ("<trajLine>60.0 ", "<trajLine>60.0 7 ", "must have 7 columns", "<trajLine>60.0 7 "),
        ("<trajLine>60.0 ", "<trajLine>TRAJ_STOP ", "<trajLine> must hold numbers", "<trajLine>TRAJ_STOP"),
        ("<CENTER_NAME>MARS</CENTER_NAME>", "", "must hold CENTER_NAME", "<traj>"),
        ("<TIME_SYSTEM>UTC", "<TIME_SYSTEM>SCLK", "TIME_SYSTEM", "<TIME_SYSTEM>"),
        ('version="3.0"', 'version="4.0"', "CCSDS_OCM_VERS must be 3.0", "<ocm"),
        ("<body>", "<body>text", "text must stand in", "<segment>"),
        ("<segment>", "<section>", "must hold the elements of an OCM", "<section>"),
        ("</traj>", "<a><b>1</b></a></traj>", "text must stand in a keyword's element", "</a>"),
        ("<?xml", "<!DOCTYPE ocm><!--<?xml-->\n<!--<?xml", "", ""),
    ],
)
def test_a_broken_rule_in_xml_is_named_with_its_line(old: str, new: str, rule: str, at: str) -> None:
    """The fault is named with the line of its element, not with one of the notation that it was turned into."""
    text = _xml(RICH)
    assert old in text
    with pytest.raises(InputError) as caught:
        _read(text.replace(old, new, 1))
    assert rule in caught.value.rule
    assert caught.value.line is not None
    assert at in text.replace(old, new, 1).splitlines()[caught.value.line - 1]


def test_any_damage_to_xml_gives_a_message_or_one_input_error() -> None:
    """Each line of the XML left out, doubled or cut gives a message or an InputError with a line."""
    lines = _xml(RICH).splitlines()
    for at, line in enumerate(lines):
        for part in ([], [line, line], [line[: len(line) // 2]]):
            try:
                line_of = _read("\n".join([*lines[:at], *part, *lines[at + 1 :]])).segments[0].first_line
            except InputError as error:
                line_of = error.line
            assert line_of is not None


def test_one_state_is_no_ephemeris() -> None:
    """An OPM, alone or in an <ndm>, in either notation, is refused with what to ask for."""
    for text in ("CCSDS_OPM_VERS = 2.0\n", "<opm/>", "<ndm><opm/></ndm>", '<?xml version="1.0"?>\n<a:opm/>'):
        with pytest.raises(InputError, match="one state is no ephemeris; set propagate"):
            _read(text)


PHYSICAL = """PHYS_START
WET_MASS = 1913.0 [kg]
OEB_MAX = 6.0 [m]
OEB_INT = 3.0 [m]
OEB_MIN = 2.0 [m]
{}PHYS_STOP
"""


@pytest.mark.parametrize(
    ("more", "radius_m"),
    [
        ("", 3.5),
        ("AREA_TYP_FOR_PC = 12.566370614359172 [m**2]\n", 3.5),
        ("AREA_MAX_FOR_PC = 78.53981633974483 [m**2]\n", 5.0),
        ("AREA_MAX_FOR_PC = 78.53981633974483\nAREA_TYP_FOR_PC = 1\n", 5.0),
        ("AREA_MAX_FOR_PC = 78.5 [km**2]\n", 3.5),
        ("AREA_MAX_FOR_PC = large\n", 3.5),
    ],
)
@pytest.mark.parametrize("notation", ["kvn", "xml"])
def test_blocks_on_the_spacecraft_and_its_manoeuvres_are_kept(notation: str, more: str, radius_m: float) -> None:
    """Each of their lines comes with the comments, and the size of the spacecraft is that of its areas or its box."""
    text = HEAD + trajectory(RELATIVE) + PHYSICAL.format(more) + MANOEUVRE
    if notation == "xml":
        text = _by_hand(text)
    message = _read(text)
    assert message.size is not None
    assert message.size.radius_m == pytest.approx(radius_m, rel=1e-15)
    kept = message.segments[0].comments
    assert {"PHYS: WET_MASS = 1913.0 [kg]", "MAN: MAN_COMPOSITION = TIME_ABSOLUTE, DV_X"} <= set(kept)
    assert "MAN: 2021-03-01T00:00:00 1.0" in kept
    assert [note.split()[2] for note in message.notes[:2]] == ["PHYS", "MAN"]
    assert [note.partition(": ")[2] for note in message.notes[2:]] == ["manoeuvres must have MAN_REF_FRAME"]


def _by_hand(text: str) -> str:
    """The same message in XML, element by element."""
    names = {"META": "metadata", "TRAJ": "traj", "PHYS": "phys", "MAN": "man", "COV": "cov"}
    out, line_tag, body = ['<ocm id="CCSDS_OCM_VERS" version="3.0"><header>'], "", False
    for line in text.splitlines()[1:]:
        block, _, edge = line.rpartition("_")
        if line == "META_START":
            out += ["</header><body><segment><metadata>"]
        elif line == "META_STOP":
            out += ["</metadata><data>"]
            body = True
        elif body and edge in ("START", "STOP") and block in names:
            out.append(f"<{'/' * (edge == 'STOP')}{names[block]}>")
            line_tag = f"{names[block]}Line"
        elif " = " in line:
            key, value = line.split(" = ", 1)
            out.append(f"<{key}>{value}</{key}>")
        elif line.startswith("COMMENT "):
            out.append(f"<COMMENT>{line[8:]}</COMMENT>")
        elif line:
            out.append(f"<{line_tag}>{line}</{line_tag}>")
    return "\n".join([*out, "</data></segment></body></ocm>"])


def test_what_is_not_cartesian_is_noted() -> None:
    """A trajectory of elements beside one of states, and a covariance of elements, are named with their lines."""
    elements = trajectory(["0.0 7000 0.1 10 20 30 40"], TRAJ_TYPE="KEPLERIAN")
    text = HEAD + elements + trajectory(LINES) + covariance(COV_TYPE="KEPLERIAN")
    first, second = _read(text).notes
    line = text.splitlines().index("TRAJ_TYPE = KEPLERIAN") + 1
    assert f"the trajectory KEPLERIAN of line {line} is not Cartesian" in first
    line = text.splitlines().index("COV_TYPE = KEPLERIAN") + 1
    assert f"the covariance KEPLERIAN of line {line} is not Cartesian" in second
