"""An edition's record holds nothing that is withheld from it, and every field of the record has a rule."""

from __future__ import annotations

import typing
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edition_records import AMBER, CLEAR, brief, edition, marked_record, twin, without
from exchange_records import HIDDEN, exchange, exchanges
from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert_rules import AlertRule
from nearpass.ephemeris.lint import overall
from nearpass.ephemeris.lint_finding import Finding, Grade
from nearpass.reasons.findings import Shift
from nearpass.reasons.levels import CadCondition, Level, RuleFails, RuleHolds, RuleUnjudged
from nearpass.reasons.motions import Approximate, ByTheory
from nearpass.record.marking import Edition, MarkingRecord, Show, Tlp, level_of
from nearpass.record.message_record import MessageRecord
from nearpass.record.parties import Party, parties_of
from nearpass.record.record import (
    ApproximationRecord,
    CycleRecord,
    DueRecord,
    EndingRecord,
    EventRecord,
    InputRecord,
    LossRecord,
    ObjectRecord,
    PairRecord,
    dump,
)
from nearpass.record.releasing import Open, Release, Sigma
from nearpass.record.stretch_record import StretchRecord
from nearpass.release.lens import Rules
from nearpass.release.names import Names
from nearpass.release.reduction import reduced, reduction, show_of, unmarked
from nearpass.release.rules import REDUCTIONS, RULES, rules_of
from nearpass.release.values import keep, with_sigma
from partner_messages import approach, message
from records import sample_record

OPEN = keep
NAMED_RULES = (
    AlertRule(level=Level.RED, name="near", cad_km=3.0, except_pairs=(("ODY", "TIANWEN-1"), ("MRO", "ODY"))),
    AlertRule(level=Level.YELLOW, name="far", cad_km=10.0),
    AlertRule(level=Level.YELLOW, name="box", pairs=(("MEX", "MRO"), ("MRO", "ODY")), box_rtn_km=(1.0, 9.0, 1.0)),
    AlertRule(level=Level.RED, name="secret pair", pairs=(("MRO", "TIANWEN-1"),), cad_km=77.0),
)
"""Of which three are for pairs, alone or with others, or leave out one, that an edition may not name."""
ODYSSEY = "zqodyssey"
"""Stands in what a message says of an object that readers must not know."""
OFF = "2021-03-14T0317Z"
"""A cycle that a delivery set off, between those of a schedule."""
COARSE = {"MEX": Show.ANONYMOUS, "MRO": Show.METRICS, "PHOBOS": Show.METRICS, "TIANWEN-1": Show.ANONYMOUS}


def record_classes(kind: Any = CycleRecord, seen: set[type] | None = None) -> set[type]:
    """Every record class that a cycle's record can hold, by its type hints; reasons and spans are no records."""
    seen = set() if seen is None else seen
    if is_dataclass(kind) and kind not in seen and kind.__module__.startswith("nearpass.record."):
        seen.add(kind)
        for hint in typing.get_type_hints(kind).values():
            record_classes(hint, seen)
    for part in typing.get_args(kind):
        record_classes(part, seen)
    return seen


def mutable_rules() -> Iterator[tuple[type, str]]:
    """Rules that do more than keep what is there."""
    for kind, table in RULES.items():
        for name, rule in table.items():
            if rule != OPEN:
                yield kind, name


def loosened(kind: type, name: str) -> Rules:
    """The table with one rule that keeps everything."""
    return {**RULES, kind: {**RULES[kind], name: OPEN}}


