"""Reading Orbit Ephemeris Messages: the corpus, every rule, and numbers to the last bit."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import ccsds_ndm
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.errors import InputError
from nearpass.messages import oem_covariance_fast, oem_fast, oem_kvn, oem_table
from nearpass.messages.compression import decompressed
from nearpass.messages.oem import OemCovariances, OemMessage, OemSegment, parse_oem, peek_header
from nearpass.messages.oem_write import write_oem
from oem_texts import START, circular, covariance_text, message_text, segment_text, state_lines
from published import FILES

DATA = FILES
MANIFEST = DATA / "oem_manifest.csv"
# What this reader does on purpose otherwise than the corpus expects.
DEVIATIONS = {
    "oem_valid/bradsease_v2_0_sample11.oem": "a time system ABCD cannot be converted",
    "oem_valid/bradsease_v2_0_sample14.oem.gz": "a time system ABCD cannot be converted",
    "oem_valid/bradsease_v2_0_sample19.oem.lzma": "a time system ABCD cannot be converted",
    "oem_invalid/bradsease_v2_0_sample09.oem": "the standard lets USEABLE_START_TIME stand without USEABLE_STOP_TIME",
}
NOT_IN_CCSDS_NDM = {
    "oem_valid/bradsease_v2_0_sample03.oem",
    "oem_valid/bradsease_v2_0_sample04.oem",
    "oem_valid/bradsease_v3_0_sample01.oem",
}
LINES = state_lines(np.arange(8) * 60.0)
PLAIN = message_text(segment_text(LINES))
_NONE = OemCovariances(epochs_tai_ns=np.zeros(0, dtype=np.int64), matrices=np.zeros((0, 6, 6)), frames=(), comments=())
COVARIANCE = np.diag(np.arange(1.0, 7.0)) + 0.25 * np.tri(6, k=-1) + 0.25 * np.tri(6, k=-1).T


def _corpus() -> list[dict[str, str]]:
    if not MANIFEST.exists():
        return [{"file": "oem_valid", "expected": "parse"}]  # a test that does not run
    with MANIFEST.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _read(text: str | bytes) -> OemMessage:
    return parse_oem(text if isinstance(text, bytes) else text.encode(), "test.oem")


def _refusal(text: str | bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_oem(text if isinstance(text, bytes) else text.encode(), "test.oem")
    return caught.value


@contextmanager
def _without_the_fast_reader() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oem_table, "read_fast", lambda *_: None)
        patch.setattr(oem_kvn, "read_covariances", lambda *_: None)
        yield


def _tables(message: OemMessage) -> list[np.ndarray]:
    return [
        array
        for segment in message.segments
        for array in (
            segment.epochs_tai_ns,
            segment.positions_km,
            segment.velocities_km_s,
            np.zeros(0) if segment.accelerations_km_s2 is None else segment.accelerations_km_s2,
        )
    ]


def _covariances(message: OemMessage) -> list[object]:
    return [
        (held.epochs_tai_ns.tolist(), held.matrices.tolist(), held.frames, held.comments)
        for held in (segment.covariances for segment in message.segments)
        if held is not None
    ]


@pytest.mark.published_files("oem_manifest.csv", "oem_valid", "oem_invalid")
@pytest.mark.parametrize("row", _corpus(), ids=lambda row: row["file"])
def test_the_corpus_is_read_or_refused_as_its_manifest_says(row: dict[str, str]) -> None:
    """Each file of the corpus gives the counts of its manifest or an InputError; deviations do the opposite."""
    data = decompressed((DATA / row["file"]).read_bytes(), row["file"])
    expected = (row["expected"] == "parse") != (row["file"] in DEVIATIONS)
    message = _outcome(data)
    assert isinstance(message, OemMessage) == expected, str(message)
    if isinstance(message, OemMessage) and row["n_segments"]:
        states = sum(len(segment.epochs_tai_ns) for segment in message.segments)
        held = sum(len(segment.covariances.frames) for segment in message.segments if segment.covariances)
        counts = [int(row[key]) for key in ("n_segments", "n_states", "n_covariances")]
        assert [len(message.segments), states, held] == counts


@pytest.mark.published_files("oem_manifest.csv", "oem_valid", "oem_invalid")
@pytest.mark.parametrize("file", [row["file"] for row in _corpus() if row["expected"] == "parse"])
def test_what_ccsds_ndm_reads_has_the_same_states(file: str) -> None:
    """Epochs and states are those of the package ccsds-ndm-py, in every file that both read."""
    data = decompressed((DATA / file).read_bytes(), file)
    ours = _outcome(data)
    try:
        theirs = ccsds_ndm.Oem.from_str(data.decode())
    except ValueError:  # it wants no blank after EME2000 and no MESSAGE_ID among the metadata
        theirs = None
    both = isinstance(ours, OemMessage) and theirs is not None
    assert both == (file not in DEVIATIONS and file not in NOT_IN_CCSDS_NDM)
    for segment, other in zip(ours.segments if both else (), theirs.segments if both else (), strict=True):
        table = np.hstack([segment.positions_km, segment.velocities_km_s])
        np.testing.assert_array_equal(table, other.data.state_vector_numpy[:, :6])
        epochs = [Epoch.parse(epoch, segment.time_system).tai_ns for epoch in other.data.state_vector_epochs]
        np.testing.assert_array_equal(segment.epochs_tai_ns, epochs)


def test_a_plain_message_gives_its_header_and_metadata() -> None:
    """Every field is found under its name."""
    message = _read(
        message_text(
            segment_text(LINES, USEABLE_START_TIME="2021-03-01T00:01:00", REF_FRAME_EPOCH="2000-001T12:00:00"),
            version="3.0",
        )
        .replace("CREATION", "COMMENT written for a test\nCLASSIFICATION = SBU\nCREATION")
        .replace("META_START", "MESSAGE_ID = M 1\nMETA_START\nCOMMENT DE421")
    )
    header, (segment,) = message.header, message.segments
    assert (header.version, header.originator, header.classification) == ("3.0", "TEST", "SBU")
    assert (header.message_id, header.comments) == ("M 1", ("written for a test",))
    assert header.creation == Epoch.parse("2021-02-28T12:00:00")
    assert (segment.object_name, segment.object_id, segment.center_name) == ("ORBITER", "2005-029A", "MARS")
    assert (segment.ref_frame, segment.time_system) == ("ICRF", TimeSystem.UTC)
    assert segment.ref_frame_epoch == Epoch.parse("2000-01-01T12:00:00")
    assert (segment.start, segment.stop) == (START, START + 420.0)
    assert (segment.useable_start, segment.useable_stop) == (START + 60.0, None)
    assert (segment.useable_from, segment.useable_to) == (START + 60.0, START + 420.0)
    assert (segment.interpolation, segment.degree) == ("HERMITE", 7)
    assert (segment.comments, segment.first_line) == (("DE421",), 7)
    np.testing.assert_array_equal(segment.epochs_tai_ns, START.tai_ns + np.arange(8) * 60_000_000_000)
    np.testing.assert_array_equal(segment.positions_km, circular(np.arange(8) * 60.0)[0])
    np.testing.assert_array_equal(segment.velocities_km_s, circular(np.arange(8) * 60.0)[1])


def test_peeking_reads_the_header_without_what_follows() -> None:
    """The header is had although the states are broken."""
    broken = PLAIN.replace(LINES[3], "nonsense")
    assert peek_header(broken.encode(), "test.oem") == _read(PLAIN).header


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n\n", " \t\n"])
def test_any_line_ends_give_the_same_message(ending: str) -> None:
    """DOS, old Macintosh and doubled line ends, and trailing blanks, change nothing."""
    for ours, theirs in zip(_tables(_read(PLAIN)), _tables(_read(PLAIN.replace("\n", ending))), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace(" = ", "\t=\t"),
        lambda text: text.replace(" ", "   "),
        lambda text: text.replace("\n", "\n  "),
        lambda text: text.replace("000000000 ", "000000000Z "),
        lambda text: text.replace("2021-03-01T", "2021-060T"),
        lambda text: text.replace("\n2021", "\nCOMMENT between states\n2021"),
        lambda text: text.replace("META_STOP", "META_STOP\n\nCOMMENT before the states\n"),
        lambda text: text.rstrip("\n"),
    ],
)
def test_harmless_variations_of_the_text_change_no_number(change) -> None:  # a lambda on text
    """Byte order marks, tabs, blanks, Z, days of the year, comments and a missing last line end are all read."""
    for ours, theirs in zip(_tables(_read(PLAIN)), _tables(_read(change(PLAIN))), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_comments_among_the_states_are_kept() -> None:
    """Comments before and between states belong to the segment."""
    text = PLAIN.replace("META_STOP", "META_STOP\nCOMMENT one").replace(LINES[4], f"COMMENT two\n{LINES[4]}")
    assert _read(text).segments[0].comments == ("one", "two")


def test_a_leap_second_is_a_second_of_its_own() -> None:
    """States at 23:59:59, 23:59:60 and 00:00:00 are a second apart."""
    stamps = ("2016-12-31T23:59:59", "2016-12-31T23:59:60", "2017-01-01T00:00:00")
    (segment,) = _read(message_text(segment_text([f"{stamp} 1 2 3 4 5 6" for stamp in stamps]))).segments
    np.testing.assert_array_equal(np.diff(segment.epochs_tai_ns), [10**9, 10**9])


def test_accelerations_are_kept() -> None:
    """Ten columns give positions, velocities and accelerations."""
    lines = [f"{line} 1.5 -2.5 {row}.25" for row, line in enumerate(LINES)]
    (segment,) = _read(message_text(segment_text(lines))).segments
    assert segment.accelerations_km_s2 is not None
    np.testing.assert_array_equal(segment.accelerations_km_s2[2], [1.5, -2.5, 2.25])
    np.testing.assert_array_equal(segment.positions_km, circular(np.arange(8) * 60.0)[0])


@pytest.mark.parametrize("system", ["TDB", "TT", "TAI", "GPS"])
def test_epochs_are_in_the_time_system_of_the_segment(system: str) -> None:
    """The limits and the states of a segment are read in its time system."""
    (segment,) = _read(message_text(segment_text(LINES, TIME_SYSTEM=system))).segments
    expected = Epoch.parse("2021-03-01T00:03:00", TimeSystem(system))
    assert (segment.start, segment.epochs_tai_ns[3]) == (Epoch.parse("2021-03-01", TimeSystem(system)), expected.tai_ns)


def test_covariances_are_full_symmetric_matrices_with_their_own_axes() -> None:
    """The lower triangle is mirrored; a matrix without COV_REF_FRAME is in the axes of the states (5.2.5.4)."""
    blocks = [(f"2021-03-01T00:0{at}:00", frame, COVARIANCE * at) for at, frame in ((1, "RTN"), (2, None), (3, "TNW"))]
    (segment,) = _read(message_text(segment_text(LINES) + covariance_text(*blocks))).segments
    assert segment.covariances is not None
    assert segment.covariances.frames == ("RTN", "ICRF", "TNW")
    np.testing.assert_array_equal(segment.covariances.matrices, [COVARIANCE, 2 * COVARIANCE, 3 * COVARIANCE])
    np.testing.assert_array_equal(segment.covariances.epochs_tai_ns, START.tai_ns + np.array([1, 2, 3]) * 60 * 10**9)


def test_arrays_cannot_be_written_to() -> None:
    """A record does not change after it was read."""
    (segment,) = _read(message_text(segment_text(LINES) + covariance_text(("2021-03-01", None, COVARIANCE)))).segments
    assert segment.covariances is not None
    arrays = [*_tables(_read(PLAIN)), segment.covariances.matrices, segment.covariances.epochs_tai_ns]
    assert not any(array.flags.writeable for array in arrays if array.size)


def _with(**changes: str | None) -> str:
    return message_text(segment_text(LINES, **changes))


def _line(number: int, text: str) -> str:
    lines = PLAIN.split("\n")
    lines[number - 1] = text
    return "\n".join(lines)


# In PLAIN: header on lines 1 to 3, META_START on 4, metadata from 5 to 13, META_STOP on 14, states from 15 to 22.
RULES: list[tuple[str, str | bytes, str, int]] = [
    ("empty", "", "an empty file was delivered", 1),
    ("blank", " \n\n", "an empty file was delivered", 1),
    ("archive", b"PK\x03\x04rest", "a ZIP archive, to be unpacked first", 1),
    ("document", b"%PDF-1.7", "a PDF document", 1),
    ("binary", b"DAF/SPK \x02\x00\x00", "text", 1),
    ("nul far down", PLAIN.encode().replace(b"00:03:00", b"00:03\x0000"), "text", 18),
    ("half of utf-16", PLAIN.encode("utf-16")[:-1].replace(b"T\0", b"T", 1), "printable", 2),
    ("latin-1", PLAIN.encode().replace(b"TEST", b"\xe9SA"), "text", 3),
    ("endless value", _line(3, f"ORIGINATOR = {'x' * 1_001}"), "at most 1000 characters", 3),
    ("control character", _line(3, "ORIGINATOR = A\x1bB"), "printable", 3),
    ("other message", PLAIN.replace("OEM", "OPM"), "CCSDS_OEM_VERS", 1),
    ("kernel", b"DAF/SPK " + bytes(1_016), "not a kernel", 1),
    ("opm", PLAIN.replace("OEM", "OPM"), "one state is no ephemeris", 1),
    ("omm", "\n" + PLAIN.replace("OEM", "OMM"), "mean elements need a source of their own", 2),
    ("ocm in xml", '<ocm id="CCSDS_OCM_VERS" version="3.0"/>', "must be followed by META_START", 1),
    ("opm in xml", '<?xml version="1.0"?>\n<!-- a - b -->\n<opm id="CCSDS_OPM_VERS"/>', "one state is no ephemeris", 3),
    ("web page", "\n<!DOCTYPE html>\n<html>", "web page", 2),
    ("json", '[{"OBJECT_NAME": "ORBITER"}]', "not JSON", 1),
    ("elements", f"ORBITER\n1 25544U {'9' * 60}\n2 25544 {'9' * 61}\n", "two-line elements", 1),
    *(
        (
            f"long comment at {at}",
            PLAIN.replace(at, f"COMMENT {'c' * 1001}\n{at}", 1),
            "COMMENT must have at most",
            line,
        )
        for at, line in (("CREATION_DATE", 2), ("OBJECT_NAME", 5), (LINES[0], 15), (LINES[4], 19))
    ),
    ("comment before the version", "COMMENT x\n" + PLAIN, "CCSDS_OEM_VERS", 1),
    ("unknown version", _line(1, "CCSDS_OEM_VERS = 4.0"), "1.0, 2.0, 3.0", 1),
    ("version without value", _line(1, "CCSDS_OEM_VERS ="), "must have a value", 1),
    ("no creation date", _line(2, ""), "CREATION_DATE", 4),
    ("no originator", _line(3, ""), "ORIGINATOR", 4),
    ("bad creation date", _line(2, "CREATION_DATE = yesterday"), "CREATION_DATE", 2),
    ("unknown header keyword", _line(3, "ORIGINATOR = A\nAUTHOR = B"), "keyword", 4),
    ("classification before 3.0", _line(3, "ORIGINATOR = A\nCLASSIFICATION = B"), "keyword", 4),
    ("repeated header keyword", _line(3, "ORIGINATOR = A\nORIGINATOR = A"), "once", 4),
    ("lower case keyword", _line(3, "originator = A"), "ORIGINATOR must be written in capital", 3),
    ("header only", "\n".join(PLAIN.split("\n")[:3]), "at least one segment", 4),
    ("truncated metadata", "\n".join(PLAIN.split("\n")[:9]), "META_STOP", 10),
    ("no equals sign", _line(5, "OBJECT_NAME ORBITER"), "KEYWORD = value", 5),
    ("empty value", _line(5, "OBJECT_NAME ="), "must have a value", 5),
    *[
        (f"no {key}", _with(**{key: None}), key, 13)
        for key in ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "START_TIME", "STOP_TIME")
    ],
    ("repeated keyword", _line(5, "OBJECT_NAME = A\nOBJECT_NAME = A"), "once", 6),
    ("unknown keyword", _with(SPEED="7"), "keyword", 14),
    (
        "reference epoch in 1.0",
        message_text(segment_text(LINES, REF_FRAME_EPOCH="2000-001"), version="1.0"),
        "keyword",
        14,
    ),
    ("unknown time system", _with(TIME_SYSTEM="MET"), "TIME_SYSTEM", 9),
    ("start after stop", _with(START_TIME="2021-03-02T00:00:00"), "START_TIME must not come after", 11),
    ("start at stop", _with(STOP_TIME="2021-03-01T00:00:00"), "between START_TIME", 16),
    ("bad start", _with(START_TIME="2021-02-30T00:00:00"), "START_TIME", 10),
    ("useable start early", _with(USEABLE_START_TIME="2021-02-28T00:00:00"), "USEABLE_START_TIME must lie", 14),
    ("useable stop late", _with(USEABLE_STOP_TIME="2021-03-02T00:00:00"), "USEABLE_STOP_TIME must lie", 14),
    (
        "useable span reversed",
        _with(USEABLE_START_TIME="2021-03-01T00:05:00", USEABLE_STOP_TIME="2021-03-01T00:04:00"),
        "USEABLE_START_TIME must come before",
        15,
    ),
    ("unknown method", _with(INTERPOLATION="SPLINE"), "INTERPOLATION must be", 12),
    ("method without degree", _with(INTERPOLATION_DEGREE=None), "needs INTERPOLATION_DEGREE", 12),
    *[
        (f"degree {value}", _with(INTERPOLATION_DEGREE=value), "whole number", 13)
        for value in ("0", "-1", "7.0", "28", "9999999", "seven", "７")
    ],
    ("no states", message_text(segment_text(LINES).replace("\n".join(LINES), "")), "at least one state", 16),
    ("six columns", _line(18, LINES[3].rsplit(" ", 1)[0]), "columns", 18),
    ("eight columns", _line(15, LINES[0] + " 1.0"), "columns", 15),
    ("columns change", _line(17, LINES[2] + " 1.0 1.0 1.0"), "columns", 17),
    ("truncated state", PLAIN[: PLAIN.index(LINES[5]) + 30], "columns", 20),
    *[
        (f"number {value}", _line(17, LINES[2].rsplit(" ", 1)[0] + f" {value}"), "decimal numbers", 17)
        for value in ("nan", "inf", "1,5", "0x10", "1_0", "1.0D+00", "--1", "1e", ".", "1.2.3", "+", "１", "abc")
    ],
    ("overflow", _line(17, LINES[2].rsplit(" ", 1)[0] + " 1e999"), "finite", 17),
    ("epoch repeated", _line(17, LINES[1]), "increase", 17),
    ("epoch steps back", _line(18, LINES[1]), "increase", 18),
    ("bad epoch", _line(19, LINES[4].replace("T00:04", "T25:04")), "time of day", 19),
    ("no epoch", _line(19, "1.0 " + LINES[4].split(" ", 1)[1]), "epoch", 19),
    ("state before the start", _with(START_TIME="2021-03-01T00:00:30"), "between START_TIME", 15),
    ("state after the stop", _with(STOP_TIME="2021-03-01T00:06:30"), "between START_TIME", 22),
    ("text after the states", PLAIN + "THE END\n", "columns", 23),
    ("metadata never begun", _line(4, "META_BEGIN"), "KEYWORD = value", 4),
    ("metadata nested", _line(12, "META_START"), "KEYWORD = value", 12),
    ("stray covariance stop", PLAIN + "COVARIANCE_STOP\n", "columns", 23),
]


@pytest.mark.parametrize(("text", "rule", "line"), [case[1:] for case in RULES], ids=[case[0] for case in RULES])
def test_a_broken_rule_is_named_with_the_line_of_the_first_fault(text: str | bytes, rule: str, line: int) -> None:
    """The error says which rule, in which file, on which line."""
    error = _refusal(text)
    assert rule in error.rule
    assert (error.file, error.line) == ("test.oem", line)


COVARIANCE_LINES = covariance_text(("2021-03-01T00:01:00", None, COVARIANCE)).split("\n")


def _covariance_case(number: int, text: str | None) -> str:
    lines = [line for at, line in enumerate(COVARIANCE_LINES, start=1) if at != number or text is not None]
    if text is not None:
        lines[number - 1] = text
    return message_text(segment_text(LINES) + "\n".join(lines))


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        (_covariance_case(9, None), "COVARIANCE_STOP", 31),
        (_covariance_case(2, "TIME = 2021"), "begin with EPOCH", 24),
        (_covariance_case(2, "EPOCH = never"), "EPOCH", 24),
        (_covariance_case(3, "FRAME = RTN\n1.0"), "COV_REF_FRAME only", 25),
        (_covariance_case(4, "1.0"), "hold 2 numbers", 26),
        (_covariance_case(4, "1.0 nan"), "hold 2 numbers", 26),
        (_covariance_case(4, "1.0 1e999"), "finite", 26),
        (_covariance_case(8, None), "hold 6 numbers", 30),
        (
            message_text(segment_text(LINES) + covariance_text(*[("2021-03-01T00:01:00", None, COVARIANCE)] * 2)),
            "increase",
            31,
        ),
        (message_text(segment_text(LINES) + "\n".join(COVARIANCE_LINES), version="1.0"), "version 1.0", 23),
        (
            message_text(segment_text(LINES) + "\n".join(COVARIANCE_LINES) + "\n".join(COVARIANCE_LINES)),
            "increase",
            33,
        ),
        (PLAIN + "covariance_start\n", "COVARIANCE_START must be written in capital letters", 23),
        (PLAIN.replace("META_STOP\n", "META_STOP\ncomment a note\n"), "COMMENT must be written in capital", 15),
        (PLAIN.replace("META_START", "meta_start"), "META_START must be written in capital letters", 4),
        (PLAIN.replace("CCSDS_OEM_VERS", "ccsds_oem_vers"), "CCSDS_OEM_VERS must be written in capital", 1),
    ],
)
def test_a_faulty_covariance_is_refused_on_its_line(text: str, rule: str, line: int) -> None:
    """Covariance sections follow their own rules."""
    error = _refusal(text)
    assert rule in error.rule
    assert error.line == line


def test_segments_that_overlap_are_told() -> None:
    """Of two that tell of the same time the later one holds, and a note says so; limits that part them need none."""
    again = segment_text(state_lines(300.0 + np.arange(8) * 60.0))
    assert _read(message_text(segment_text(LINES), again)).notes == (
        "the segments of lines 4 and 23 overlap by 120 s: there the later one holds",
    )
    apart = segment_text(LINES, USEABLE_STOP_TIME="2021-03-01T00:05:00")
    assert _read(message_text(apart, again)).notes == ()


def test_odd_covariance_blocks_are_read() -> None:
    """An empty block is noted and a second one joins the first; what lies beyond the states is told, not used."""
    block = covariance_text(("2021-03-01T00:01:00", None, COVARIANCE))
    later = covariance_text(
        ("2021-03-01T00:07:00.0004", "RTN", 2.0 * COVARIANCE), ("2021-03-02T00:00:00", "RTN", COVARIANCE)
    )
    message = _read(
        message_text(segment_text(LINES) + "COVARIANCE_START\nCOMMENT x\nCOVARIANCE_STOP\n" + block + later)
    )
    held = message.segments[0].covariances
    assert held is not None
    assert held.frames == ("ICRF", "RTN", "RTN")
    assert "the covariance block of line 23 is empty" in message.notes
    assert (
        "1 of 3 covariances of the segment of line 4 lie before its first or after its last state and are not used"
        in message.notes
    )
    trajectory = trajectory_from_oem(
        message, body=body_named("MARS"), epoch=START, window_s=(0.0, 420.0), planets=PlanetaryEphemeris.default()
    )
    table = trajectory.arcs[0].covariances
    assert table is not None
    np.testing.assert_allclose(table.offsets_s, [60.0, 420.0], rtol=0.0, atol=1e-9)


def test_accelerations_do_not_exist_in_version_1() -> None:
    """Version 1.0 knows positions and velocities only."""
    lines = [f"{line} 0.0 0.0 0.0" for line in LINES]
    assert "7 columns" in _refusal(message_text(segment_text(lines), version="1.0")).rule


LATER = state_lines(600.0 + np.arange(8) * 60.0)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"TIME_SYSTEM": "TAI"}, "TIME_SYSTEM must stay"),
        ({"OBJECT_NAME": "LANDER"}, "one object, OBJECT_NAME 'ORBITER'"),
        ({"OBJECT_ID": "2003-022A"}, "one object, OBJECT_ID '2005-029A'"),
    ],
)
def test_what_must_stay_the_same_in_a_file_is_checked(changes: dict[str, str], rule: str) -> None:
    """The fault is on the line of the keyword in the second segment."""
    text = message_text(segment_text(LINES), segment_text(LATER, **changes))
    error = _refusal(text)
    assert rule in error.rule
    ((key, value),) = changes.items()
    assert f"got '{value}'" in str(error)
    assert text.splitlines()[(error.line or 0) - 1] == f"{key} = {value}"


@pytest.mark.parametrize("gap", [0.0, 60.0])
def test_comments_may_stand_between_any_two_lines(gap: float) -> None:
    """A comment put between any two lines, also within a covariance, changes no number, and no comment is lost."""
    blocks = [((START + 60.0 + at * gap).iso(), "RTN" if at == 0 else None, (at + 1) * np.eye(6)) for at in range(2)]
    text = message_text(
        segment_text(LINES) + covariance_text(*blocks[: 1 + bool(gap)]), segment_text(LATER), version="3.0"
    )
    lines, plain = text.splitlines(), _read(text)
    for at in range(1, len(lines) + 1):
        read = _read("\n".join([*lines[:at], "COMMENT here", *lines[at:]]) + "\n")
        for ours, theirs in zip(read.segments, plain.segments, strict=True):
            np.testing.assert_array_equal(ours.positions_km, theirs.positions_km)
            assert (ours.covariances is None) == (theirs.covariances is None)
            if ours.covariances is not None and theirs.covariances is not None:
                np.testing.assert_array_equal(ours.covariances.matrices, theirs.covariances.matrices)
                assert ours.covariances.frames == theirs.covariances.frames
        held = [comment for one in read.segments for comment in (*one.comments, *(one.covariances or _NONE).comments)]
        assert [*read.header.comments, *held] == ["here"], lines[at - 1]


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize(
    ("start", "stop", "out_s", "read"),
    [
        ("2021-03-01T00:00:00.000", "2021-03-01T00:07:00.000", 0.0005, True),
        ("2021-03-01T00:00:00.000000", "2021-03-01T00:07:00.000000", 0.0005, True),
        ("2021-03-01T00:00:00", "2021-03-01T00:07:00", 0.0005, True),
        ("2021-03-01T00:00:00.0", "2021-03-01T00:07:00.0", 0.099, True),
        ("2021-060T00:00:00Z", "2021-060T00:07:00Z", 0.999, True),
        ("2021-03-01T00:00:00.000", "2021-03-01T00:07:00.000", 0.002, False),
        ("2021-03-01T00:00:00.0", "2021-03-01T00:07:00.0", 0.101, False),
        ("2021-03-01T00:00:00", "2021-03-01T00:07:00", 1.0, False),
    ],
)
def test_rounding_of_start_and_stop_is_tolerated(
    start: str, stop: str, out_s: float, read: bool, careful: bool
) -> None:
    """States may lie outside by less than one in the last place, or a millisecond; the span stays as printed."""
    for shift_s, key in ((-out_s, "START_TIME"), (out_s, "STOP_TIME")):
        lines = state_lines(np.arange(8) * 60.0 + shift_s)
        if careful:
            lines.insert(4, "COMMENT in between")
        text = message_text(segment_text(lines, START_TIME=start, STOP_TIME=stop))
        if not read:
            assert "between START_TIME and STOP_TIME" in _refusal(text).rule
            continue
        message = _read(text)
        (segment,) = message.segments
        assert (segment.start, segment.stop) == (START, START + 420.0)
        assert segment.epochs_tai_ns[0] == (START + shift_s).tai_ns
        (note,) = message.notes
        at = next(number for number, line in enumerate(text.splitlines(), start=1) if line.startswith(key))
        assert f"outside {key} (line {at})" in note


def test_a_segment_of_one_instant_is_noted() -> None:
    """A last state in a segment of its own, as some tools write it, leaves the others as they are."""
    alone = segment_text(state_lines(np.array([480.0])))
    message = _read(message_text(segment_text(LINES), alone, segment_text(LATER)))
    assert [len(segment.epochs_tai_ns) for segment in message.segments] == [8, 1, 8]
    assert message.notes == ("the segment of line 23 holds one state and is skipped: nothing can be interpolated",)


@pytest.mark.parametrize("digits", [10, 18, 19, 30, 100])
def test_seconds_of_any_number_of_digits(digits: int) -> None:
    """What is beyond a nanosecond is cut off, in states as in metadata."""
    text = PLAIN.replace("2021-03-01T00:01:00.000000000", f"2021-03-01T00:01:00.{'123456789'.ljust(digits, '7')}")
    text = text.replace("2021-03-01T00:07:00.000000000", f"2021-03-01T00:07:00.{'0' * digits}")
    (segment,) = _read(text).segments
    assert segment.epochs_tai_ns[1] == START.tai_ns + 60_123_456_789


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "windows-1252"]
)
@pytest.mark.parametrize("notation", ["kvn", "xml"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_encodings_of_a_message(encoding: str, notation: Literal["kvn", "xml"], line_end: str) -> None:
    """What a byte order mark, the declaration of XML or the noughts of UTF-16 tell is read so; other KVN is UTF-8."""
    if notation == "kvn" and encoding in ("iso-8859-1", "windows-1252"):
        with pytest.raises(InputError, match=r"ASCII or UTF-8|kind|first line"):
            _read(PLAIN.replace("ORBITER", "Sonde \xfc").encode(encoding))
        return
    message = _read(PLAIN.replace("ORBITER", "Sonde \xfc"))
    text = write_oem(message, notation)
    declared = {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}.get(encoding, encoding)
    text = text.replace('encoding="UTF-8"', f'encoding="{declared}"').replace("\n", line_end)
    data = text.encode(encoding)
    again = _read(data)
    assert again.segments[0].object_name == "Sonde \xfc"
    np.testing.assert_array_equal(again.segments[0].positions_km, message.segments[0].positions_km)
    assert peek_header(data[: len(data) // 2], "cut") == message.header


def test_an_unknown_encoding_is_named() -> None:
    """What no one reads is refused with its name at the declaration."""
    text = write_oem(_read(PLAIN), "xml").replace('encoding="UTF-8"', 'encoding="EBCDIC-FI"')
    error = _refusal(text)
    assert "the encoding of XML must be UTF-8, UTF-16, US-ASCII, ISO-8859" in error.rule
    assert (error.value, error.line) == ("EBCDIC-FI", 1)


def test_useable_spans_must_not_overlap() -> None:
    """Two segments may share states for the interpolation, but not an instant at which both are useable."""
    first = segment_text(LINES, USEABLE_STOP_TIME="2021-03-01T00:05:00")
    good = segment_text(LINES, USEABLE_START_TIME="2021-03-01T00:05:00")
    bad = segment_text(LINES, USEABLE_START_TIME="2021-03-01T00:04:59")
    assert len(_read(message_text(first, good)).segments) == 2
    error = _refusal(message_text(first, bad))
    assert "USEABLE_START_TIME must not come before" in error.rule
    assert message_text(first, bad).splitlines()[(error.line or 0) - 1].startswith("USEABLE_START_TIME")


numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(min_value=-100_000, max_value=100_000, places=9).map(str),
    st.tuples(st.floats(-1e9, 1e9), st.integers(0, 20)).map(lambda pair: f"{pair[0]:.{pair[1]}f}"),
    st.tuples(st.floats(-1e9, 1e9), st.integers(0, 18)).map(lambda pair: f"{pair[0]:.{pair[1]}e}"),
    st.tuples(st.floats(-1e9, 1e9), st.integers(1, 17)).map(lambda pair: f"{pair[0]:.{pair[1]}G}"),
    st.from_regex(r"[+-]?([0-9]{1,20}\.?[0-9]{0,20}|\.[0-9]{1,20})([eE][+-]?[0-9]{1,2})?", fullmatch=True),
    st.sampled_from(["0", "-0.0", "9007199254740993", "4503599627370496.5", "8.5e22", "1e23", "5e-324", "-.5", "+7."]),
)


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(st.lists(numbers, min_size=6, max_size=6), min_size=1, max_size=6))
@example(rows=[["1.0"] * 6, ["1"] * 6])
@example(rows=[["6.678136898286158e+03"] * 6] * 2)
def test_numbers_are_those_of_float_to_the_last_bit(rows: list[list[str]]) -> None:
    """Whatever the way of writing, each double equals that of Python's own float()."""
    lines = [" ".join([line.split()[0], *row]) for line, row in zip(LINES, rows, strict=False)]
    (segment,) = _read(message_text(segment_text(lines, STOP_TIME="2021-03-01T01:00:00"))).segments
    found = np.hstack([segment.positions_km, segment.velocities_km_s])
    truth = np.array([[float(number) for number in row] for row in rows])
    np.testing.assert_array_equal(found.view(np.int64), truth.view(np.int64))


