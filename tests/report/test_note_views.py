"""Whom to tell of an approach."""

from dataclasses import replace

from nearpass.record.release_record import ContactRecord
from nearpass.report.catalogue import Catalogue
from nearpass.report.note_views import contacts
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