def tells(record: CycleRecord, rules: Rules) -> bool:
    """Whether an edition made by these rules tells what it must not: by names, or by differing between twins."""
    none: frozenset[str] = frozenset()
    for given_rules, blind in ((COARSE, none), ({}, frozenset({"MRO"})), ({"MRO": Show.METRICS}, none)):
        public = edition(given_rules)
        other = replace(CLEAR, level=Tlp.RED)
        objects = tuple(replace(o, covariance_marking=other) if o.id in blind else o for o in record.objects)
        marked = replace(record, objects=objects)
        text = dump(reduction(marked, public, rules).record)
        if text != dump(reduction(twin(marked, given_rules, blind), public, rules).record):
            return True
        if b" office" in text or (blind and not admitted(reduction(marked, public, rules).record, blind)):
            return True
        if given_rules is COARSE and (names_in(text, record) or not flagged(reduction(marked, public, rules).record)):
            return True
    readers = edition({"ODY": Show.HIDDEN}, parties=frozenset({"READERS"}))
    for reader in (readers, edition(), edition({"MEX": Show.ANONYMOUS})):
        text = dump(reduction(record, reader, rules).record)
        if HIDDEN.encode() in text or b'"register_number":7919' in text:
            return True
        if reader is readers and ODYSSEY.encode() in text:
            return True
    hidden = edition({"ODY": Show.HIDDEN, "MRO": Show.METRICS}, every_hours=5.0)
    gone = reduction(record, hidden, rules).record
    alone = reduction(without(record, "ODY"), hidden, rules).record
    regular = replace(record, previous_cycle_id="2021-03-14T0500Z", supersedes=None)
    off_turn = edition({}, every_hours=5.0)
    texts = (
        dump(gone) + dump(reduction(regular, hidden, rules).record) + dump(reduction(regular, off_turn, rules).record)
    )
    odd = b"T0317Z" in texts or b"7919.25" in texts
    odd |= "--supersedes" in gone.provenance.command
    return odd or dump(gone) != dump(alone)


def admitted(small: CycleRecord, blind: frozenset[str]) -> bool:
    """Whether the edition says of each object in full that its covariances are withheld, so that none seems missing."""
    return all(("covariances" in item.withheld) == (item.id in blind) for item in small.objects)


def flagged(small: CycleRecord) -> bool:
    """Whether what is shown in part says so, and nothing else of those objects is there."""
    met = [{item.primary, item.secondary} for item in (*small.pairs, *small.events, *small.changes, *small.crossings)]
    return all((item.shown == "metrics") == (item.id in COARSE) for item in small.objects) and not any(
        names & COARSE.keys() for names in met
    )


def names_in(text: bytes, record: CycleRecord) -> bool:
    """Whether the nameless object, or the minute of a coarse event, can be read."""
    minutes = [e.event_id for e in record.events if {e.primary, e.secondary} & COARSE.keys()]
    return any(name.encode() in text for name in ("TIANWEN", "Tianwen", "MEX", *minutes))


def first_of_each_pair(record: CycleRecord) -> tuple[EventRecord, ...]:
    """Two events of each pair."""
    seen: Counter[tuple[str, str]] = Counter()
    kept = []
    for event in record.events:
        seen[event.primary, event.secondary] += 1
        kept += [event] if seen[event.primary, event.secondary] < 3 else []
    return tuple(kept)


def _near(event: EventRecord) -> Approximate:
    return Approximate(object_id=event.primary, error_km=5.0, rule="by_theory")


def _remarkable(item: ObjectRecord) -> ObjectRecord:
    """An object of which there is all to tell that there can be."""
    at = item.coverage[-1].stop if item.coverage else Epoch.parse("2021-03-20T01:02:03")
    how = ApproximationRecord(kind="theory", how=ByTheory(theory="T 1", error_km=5.0), since=at, error_km=5.0)
    return replace(item, approximation=how, ending=EndingRecord(at=at, kind="descending", altitude_km=123.4))


def _lost(event: EventRecord) -> LossRecord:
    """The same approach once more, as one that could not be assessed."""
    ids, rule = (event.primary, event.secondary), f"{event.secondary} must not be at {event.miss_km} km"
    return LossRecord(
        stage="encounter", object_ids=ids, tca=event.tca, miss_km=event.miss_km, rule=rule, value=None, ours=False
    )


def _flown(pair: PairRecord, record: CycleRecord) -> PairRecord:
    """The same pair, as one that flies together for a while."""
    stretch = StretchRecord(
        kind="declared", start=record.window.start, stop=record.window.start + 3600.0, least_km=None, least_at=None,
        approach_count=0, least_pc=3e-7, most_pc=4e-6, no_pc="no_size",
    )  # fmt: skip
    return replace(pair, stretches=(stretch,))


def desk_rows() -> tuple[DueRecord, ...]:
    """What sources owe: of an object without a name, under a marking that few see, and since a cycle out of turn."""
    row = DueRecord(
        object_id="MRO", source="ephemerides/mro_*.oem", originator="JPL", role="nominal", marking=CLEAR, every_h=168.0,
        due=None, next_due=None, state="late", late_s=7919.25, file="mro.oem", sha256="ab" * 32, created=None,
        missed=OFF, here=OFF, refused=None, doubtful=False,
    )  # fmt: skip
    hidden = replace(row, object_id="ODY", marking=replace(AMBER, release=()), file=f"{HIDDEN}.oem", late_s=None)
    return row, hidden, replace(row, object_id="MEX", late_s=None)


