"""Records of earlier schemas."""

import json
import re
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from edition_records import marked_record
from nearpass.archive.upgrade import UPGRADES, load_record, upgraded
from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.ephemeris.lint_finding import Finding
from nearpass.errors import ArchiveError
from nearpass.publish.year_index import acts_of
from nearpass.reasons.findings import OldFinding
from nearpass.reasons.general import Prose
from nearpass.record.alarms import alarms
from nearpass.record.coordination import coordination
from nearpass.record.record import SCHEMA, NoteRecord, dump
from nearpass.report.alarm_text import letter
from nearpass.report.brief_views import brief_page, plots_of
from nearpass.report.pages import cycle_pages
from nearpass.report.receipts import receipts
from nearpass.report.wording import measured, said
from records import RED_EVENT, quiet_record, sample_record
from stub_cycles import stub

RECORD = stub("2021-03-17T0000Z")


def prosaic(value: Any) -> Any:
    """A record whose reasons are sentences, several that hold together in one, as records of schema 1 to 3 had them."""
    if isinstance(value, Finding):
        return replace(value, fact=OldFinding(value=measured(value.fact), text=said(value.fact)))
    if is_reason(value):
        return Prose(text=said(value))
    if isinstance(value, tuple):
        return (Prose(text=said(value)),) if value and all(map(is_reason, value)) else tuple(map(prosaic, value))
    if is_dataclass(value) and not isinstance(value, Epoch):
        return replace(value, **{entry.name: prosaic(getattr(value, entry.name)) for entry in fields(value)})
    return value


def is_reason(value: Any) -> bool:
    """Whether a value is one of the closed set of codes."""
    return type(value).__module__.startswith("nearpass.reasons.") and is_dataclass(value)


def before_codes(value: Any) -> Any:
    """Plain JSON with each prose as the bare text that schema 1 to 3 stored."""
    if isinstance(value, list):
        texts = [before_codes(item) for item in value]
        return texts[0] if value and is_prose(value[0]) else texts
    if isinstance(value, dict) and "fact" in value:
        fact = value["fact"]
        return {"rule": value["rule"], "grade": value["grade"], "value": fact["value"], "words": fact["text"]}
    if isinstance(value, dict):
        old = {"compared": "words", "how": "words"}
        named = {old.get(name, name): before_codes(item) for name, item in value.items()}
        named |= {name: named[name] or None for name in ("remark", "approximate") if name in named}
        return value["text"] if is_prose(value) else named
    return value


def is_prose(value: Any) -> bool:
    """Whether plain JSON is a prose."""
    return isinstance(value, dict) and value.get("rule") == "prose"


def _rename(plain: dict[str, Any]) -> dict[str, Any]:
    return {("title" if key == "name" else key): value for key, value in plain.items()}


def _split(plain: dict[str, Any]) -> dict[str, Any]:
    first, last = plain["title"].split(" ", 1)
    return {**plain, "title": last, "kind": first}


def test_upgrades_are_applied_in_order() -> None:
    """A record two schemas old goes through both steps, the older one first, and ends with the wanted number."""
    steps = {7: _rename, 8: _split}

    assert upgraded({"schema_number": 7, "name": "near misses"}, 9, steps, "record.json") == {
        "schema_number": 9,
        "title": "misses",
        "kind": "near",
    }
    assert upgraded({"schema_number": 8, "title": "near misses"}, 9, steps, "record.json")["kind"] == "near"


def test_too_old_and_too_new_are_told_apart() -> None:
    """A record that no upgrade reaches and one from the future are refused, and each says what to do."""
    with pytest.raises(ArchiveError, match=r"at least 7.*too old.*earlier nearpass.*got 6"):
        upgraded({"schema_number": 6}, 9, {7: _rename, 8: _split}, "record.json")
    with pytest.raises(ArchiveError, match=r"newer than this program: upgrade nearpass, got 10"):
        upgraded({"schema_number": 10}, 9, {7: _rename, 8: _split}, "record.json")


def test_a_record_of_this_schema_is_read_as_it_is() -> None:
    """Loading goes by the number in the text; a title that looks like one changes nothing."""
    assert load_record(dump(RECORD), "record.json") == RECORD
    assert load_record(dump(RECORD).replace(b'"title":"', b'"title":"\\"schema_number\\":0'), "record.json")


