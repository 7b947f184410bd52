"""Delivered files cut to a part: nothing of the rest is left, and what is left is as it was."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma

import numpy as np
import pytest
from lxml import etree
from sgp4.api import Satrec

from element_texts import csv_text, json_text, kvn, tle, xml
from nearpass.errors import InputError
from nearpass.messages.cutting import Named, cut
from nearpass.messages.elements import read_elements
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_write import write_oem
from oem_texts import covariance_text, message_text, segment_text, state_lines

MATRIX = np.diag([1.2345671, 2.3456782, 3.4567893, 4.5678904, 5.6789015, 6.7890126]) + 0.777123 * (1 - np.eye(6))
LINES = state_lines(np.arange(8) * 60.0)
OCM = """CCSDS_OCM_VERS = 3.0
COMMENT sigma-word
CREATION_DATE = 2021-02-28T12:00:00
ORIGINATOR = TEST
META_START
OBJECT_NAME = ORBITER
TIME_SYSTEM = UTC
EPOCH_TZERO = 2021-03-01T00:00:00
META_STOP
TRAJ_START
CENTER_NAME = MARS
TRAJ_REF_FRAME = ICRF
TRAJ_TYPE = CARTPV
{lines}
TRAJ_STOP
PHYS_START
WET_MASS = 100 [kg]
PHYS_STOP
COV_START
COV_REF_FRAME = RTN_INERTIAL
COV_TYPE = CARTPV
COV_ORDERING = LTM
60.0 {matrix}
COV_STOP
MAN_START
MAN_ID = 1.2345671
MAN_STOP
OD_START
OD_ID = 1.2345671
OD_STOP
USER_START
USER_DEFINED_X = 1.2345671
USER_STOP
"""


def covered() -> str:
    """An OEM with covariances and comments in every block."""
    comment = "COMMENT sigma-word 1.2345671"
    block = covariance_text(("2021-03-01T00:01:00", "RTN", MATRIX)).replace("EPOCH", f"{comment}\nEPOCH", 1)
    text = message_text(segment_text(LINES) + block)
    for key in ("CREATION_DATE", "OBJECT_NAME", "META_STOP\n"):
        text = text.replace(key, f"{comment}\n{key}" if key != "META_STOP\n" else f"{key}{comment}\n", 1)
    return text


def ocm() -> str:
    """An OCM with every block that may tell of sigmas."""
    lower = " ".join(repr(float(value)) for value in MATRIX[np.tril_indices(6)])
    return OCM.format(lines="\n".join(LINES), matrix=lower)


def as_xml(kvn_text: str, root: str) -> str:
    """The OCM in XML: blocks and keywords become elements."""
    out, opened = [f'<?xml version="1.0"?><!-- sigma-word --><{root} id="X" version="3.0"><header>'], ["header"]
    for line in kvn_text.splitlines()[1:]:
        key, equals, value = line.partition(" = ")
        if line == "META_START":
            out.append("</header><body><segment><metadata>")
        elif line == "META_STOP":
            out.append("</metadata><data>")
        elif line.endswith("_START"):
            opened.append(line[:-6].lower())
            out.append(f"<{opened[-1]}>")
        elif line.endswith("_STOP"):
            out.append(f"</{opened.pop()}>")
        elif line.startswith("COMMENT"):
            out.append(f"<COMMENT>{line[8:]}</COMMENT>")
        elif equals:
            value = value.removesuffix(" [kg]")
            out.append(f"<{key}>{value}</{key}>")
        else:
            out.append(f"<{opened[-1]}Line>{line}</{opened[-1]}Line>")
    return "".join([*out, "</data></segment></body>", f"</{root}>"])


def with_ndm(message: str) -> str:
    """The message beside another one and words of its own in an ``<ndm>``."""
    body = message[message.index("?>") + 2 :] if message.startswith("<?") else message
    other = "<cdm id='X' version='1.0'><header><COMMENT>sigma-word</COMMENT></header></cdm>"
    return f"<ndm><COMMENT>sigma-word</COMMENT>{other}{body}</ndm>"


DELIVERED = {
    "OEM KVN": covered(),
    "OEM KVN with CRLF": covered().replace("\n", "\r\n"),
    "OEM XML": write_oem(parse_oem(covered().encode(), "a.oem"), "xml"),
    "OEM in an ndm": with_ndm(write_oem(parse_oem(covered().encode(), "a.oem"), "xml")),
    "OCM KVN": ocm(),
    "OCM XML": as_xml(ocm(), "ocm"),
    "OCM in an ndm": with_ndm(as_xml(ocm(), "ocm")),
}
PACKED = {"plain": bytes, "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def everything(_: Named) -> bool:
    return True


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("form", DELIVERED)
def test_covariances_go_and_the_states_stay(form: str, packed: str) -> None:
    """No element of the matrix, no comment, no block with sigmas is left; the states are the same to the last bit."""
    text = DELIVERED[form].encode()
    before = parse_oem(text, "a")
    found = cut(PACKED[packed](text), "a", keep=everything, covariances=False)
    after = parse_oem(found.data, "a")
    left = found.data.decode()

    assert before.segments[0].covariances is not None
    assert all(segment.covariances is None for segment in after.segments)
    assert [s.positions_km.tobytes() for s in after.segments] == [s.positions_km.tobytes() for s in before.segments]
    assert not [value for value in np.abs(MATRIX).ravel() if repr(float(value))[:9] in left]
    assert "sigma" not in left
    assert "COMMENT" not in left
    assert "covariances" in found.left_out
    if left.lstrip().startswith("<"):
        tags = {
            etree.QName(item).localname for item in etree.fromstring(found.data).iter() if isinstance(item.tag, str)
        }
        assert not tags & {"covarianceMatrix", "cov", "man", "od", "user", "cdm"}


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("form", [form for form in DELIVERED if "ndm" not in form])
def test_what_needs_no_cut_stays_as_it_came(form: str, packed: str) -> None:
    """A file of one object whose covariances may be seen is the same bytes, so that its hash holds."""
    data = PACKED[packed](DELIVERED[form].encode())

    found = cut(data, "a", keep=everything, covariances=True)

    assert (found.data, found.left_out) == (data, ())


def test_other_messages_of_a_file_go() -> None:
    """Of an ndm the ephemeris is left, whoever may see its covariances."""
    found = cut(DELIVERED["OEM in an ndm"].encode(), "a", keep=everything, covariances=True)

    assert "cdm" not in found.data.decode()
    assert "sigma-word" not in found.data.decode()
    assert parse_oem(found.data, "a").segments[0].covariances is not None


def many(form: str) -> str:
    """Three sets in one file: 00005, a hidden 70001 with a name of its own, 00007."""
    hidden = {"NORAD_CAT_ID": "70001", "OBJECT_NAME": "HIDDEN-SAT", "BSTAR": "9.8765E-5", "COMMENT": "of HIDDEN-SAT"}
    third = {"NORAD_CAT_ID": "7", "COMMENT": "not HIDDEN-SAT"}
    if form == "TLE":
        return "# with HIDDEN-SAT\n" + tle(name="OPEN") + tle("70001", "HIDDEN-SAT") + tle("00007")
    if form == "TLE alpha-5":
        return tle(name="OPEN") + tle("H0001", "HIDDEN-SAT") + tle("00007")
    if form == "OMM KVN":
        return kvn() + kvn(**hidden) + kvn(**third)
    if form == "OMM XML":
        one, two, three = (xml(**changes) for changes in ({}, {**hidden}, {**third}))
        inner = "".join(part[part.index("<omm") : part.index("</ndm>")] for part in (one, two, three))
        return f"<?xml version='1.0'?><ndm><COMMENT>HIDDEN-SAT</COMMENT><!-- HIDDEN-SAT -->{inner}</ndm>"
    if form == "OMM JSON":
        return json_text({}, {**hidden}, {**third})
    head, *rows = csv_text().splitlines()[:1] + [
        csv_text(**c).splitlines()[1] for c in ({}, {**_without_comment(hidden)})
    ]
    return "\n".join([head, *rows, csv_text(NORAD_CAT_ID="7").splitlines()[1], ""])


def _without_comment(changes: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in changes.items() if key != "COMMENT"}


FORMS = ["TLE", "TLE alpha-5", "OMM KVN", "OMM XML", "OMM JSON", "OMM CSV"]


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("form", FORMS)
def test_sets_of_other_objects_go(form: str, packed: str) -> None:
    """What is left of a file of many are the wanted sets, the same elements, without the number or name of the rest."""
    text = many(form)
    hidden = 170001 if "alpha" in form else 70001
    found = cut(PACKED[packed](text.encode()), "a", keep=lambda named: named.number in {5, 7}, covariances=True)
    before, after = read_elements(text.encode(), "a"), read_elements(found.data, "a")
    left = found.data.decode()

    assert {item.number for item in before.sets} == {5, hidden, 7}
    assert [item.number for item in after.sets] == [5, 7]
    assert [_numbers(item.satrec) for item in after.sets] == [
        _numbers(i.satrec) for i in before.sets if i.number != hidden
    ]
    assert not [word for word in ("HIDDEN", "70001", "H0001", "9.8765") if word in left]
    assert found.left_out[0] == "other objects or messages"


def _numbers(satrec: Satrec) -> tuple[float, ...]:
    return (satrec.no_kozai, satrec.ecco, satrec.inclo, satrec.nodeo, satrec.argpo, satrec.mo, satrec.bstar)


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_wanted_sets_stays_as_it_came(form: str) -> None:
    """Where every set may be seen the file is the same bytes."""
    data = gzip.compress(many(form).encode())

    assert cut(data, "a", keep=everything, covariances=True).data == data


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_which_nothing_is_left_is_refused(form: str) -> None:
    """Where no set may be seen there is no file to hand over."""
    with pytest.raises(InputError, match="must hold something"):
        cut(many(form).encode(), "a", keep=lambda _: False, covariances=True)


@pytest.mark.parametrize("form", ["OMM KVN", "OMM XML", "OMM JSON", "OMM CSV"])
@pytest.mark.parametrize("key", ["CX_X", "CZ_DOT_Y_DOT", "COV_REF_FRAME", "USER_DEFINED_SIGMA"])
def test_covariances_among_elements_go(form: str, key: str) -> None:
    """A covariance that stands among the keywords of an OMM goes, in every notation."""
    changes = {key: "1.2345671"}
    text = {
        "OMM KVN": lambda: kvn(**changes),
        "OMM XML": lambda: xml().replace(
            "</data>", f"<covarianceMatrix><{key}>1.2345671</{key}></covarianceMatrix></data>"
        ),
        "OMM JSON": lambda: json.dumps(json.loads(json_text(changes))[0]),
        "OMM CSV": lambda: csv_text(**changes),
    }[form]()

    left = cut(text.encode(), "a", keep=everything, covariances=False).data.decode()

    assert key in text
    assert key not in left
    assert "1.2345671" not in left
    assert [item.number for item in read_elements(left.encode(), "a").sets] == [5]


def test_a_set_that_cannot_be_read_is_not_handed_over() -> None:
    """A set without a readable number is of nobody knows whom, and goes with the others."""
    odd = json.dumps([*json.loads(json_text({})), {"OBJECT_NAME": "ODD", "MEAN_MOTION": 1.0, "NORAD_CAT_ID": "?"}])

    found = cut(odd.encode(), "a", keep=lambda named: named.number is not None, covariances=True)

    assert "ODD" not in found.data.decode()


@pytest.mark.parametrize("text", [ocm(), as_xml(ocm(), "ocm")], ids=["KVN", "XML"])
def test_the_mass_goes_with_the_covariances(text: str) -> None:
    """What is withheld with them in the record is not handed over in the file; the trajectory is."""
    whole, small = (
        cut(text.encode(), "a.ocm", keep=lambda _: True, covariances=covariances).data for covariances in (True, False)
    )

    assert b"WET_MASS" in whole
    assert b"WET_MASS" not in small
    assert b"CARTPV" in small