def messages() -> tuple[MessageRecord, ...]:
    """One for everybody, of a hidden object too; one under a marking that few see; one of that object alone."""
    seen = approach(sample_record(), primary="MRO", secondary=None, event_id=None)
    first, second = seen.objects
    hidden = replace(seen, secondary="ODY", objects=(first, replace(second, name=ODYSSEY)))
    mine = message(seen, hidden, object_ids=("MRO",), here=OFF)
    marked = message(seen, marking=replace(AMBER, release=()), path=f"{HIDDEN}.cdm", object_ids=())
    return mine, marked, message(seen, object_ids=("ODY",), path=f"{ODYSSEY}.oem")


@pytest.fixture(scope="module")
def record() -> CycleRecord:
    """The sample, all clear and brief, with another cycle named where one could be."""
    made = brief(marked_record({}))
    for spare in ("MAVEN", "TGO"):
        made = without(made, spare)
    made = replace(made, crossings=made.crossings[:4] + made.crossings[-4:], events=first_of_each_pair(made))
    command = f"{made.provenance.command} --supersedes {OFF}"
    events = [
        replace(event, history=tuple(replace(point, cycle_id=OFF) for point in event.history[-1:]))
        for event in made.events
    ]
    made = replace(made, objects=tuple(_remarkable(item) for item in made.objects))
    events = [
        replace(
            event,
            approximate=(_near(event),),
            probability=replace(event.probability, max_pc_missing="secondary"),
        )
        for event in events
    ]
    provenance = replace(made.provenance, command=command)
    left = tuple(replace(change, history=events[0].history) for change in made.changes)
    made = replace(made, changes=left)
    private = replace(made.notes[-1], marking=AMBER, file="log/private.md", text="For the other agency alone.")
    made = replace(made, notes=(*made.notes, private), losses=tuple(_lost(event) for event in events))
    made = replace(
        made, unclaimed=("ephemerides/MEX_1.oem",), exchanges=exchanges("ODY"), desk=desk_rows(), messages=messages()
    )
    made = replace(made, thresholds=replace(made.thresholds, rules=NAMED_RULES))
    made = replace(made, pairs=tuple(_flown(pair, made) for pair in made.pairs))
    return replace(made, provenance=provenance, events=tuple(events), previous_cycle_id=OFF, supersedes=OFF)


def test_every_field_of_every_record_has_a_rule() -> None:
    """The table names each field that a record can hold, and no other."""
    wanted = {kind.__name__: {entry.name for entry in fields(kind)} for kind in record_classes()}

    assert {kind.__name__: set(table) for kind, table in RULES.items()} == wanted


def test_a_field_has_the_rule_that_stands_on_it_and_no_other() -> None:
    """The rule of a field is read from its annotation; a field without one has none and is withheld."""

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Example:
        told: Open[str]
        sure: Sigma[float | None]
        forgotten: str | None

    assert dict(rules_of(Example)) == {"told": keep, "sure": with_sigma}


def test_every_rule_does_something() -> None:
    """Each rule that a field can have has its reduction, and some field has it."""
    used = {reduce for table in RULES.values() for reduce in table.values()}

    assert set(REDUCTIONS) == set(Release)
    assert used == set(REDUCTIONS.values())


def test_nothing_is_told_of_what_is_withheld(record: CycleRecord) -> None:
    """Records that differ only in what an edition must not tell give the same edition, to the byte."""
    assert not tells(record, RULES)


@pytest.mark.parametrize(("kind", "name"), list(mutable_rules()), ids=lambda value: getattr(value, "__name__", value))
def test_each_rule_is_needed(record: CycleRecord, kind: type, name: str) -> None:
    """Without the rule of any one field an edition tells what it must not."""
    assert tells(record, loosened(kind, name))


def test_an_edition_of_everything_is_the_record() -> None:
    """Where nothing is withheld the edition is the archived record, whether by right or because all is clear."""
    record = marked_record({})
    whole = Edition(id="own", everything=True)
    clear = Edition(id="public", levels=frozenset({Tlp.CLEAR}), parties=frozenset({"anybody"}))

    assert reduced(record, whole) is record
    assert reduced(record, clear) is record


