"""Whom to tell of an approach, and what parties said of it."""

from dataclasses import replace

from nearpass.astro.epochs import Epoch
from nearpass.record.release_record import ContactRecord, NoteRecord, PlanRecord
from nearpass.report.catalogue import Catalogue
from nearpass.report.note_views import contacts, notes_of
from records import RED_EVENT, sample_record


def test_a_spacecraft_without_a_contact_is_said_to_have_none() -> None:
    """Each spacecraft of an approach is named with its contacts, or with its operator and that no contact is given."""
    record = sample_record()
    event = next(event for event in record.events if event.event_id == RED_EVENT)
    office = ContactRecord(party="navigation office", channel="telephone")
    objects = tuple(
        replace(item, contacts=(office,) if item.id == event.primary else (), operator="an agency")
        for item in record.objects
    )
    names = {item.id: item.name for item in objects}

    found = contacts(event, Catalogue(replace(record, objects=objects)))
    assert [(view.of, view.party, view.channel) for view in found] == [
        (names[event.primary], "navigation office", "telephone"),
        (names[event.secondary], "an agency", "no contact is given here"),
    ]


def test_nobody_is_told_for_a_moon() -> None:
    """A natural body has no operator, so that nothing is said of its contacts."""
    record = sample_record()
    moons = {item.id for item in record.objects if item.kind == "natural"}
    event = next(event for event in record.events if moons & {event.primary, event.secondary})

    found = contacts(event, Catalogue(record))
    names = {item.name for item in record.objects if item.id in moons}
    assert found
    assert not names & {view.of for view in found}


def test_a_note_says_what_its_party_said_beside_the_text() -> None:
    """Whom it asks; which spacecraft moves, when, and by which file."""
    at = Epoch.parse("2021-03-16T07:00:00")
    plain = NoteRecord(
        file="log/a.md", event_id=RED_EVENT, time=at, kind="request", parties=("NASA", "CNSA"), marking=None, text="",
        refusal=None, party="NASA", to=("CNSA",),
    )  # fmt: skip
    plan = PlanRecord(file="ephemerides/plan_mro_16.oem", sha256="ab12" * 16)
    planned = replace(plain, kind="plan", to=(), object_id="MRO", burn=Epoch.parse("2021-03-19T12:00:00"), plan=plan)
    second, first = notes_of((plain, planned))

    assert (first.parties, first.details) == ("NASA", "to CNSA")
    assert second.details == "MRO; burn Fri 19 March 2021 12:00 UTC; plan plan_mro_16.oem, SHA-256 ab12ab12ab12…"
