"""The stored record."""

import json
from dataclasses import replace

import jsonschema
import pytest

from nearpass.errors import ArchiveError
from nearpass.record.record import SCHEMA, dump, json_schema, load
from records import sample_record


def test_a_record_survives_storage() -> None:
    """Loading what was stored gives an equal record, and storing that gives the same bytes."""
    record = sample_record()
    text = dump(record)

    assert load(text, "record.json") == record
    assert dump(load(text, "record.json")) == text


def test_a_stored_record_follows_the_published_schema() -> None:
    """The JSON of a record is valid by the published JSON Schema."""
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(json.loads(dump(sample_record())), schema)


@pytest.mark.parametrize(("number", "words"), [(SCHEMA + 1, "newer"), (0, "older")])
def test_another_schema_is_refused_in_clear_words(number: int, words: str) -> None:
    """A record of a newer or older schema is refused, and the message says which."""
    text = dump(replace(sample_record(), schema_number=number))

    with pytest.raises(ArchiveError, match=words):
        load(text, "record.json")


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff", b'{"schema_number": 1}'])
def test_what_is_no_record_is_refused(text: bytes) -> None:
    """Anything but a record is refused with one error that names the file."""
    with pytest.raises(ArchiveError, match=r"record\.json"):
        load(text, "record.json")