def test_an_exchange_leaves_no_trace_for_those_who_are_no_party() -> None:
    """Neither itself nor a word that something is withheld: the edition is that of a cycle without it."""
    record = marked_record({})
    with_it = replace(record, exchanges=(exchange(), exchange(exchange_id="other", refusal="no TOML")))
    for parties in (frozenset[str](), frozenset({"ESA"}), frozenset({"READERS", "ESA"})):
        public = edition(parties=parties, levels=frozenset(Tlp) - {Tlp.RED}, say_withheld=True, audience="them")

        assert dump(reduced(with_it, public)) == dump(reduced(record, public))


def test_an_exchange_is_told_to_its_parties_and_to_whom_its_list_names() -> None:
    """Every reader must be one of these, by any name or as a member."""
    known = parties_of([Party(id="NASA", includes=("JPL",)), Party(id="READERS", aliases=("R",))])
    listed = exchange(marking=MarkingRecord(originator="NASA", level=Tlp.AMBER, words=None, release=("ESA",)))
    record = replace(marked_record({}), exchanges=(listed,))
    for parties, told in (({"R"}, 1), ({"JPL", "R"}, 1), ({"ESA"}, 1), ({"ISRO"}, 0), ({"R", "ISRO"}, 0), (set(), 0)):
        assert len(reduced(record, edition(parties=frozenset(parties), known=known)).exchanges) == told


@settings(max_examples=25)
@given(data=st.data())
def test_a_hidden_object_leaves_no_trace(record: CycleRecord, data: st.DataObject) -> None:
    """Whatever the markings, a hidden object's edition equals that of a cycle which never knew it."""
    ids = [item.id for item in record.objects]
    hidden = data.draw(st.sampled_from(ids))
    others = data.draw(st.dictionaries(st.sampled_from([i for i in ids if i != hidden]), st.sampled_from(list(Show))))
    public = edition({hidden: Show.HIDDEN} | others)

    small = reduced(record, public)

    assert dump(small) == dump(reduced(without(record, hidden), public))
    assert hidden not in {item.id for item in small.objects}


@settings(max_examples=25)
@given(data=st.data())
def test_what_follows_is_as_restricted_as_its_sources(record: CycleRecord, data: st.DataObject) -> None:
    """A random fleet's events carry states only if both objects are shown in full."""
    ids = st.sampled_from([item.id for item in record.objects])
    markings = data.draw(st.dictionaries(ids, st.sampled_from([CLEAR, AMBER, None])))
    coarse = data.draw(st.sampled_from([Show.METRICS, Show.ANONYMOUS, Show.HIDDEN]))
    marked = marked_record(markings)
    public = edition(withheld=coarse)
    restricted = {key for key, marking in markings.items() if marking != CLEAR}

    small = reduced(marked, public)

    for event in small.events:
        full = not {event.primary, event.secondary} & restricted and event.shown == "full"
        assert (event.primary_position_km is not None) == full
        assert (event.track is not None) == full
    assert all(show_of(item, marked, public) is coarse for item in marked.objects if item.id in restricted)


@pytest.mark.parametrize(
    ("marking", "seen"),
    [
        (None, False),
        (replace(CLEAR, level=None, words="FOR X ONLY"), False),
        (CLEAR, True),
        (AMBER, False),
        (replace(AMBER, release=("READERS",)), True),
        (replace(CLEAR, level=None, words="FOR X ONLY", release=("READERS",)), True),
    ],
)
def test_what_is_not_allowed_is_withheld(marking: MarkingRecord | None, seen: bool) -> None:
    """Without a marking, or with one that is unknown, nothing is seen; a release list opens to the parties it names."""
    public = edition(parties=frozenset({"READERS"}))

    assert public.sees(marking) is seen
    assert unmarked(marked_record({"MRO": replace(CLEAR, level=None, words="X")}))[0] == "MRO: unknown marking 'X'"


