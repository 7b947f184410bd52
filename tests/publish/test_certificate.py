"""The statement on a party: what came from it, where that went, as what and by whom; and nothing of anybody else's."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edition_records import CLEAR, edition, marked_record
from nearpass.archive.archive import Signer
from nearpass.archive.durable import canonical_json
from nearpass.archive.register import Entry, decided, parse_page, received, released
from nearpass.astro.epochs import Epoch
from nearpass.publish.certificate import (
    Period,
    Planned,
    Subject,
    certificate,
    cycles_of,
    prior_statement,
    signed,
)
from nearpass.publish.package import handed_over
from nearpass.record.marking import Edition, Protected, Show, Tlp
from nearpass.record.parties import Parties, Party, parties_of
from nearpass.record.record import CycleRecord
from nearpass.report.register_views import REGISTER_COLUMNS, visible
from nearpass.report.statement_text import in_words, printable

KNOWN = parties_of([Party(id="NASA", includes=("NASA/JPL",)), Party(id="NASA/JPL", aliases=("JPL",))])
AT = "2026-11-30T12:00:00Z"
MARCH = Period(start=Epoch.parse("2021-03-01T00:00:00"), stop=Epoch.parse("2021-03-31T00:00:00"))
NOVEMBER = Period(start=Epoch.parse("2026-11-01T00:00:00"), stop=Epoch.parse("2026-12-31T00:00:00"))
APRIL = Period(start=Epoch.parse("2021-04-01T00:00:00"), stop=Epoch.parse("2021-04-30T00:00:00"))
MANIFEST = json.dumps({"files": {"index.html": "ab", "a.html": "cd"}}).encode()
PUBLIC = edition(
    {"TIANWEN-1": Show.METRICS, "MEX": Show.HIDDEN, "TGO": Show.ANONYMOUS}, audience="everybody", say_withheld=True
)
OPERATORS = edition({"MAVEN": Show.HIDDEN}, id="operators", audience="operators", parties=frozenset({"ESA", "JPL"}))


def register(record: CycleRecord, *editions: Edition) -> list[Entry]:
    """What one run registers."""
    entries = received(record, None, AT)
    for one in editions:
        entries += [*decided(record, one, AT), released(record, one, MANIFEST, AT)]
    return entries


def statement(party: str, period: Period = MARCH, known: Parties = KNOWN, **more: Any) -> dict[str, Any]:
    """On one party, after one cycle in the public edition and that of the operators."""
    record = more.get("record") or marked_record({})
    entries = [*register(record, PUBLIC, OPERATORS), *more.get("entries", ())]
    subject = Subject(name=party, known=known)
    records = [record] if cycles_of(period, [record.cycle_id], entries) else []
    return certificate(subject, period, entries, records, "ef" * 32)


def test_it_names_what_was_received_and_where_it_went() -> None:
    """Of the only delivery of a party: its hash, each edition with something of it, as what and by whose decision."""
    found = statement("cnsa")
    record = marked_record({})
    (line,) = found["received"]
    delivery = next(entry for entry in record.inputs if entry.object_id == "TIANWEN-1")

    assert (line["object_id"], line["sha256"], line["registered_utc"]) == ("TIANWEN-1", delivery.sha256, AT)
    assert {(one["edition"], one["shown_as"]) for one in found["went"]} == {
        ("public", "metrics"),
        ("operators", "full"),
    }
    by_edition = {one["edition"]: one for one in found["went"]}
    assert by_edition["public"]["decided_by"] == "Test Office, 2021-03-01"
    assert by_edition["public"]["deliveries_named"] == []
    assert by_edition["operators"]["deliveries_named"] == [delivery.sha256]
    assert by_edition["operators"]["decided_by"] is None
    assert "TLP:CLEAR" in by_edition["operators"]["reason"]


def test_a_catalogue_that_was_given_is_followed_too() -> None:
    """A file of many objects is no object: where it went is where an edition names it."""
    record = marked_record({})
    assert record.sweep is not None
    name = record.sweep.inputs[0].object_id
    here = [line for line in statement("NASA")["went"] if line["object_id"] == name]

    assert {line["shown_as"] for line in here} == {"full"}
    red = replace(record.sweep.inputs[0], marking=replace(CLEAR, level=Tlp.RED))
    hidden = replace(record, sweep=replace(record.sweep, inputs=(red,)))
    assert not [line for line in statement("NASA", record=hidden)["went"] if line["object_id"] == name]


@pytest.mark.parametrize(
    ("period", "by"),
    [(MARCH, ["data"]), (NOVEMBER, ["clock"]), (Period(start=MARCH.start, stop=NOVEMBER.stop), ["data", "clock"])],
)
def test_both_times_count_and_each_line_says_by_which(period: Period, by: list[str]) -> None:
    """A cycle of March run in November is in both months' statements, and in none of others."""
    found = statement("CNSA", period)

    assert [line["by"] for line in (*found["received"], *found["went"])] == [by] * 3
    nothing = statement("CNSA", APRIL)
    assert (nothing["received"], nothing["went"], nothing["released"]) == ([], [], [])


