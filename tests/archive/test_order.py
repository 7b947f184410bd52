"""Manifests and files of the register form one sequence; each thing that does not fit is named by its file, once."""

from dataclasses import replace

import pytest

from nearpass.archive.manifest import Digest, Link, Manifest, Mark
from nearpass.archive.order import faults_of_order, files_by_hash, manifest_name, newest, sequence
from nearpass.archive.register import Page

DAYS = ("2021-03-17", "2021-03-18", "2021-03-19")
LIST = Digest(sha256="f" * 64, size_bytes=1)


def link(day: int) -> Link:
    return Link(cycle_id=f"{DAYS[day]}T0000Z", manifest_sha256=f"{day}" * 64)


def manifest(day: int, mark: int | None, sightings: Digest | None = None) -> tuple[Link, Manifest]:
    """A manifest that names a file of the register; ``mark`` None is one of before there was a register."""
    named = None if mark is None else Mark(number=mark, sha256=page_sha256(mark))
    whole = Manifest(
        schema_number=3, cycle_id=link(day)["cycle_id"], files={}, inputs={}, previous=None, register=named,
        sightings=sightings, supersedes=None, signed_by=None,
    )  # fmt: skip
    return link(day), whole


def page_sha256(number: int) -> str:
    return f"a{number}".ljust(64, "a")


def page(number: int, archive: Link | None, schema: int = 2) -> Page:
    return Page(
        number=number, schema=schema, sha256=page_sha256(number), previous_sha256=None, archive=archive, entries=(),
        decided=(), signed_by=None, signature=None, signed=b"",
    )  # fmt: skip


# Received, archived, released; and once more. The last cycle was archived, and its release was not yet written.
PAGES = {1: page(1, None), 2: page(2, link(0)), 3: page(3, link(0)), 4: page(4, link(1)), 5: page(5, link(1))}
CHAIN = [manifest(2, 5, LIST), manifest(1, 3, LIST), manifest(0, 1)]
NAMES = [manifest_name(link(day)["cycle_id"]) for day in range(3)]
FILES = {number: f"register/{number:06d}.json" for number in range(1, 7)}


def faults(chain=CHAIN, pages=PAGES, missing=frozenset()) -> dict[str, str]:
    found = list(faults_of_order(chain, pages, missing))
    assert len(dict(found)) == len(found)
    return dict(found)


def test_what_is_in_order_has_no_fault() -> None:
    """Whole, without a register, begun by an earlier version, and with cycles that received nothing."""
    assert not faults()
    assert not faults([manifest(1, 1), manifest(0, 1)], {1: PAGES[1]})
    assert not faults([manifest(1, None), manifest(0, None)], {})
    assert not faults(pages={**PAGES, 1: page(1, None, schema=1)})


def test_entries_stand_in_the_order_in_which_they_were_added() -> None:
    """What a cycle received stands before it, what was released of it behind it; the newest covers all."""
    ids = [link(day)["cycle_id"] for day in range(3)]
    assert sequence(CHAIN, PAGES) == [FILES[1], ids[0], FILES[2], FILES[3], ids[1], FILES[4], FILES[5], ids[2]]
    assert newest(CHAIN, PAGES) == link(2)["manifest_sha256"]
    released = {**PAGES, 6: page(6, link(2))}
    assert sequence(CHAIN, released)[-2:] == [ids[2], FILES[6]]
    assert newest(CHAIN, released) == page_sha256(6)
    assert newest([], {}) is None
    assert files_by_hash(CHAIN, PAGES) == {
        **{link(day)["manifest_sha256"]: NAMES[day] for day in range(3)},
        **{page_sha256(number): FILES[number] for number in PAGES},
    }


@pytest.mark.parametrize(
    ("chain", "file", "rule"),
    [
        ([manifest(2, None, LIST), *CHAIN[1:]], NAMES[2], "must name the register"),
        ([manifest(2, 5), *CHAIN[1:]], NAMES[2], "must name the list of first sightings"),
        ([manifest(2, 2, LIST), *CHAIN[1:]], NAMES[2], "must not name an older file of the register"),
        ([manifest(2, 6, LIST), *CHAIN[1:]], FILES[6], f"it is missing: {NAMES[2]} names it"),
    ],
)
def test_a_manifest_that_does_not_fit(chain, file, rule) -> None:
    """One that names less than those before it, or what is not there."""
    found = faults(chain)
    assert list(found) == [file]
    assert rule in found[file]


def test_manifests_before_there_was_a_register_excuse_none_after_it() -> None:
    """Where the first manifest names none, the others are held against it all the same."""
    assert list(faults([manifest(2, None), manifest(1, 1), manifest(0, None)], {1: PAGES[1]})) == [NAMES[2]]


def test_a_later_manifest_is_held_against_the_newest_that_was_named() -> None:
    """An older file named once does not excuse another that is older than the newest."""
    chain = [manifest(2, 2, LIST), manifest(1, 1, LIST), manifest(0, 3)]
    assert list(faults(chain)) == [NAMES[1], NAMES[2]]


def test_a_file_of_the_register_that_does_not_fit() -> None:
    """Changed, misplaced, of an earlier schema than the one before it, or gone; nothing is told twice."""
    other = replace(PAGES[3], sha256="b" * 64)
    assert faults(pages={**PAGES, 3: other}) == {FILES[3]: f"it must have the hash that {NAMES[1]} gives"}
    assert "file number 4" in faults(pages={**PAGES, 4: replace(PAGES[4], number=5)})[FILES[4]]
    assert "earlier schema" in faults(pages={**PAGES, 4: page(4, None, schema=1)})[FILES[4]]
    without = {number: one for number, one in PAGES.items() if number != 5}
    assert faults(pages=without) == {FILES[5]: f"it is missing: {NAMES[2]} names it"}
    assert not faults(pages=without, missing=frozenset({FILES[5]}))


def test_a_manifest_that_the_register_names() -> None:
    """Gone from the end of the chain, or another than it was: told once, by the first file that names it."""
    gone = faults(CHAIN[2:], {number: PAGES[number] for number in (1, 2, 3, 4, 5)})
    assert gone == {NAMES[1]: f"it must be in the chain: {FILES[4]} names it"}
    changed = [CHAIN[0], (Link(cycle_id=link(1)["cycle_id"], manifest_sha256="c" * 64), CHAIN[1][1]), CHAIN[2]]
    assert faults(changed) == {NAMES[1]: f"it must have the hash that the register gives: {FILES[4]} names it"}
    assert not faults(changed, missing=frozenset({NAMES[1]}))
