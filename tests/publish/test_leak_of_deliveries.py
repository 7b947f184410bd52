"""The search knows withheld deliveries from their bytes alone: words, states in any unit, matrices."""

from __future__ import annotations

import gzip
from dataclasses import replace

import numpy as np
import pytest

from edition_records import CLEAR, edition, marked_record
from nearpass.publish.delivered import Deliveries
from nearpass.publish.digits import Rows, Windows, windows
from nearpass.publish.expected import Expected, expected
from nearpass.publish.leak import WORDS
from nearpass.publish.search import leaks_in
from nearpass.record.marking import MarkingRecord, Show, Tlp
from nearpass.record.record import CycleRecord

STATES = np.random.default_rng(7).uniform(-9e3, 9e3, (400, 6)) * [1, 1, 1, 4e-4, 4e-4, 4e-4]
SIGMA, COUPLED = 4.112233445566e-07, -7.665544332211e-08
RED = MarkingRecord(originator="X", level=Tlp.RED, words=None, release=())


def oem() -> bytes:
    """A message by hand, its states and two numbers of a matrix with thirteen digits."""
    head = "ORIGINATOR = QXLAB\nMESSAGE_ID = 77-B\nOBJECT_NAME = SILENT ONE\nCOMMENT run zq77ab31c of the filter\n"
    rows = "".join(
        f"2021-03-17T00:{place // 60:02d}:{place % 60:02d} {' '.join(f'{value:.12e}' for value in row)}\n"
        for place, row in enumerate(STATES)
    )
    matrix = f"EPOCH = 2021-03-17T00:00:00\n{SIGMA:.12e}\n{COUPLED:.12e}\n"
    return f"{head}{rows}COVARIANCE_START\n{matrix}COVARIANCE_STOP\n".encode()


def kernel() -> bytes:
    """A DAF file by hand: its mark, the order of its bytes, a comment, states as doubles."""
    head = bytearray(2048)
    head[:8], head[88:96] = b"DAF/SPK ", b"LTL-IEEE"
    head[1024:1060] = b"OD run zq77ab31c of 2021\x00SILENT SEGMENT".ljust(36, b"\x00")[:36]
    return bytes(head) + STATES.astype("<f8").tobytes()


def record(hidden: str | None = "MEX", *, blind: bool = False) -> CycleRecord:
    """The sample, of which one object's deliveries, or its covariances, are for nobody."""
    full = marked_record({})
    return replace(
        full,
        inputs=tuple(
            entry if entry.object_id != hidden
            else replace(entry, marking=CLEAR, covariance_marking=RED) if blind
            else replace(entry, marking=RED)
            for entry in full.inputs
        ),
    )  # fmt: skip


def sought(data: bytes, *, blind: bool = False) -> Expected:
    """What the public edition must not hold, where the file of one object is this one."""
    full = record(blind=blind)
    own = {entry.sha256 for entry in full.inputs if entry.object_id == "MEX"}
    return expected(
        full,
        edition({}, withheld=Show.HIDDEN),
        WORDS,
        deliveries=Deliveries(lambda sha: data if sha in own else b"X = 1\n"),
    )


@pytest.fixture(scope="module")
def of_oem() -> Expected:
    """Of the message."""
    return sought(gzip.compress(oem()))


X, Y, Z, VX, *_ = STATES[57]
ROUNDED = ((X, 1e3), (Y, 1e3), (Z, 1e3), (VX, 1.0))
PRINTED = {
    "a state as delivered": f"{X:.12e} {Y:.12e} {Z:.12e}",
    "a position in metres, rounded": f"<td>{X * 1e3:.0f}</td><td>{Y * 1e3:.0f}</td><td>{Z * 1e3:.0f}</td>",
    "a position in the shortest JSON": f'{{"x_km":{X:.6f},"y_km":{Y:.6f},"z_km":{Z:.6f}}}',
    "a position in JSON": f'{{"x_km": {X:.6f}, "y_km": {Y:.6f}, "z_km": {Z:.6f}}}',
    "a position and speed, to four digits": " ".join(f"{value * scale:.3e}" for value, scale in ROUNDED),
    "one coordinate down a column": "".join(f"{place},{row[1]:.10g}\n" for place, row in enumerate(STATES[50:60])),
    "a variance in square metres": f"sigma {SIGMA * 1e6:.13f}",
    "two numbers of a matrix, rounded": f"<td>{SIGMA:.8e}</td>\n<td>other</td>\n<td>{COUPLED * 1e6:.10f}</td>",
    "the originator": "from QXLAB today",
    "the number of the message": "see message 77-B.",
    "the name in the file": "<b>silent one</b>",
    "a token of a comment": "run ZQ77AB31C",
}


@pytest.mark.parametrize("form", PRINTED)
def test_what_stands_in_a_withheld_file_is_found(of_oem: Expected, form: str) -> None:
    """States rounded and in other units, one coordinate down a column, a variance, names and words of the header."""
    found = list(leaks_in([("page.html", PRINTED[form].encode())], of_oem))

    assert found
    assert PRINTED[form] not in str(found[0])


def test_numbers_that_are_no_state_are_not_taken_for_one(of_oem: Expected) -> None:
    """The same coordinates in another order, of several states, or one alone, say nothing."""
    rows = [f"{STATES[1][0]:.6f} {STATES[7][1]:.6f} {STATES[9][2]:.6f}", f"{Z:.6f} {Y:.6f} {X:.6f}", f"{X:.8f}"]

    assert list(leaks_in([(f"{place}.csv", row.encode()) for place, row in enumerate(rows)], of_oem)) == []


def test_a_kernel_is_known_by_its_doubles_and_its_comments() -> None:
    """Of a binary file the states and the comment area are searched for as well."""
    known = sought(kernel())

    assert list(leaks_in([("a.csv", f"{X:.6f},{Y:.6f},{Z:.6f}".encode())], known))
    assert list(leaks_in([("a.html", b"run zq77ab31c")], known))


def test_of_a_file_without_its_covariances_the_states_are_free() -> None:
    """Where the matrices alone are withheld, these are found and the states are not."""
    known = sought(oem(), blind=True)

    for form in ("a variance in square metres", "two numbers of a matrix, rounded"):
        assert list(leaks_in([("a.csv", PRINTED[form].encode())], known))
    assert list(leaks_in([("a.csv", PRINTED["a state as delivered"].encode())], known)) == []


def test_a_row_that_the_readers_have_elsewhere_is_free() -> None:
    """Of a file of which another one, for the readers, holds a part, only the rows of the other part are found."""
    known = Expected(rows=Rows.of([windows(STATES.ravel())], [Windows(STATES[:50].ravel())]))
    printed = {
        name: f"{row[0]:.6f} {row[1]:.6f} {row[2]:.6f}" for name, row in (("own", STATES[57]), ("open", STATES[7]))
    }

    assert [leak.file for leak in leaks_in([(name, text.encode()) for name, text in printed.items()], known)] == ["own"]


def test_of_a_file_without_its_covariances_a_row_of_them_is_found() -> None:
    """Three neighbours of a matrix, of six digits each, are no row of what the readers have of the same file."""
    matrix = np.random.default_rng(11).uniform(1e-7, 9e-7, 21)
    end = b"COVARIANCE_STOP"
    data = oem().replace(end, "".join(f"{value:.12e}\n" for value in matrix).encode() + end)
    known = sought(data, blind=True)
    row = " ".join(f"{value:.5e}" for value in matrix[4:7])

    assert list(leaks_in([("a.csv", row.encode())], known))
