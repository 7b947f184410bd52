"""From what a cycle found to its record: objects, events with their history, pairs, crossings, provenance."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Final

import nearpass
from nearpass.config import Config, ScreenedObject
from nearpass.config.editions import marking_record
from nearpass.config.objects import object_marking
from nearpass.crossing.crossing import Crossing
from nearpass.cycle.commanding import Commands, commanding_of
from nearpass.cycle.crossings import CrossingSetting, describe_crossings, describe_seasons
from nearpass.cycle.doubts import Newer, at_approaches, burns_of, judged, reference, with_shift
from nearpass.cycle.encounters import Surroundings, assess_encounters
from nearpass.cycle.joined import Stretch
from nearpass.cycle.learned import learned_model
from nearpass.cycle.net import Net, Part
from nearpass.cycle.pairs import PairSetting, describe_pairs
from nearpass.cycle.predictions import KEPT_ERRORS, Delivered, carried, judge, predict, quality
from nearpass.cycle.solutions import Solution, SolutionSetting, describe_solutions
from nearpass.cycle.stretch_risk import with_risks
from nearpass.cycle.sweep import Swept, with_events
from nearpass.encounter.alert_rules import Pairing
from nearpass.encounter.uncertainty import DeclaredModel
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.ingest import Ingested, Setting, source_of
from nearpass.messages.manoeuvres import QUESTIONS
from nearpass.record.command_record import CommandingRecord
from nearpass.record.cycle_id import CycleId
from nearpass.record.history import changes, dormant
from nearpass.record.holding import held, with_doubts
from nearpass.record.motion import (
    approximation_of,
    coverage_of,
    ending_of,
    orbit_of,
)
from nearpass.record.pairing import limits_of_all, pairing
from nearpass.record.record import (
    SCHEMA,
    BodyRecord,
    ChangeRecord,
    ContactRecord,
    CycleRecord,
    DeclaredRecord,
    DormantEvent,
    EventRecord,
    FunnelRecord,
    FunnelStep,
    InputRecord,
    NoteRecord,
    ObjectRecord,
    Provenance,
    SolutionRecord,
    ThresholdsRecord,
)
from nearpass.record.source import Source
from nearpass.screening.screen import Screening
from nearpass.screening.workers import Workers

REPRODUCED_BY: Final = ("numpy", "scipy", "sgp4", "skyfield", "spiceypy")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Findings:
    """Everything that one cycle read and found; ``trajectories`` by object id, ``ingested`` as configured.

    ``swept`` is what became of catalogues, None where there is none; its objects are among the others. ``progress`` is
    called with a stage and its number of steps; encounters are assessed by ``workers``; ``net`` keeps what is lost.
    ``notes`` are those of the log up to the cut-off.
    """

    config: Config
    configuration: str
    setting: Setting
    ingested: tuple[Ingested, ...]
    trajectories: Mapping[str, Trajectory]
    objects: tuple[ObjectRecord, ...]
    commands: Commands
    screening: Screening
    crossings: tuple[Crossing, ...]
    stretches: Mapping[tuple[str, str], tuple[Stretch, ...]]
    shared: frozenset[tuple[str, str]]
    swept: Swept | None
    previous: CycleRecord | None
    notes: Sequence[NoteRecord]
    workers: Workers
    progress: Callable[[str, int], Callable[[int], None]]
    net: Net

    @property
    def catalogued(self) -> frozenset[str]:
        """Objects that a catalogue and not the configuration brought."""
        return frozenset(item.id for item in self.swept.items) if self.swept else frozenset()


def assemble(findings: Findings) -> CycleRecord:
    """The record of a cycle from what was found."""
    config, setting, previous, net = findings.config, findings.setting, findings.previous, findings.net
    sources, catalogued = _sources(findings), findings.catalogued
    sizes_km = {item.id: item.size_km for item in config.objects}
    stretches = with_risks(findings.stretches, findings.trajectories, sources, sizes_km, net)
    events = _events(findings, sources, stretches)
    paths = CrossingSetting(
        trajectories=findings.trajectories,
        sources=sources,
        body=setting.body,
        rules=config.alert_rules,
        radii_km=config.radii_km,
        pairings=_pairings(findings),
    )
    none_kept: tuple[DormantEvent, ...] = ()
    limits, named = limits_of_all(config.alert_rules), bool(config.alert.named)
    record = CycleRecord(
        schema_number=SCHEMA,
        cycle_id=CycleId.of(setting.cutoff),
        title=config.site.title,
        publisher=config.site.publisher,
        notice=config.site.notice,
        site_url=config.site.url,
        body=BodyRecord(
            name=setting.body.name,
            naif_id=setting.body.naif_id,
            equatorial_radius_km=setting.body.equatorial_radius_km,
            polar_radius_km=setting.body.polar_radius_km,
            gm_km3_s2=setting.body.gm_km3_s2,
        ),
        window=setting.window,
        thresholds=ThresholdsRecord(
            limit_km=config.cycle.limit_km,
            crossing_limit_km=config.crossing_limit_km,
            yellow_cad_km=limits.yellow_km or 0.0,
            red_cad_km=limits.red_km or 0.0,
            yellow_pc=limits.yellow_pc,
            red_pc=limits.red_pc,
            yellow_oxd_km=limits.yellow_oxd_km,
            red_oxd_km=limits.red_oxd_km,
            rules=config.alert_rules if named else (),
        ),
        detail_events=config.site.detail_events,
        previous_cycle_id=previous.cycle_id if previous else None,
        supersedes=None,
        next_expected=setting.cutoff + config.cycle.every_hours * 3600.0 if config.cycle.every_hours else None,
        objects=tuple(
            item
            if item.id in catalogued
            else net.made(
                Part(stage="predictions", object_ids=(item.id,)), partial(_with_predictions, item, findings), item
            )
            for item in findings.objects
        ),
        inputs=(),
        pairs=describe_pairs(
            config.objects,
            events,
            PairSetting(
                trajectories=findings.trajectories,
                screening=findings.screening,
                setting=setting,
                endings={item.id: item.ending for item in findings.objects if item.ending is not None},
                catalogued=catalogued,
                stretches=stretches,
                net=net,
            ),
        ),
        events=events,
        crossings=describe_crossings(findings.crossings, paths, net),
        seasons=describe_seasons(
            [item for item in findings.objects if item.id not in catalogued],
            paths,
            config.crossing_limit_km,
            net,
            findings.shared | findings.stretches.keys(),
        ),
        solutions=_solutions(findings, sources, events),
        sweep=with_events(findings.swept.record, events) if findings.swept else None,
        changes=(),
        dormant=net.made(
            Part(stage="matching", object_ids=()), partial(dormant, events, previous, setting.cutoff), none_kept
        ),
        funnel=_funnel(findings.screening),
        provenance=_provenance(findings.configuration, setting),
    )
    record = replace(record, inputs=_inputs(findings, record.objects))
    unchanged: tuple[ChangeRecord, ...] = ()
    record = net.made(Part(stage="changes", object_ids=()), partial(held, record, previous), record)
    changed = net.made(Part(stage="changes", object_ids=()), partial(_changes, record, previous), unchanged)
    return replace(record, changes=changed, losses=net.lost)


def _pairings(findings: Findings) -> dict[frozenset[str], Pairing]:
    """The pairs whose orbits cross, as rules know them."""
    items = {item.id: item for item in findings.objects}
    pairs = {frozenset((one.first, one.second)) for one in findings.crossings}
    both = {ids: sorted(ids) for ids in pairs}
    return {
        ids: pairing(items[one], items[two], joined=(one, two) in findings.stretches)
        for ids, (one, two) in both.items()
    }


def _changes(record: CycleRecord, previous: CycleRecord | None) -> tuple[ChangeRecord, ...]:
    return with_doubts(changes(record, previous), record, previous)


def _inputs(findings: Findings, objects: Sequence[ObjectRecord]) -> tuple[InputRecord, ...]:
    """Every delivery; that in use of each object with how it differs from the one before."""
    shifts = {item.id: item.shift for item in objects}
    found: list[InputRecord] = []
    for result in findings.ingested:
        shift = shifts.get(result.object_id)
        judged_now = shift is not None and result.trajectory is not None and bool(result.inputs)
        found += (with_shift(result.inputs[0], shift), *result.inputs[1:]) if judged_now and shift else result.inputs
    return tuple(found)


def describe_objects(
    config: Config, trajectories: Mapping[str, Trajectory], setting: Setting, commands: Commands, net: Net
) -> tuple[ObjectRecord, ...]:
    """The configured objects by id, each with what its ephemeris covers of the window and its orbit."""
    items = sorted(config.objects, key=lambda item: item.id)
    acts = {item.id: commanding_of(config, setting, commands, item) for item in items}
    return tuple(
        net.made(
            Part(stage="object", object_ids=(item.id,)),
            partial(_object, item, trajectories.get(item.id), setting, acts[item.id]),
            _object(item, None, setting, acts[item.id]),
        )
        for item in items
    )


def _object(
    item: ScreenedObject, trajectory: Trajectory | None, setting: Setting, commanding: CommandingRecord | None
) -> ObjectRecord:
    giver = item.operator or item.ephemeris[0].originator
    model = item.uncertainty
    return ObjectRecord(
        id=item.id,
        name=item.name,
        operator=item.operator,
        naif_id=item.naif_id,
        kind="natural" if item.radius_km is not None else "spacecraft",
        hbr_m=item.hbr_m,
        radius_km=item.radius_km,
        phase=item.phase,
        lead_time_h=commanding.lead_time_h if commanding else None,
        coverage=coverage_of(trajectory),
        proof=trajectory.proof.value if trajectory else None,
        orbit=orbit_of(trajectory, setting.body) if trajectory else None,
        approximation=approximation_of(trajectory) if trajectory else None,
        ending=ending_of(trajectory, setting.span_s, setting.body) if trajectory else None,
        note=item.note,
        declared=DeclaredRecord(**item.uncertainty.model_dump(exclude={"marking", "release"}))
        if item.uncertainty
        else None,
        predictions=(),
        prediction_errors=(),
        prediction_quality=None,
        marking=object_marking(item, setting.mapped_words),
        covariance_marking=(
            marking_record(model.marking, model.release, giver, setting.mapped_words) if model else None
        ),
        contacts=tuple(ContactRecord(party=entry.party, channel=entry.channel) for entry in item.contacts),
        catalogue_number=item.catalogue_number,
        commanding=commanding,
    )


def _declared(item: ObjectRecord, findings: Findings) -> DeclaredRecord | None:
    """The publisher's model of the object's errors, else the one that goes with its theory."""
    own = next(result.declared for result in findings.ingested if result.object_id == item.id)
    if item.declared is not None or own is None:
        return item.declared
    return _as_record(own)


def _as_record(model: DeclaredModel) -> DeclaredRecord:
    plain = asdict(model)
    del plain["comparisons"]
    return DeclaredRecord(**plain)


def _with_predictions(item: ObjectRecord, findings: Findings) -> ObjectRecord:
    """The object with its predictions for later cycles, and those of earlier cycles judged by its delivery."""
    configured = next(one for one in findings.config.objects if one.id == item.id)
    learned = _learned(configured, findings)
    item = replace(item, declared=_declared(item, findings), learned=_as_record(learned) if learned else None)
    before = next((old for old in findings.previous.objects if old.id == item.id), None) if findings.previous else None
    trajectory = findings.trajectories.get(item.id)
    errors = before.prediction_errors if before else ()
    guessed = item.approximation is not None and item.approximation.kind == "one state"
    if trajectory is None or item.phase == "unknown" or guessed:
        return replace(
            item,
            predictions=before.predictions if before else (),
            prediction_errors=errors,
            prediction_quality=quality(errors),
        )
    entry = next(result.inputs[0] for result in findings.ingested if result.object_id == item.id)
    delivered = Delivered(
        cycle_id=CycleId.of(findings.setting.cutoff),
        sha256=entry.sha256 or "",
        created=entry.creation,
        trajectory=trajectory,
    )
    earlier = before.predictions if before else ()
    errors = (*errors, *judge(earlier, delivered))[-KEPT_ERRORS:]
    now = predict(delivered, findings.setting.span_s)
    item = _with_shift(item, before, delivered, findings)
    return replace(
        item,
        predictions=carried(earlier, now),
        prediction_errors=errors,
        prediction_quality=quality(errors),
    )


def _with_shift(
    item: ObjectRecord, before: ObjectRecord | None, delivered: Delivered, findings: Findings
) -> ObjectRecord:
    """The object with where its delivery puts it, judged by the delivery before it."""
    setting = findings.setting
    if not delivered.sha256:
        return item  # a theory is delivered once
    configured, result = next(
        (one, found) for one, found in zip(findings.config.objects, findings.ingested, strict=True) if one.id == item.id
    )
    source = source_of(configured, result, _learned(configured, findings))
    now = reference(delivered.trajectory, source, delivered.cycle_id, delivered.sha256, setting.span_s)
    if before is None or before.reference is None or findings.previous is None:
        return replace(item, reference=now)
    newer = Newer(cycle_id=delivered.cycle_id, trajectory=delivered.trajectory, source=source)
    told = tuple(one.at for one in result.inputs[0].manoeuvres if one.basis not in QUESTIONS)  # proposed: not flown
    burns = burns_of(item.id, delivered.sha256, (*configured.burns, *told), findings.notes)
    gm_km3_s2 = setting.body.gm_km3_s2
    doubt = before.shift if before.shift is not None and before.shift.verdict == "doubtful" else None
    if before.reference.sha256 == now.sha256:
        if doubt is None or before.trusted is None:
            return replace(item, reference=now, trusted=before.trusted)
        burns = burns.known_by(CycleId(doubt.since).cutoff, setting.cutoff)
        again = judged(newer, before.trusted, None, burns, gm_km3_s2)
        if again is not None and again.verdict in {"manoeuvre", "planned"}:
            return replace(item, reference=now, shift=again)
        return replace(item, reference=now, trusted=before.trusted, shift=doubt)
    met = at_approaches(findings.previous.events, item.id)
    last = replace(before.reference, states=(*before.reference.states, *met))
    trusted = before.trusted if doubt is not None and before.trusted is not None else last
    shift = judged(newer, trusted, last if doubt is not None else None, burns, gm_km3_s2)
    is_doubtful = shift is not None and shift.verdict == "doubtful"
    return replace(item, reference=now, trusted=trusted if is_doubtful else None, shift=shift)


def _learned(item: ScreenedObject, findings: Findings) -> DeclaredModel | None:
    """The model that the archive's comparisons fit, where the configuration asks for it and there are enough."""
    if not item.learned or findings.previous is None:
        return None
    before = next((old for old in findings.previous.objects if old.id == item.id), None)
    return learned_model(before, item.least_comparisons)