@pytest.mark.parametrize("form", ["{:.9f}", "{:.6f}", "{:.15e}", "{:.16e}", "{:.3E}", "{:18.9f}", "{:.12g}", "{!r}"])
def test_the_fast_reader_agrees_with_the_careful_one(form: str) -> None:
    """On thousands of states in one format both readers give the same bits, and the fast one did answer."""
    rng = np.random.default_rng(7)
    states = rng.normal(size=(2000, 6)) * [4e3, 4e3, 2e8, 3.0, 3e-3, 3.0]
    lines = [
        " ".join([(START + 1.5 * at).iso(digits=6), *(form.format(float(value)) for value in row)])
        for at, row in enumerate(states)
    ]
    text = message_text(segment_text(lines))
    answers: list[bool] = []
    with pytest.MonkeyPatch.context() as patch:
        fast = oem_table.read_fast
        patch.setattr(oem_table, "read_fast", lambda *a: (answer := fast(*a), answers.append(answer is not None))[0])
        first = _tables(_read(text))
    with _without_the_fast_reader():
        second = _tables(_read(text))
    assert answers == [True]
    for ours, theirs in zip(first, second, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("frame", ["RTN", None])
@pytest.mark.parametrize("comment", ["", "COMMENT one\n"])
def test_many_covariances_are_read_at_once(frame: str | None, comment: str) -> None:
    """Hundreds of covariances laid out alike give the same bits as read line by line, and the fast way did answer."""
    rng = np.random.default_rng(5)
    blocks = [((START + 60.0 * at).iso(digits=3), frame, rng.normal(size=(6, 6)) * 1e-3) for at in range(400)]
    block = covariance_text(*blocks).replace("START\n", f"START\n{comment}")
    text = message_text(segment_text(LINES) + block)
    answers: list[bool] = []
    with pytest.MonkeyPatch.context() as patch:
        fast = oem_kvn.read_covariances
        patch.setattr(oem_covariance_fast, "_CHUNK", 10_000)
        patch.setattr(oem_kvn, "read_covariances", lambda *a: (found := fast(*a), answers.append(found is not None))[0])
        first = _covariances(_read(text))
    with _without_the_fast_reader():
        assert first == _covariances(_read(text))
    assert answers == [True]


RICH = message_text(
    segment_text(LINES, USEABLE_STOP_TIME="2021-03-01T00:06:30")
    + covariance_text(("2021-03-01T00:01:00", "RTN", COVARIANCE), ("2021-03-01T00:02:00", "RTN", 2 * COVARIANCE)),
    segment_text([f"{line} 1.0 2.0 3.0" for line in LATER]),
    version="3.0",
).encode()


@st.composite
def _mutations(draw: st.DrawFn) -> bytes:
    """A valid message after a few random edits: bytes replaced, stretches removed, doubled or moved."""
    data = RICH
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(data)))
        end = min(len(data), begin + draw(st.integers(0, 40)))
        other = draw(st.integers(0, len(data)))
        data = draw(
            st.sampled_from(
                [
                    data[:begin] + draw(st.binary(max_size=8)) + data[end:],
                    data[:begin] + draw(st.sampled_from([b"0", b" ", b"\n", b"e", b"9" * 30, b"-", b"."])) + data[end:],
                    data[:begin] + data[end:],
                    data[:begin] + data[begin:end] * 2 + data[end:],
                    data[:other] + data[begin:end] + data[other:],
                    data[:begin],
                ]
            )
        )
    return data