@pytest.mark.parametrize(
    ("release", "readers", "opens"),
    [
        (("NASA", "CNSA"), {"NASA", "CNSA"}, True),
        (("nasa", " CNSA "), {"Nasa", "cnsa"}, True),
        (("NASA",), {"NASA", "CNSA"}, False),
        (("NASA", "CNSA"), {"ESA", "ISRO", "NASA", "UAESA"}, False),
        (("NASA",), {"JPL"}, True),
        (("NASA",), {"Jet Propulsion Laboratory", "NASA/LASP"}, True),
        (("JPL",), {"NASA"}, False),
        (("NASA/LASP", "JPL"), {"NASA"}, False),
        (("partners",), {"JPL", "CNSA"}, True),
        ((), set(), False),
        (("NASA",), set(), False),
    ],
)
def test_a_release_list_must_name_every_reader(release: tuple[str, ...], readers: set[str], opens: bool) -> None:
    """A list opens to an edition if each of its parties is on it, by any of its names or as a member of one named."""
    known = parties_of(
        [
            Party(id="NASA", includes=("NASA/LASP", "JPL")),
            Party(id="JPL", aliases=("Jet Propulsion Laboratory",)),
            Party(id="Partners", includes=("NASA", "CNSA")),
        ]
    )
    public = edition(parties=frozenset(readers), known=known)

    assert public.sees(MarkingRecord(originator="X", level=Tlp.RED, words=None, release=release)) is opens


def test_an_edition_sees_the_data_of_members_of_its_originators() -> None:
    """Where an edition is limited to originators, what their members gave is theirs, and what others gave is not."""
    known = parties_of([Party(id="NASA", includes=("JPL",))])
    public = edition(originators=frozenset({"nasa"}), known=known)

    assert public.sees(replace(CLEAR, originator="JPL"))
    assert not public.sees(replace(CLEAR, originator="ESOC"))


@pytest.mark.parametrize(
    ("where", "marking", "expected"),
    [
        ("nothing", CLEAR, Tlp.AMBER_STRICT),
        ("object", replace(CLEAR, level=Tlp.RED, release=("READERS",)), Tlp.RED),
        ("delivery", replace(CLEAR, level=Tlp.RED, release=("READERS",)), Tlp.RED),
        ("note", replace(CLEAR, level=Tlp.RED, release=("READERS",)), Tlp.RED),
        ("note", replace(CLEAR, level=Tlp.RED, release=("OTHERS",)), Tlp.AMBER_STRICT),
        ("covariance", replace(CLEAR, level=Tlp.RED, release=("READERS",)), Tlp.RED),
        ("covariance", replace(CLEAR, level=Tlp.RED), Tlp.AMBER_STRICT),
        ("note", MarkingRecord(originator="X", level=None, words="eyes only", release=("READERS",)), Tlp.RED),
    ],
)
def test_an_edition_is_marked_as_the_strictest_it_holds(
    record: CycleRecord, where: str, marking: MarkingRecord, expected: Tlp
) -> None:
    """One RED item that all readers may see makes the whole edition RED; one that they may not see does nothing."""
    readers = edition(parties=frozenset({"READERS"}), audience="readers")
    first = record.objects[0]
    changes: dict[str, Any] = {
        "nothing": {},
        "object": {"objects": (replace(first, marking=marking), *record.objects[1:])},
        "covariance": {"objects": (replace(first, covariance_marking=marking), *record.objects[1:])},
        "delivery": {"inputs": (replace(record.inputs[0], marking=marking), *record.inputs[1:])},
        "note": {"notes": (*record.notes, replace(record.notes[-1], marking=marking))},
    }[where]

    label = reduced(replace(record, **changes), readers).edition

    assert label is not None
    assert label.marking is expected


def test_another_solution_that_is_withheld_is_withheld_though_all_else_is_clear() -> None:
    """A RED alternative of a clear object stands nowhere in the edition, nor does one whose only file was refused."""
    record = marked_record({})
    red = replace(CLEAR, level=Tlp.RED)
    first = record.solutions[0]
    for refusal in (None, "it could not be read"):
        hidden = replace(
            first, inputs=tuple(replace(e, marking=red, file="zz.oem", refusal=refusal) for e in first.inputs)
        )
        small = reduced(replace(record, solutions=(hidden, *record.solutions[1:])), edition(parties=frozenset({"ESA"})))

        assert small.solutions == record.solutions[1:]
        assert b"zz.oem" not in dump(small)


def test_words_of_an_agency_mean_what_is_configured() -> None:
    """TLP levels are read in any case, with or without their prefix; other words only where they are mapped."""
    mapped = {"sensitive but unclassified": Tlp.AMBER}

    assert level_of("tlp:amber+strict", mapped) is Tlp.AMBER_STRICT
    assert level_of("CLEAR", mapped) is Tlp.CLEAR
    assert level_of("Sensitive  But Unclassified", mapped) is Tlp.AMBER
    assert level_of("'secret'", mapped) is None


