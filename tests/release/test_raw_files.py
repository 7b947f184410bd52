"""A delivered file goes to readers as far as every use of it allows them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spiceypy as spice

from edition_records import CLEAR, edition, marked_record
from element_texts import json_text, tle
from nearpass.messages.elements import read_elements
from nearpass.record.marking import Edition, MarkingRecord, Tlp
from nearpass.record.record import CycleRecord
from nearpass.release.raw_files import RawFiles, WithheldFileError
from oem_texts import covariance_text, message_text, segment_text, state_lines

RED = replace(CLEAR, level=Tlp.RED)
SHA = "ab" * 32
TWO = json_text({}, {"NORAD_CAT_ID": "70001", "OBJECT_NAME": "SPY"}).encode()


def cycle(
    *uses: tuple[str, MarkingRecord, str | None], hidden: tuple[str, ...] = (), file: str = "e/a.json", **more: Any
) -> CycleRecord:
    """The sample with one file delivered so: for an object, under a marking, as what the file calls it."""
    record = marked_record(dict.fromkeys(hidden, RED))
    first = record.inputs[0]
    entries = [
        replace(first, object_id=name, marking=marking, object_in_file=called, sha256=SHA, file=file, **more)
        for name, marking, called in uses
    ]
    ours = {name for name, _, _ in uses}
    assert record.sweep is not None
    sweep = replace(record.sweep, inputs=tuple(entry for entry in entries if entry.object_id == "catalogue"))
    others = tuple(entry for entry in record.inputs if entry.object_id not in ours)
    own = tuple(entry for entry in entries if entry.object_id != "catalogue")
    return replace(record, inputs=(*others, *own), solutions=(), sweep=sweep)


def numbers(record: CycleRecord, data: bytes, public: Edition | None = None) -> list[int]:
    """The sets that readers are handed."""
    found = RawFiles(record, public or edition()).file(SHA, data)
    return [item.number for item in read_elements(found.data, "a").sets]


def test_a_file_of_two_objects_is_cut_to_the_visible_one() -> None:
    """Whether the other is hidden, or is of no object of the configuration; a reader of both is handed the file."""
    one = ("MRO", CLEAR, "5")
    assert numbers(cycle(one, ("ODY", RED, "70001"), hidden=("ODY",)), TWO) == [5]
    assert numbers(cycle(one), TWO) == [5]
    both = RawFiles(cycle(one, ("ODY", CLEAR, "70001")), edition()).file(SHA, TWO)
    assert (both.data, both.left_out) == (TWO, ())


def test_a_catalogue_goes_without_the_hidden_objects() -> None:
    """A hidden object is cut out of an open catalogue by its number, by what its own file calls it, and by its name."""
    record = cycle(("catalogue", CLEAR, None), hidden=("ODY",))
    assert numbers(record, TWO) == [5, 70001]
    called = [replace(item, name="SPY") if item.id == "ODY" else item for item in record.objects]
    assert numbers(replace(record, objects=tuple(called)), TWO) == [5]
    known = [replace(item, catalogue_number=70001) if item.id == "ODY" else item for item in record.objects]
    assert numbers(replace(record, objects=tuple(known)), TWO) == [5]
    assert numbers(cycle(("catalogue", CLEAR, None), ("ODY", RED, "70001"), hidden=("ODY",)), TWO) == [5]


@pytest.mark.parametrize("other", [("MRO", RED, "5"), ("MRO", replace(CLEAR, level=None), "5")])
def test_a_file_that_is_withheld_in_another_use_stays_here(other: tuple[str, MarkingRecord, str]) -> None:
    """The same file as an open delivery and as a RED one of the same object is not handed over."""
    with pytest.raises(WithheldFileError, match="another use"):
        numbers(cycle(("MRO", CLEAR, "5"), other), TWO)


def test_covariances_of_any_use_that_are_withheld_go() -> None:
    """Where one of two uses has covariances that may not be seen, the file goes without them."""
    block = covariance_text(("2021-03-01T00:01:00", "RTN", np.eye(6)))
    data = message_text(segment_text(state_lines(np.arange(8) * 60.0)) + block).encode()
    record = cycle(("MRO", CLEAR, "X"), covariance_marking=RED, file="e/a.oem")
    named = cycle(("MRO", CLEAR, "X"), covariance_marking=replace(RED, release=("ESA",)), file="e/a.oem")

    assert b"COVARIANCE" not in RawFiles(record, edition()).file(SHA, data).data
    assert RawFiles(named, edition(parties=frozenset({"ESA"}))).file(SHA, data).data == data
    assert RawFiles(record, Edition(id="own", everything=True)).file(SHA, data).data == data


def test_a_record_that_does_not_say_whose_a_file_is_gives_what_cannot_be_mistaken() -> None:
    """In records of earlier versions a file of one object goes, and one of several does not."""
    record = cycle(("MRO", CLEAR, None))
    assert numbers(record, tle("00005").encode()) == [5]
    with pytest.raises(WithheldFileError, match="cannot be cut"):
        numbers(record, TWO)


def kernel(path: Path, *targets: int) -> bytes:
    """An SPK kernel with a segment for each target about Mars."""
    handle = spice.spkopn(str(path), "test", 0)
    times = np.linspace(0.0, 600.0, 8)
    for target in targets:
        states = np.tile([4000.0, 0.0, 0.0, 0.0, 3.0, 0.0], (8, 1))
        spice.spkw13(handle, target, 499, "J2000", 0.0, 600.0, f"of {target}", 7, 8, states, times)
    spice.spkcls(handle)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("targets", "goes"), [((-74,), True), ((-74, 401, 4), True), ((-74, -53), False), ((-74, -905001), False)]
)
def test_a_kernel_goes_whole_or_not_at_all(tmp_path: Path, targets: tuple[int, ...], goes: bool) -> None:
    """Its own target and planets may be in it; another spacecraft, configured or not, keeps it here."""
    data = kernel(tmp_path / "a.bsp", *targets)
    raw = RawFiles(cycle(("MRO", CLEAR, "-74"), file="e/a.bsp"), edition())

    if goes:
        assert raw.file(SHA, data).data == data
    else:
        with pytest.raises(WithheldFileError, match="other objects"):
            raw.file(SHA, data)


def test_a_hidden_moon_keeps_the_kernels_of_moons_here(tmp_path: Path) -> None:
    """A natural body that is an object and hidden is one of the others."""
    record = cycle(("MRO", CLEAR, "-74"), file="e/a.bsp", hidden=("PHOBOS",))
    objects = tuple(replace(item, naif_id=401) if item.id == "PHOBOS" else item for item in record.objects)
    raw = RawFiles(replace(record, objects=objects), edition())

    with pytest.raises(WithheldFileError, match="other objects"):
        raw.file(SHA, kernel(tmp_path / "b.bsp", -74, 401))


def test_a_list_of_kernels_stays_here() -> None:
    """It names files that the recipient is not given."""
    with pytest.raises(WithheldFileError, match="names files"):
        RawFiles(cycle(("MRO", CLEAR, "-74"), file="e/a.tm"), edition()).file(SHA, b"KPL/MK")


def test_a_file_of_nobody_is_withheld() -> None:
    """A hash that no delivery of the cycle has opens nothing."""
    with pytest.raises(WithheldFileError):
        RawFiles(cycle(("MRO", CLEAR, "5")), edition()).file("cd" * 32, TWO)