def _outcome(data: bytes) -> OemMessage | tuple[str, int | None]:
    try:
        return parse_oem(data, "fuzz.oem")
    except InputError as error:
        refusal = error
    assert refusal.file == "fuzz.oem"
    assert refusal.line is not None
    assert 1 <= refusal.line <= data.count(b"\n") + data.count(b"\r") + 2
    return refusal.rule, refusal.line


@settings(max_examples=600, deadline=None)
@given(data=_mutations())
def test_any_damage_gives_a_message_or_one_input_error(data: bytes) -> None:
    """A damaged message never raises anything else, and both readers of the states come to the same end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oem_fast, "_CHUNK", 200)  # a few lines at a time
        patch.setattr(oem_covariance_fast, "_CHUNK", 200)
        fast = _outcome(data)
    with _without_the_fast_reader():
        careful = _outcome(data)
    if isinstance(fast, tuple) or isinstance(careful, tuple):
        assert fast == careful
        return
    for ours, theirs in zip(_tables(fast), _tables(careful), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert _covariances(fast) == _covariances(careful)


@settings(deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_give_one_input_error(data: bytes) -> None:
    """Random bytes are no message, and are refused with a line."""
    assert isinstance(_outcome(data), tuple)


def test_a_segment_record_has_no_default() -> None:
    """No default states a fact: a segment cannot be made without saying everything."""
    with pytest.raises(TypeError, match="missing"):
        OemSegment()  # type: ignore[call-arg]
