"""The receipt of a delivery: what arrived, how good it is, what it is used for; for its originator alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from edition_records import marked_record
from nearpass.ephemeris.lint_finding import Grade
from nearpass.report.receipts import receipts
from records import sample_record


def test_each_delivery_has_one_receipt_with_its_hash_and_coverage() -> None:
    """Nominal ephemerides, other solutions and catalogues: the hashes, rules and spans are those of the record."""
    record = marked_record({})
    found = [json.loads(one.json_text) for one in receipts(record)]

    assert [one["sha256"] for one in found] == [entry.sha256 for entry in record.deliveries]
    assert [len(one["coverage"]) for one in found] == [len(entry.spans) for entry in record.deliveries]


def test_only_rules_that_are_not_kept_are_named() -> None:
    """The overall grade stands by itself; a rule that is kept is not among the broken ones."""
    record = marked_record({})
    overall = next(entry.findings[0] for entry in record.inputs if entry.findings)
    rules = (("gaps", Grade.NOTE), ("age", Grade.PASS), ("covariance", Grade.FAIL))
    findings = (overall, *(replace(overall, rule=rule, grade=grade) for rule, grade in rules))
    (first, *_) = receipts(replace(record, inputs=(replace(record.inputs[0], findings=findings),)))

    plain = json.loads(first.json_text)
    assert [(one["rule"], one["grade"]) for one in plain["rules_broken"]] == [("gaps", "note"), ("covariance", "fail")]
    assert plain["yardstick"] == "NPR 8079.1, table 5-1"


def test_a_theory_has_no_receipt_but_a_file_that_could_not_be_read_has_one() -> None:
    """Nobody delivered a theory; of what was delivered and could not even be read, the originator is told."""
    record = replace(marked_record({}), solutions=(), sweep=None)
    bare = replace(record.inputs[0], sha256=None, refusal=None)
    unreadable = replace(bare, refusal="a delivery must be readable: a.oem")

    assert receipts(replace(record, inputs=(bare,))) == ()
    assert [one.originator for one in receipts(replace(record, inputs=(unreadable,)))] == [bare.originator]


def test_use_is_told_as_it_is() -> None:
    """In use, refused with its reason, or doubtful."""
    record = marked_record({})
    first = record.inputs[0]
    shift = record.objects[0].shift
    assert shift is not None
    refused = replace(record, inputs=(replace(first, refusal="STOP_TIME must lie after START_TIME: a.oem:7"),))
    doubted = replace(
        record,
        objects=tuple(
            replace(item, shift=replace(shift, verdict="doubtful" if item.id == first.object_id else "agrees"))
            for item in record.objects
        ),
    )

    assert f"Used for: the ephemeris in use of {first.object_id}\n" in receipts(record)[0].text
    assert "Used for: nothing: it was refused\n" in receipts(refused)[0].text
    assert "Refused because: STOP_TIME must lie after START_TIME: a.oem:7\n" in receipts(refused)[0].text
    assert "Grade: refused" in receipts(refused)[0].text
    doubts = [one for one in receipts(doubted) if "doubtful" in one.text]
    assert [one.originator for one in doubts] == [first.originator]
    assert "a manoeuvre was not declared" in " ".join(doubts[0].text.split())


@pytest.mark.parametrize(
    "name",
    ["../../etc", "/root", "A/B", "A B", "国家航天局", "Роскосмос", "..", "x\nGrade: ✓ pass", "CNSA\x1b[2J"],
)
def test_no_originators_name_leads_elsewhere_or_writes_a_line(name: str) -> None:
    """The folder is one plain name below that of receipts; the text has as many lines as with a plain name."""
    record = sample_record()
    named, plain = (
        receipts(replace(record, inputs=(replace(record.inputs[0], originator=word),)))[0] for word in (name, "CNSA")
    )

    parts = PurePosixPath(named.stem).parts
    assert len(parts) == 2
    assert parts[0] not in {"", ".", ".."}
    assert named.stem.isascii()
    assert len(named.text.splitlines()) == len(plain.text.splitlines())
    assert "\x1b" not in named.text


def test_parties_whose_names_look_alike_have_folders_of_their_own() -> None:
    """What one party is sent never lies among another's."""
    entry = sample_record().inputs[0]
    names = ("A/B", "A B C", "A-B", "国家航天局", "Роскосмос")
    record = replace(sample_record(), inputs=tuple(replace(entry, originator=name) for name in names), solutions=())

    assert len({one.stem.split("/")[0] for one in receipts(record)}) == len(names)


def test_a_receipt_tells_of_no_other_object() -> None:
    """Neither the id nor the name of another object of the cycle stands in it."""
    record = replace(marked_record({}), solutions=(), sweep=None)
    for entry, one in zip(record.inputs, receipts(record), strict=True):
        others = {word for item in record.objects if item.id != entry.object_id for word in (item.id, item.name)}
        own = {item.name for item in record.objects if item.id == entry.object_id} | {entry.object_id, entry.file}
        words = one.text.replace(entry.originator, "")
        assert [name for name in others if name in words and not any(name in mine for mine in own)] == []