def test_a_field_without_a_rule_is_withheld_and_reported(record: CycleRecord) -> None:
    """A field that the table does not know is absent from the edition, and the report names it."""
    table = {name: rule for name, rule in RULES[type(record.events[0])].items() if name != "sep_deg"}

    found = reduction(record, edition({"MEX": Show.METRICS}), {**RULES, type(record.events[0]): table})

    assert all(event.sep_deg is None for event in found.record.events)
    assert found.reports == ("EventRecord.sep_deg has no rule: it is withheld",)


def test_what_cannot_be_absent_takes_its_record_with_it(record: CycleRecord) -> None:
    """Where a field without a rule must have a value, the whole entry is withheld and reported."""
    kind = type(record.events[0])
    table = {name: rule for name, rule in RULES[kind].items() if name != "at_boundary"}

    found = reduction(record, edition({"MEX": Show.METRICS}), {**RULES, kind: table})

    assert found.record.events == ()
    assert "EventRecord.at_boundary" in found.reports[0]


def test_an_old_name_of_an_event_tells_nothing() -> None:
    """An id of a minute becomes one number in every edition, another with another key; a neutral id stays."""
    old, shows = "MRO-TW1-20210321T0412", {"MRO": Show.FULL, "TW1": Show.METRICS}
    names = [
        Names(edition({}, id=which, key=key), shows).event(old, "MRO", "TW1")
        for which, key in (("a", b"1"), ("b", b"1"), ("a", b"2"))
    ]

    assert names[0] == names[1]
    assert len(set(names)) == 2
    assert not any("TW1" in name or "0412" in name for name in names)
    assert Names(edition({}), shows).event("E7Q2M-4XD8P", "MRO", "TW1") == "E7Q2M-4XD8P"


def test_cycles_off_the_schedule_are_left_out(record: CycleRecord) -> None:
    """An edition with a schedule has only cycles on it, and names no other as the previous one."""
    daily = edition({}, every_hours=24.0)
    off = replace(record, previous_cycle_id="2021-03-14T1437Z")

    assert daily.publishes("2021-03-15T0000Z")
    assert not daily.publishes("2021-03-15T0317Z")
    assert reduced(off, daily).previous_cycle_id is None
    assert reduced(off, daily).changes == ()


def test_a_delivery_whose_covariances_are_withheld_tells_the_rest() -> None:
    """Its own marking decides, also where the object's is clear: every finding goes along but those on covariances."""
    record = marked_record({})
    first = record.inputs[0]
    whole, growth = first.findings
    rules = ("span", "gaps", "speed")
    findings = (whole, *(replace(growth, rule=rule) for rule in rules), growth)
    red = replace(CLEAR, level=Tlp.RED)
    restricted = replace(first, findings=findings, covariance_marking=red)

    def told(entry: InputRecord) -> tuple[str, ...]:
        small = reduced(replace(record, inputs=(entry, *record.inputs[1:])), edition(parties=frozenset({"ESA"})))
        return tuple(finding.rule for finding in small.inputs[0].findings)

    assert told(replace(restricted, covariance_marking=CLEAR)) == ("overall", *rules, "covariance growth")
    assert told(restricted) == ("overall", *rules)


@pytest.mark.parametrize(("hours", "blind", "told"), [(None, False, True), (None, True, False), (24.0, False, False)])
def test_how_a_delivery_differs_is_told_by_its_covariances_and_cycles(
    hours: float | None, blind: bool, told: bool
) -> None:
    """The sigmas of a shift are those of covariances, and it names a cycle: shift and finding go with both, or not."""
    record = marked_record({})
    first = record.inputs[0]
    fact = Shift(
        rule="shift_doubtful", cycle_id="2021-03-08T0600Z", late_s=46.0, shift_rtn_km=(0.1, 9.0, 0.1), sigmas=30.0
    )
    finding = Finding(rule="predecessor", grade=Grade.NOTE, fact=fact)
    found = replace(
        first, findings=(*first.findings, finding),
        covariance_marking=replace(CLEAR, level=Tlp.RED) if blind else CLEAR,
    )  # fmt: skip
    shift = next(item.shift for item in record.objects if item.shift is not None)
    objects = tuple(
        replace(item, shift=replace(shift, cycle_id=fact.cycle_id, since=record.cycle_id, verdict="doubtful"))
        for item in record.objects
    )
    made = replace(record, objects=objects, inputs=(found, *record.inputs[1:]))
    small = reduced(made, edition({"MEX": Show.HIDDEN}, every_hours=hours))
    (given,) = [entry for entry in small.inputs if entry.sha256 == first.sha256]
    (item,) = [item for item in small.objects if item.id == first.object_id]

    assert (finding in given.findings) == told
    assert (item.shift is not None) == told


