"""Reading Orbit Ephemeris Messages in XML: every rule with its line, both readers alike, and nothing dangerous."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import ccsds_ndm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearpass.errors import InputError
from nearpass.messages import oem_fast, oem_xml_fast
from nearpass.messages.oem import OemMessage, OemSegment, parse_oem, peek_header
from nearpass.messages.oem_write import write_oem
from oem_texts import covariance_text, message_text, segment_text, state_lines

COVARIANCE = np.diag(np.arange(1.0, 7.0)) + 0.25 * np.tri(6, k=-1) + 0.25 * np.tri(6, k=-1).T
LINES = state_lines(np.arange(8) * 60.0)
MESSAGE = parse_oem(
    message_text(
        segment_text(LINES)
        + covariance_text(("2021-03-01T00:01:00", "RTN", COVARIANCE), ("2021-03-01T00:02:00", "RTN", 2 * COVARIANCE)),
        segment_text([f"{line} 1.0 2.0 3.0" for line in state_lines(600.0 + np.arange(8) * 60.0)]),
        version="3.0",
    ).encode(),
    "kvn.oem",
)
XML = write_oem(MESSAGE, "xml")
SHORT = write_oem(
    parse_oem(message_text(segment_text(LINES[:2])).encode(), "kvn.oem"), "xml"
)  # header from line 4, metadata from 10, states on 22 and 23


def _read(text: str | bytes) -> OemMessage:
    return parse_oem(text if isinstance(text, bytes) else text.encode(), "test.xml")


def _refusal(text: str | bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        _read(text)
    return caught.value


@contextmanager
def _stretches_from(least: int) -> Iterator[list[bool]]:
    """Runs of at least this many bytes are read at once; the list says of each whether that worked."""
    answers: list[bool] = []
    states, covariances = oem_xml_fast.read_states, oem_xml_fast.read_covariances
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oem_xml_fast, "_LEAST", least)
        patch.setattr(oem_xml_fast, "_CHUNK", 500)
        for name, function in (("read_states", states), ("read_covariances", covariances)):
            patch.setattr(
                oem_xml_fast, name, lambda *a, f=function: (found := f(*a), answers.append(found is not None))[0]
            )
        yield answers


def _plain(segment: OemSegment) -> dict[str, object]:
    """A segment with its arrays as lists, without the line on which it began."""
    found: dict[str, object] = {}
    for name in OemSegment.__slots__:
        value = getattr(segment, name)
        if name == "covariances" and value is not None:
            value = (value.epochs_tai_ns.tolist(), value.matrices.tolist(), value.frames, value.comments)
        found[name] = value.tolist() if isinstance(value, np.ndarray) else value
    del found["first_line"], found["lines"]
    return found


def _same(ours: OemMessage, theirs: OemMessage) -> bool:
    return ours.header == theirs.header and [*map(_plain, ours.segments)] == [*map(_plain, theirs.segments)]


@pytest.mark.parametrize("least", [0, 1 << 40])
def test_both_notations_give_the_same_message(least: int) -> None:
    """KVN and XML of one message differ in nothing, whether the XML is read at once or element by element."""
    with _stretches_from(least) as answers:
        assert _same(_read(XML), MESSAGE)
    assert answers == ([] if least else [True, True, True])


INDENTED = re.sub(r">\s*<", ">\n      <", XML)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: INDENTED,  # noqa: ARG005  # each element on a line of its own
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: "\n\t " + text[text.index("<oem") :],
        lambda text: re.sub(r' units="[^"]*"', "", text),
        lambda text: text.replace('"', "'"),
        lambda text: text.replace("</EPOCH>", "Z</EPOCH>"),
        lambda text: text.replace("<stateVector>", "<!-- a state --><stateVector>"),
        lambda text: text.replace(">1.0<", "> 1.0 <"),
        lambda text: text.replace("ORBITER", "<![CDATA[ORBITER]]>"),
        lambda text: text.replace("ORBITER", "&#79;RBITER"),
        lambda text: text.replace("<oem", "<ndm><oem").replace("</oem>", "</oem></ndm>"),
        lambda text: text.replace("<oem", "<ndm><MESSAGE_ID>7</MESSAGE_ID><opm><X>1</X></opm><oem").replace(
            "</oem>", "</oem><cdm/></ndm>"
        ),
        lambda text: text.replace("<oem", '<oem xmlns="urn:ccsds:schema:ndmxml"'),
        lambda text: text.replace("<oem", '<n:oem xmlns:n="urn:ccsds:schema:ndmxml"').replace("</oem", "</n:oem"),
        lambda text: text.replace("<oem", '<oem xmlns="urn:ccsds:recommendation:navigation:schema:ndmxml"'),
        lambda text: re.sub(r"<(/?)(?=[A-Za-z])", r"<\1q:", text).replace("<q:oem", '<q:oem xmlns:q="urn:other"'),
        lambda text: text.replace("</metadata>", "</metadata><?style sheet?>"),
        lambda text: text.replace('units="km/s"', 'units="KM/S"'),
    ],
)
@pytest.mark.parametrize("least", [0, 1 << 40])
def test_harmless_variations_of_the_text_change_nothing(change, least: int) -> None:  # a lambda on text
    """Indentation, line ends, quotes, comments, references, an <ndm> around it and namespaces are all read."""
    with _stretches_from(least):
        assert _same(_read(change(XML)), MESSAGE)


def test_elements_may_come_in_any_order() -> None:
    """As in KVN, keywords of a block are known by their names."""
    moved = re.sub(r"(<X [^/]*</X>)(<Y [^/]*</Y>)", r"\2\1", XML).replace(
        "<OBJECT_NAME>ORBITER</OBJECT_NAME>\n<OBJECT_ID>2005-029A</OBJECT_ID>",
        "<OBJECT_ID>2005-029A</OBJECT_ID>\n<OBJECT_NAME>ORBITER</OBJECT_NAME>",
    )
    assert moved.count("</Y><X ") == 16
    assert _same(_read(moved), MESSAGE)


def test_comments_are_kept_where_they_belong() -> None:
    """Comments of header, metadata, data and covariances come back from XML as from KVN."""
    segment = MESSAGE.segments[0]
    assert segment.covariances is not None
    message = replace(
        MESSAGE,
        header=replace(MESSAGE.header, comments=("of the header", "<b> & ]]> too")),
        segments=(
            replace(segment, comments=("one", "two"), covariances=replace(segment.covariances, comments=("three",))),
        ),
    )
    assert _same(_read(write_oem(message, "xml")), message)
    again = _read(write_oem(message, "xml").replace("<data>", "<data><COMMENT>of the data</COMMENT>"))
    assert again.segments[0].comments == ("one", "two", "of the data")


def test_peeking_reads_the_header_of_a_text_that_is_cut_off() -> None:
    """The header is had from the first bytes."""
    cut = XML[: XML.index("</header>") + 10]
    assert peek_header(cut.encode(), "test.xml") == MESSAGE.header
    with pytest.raises(InputError, match=r"test\.xml:\d"):
        peek_header(XML[: XML.index("</header>")].encode(), "test.xml")


def test_the_states_are_those_that_ccsds_ndm_finds() -> None:
    """The package ccsds-ndm-py reads the same numbers from the same XML."""
    for ours, theirs in zip(MESSAGE.segments, ccsds_ndm.Oem.from_str(XML, format="xml").segments, strict=True):
        table = np.hstack([ours.positions_km, ours.velocities_km_s])
        np.testing.assert_array_equal(table, np.asarray(theirs.data.state_vector_numpy)[:, :6])


def _line(number: int, text: str) -> str:
    lines = SHORT.split("\n")
    lines[number - 1] = text
    return "\n".join(lines)


def _state(old: str, new: str) -> str:
    """SHORT with a change in its second state, on line 23."""
    lines = SHORT.split("\n")
    assert old in lines[22]
    lines[22] = lines[22].replace(old, new, 1)
    return "\n".join(lines)


RULES: list[tuple[str, str | bytes, str, int]] = [
    ("cut off", SHORT[:-10], "well-formed", 26),
    ("closed early", _line(8, "</oem>"), "at least one segment", 8),
    ("wrong nesting", _line(20, "</data>"), "well-formed", 20),
    ("nul", SHORT.encode().replace(b"TEST", b"TE\x00T"), "text", 6),
    ("latin-1", SHORT.encode().replace(b"TEST", b"T\xe9ST"), "well-formed", 6),
    ("other encoding", SHORT.replace("UTF-8", "EBCDIC-FI", 1), "encoding", 1),
    ("endless value", SHORT.replace("TEST", "x" * 1_001), "at most 1000 characters", 6),
    ("control character", SHORT.replace("TEST", "T\x85ST"), "printable", 6),
    ("doctype", SHORT.replace("<oem", "<!DOCTYPE oem>\n<oem"), "DOCTYPE", 2),
    ("unknown root", '<?xml version="1.0"?>\n<orbit/>', "elements of an OEM", 2),
    ("empty ndm", "<ndm>\n<opm/></ndm>", "one state is no ephemeris", 2),
    ("long comment", SHORT.replace("<header>", f"<header><COMMENT>{'c' * 1001}</COMMENT>"), "COMMENT must have", 4),
    ("no message", "<ndm>\n</ndm>", "must hold an <oem>", 2),
    ("no id", SHORT.replace(' id="CCSDS_OEM_VERS"', ""), "must have id", 2),
    ("unknown version", SHORT.replace('version="2.0"', 'version="4.0"'), "1.0, 2.0, 3.0", 2),
    ("two messages", f"<ndm>{SHORT[SHORT.index('<oem') :]}{SHORT[SHORT.index('<oem') :]}</ndm>", "one OEM", 27),
    ("unknown header element", _line(6, "<AUTHOR>A</AUTHOR>"), "elements of an OEM", 6),
    ("no originator", _line(6, ""), "ORIGINATOR", 7),
    ("empty originator", _line(6, "<ORIGINATOR>  </ORIGINATOR>"), "must have a value", 6),
    ("repeated originator", _line(6, "<ORIGINATOR>A</ORIGINATOR>\n<ORIGINATOR>A</ORIGINATOR>"), "once", 7),
    ("bad creation date", _line(5, "<CREATION_DATE>now</CREATION_DATE>"), "CREATION_DATE", 5),
    ("text between elements", _line(7, "</header> x"), "text must stand", 8),
    ("body first", SHORT.replace("<header>", "<body></body><header>"), "<header> must come", 4),
    ("no segment", re.sub(r"<segment>.*</segment>", "", SHORT, flags=re.DOTALL), "at least one segment", 11),
    ("no metadata", re.sub(r"<metadata>.*</metadata>", "", SHORT, flags=re.DOTALL), "<metadata> must come", 11),
    ("no data", re.sub(r"<data>.*</data>", "", SHORT, flags=re.DOTALL), "must hold <data>", 22),
    ("two metadata", SHORT.replace("<data>", "<metadata></metadata><data>"), "once", 21),
    ("no centre", _line(13, ""), "CENTER_NAME", 20),
    ("element in an element", _line(13, "<CENTER_NAME><B>MARS</B></CENTER_NAME>"), "elements of an OEM", 13),
    ("start after stop", SHORT.replace("00:00:00.000000000</START", "09:00:00</START"), "must not come after", 17),
    ("no states", re.sub(r"<stateVector>.*</stateVector>", "", SHORT, flags=re.DOTALL), "at least one state", 24),
    ("unclosed number", _state("</X_DOT>", ""), "text must stand", 23),
    ("empty number", re.sub(r">[^<]*</Z_DOT>\n?", "></Z_DOT>", SHORT), "must have a value", 22),
    ("repeated number", _state("<X ", '<X units="km">1</X><X '), "once", 23),
    ("two numbers", _state('<X units="km">', '<X units="km">1 '), "decimal numbers", 23),
    ("no number", _state('<X units="km">', '<X units="km">x'), "decimal numbers", 23),
    ("metres", _state('<X units="km">', '<X units="m">'), "must be in km", 23),
    ("overflow", _state('<X units="km">', '<X units="km">1e99'), "", 23),
    ("epoch steps back", _state("00:01:00", "00:00:00"), "increase", 23),
    ("epoch too late", _state("00:01:00", "00:02:00"), "between START_TIME", 23),
    ("missing coordinate", _state("<EPOCH>2021-03-01T00:01:00.000000000</EPOCH>", ""), "must hold EPOCH", 23),
    ("one acceleration", _state("</stateVector>", "<X_DDOT>1</X_DDOT></stateVector>"), "must hold Y_DDOT", 23),
    ("unknown element", _state("</stateVector>", "<MASS>1</MASS></stateVector>"), "elements of an OEM", 23),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "line"), [case[1:] for case in RULES], ids=[case[0] for case in RULES])
@pytest.mark.parametrize("least", [0, 1 << 40])
def test_a_broken_rule_is_named_with_the_line_of_the_first_fault(
    text: str | bytes, rule: str, line: int, least: int
) -> None:
    """The error says which rule, in which file, on which line, whichever way the states are read."""
    with _stretches_from(least):
        error = _refusal(text)
    assert rule in error.rule
    assert (error.file, error.line) == ("test.xml", line)


def test_covariances_follow_the_rules_of_their_kind() -> None:
    """Covariances in version 1.0, one that lacks an element and epochs out of order are refused."""
    of_version_1 = re.sub(r"<[XYZ]_DDOT[^>]*>[^<]*</[XYZ]_DDOT>", "", XML).replace('"3.0"', '"1.0"')
    assert "version 1.0" in _refusal(of_version_1).rule
    of_version_1 = re.sub(
        r"<covarianceMatrix>.*</covarianceMatrix>", "", XML.replace('"3.0"', '"1.0"'), flags=re.DOTALL
    )
    assert "elements of an OEM" in _refusal(of_version_1).rule  # accelerations
    assert "must hold CX_X" in _refusal(re.sub(r"<CX_X[^>]*>[^<]*</CX_X>", "", XML)).rule
    assert "increase" in _refusal(XML.replace("<EPOCH>2021-03-01T00:02:00.000000000</EPOCH>\n",
                                              "<EPOCH>2021-03-01T00:01:00.000000000</EPOCH>\n")).rule  # fmt: skip


LAUGHS = '<!DOCTYPE oem [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "prologue",
    [
        LAUGHS,
        '<!DOCTYPE oem SYSTEM "http://example.org/oem.dtd">',
        '<!DOCTYPE oem [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE oem [<!ENTITY % p SYSTEM "http://example.org/p"> %p;]>',
    ],
)
def test_document_types_are_refused_whatever_they_hold(prologue: str) -> None:
    """Entities are neither expanded nor fetched: the DOCTYPE itself ends the reading."""
    text = SHORT.replace("<oem", f"{prologue}\n<oem", 1).replace("TEST", "&a;")
    assert _refusal(text).rule == "a message must hold no DOCTYPE"


def test_an_undeclared_entity_is_refused() -> None:
    """Without a document type there is nothing that an entity could stand for."""
    assert "well-formed" in _refusal(SHORT.replace("TEST", "&x;")).rule


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "../../etc/passwd", "a|b *c* [d](e)", "&amp; \"'"])
@pytest.mark.parametrize("notation", ["kvn", "xml"])
def test_names_are_text_and_nothing_else(name: str, notation: str) -> None:
    """HTML, Markdown and paths in a name are kept letter by letter, in both notations."""
    message = replace(MESSAGE, segments=(replace(MESSAGE.segments[0], object_name=name),))
    text = write_oem(message, "xml" if notation == "xml" else "kvn")
    assert _read(text).segments[0].object_name == name


MUCH = 20_000_000


@pytest.mark.parametrize(
    "text",
    [
        b"CCSDS_OEM_VERS = 2.0\nCREATION_DATE = 2021-02-28\nORIGINATOR = " + b"x" * MUCH,
        message_text(segment_text(LINES)).encode() + b"1" * MUCH,
        message_text(segment_text(LINES)).encode() + b"1 " * (MUCH // 2),
        SHORT.encode().replace(b"</EPOCH>", b"0" * MUCH + b"</EPOCH>", 1),
        SHORT.encode().replace(b"<oem", b"<oem " + b"x" * MUCH, 1),
        SHORT.encode().replace(b"<header>", b"<header" * (MUCH // 7), 1),
        b"<" * MUCH,
        b"<ndm>" + b"<a>" * (MUCH // 3),
        b"<!--" + b"-x" * (MUCH // 2),
    ],
)  # fmt: skip
def test_very_long_lines_are_refused(text: bytes) -> None:
    """Twenty million characters without a line end give one error with a line."""
    assert _refusal(text).line is not None


SOURCE = INDENTED.encode()
PIECES = [b"<", b">", b"</", b"/>", b"&", b"]]>", b"<!--", b"-->", b"<X>", b"</X>", b" ", b"\n", b"0", b"-", b"."]
PIECES += [b"<stateVector>", b"</stateVector>", b"</data>", b"<data>", b"<?nearpass-stretch 0?>", b"<![CDATA["]


@st.composite
def _mutations(draw: st.DrawFn) -> bytes:
    """A valid message after a few random edits: bytes replaced, stretches removed, doubled or moved."""
    data = draw(st.sampled_from([SOURCE, XML.encode()]))
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(data)))
        end = min(len(data), begin + draw(st.integers(0, 60)))
        other = draw(st.integers(0, len(data)))
        data = draw(
            st.sampled_from(
                [
                    data[:begin] + draw(st.binary(max_size=4)) + data[end:],
                    data[:begin] + draw(st.sampled_from(PIECES)) + data[begin:],
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
        return parse_oem(data, "fuzz.xml")
    except InputError as error:
        refusal = error
    assert refusal.file == "fuzz.xml"
    assert refusal.line is not None
    assert 1 <= refusal.line <= data.count(b"\n") + data.count(b"\r") + 2
    return refusal.rule, refusal.line


@settings(max_examples=400, deadline=None)
@given(data=_mutations())
def test_any_damage_gives_a_message_or_one_input_error(data: bytes) -> None:
    """A damaged message never raises anything else, and both ways of reading come to the same end."""
    with _stretches_from(0):
        at_once = _outcome(data)
    with _stretches_from(1 << 40):
        carefully = _outcome(data)
    if isinstance(at_once, tuple) or isinstance(carefully, tuple):
        assert at_once == carefully
    else:
        assert _same(at_once, carefully)


@pytest.mark.parametrize("form", ["{:.9f}", "{:.6f}", "{:.15e}", "{:18.9f}", "{!r}"])
def test_many_states_are_read_at_once_to_the_last_bit(form: str) -> None:
    """Thousands of states in one format give the bits of float(), without the reading by elements."""
    rng = np.random.default_rng(7)
    values = rng.normal(size=(2000, 6)) * [4e3, 4e3, 2e8, 3.0, 3e-3, 3.0]
    stamps = [line.split()[0] for line in state_lines(np.arange(2000) * 1.5)]
    names = oem_xml_fast.STATE_ELEMENTS[1:]
    states = [[form.format(float(value)) for value in row] for row in values]
    blocks = [
        f"<stateVector>\n<EPOCH>{stamp}</EPOCH>\n"
        + "".join(f"  <{name}>{number.strip()}</{name}>\n" for name, number in zip(names, row, strict=True))
        + "</stateVector>\n"
        for stamp, row in zip(stamps, states, strict=True)
    ]
    text = re.sub(r"<stateVector>.*</stateVector>", "".join(blocks), SHORT, flags=re.DOTALL)
    text = re.sub(r"<STOP_TIME>.*</STOP_TIME>", "<STOP_TIME>2021-03-02T00:00:00</STOP_TIME>", text)
    with _stretches_from(oem_xml_fast._LEAST) as answers:
        (segment,) = _read(text).segments
    assert answers == [True]
    found = np.hstack([segment.positions_km, segment.velocities_km_s])
    truth = np.array([[float(number) for number in row] for row in states])
    np.testing.assert_array_equal(found.view(np.int64), truth.view(np.int64))


def test_the_fast_reader_of_numbers_is_the_one_of_kvn() -> None:
    """Both notations share one reading of numbers, so that they cannot differ in a bit."""
    assert oem_xml_fast.read_tokens is oem_fast.read_tokens