def test_a_record_of_the_first_schema_is_read() -> None:
    """Before other solutions, retrieval and approximate motions a record had none, and is the same cycle otherwise."""
    event = next(event for event in sample_record().events if event.trades)
    by_distance = {"target_pc": None, "pc_rows": (), "no_pc_reason": Prose(text="not computed in this cycle")}
    event = replace(event, trades=tuple(replace(trade, **by_distance) for trade in event.trades))
    quiet = replace(quiet_record(), events=(event,))
    record = prosaic(replace(quiet, objects=tuple(replace(item, declared=None) for item in quiet.objects)))
    plain = before_codes(json.loads(dump(record)))
    old = {key: value for key, value in plain.items() if key != "solutions"} | {"schema_number": 1}
    for name, since in (
        ("inputs", ("retrieval",)),
        ("objects", ("approximation", "ending", "declared")),
        ("events", ("approximate",)),
        ("crossings", ("approximate", "surface_km")),
    ):
        old[name] = [{key: value for key, value in item.items() if key not in since} for item in plain[name]]

    for item in old["events"][0]["uncertainty"]:
        del item["remark"]
    for item in old["events"][0]["trades"]:
        for name in by_distance:
            del item[name]

    assert old["inputs"]
    assert old["events"][0]["uncertainty"]
    assert load_record(json.dumps(old).encode(), "record.json") == record


def test_a_record_of_the_second_schema_is_read() -> None:
    """Its catalogued objects named no file; they are of the only one there was, or of none that is known."""
    record = prosaic(marked_record({}))
    assert record.sweep is not None
    plain = before_codes(json.loads(dump(record))) | {"schema_number": 2}
    for item in plain["sweep"]["objects"]:
        del item["file"]
    assert load_record(json.dumps(plain).encode(), "record.json") == record
    plain["sweep"]["inputs"] *= 2
    read = load_record(json.dumps(plain).encode(), "record.json").sweep
    assert read is not None
    assert {item.file for item in read.objects} == {None}


def test_sentences_of_the_third_schema_stay_readable() -> None:
    """What a record stored as sentences is read as prose, and its pages say it in the same words as before."""
    record = prosaic(sample_record())
    plain = before_codes(json.loads(dump(record))) | {"schema_number": 3}
    assert isinstance(plain["events"][0]["reason"], str)

    read = load_record(json.dumps(plain).encode(), "record.json")

    assert read == record
    assert alike(cycle_pages(read)) == alike(cycle_pages(sample_record()))


def alike(pages: dict[str, str]) -> dict[str, str]:
    """Pages whose changes of a distance say no more than by how many sigmas: of a sentence all stands in each list."""
    moved = re.compile(r" Miss distance [\d.]+ km became [\d.]+ km(?: \(([^)]*)\))?\.")
    return {name: moved.sub(lambda found: f" {found[1]}." if found[1] else "", text) for name, text in pages.items()}


SINCE = {
    "": ("desk", "messages", "exchanges", "unclaimed", "told"),
    "notes": ("party", "to", "object_id", "burn", "plan", "signed_by"),
    "events": ("commands", "held"),
    "objects": ("commanding", "catalogue_number", "shift", "contacts"),
}
"""What records have had only since who acts, exchanges, messages and deliveries owed are kept."""


def test_a_record_of_before_coordination_has_all_that_is_made_of_one() -> None:
    """Without a word of who acts or what is owed: pages, meeting pack, alarms, receipts, and acts of the year."""
    note = NoteRecord(
        file="log/a.md", event_id=RED_EVENT, time=RECORD.window.start, kind="consultation", parties=("NASA", "CNSA"),
        marking=None, text="Both wait.", refusal=None,
    )  # fmt: skip
    plain = before_codes(json.loads(dump(prosaic(replace(sample_record(), notes=(note,))))))
    old = {name: value for name, value in plain.items() if name not in SINCE[""]} | {"schema_number": 3}
    for table, names in SINCE.items():
        if table:
            old[table] = [{key: value for key, value in row.items() if key not in names} for row in old[table]]
    read = load_record(json.dumps(old).encode(), "record.json")
    event = next(event for event in read.events if event.event_id == RED_EVENT)
    kinds = frozenset({"new", "worse", "deadline", "unclaimed", "doubtful", "late"})

    assert (read.desk, read.messages, read.exchanges) == ((), (), ())
    assert "Both wait." in cycle_pages(read)[f"events/{RED_EVENT}.md"]
    pictures = dict.fromkeys((plot.name for plot in plots_of(read, event)), "data:,")
    assert "Nothing was said yet." in brief_page(read, (event,), pictures)
    assert coordination(read, event).is_silent
    found = alarms(read, read.window.start, kinds, Level.RED, (24.0,))
    assert RED_EVENT in {alarm.subject for alarm in found}
    assert letter(found, read, read.window.start).body
    assert len(receipts(read)) == len([entry for entry in read.deliveries if entry.sha256 is not None])
    assert list(acts_of(read)) == []


def test_upgrades_leave_no_gap() -> None:
    """There is a step from every schema between the oldest known one and this program's."""
    assert sorted(UPGRADES) == list(range(min(UPGRADES, default=SCHEMA), SCHEMA))
