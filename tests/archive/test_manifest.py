"""What is no manifest, no head and no mark is refused by name, before anything is concluded from it."""

import json
from typing import Any

import pytest

from nearpass.archive.manifest import parse_link, parse_manifest, parse_mark
from nearpass.errors import ArchiveError

HASH = "0f" * 32
DIGEST = {"sha256": HASH, "size_bytes": 1}
WHOLE: dict[str, Any] = {
    "schema_number": 3, "cycle_id": "2021-03-17T0000Z", "files": {"record.json": DIGEST},
    "inputs": {HASH: {"size_bytes": 2, "stored": DIGEST}},
    "previous": {"cycle_id": "2021-03-16T0000Z", "manifest_sha256": HASH}, "register": {"number": 1, "sha256": HASH},
    "sightings": None, "supersedes": None, "signed_by": None,
}  # fmt: skip
SINCE = {1: (), 2: ("register",), 3: ("register", "sightings")}


def of_schema(number: int, kept: tuple[str, ...]) -> bytes:
    """A manifest with some of the keys that came later."""
    left = {key: value for key, value in WHOLE.items() if key not in SINCE[3] or key in kept}
    return json.dumps(left | {"schema_number": number}).encode()


def test_manifests_of_every_schema_are_read() -> None:
    """Each with the keys that it has since, and with no other."""
    for number, kept in SINCE.items():
        assert parse_manifest(of_schema(number, kept), "manifest.json")["schema_number"] == number
        for other in {*SINCE.values()} - {kept}:
            with pytest.raises(ArchiveError, match="since schema"):
                parse_manifest(of_schema(number, other), "manifest.json")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"schema_number": 4}, r"must be 1 to 3; this is newer than this program"),
        ({"schema_number": 0}, r"must be 1 to 3; this is too old"),
        ({"schema_number": "3"}, "schema_number"),
        ({"cycle_id": "2021-03-17"}, "cycle_id"),
        ({"files": {"../record.json": DIGEST}}, r"files"),
        ({"inputs": {"../x": {"size_bytes": 2, "stored": DIGEST}}}, "inputs"),
        ({"register": {"number": 0, "sha256": HASH}}, "register"),
        ({"signed_by": "me"}, "signed_by"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_no_manifest(change, rule) -> None:
    """The rule names the key."""
    with pytest.raises(ArchiveError, match=rule):
        parse_manifest(json.dumps(WHOLE | change).encode(), "manifest.json")


def test_what_is_no_json_object() -> None:
    """Nor is a list, or half a text, anything that an archive begins with."""
    for text in (b"", b"[]", b'{"schema_number": 3'):
        with pytest.raises(ArchiveError, match="must be a JSON object"):
            parse_manifest(text, "manifest.json")
        with pytest.raises(ArchiveError, match="name a cycle"):
            parse_link(text, "head.json")
        with pytest.raises(ArchiveError, match="a number and a hash"):
            parse_mark(text, "head.json")


def test_heads_name_one_entry_and_nothing_else() -> None:
    """What version 0.1.0 kept beside the register's mark is passed over; another key is a fault."""
    mark = {"number": 1, "sha256": HASH}
    assert parse_mark(json.dumps(mark | {"decided": []}).encode(), "head.json") == mark
    assert parse_link(json.dumps(WHOLE["previous"]).encode(), "head.json") == WHOLE["previous"]
    for broken in ({"number": 0}, {"number": "1"}, {"sha256": HASH.upper()}, {"more": 1}):
        with pytest.raises(ArchiveError):
            parse_mark(json.dumps(mark | broken).encode(), "head.json")
    with pytest.raises(ArchiveError):
        parse_link(json.dumps(WHOLE["previous"] | {"more": 1}).encode(), "head.json")