def test_contacts_go_to_named_parties_and_never_to_the_public() -> None:
    """People and channels stand in an edition for parties and in the record itself, not in a public edition."""
    record = marked_record({})

    assert not any(item.contacts for item in reduced(record, edition()).objects)
    assert all(item.contacts for item in reduced(record, edition(parties=frozenset({"ESA"}))).objects)


def test_rules_are_told_as_if_withheld_objects_had_never_been_configured(record: CycleRecord) -> None:
    """Pairs with them are left out, and a rule for such pairs alone as well."""
    told = reduced(record, edition(COARSE)).thresholds.rules

    assert [(rule.name, rule.pairs, rule.except_pairs) for rule in told] == [
        ("near", (), (("MRO", "ODY"),)),
        ("far", (), ()),
        ("box", (("MRO", "ODY"),), ()),
    ]
    assert [(rule.level, rule.cad_km, rule.box_rtn_km) for rule in told] == [
        (rule.level, rule.cad_km, rule.box_rtn_km) for rule in NAMED_RULES[:3]
    ]


def test_a_reason_does_not_name_what_is_withheld_by_its_rule() -> None:
    """A rule whose name calls an object that the edition does not name is a rule without a name there."""
    near = CadCondition(value_km=1.0, limit_km=3.0, to_surface=False)
    reason = (
        RuleHolds(level=Level.RED, by="Mars Express, or so", conditions=(near,)),
        RuleFails(level=Level.RED, by="mex", condition=near),
        RuleUnjudged(level=Level.RED, by="TIANWEN-1"),
        RuleHolds(level=Level.RED, by="near", conditions=(near,)),
    )
    public = edition({"MEX": Show.HIDDEN, "TIANWEN-1": Show.ANONYMOUS})
    record = marked_record({})
    made = replace(record, events=tuple(replace(event, reason=reason) for event in record.events))
    told = reduced(made, public).events

    rules = (AlertRule(level=Level.RED, name="that of tianwen-1", cad_km=3.0), NAMED_RULES[0])
    named = reduced(replace(made, thresholds=replace(made.thresholds, rules=rules)), public).thresholds.rules

    assert told
    assert {tuple(one.by for one in event.reason) for event in told} == {("", "", "", "near")}
    assert [rule.name for rule in named] == ["", "near"]
    assert reduced(made, Edition(id="own", everything=True)).events[0].reason == reason


def test_a_burn_that_only_the_log_plans_is_as_restricted_as_the_log() -> None:
    """That it explains a shift is told where nothing is withheld; else neither the shift nor its finding is there."""
    record = marked_record({})
    shift = replace(next(item.shift for item in record.objects if item.shift is not None), verdict="planned")
    fact = Shift(
        rule="shift_by_plan", cycle_id="2021-03-16T0000Z", late_s=46.0, shift_rtn_km=(0.1, 9.0, 0.1), sigmas=30.0
    )
    plan = Finding(rule="predecessor", grade=Grade.NOTE, fact=fact)
    made = replace(
        record,
        objects=tuple(replace(item, shift=shift) for item in record.objects),
        inputs=tuple(
            replace(entry, findings=(overall([*entry.findings[1:], plan]), *entry.findings[1:], plan))
            for entry in record.inputs
        ),
    )
    small, whole = reduced(made, edition({"MEX": Show.HIDDEN})), reduced(made, Edition(id="own", everything=True))
    unexplained = reduced(
        replace(made, objects=tuple(replace(item, shift=replace(shift, verdict="manoeuvre")) for item in made.objects)),
        edition({"MEX": Show.HIDDEN}),
    )

    assert {item.shift for item in whole.objects} == {shift}
    assert {item.shift for item in small.objects} == {None}
    assert None not in {item.shift for item in unexplained.objects}
    assert not any(found.rule == "predecessor" for entry in small.inputs for found in entry.findings)
    assert all("predecessor" not in str(entry.findings[0]) for entry in small.inputs)
    assert any(found == plan for entry in whole.inputs for found in entry.findings)