def _sources(findings: Findings) -> dict[str, Source]:
    """What each trajectory rests on."""
    return {
        item.id: source_of(item, result, _learned(item, findings))
        for item, result in zip(findings.config.objects, findings.ingested, strict=True)
        if result.trajectory is not None
    }


def _events(
    findings: Findings, sources: Mapping[str, Source], stretches: Mapping[tuple[str, str], Sequence[Stretch]]
) -> tuple[EventRecord, ...]:
    approaches = findings.screening.approaches
    surroundings = Surroundings(
        setting=findings.setting,
        objects={item.id: item for item in findings.objects},
        trajectories=findings.trajectories,
        sources=sources,
        rules=findings.config.alert_rules,
        stretches=stretches,
        commands=findings.commands,
        deliveries={
            result.object_id: result.inputs[0].sha256 or ""
            for result in findings.ingested
            if result.trajectory is not None and result.inputs
        },
    )
    advance = findings.progress("assessing encounters", len(approaches))
    return assess_encounters(approaches, surroundings, findings.previous, findings.workers, advance, findings.net)


def _solutions(
    findings: Findings, sources: Mapping[str, Source], events: Sequence[EventRecord]
) -> tuple[SolutionRecord, ...]:
    """The objects' other solutions, by object."""
    config, objects = findings.config, {item.id: item for item in findings.objects}
    read = [
        Solution(
            object_id=item.id,
            name=source.name or "",
            role="planned" if source.role == "planned" else "alternative",
            note=source.note,
            inputs=delivered.inputs,
            trajectory=delivered.trajectory,
            source=source_of(item, delivered, _learned(item, findings)) if delivered.trajectory is not None else None,
        )
        for item, result in zip(config.objects, findings.ingested, strict=True)
        for source, delivered in result.solutions
        if delivered.inputs
    ]
    setting = SolutionSetting(
        window=findings.setting.window,
        rules=config.alert_rules,
        joined=findings.stretches.keys(),
        objects=objects,
        screened={
            key: found
            for key, found in findings.trajectories.items()
            if objects[key].phase == "known" and key not in findings.catalogued
        },
        sources=sources,
        limit_km=config.cycle.limit_km,
        comoving_km_s=config.cycle.comoving_km_s,
        events=events,
    )
    advance = findings.progress("screening other solutions", len(read) * max(len(setting.screened) - 1, 0))
    return describe_solutions(sorted(read, key=lambda item: item.object_id), setting, advance, findings.net)


def _funnel(screening: Screening) -> FunnelRecord:
    funnel = screening.funnel
    return FunnelRecord(
        intervals=funnel.intervals,
        interval_steps=tuple(FunnelStep(name=n, count=c, meaning=m) for n, c, m in funnel.interval_steps),
        minima=funnel.minima,
        minima_steps=tuple(FunnelStep(name=n, count=c, meaning=m) for n, c, m in funnel.minima_steps),
    )


def _provenance(configuration: str, setting: Setting) -> Provenance:
    packages = [("python", platform.python_version()), *((name, version(name)) for name in REPRODUCED_BY)]
    return Provenance(
        version=nearpass.__version__,
        packages=tuple(packages),
        configuration_sha256=hashlib.sha256(configuration.encode()).hexdigest(),
        configuration=configuration,
        planetary_ephemeris=setting.planets.name,
        command=f"nearpass run --at {setting.cutoff.iso(digits=0)}Z",
    )