def test_a_party_stands_for_its_members() -> None:
    """What JPL gave and operates is in the statement of NASA, and in that of JPL by either of its names."""
    nasa, jpl, laboratory = (statement(name) for name in ("NASA", "NASA/JPL", "jpl"))
    of = [{line["object_id"] for line in found["received"]} for found in (nasa, jpl, laboratory)]

    assert of[0] == {"MAVEN", "MGS", "MRO", "ODY", "catalogue"}
    assert of[1] == of[2] == {"MGS", "MRO", "ODY"}
    assert nasa["members"] == ["nasa", "nasa/jpl"]
    assert [line["edition"] for line in jpl["released"]] == ["operators"]


def test_it_names_no_object_that_the_party_may_not_know() -> None:
    """Nowhere in the statement of ESA stands what is hidden or nameless in what it reads, nor another's alone."""
    entries = register(marked_record({}), edition({"ODY": Show.ANONYMOUS}, id="alone", parties=frozenset({"CNSA"})))
    text = json.dumps(statement("ESA", entries=entries))

    assert "MAVEN" not in text
    assert "ODY" in text
    (line,) = statement("ESA")["released"]
    assert "MAVEN" not in line["objects"]
    readers = statement("everybody")
    assert "MEX" not in json.dumps(readers)
    assert "TGO" not in json.dumps(readers)
    assert readers["released"][0]["nameless"] == 1
    assert "CNSA" not in json.dumps(statement("ISRO", entries=entries))


def test_a_package_is_where_data_went_too() -> None:
    """Of a package for one event the two objects, and of others nothing."""
    record = marked_record({})
    event = next(one for one in record.events if {one.primary, one.secondary} == {"MRO", "TIANWEN-1"})
    line = handed_over(record, OPERATORS, event.event_id, "a.zip", b"zip", AT)

    assert {name for name, _ in line.shows} == {"MRO", "TIANWEN-1"}
    found = statement("CNSA", entries=[line])
    (packed,) = [one for one in found["went"] if one["package"]]
    assert (packed["package"], packed["shown_as"], packed["edition"]) == ("a.zip", "full", "operators")
    assert not [one for one in statement("UAESA", entries=[line])["went"] if one["package"]]


def proven(object_id: str, bound_km: float) -> Protected:
    """That 5 orbits are 50 km apart, and how far they were found to be."""
    return Protected(
        object_id=object_id, promised_km=50.0, among=5, bound_km=bound_km, decoys=9, cycles=1, rung=0, sha256="ab"
    )


def test_the_bound_that_was_certified_is_stated() -> None:
    """A release, as site and as package, registers what was proven of objects told in part, and of no other.

    The statement gives it in figures and in words; of an edition without one it says so.
    """
    record = marked_record({})
    held = {
        record.cycle_id: (proven("TIANWEN-1", 812.0), proven("TGO", 95.0), proven("MEX", 70.0), proven("MRO", 60.0))
    }
    sure, whole = (replace(one, id="sure", protected=held) for one in (PUBLIC, OPERATORS))
    site, packed = released(record, sure, MANIFEST, AT), handed_over(record, sure, None, "a.zip", b"zip", AT)

    assert site.protection == packed.protection == (("TIANWEN-1", 50.0, 5, 812.0), ("TGO", 50.0, 5, 95.0))
    assert [bound for bound in released(record, whole, MANIFEST, AT).protection if bound[0] == "TIANWEN-1"] == []
    found = statement("CNSA", entries=[site])
    by_edition = {one["edition"]: one for one in found["went"]}
    assert [by_edition["sure"][key] for key in ("protects_km", "among", "bound_km")] == [50.0, 5, 812.0]
    assert by_edition["public"]["protects_km"] is None
    words = in_words(signed(found, None))
    assert "at least 5 orbits, 50 km apart, give the same, proven for 812 km" in words
    assert "no bound is stated" in words


def test_of_an_object_without_an_orbit_no_bound_is_missed() -> None:
    """A cycle in which nothing was delivered of an object tells who it is: the statement says that it knew no orbit."""
    record = marked_record({})
    objects = tuple(
        replace(item, coverage=(), orbit=None) if item.id == "TIANWEN-1" else item for item in record.objects
    )
    early = replace(record, objects=objects, inputs=tuple(e for e in record.inputs if e.object_id != "TIANWEN-1"))
    line = released(early, PUBLIC, MANIFEST, AT)
    words = in_words(signed(statement("CNSA", record=early, entries=[line]), None))

    assert "TIANWEN-1 as metrics (operated)" in words
    assert "protection: this cycle knew no orbit of it" in words
    assert "no bound is stated" not in words


def test_the_page_of_the_register_tells_what_was_promised_and_not_what_was_proven() -> None:
    """Of an object that readers know by name the promise stands there; the proven distance follows from its orbit."""
    record = marked_record({})
    sure = replace(PUBLIC, protected={record.cycle_id: (proven("TIANWEN-1", 812.0), proven("TGO", 95.0))})
    shown = visible([released(record, sure, MANIFEST, AT)], record, sure)
    text = REGISTER_COLUMNS.csv(shown)

    assert "TIANWEN-1 5 of 50 km" in text
    assert "812" not in text
    assert "TGO" not in text


def test_a_line_of_before_gives_no_proven_distance(tmp_path: Path) -> None:
    """A register written before the distance was noted is read, its promise kept."""
    line = asdict(released(marked_record({}), PUBLIC, MANIFEST, AT)) | {"protection": [["TIANWEN-1", 50.0, 5]]}
    plain = {"schema": 2, "number": 1, "previous_sha256": None, "archive": None, "entries": [line], "decided": [],
             "signed_by": None, "signature": None}  # fmt: skip

    (entry,) = parse_page(canonical_json(plain), str(tmp_path / "1.json")).entries

    assert entry.protection == (("TIANWEN-1", 50.0, 5, None),)


def test_consultations_of_the_party_are_listed_without_their_text() -> None:
    """A note stands there if the party or a member took part or gave it, in the period, with the hash of its text."""
    record = marked_record({})
    note = replace(record.notes[0], parties=("JPL", "CNSA"), text="what was said in confidence")
    found = statement("NASA", record=replace(record, notes=(note,)))

    (line,) = found["consultations"]
    assert line["parties"] == ["JPL", "CNSA"]
    assert "in confidence" not in json.dumps(found)
    assert statement("UAESA", record=replace(record, notes=(note,)))["consultations"] == []
    assert statement("NASA", NOVEMBER, record=replace(record, notes=(note,)))["consultations"] == []


def test_the_signature_holds_for_the_statement_and_for_no_other() -> None:
    """The library that made the key verifies the signature over the canonical JSON without hash, key and signature."""
    key = Ed25519PrivateKey.generate()
    signer = Signer(public_key=key.public_key().public_bytes_raw().hex(), sign=key.sign)
    full = signed(statement("CNSA"), signer)
    plain = {name: value for name, value in full.items() if name not in {"statement_sha256", "signed_by", "signature"}}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, indent=4).encode()
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(full["signed_by"]))

    assert json.loads(canonical_json(plain)) == json.loads(text)
    public.verify(bytes.fromhex(full["signature"]), canonical_json(plain))
    assert full["signature"] in in_words(full)


def test_the_page_says_the_same_and_takes_no_words_of_others_for_markup() -> None:
    """Every figure of the Markdown stands on the page; a file called like a tag is text."""
    record = marked_record({})
    inputs = tuple(replace(entry, file=f"<b>&{entry.file}*x*") for entry in record.inputs)
    found = signed(statement("CNSA", record=replace(record, inputs=inputs)), None)
    page = printable(found)

    assert found["statement_sha256"] in page
    assert found["received"][0]["sha256"] in page
    assert "&lt;b&gt;&amp;tianwen" in page
    assert "<em>" not in page
    assert "http" not in page


def test_the_prior_statement_says_what_is_to_be_shared_and_how() -> None:
    """Of a party's objects: in full where the markings allow it, rounded where that was decided, nothing elsewhere."""
    red = replace(CLEAR, level=Tlp.RED, release=("ESA", "JPL"))
    planned = [
        Planned(object_id="TIANWEN-1", operator="CNSA", markings=(red, red), originators=("CNSA",)),
        Planned(object_id="MRO", operator="NASA/JPL", markings=(CLEAR,), originators=("JPL",)),
    ]
    quiet = edition({}, id="quiet", audience="press")
    found = prior_statement(Subject(name="CNSA", known=KNOWN), APRIL, planned, [PUBLIC, OPERATORS, quiet])
    how = {line["edition"]: (line["shown_as"], bool(line["cells"]), line["decided_by"]) for line in found["planned"]}

    assert how == {
        "public": ("metrics", True, "Test Office, 2021-03-01"),
        "operators": ("full", False, None),
        "quiet": ("hidden", False, None),
    }
    words = in_words(signed(found, None))
    assert "in cells of 5 km and 600 s" in words
    assert "nothing of it to press" in words
    assert "MRO" not in words
