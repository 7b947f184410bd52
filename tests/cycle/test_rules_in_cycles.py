"""Alert rules through a whole cycle: levels, reasons, what the record keeps, and what a replay makes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fleets import CUTOFF, Kepler, message, segment
from nearpass.archive.archive import Archive
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.encounter.alert import AlertRule, Level
from nearpass.encounter.alert_rules import thresholds
from nearpass.messages.oem_write import write_oem
from nearpass.reasons.coverage import NoOverlap
from nearpass.reasons.levels import CadBelow, RtnSigmasCondition, RuleFails, RuleHolds
from nearpass.record.cycle_id import CycleId
from nearpass.record.pairing import limits_of
from nearpass.record.record import CycleRecord, EventRecord, HeldRecord, UncoveredSpan, dump, load
from nearpass.record.replay import replay
from nearpass.report.provenance_views import provenance

SPAN_S = 0.25 * 86_400.0
A = Kepler(3700.0, 0.001, 1.5707963)
B = Kepler(3701.0, 0.001, 1.0471976)
C = Kepler(3706.0, 0.001, 1.2)
MODEL = (
    "uncertainty = { radial_km = 0.2, transverse_km = 0.3, normal_km = 0.05, timing_s = 0.5, "
    'timing_growth_s_per_day = 0, source = "test" }\n'
)
PLAIN = "[alert.red]\ncad_km = 3\n[alert.yellow]\ncad_km = 20\n"
AS_RULES = (
    '[[alert.rule]]\nname = "red"\nlevel = "red"\ncad_km = 3\n'
    '[[alert.rule]]\nname = "yellow"\nlevel = "yellow"\ncad_km = 20\n'
)
RULES = (
    '[[alert.rule]]\nname = "every direction"\nlevel = "red"\ncad_km = 20\nrtn_sigmas = 6\n'
    '[[alert.rule]]\nname = "watch"\nlevel = "yellow"\ncad_km = 30\n'
    '[[alert.rule]]\nname = "A and C soon"\nlevel = "red"\npairs = [["C", "A"]]\ncad_km = 40\ntca_within_h = 3\n'
    '[[alert.rule]]\nname = "orbits"\nlevel = "yellow"\nclass = "spacecraft"\noxd_km = 15\noxt_s = 100\n'
)


def _cycle(directory: Path, alert: str, modelled: str = "AB") -> CycleRecord:
    directory.mkdir()
    tables = []
    for name, orbit in (("A", A), ("B", B), ("C", C)):
        (directory / f"{name}.oem").write_text(write_oem(message(segment(orbit, -1200.0, SPAN_S + 1200.0, 60.0))))
        model = MODEL if name in modelled else ""
        tables.append(
            f'[[object]]\nid = "{name}"\nname = "{name}"\nhbr_m = 5\nlead_time_h = 1\n{model}'
            f'[[object.ephemeris]]\npath = "{name}.oem"\noriginator = "TEST"\n'
        )
    path = directory / "nearpass.toml"
    path.write_text(f'[cycle]\nbody = "MARS"\nspan_days = {SPAN_S / 86_400.0}\nlimit_km = 60\n{alert}{"".join(tables)}')
    config, text = load_config(path)
    return run_cycle(config, text, directory, CUTOFF, None, lambda _, __: lambda ___: None).record


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules")


@pytest.fixture(scope="module")
def plain(home: Path) -> CycleRecord:
    return _cycle(home / "plain", PLAIN)


@pytest.fixture(scope="module")
def ruled(home: Path) -> CycleRecord:
    return _cycle(home / "ruled", RULES)


def _by_hand(event: EventRecord, record: CycleRecord) -> Level:
    """The level by the four rules above, read from the figures of the record."""
    away, sigmas = event.miss_rtn_km, event.miss_sigma_rtn_km
    inside = sigmas is None or all(abs(a) / s <= 6 for a, s in zip(away or (), sigmas, strict=True))
    soon = (event.tca - record.window.start) <= 3 * 3600
    if (event.miss_km < 20 and inside) or ({event.primary, event.secondary} == {"A", "C"} and soon):
        return Level.RED if event.miss_km < 40 else Level.GREEN
    return Level.YELLOW if event.miss_km < 30 else Level.GREEN


def test_events_have_the_levels_of_the_rules(ruled: CycleRecord) -> None:
    """Each event's level is that which its own figures give by hand; red, yellow, and red with no covariance occur."""
    levels = {(event.level, event.miss_sigma_rtn_km is None) for event in ruled.events}

    assert [event.level for event in ruled.events] == [_by_hand(event, ruled) for event in ruled.events]
    assert {(Level.RED, False), (Level.YELLOW, False), (Level.RED, True)} <= levels


def test_the_reason_names_the_rule_and_what_decides(ruled: CycleRecord) -> None:
    """A rule that holds by its name with all its figures; a yellow event says which direction kept it from red."""
    red = [event for event in ruled.events if event.level is Level.RED and event.miss_sigma_rtn_km is not None]
    yellow = [event for event in ruled.events if event.level is Level.YELLOW and event.miss_km < 20]

    assert all(isinstance(event.reason[0], RuleHolds) for event in red)
    assert {one.by for event in red for one in event.reason if isinstance(one, RuleHolds)} == {"every direction"}
    assert yellow
    for event in yellow:
        kept = event.reason[-1]
        assert isinstance(kept, RuleFails)
        assert kept.by == "every direction"
        assert isinstance(kept.condition, RtnSigmasCondition)
        assert max(kept.condition.value_rtn) > 6


def test_crossings_have_the_levels_of_their_rules(ruled: CycleRecord) -> None:
    """Orbits within 15 km with passages at most 100 s apart are yellow by the rule, the others green."""
    near = [one for one in ruled.crossings if one.oxd_km < 15 and one.oxt_s is not None and abs(one.oxt_s) <= 100]

    assert near
    assert [one.level for one in ruled.crossings] == [
        Level.YELLOW if one in near else Level.GREEN for one in ruled.crossings
    ]
    assert all(isinstance(one.reason[0], RuleHolds) and one.reason[0].by == "orbits" for one in near)


def test_the_record_keeps_the_rules_and_the_page_tells_them(ruled: CycleRecord, plain: CycleRecord) -> None:
    """Rules by name stand in the record and under Provenance in words; thresholds alone stay what they were."""
    facts = {fact.label: fact.value for fact in provenance(ruled).facts}

    assert [rule.name for rule in ruled.thresholds.rules] == ["every direction", "watch", "A and C soon", "orbits"]
    assert load(dump(ruled), "record") == ruled
    assert facts["Rule 1"] == (
        "Red by “every direction”: closest approach below 20 km and at most 6 sigmas along each of R, T and N"
    )
    assert facts["Rule 3"].startswith("Red by “A and C soon” for C – A alone: closest approach below 40 km")
    assert (ruled.thresholds.red_cad_km, ruled.thresholds.yellow_cad_km) == (20.0, 30.0)
    assert limits_of(ruled, "A", "C").red_km == 40.0
    assert limits_of(ruled, "A", "B").red_km == 20.0
    assert plain.thresholds.rules == ()
    assert "Thresholds" in {fact.label for fact in provenance(plain).facts}


def test_thresholds_and_the_same_as_rules_give_the_same_levels(home: Path, plain: CycleRecord) -> None:
    """Each threshold is a rule by itself: stated by name they give every level again, and reasons with names."""
    named = _cycle(home / "named", AS_RULES)

    assert [(one.event_id, one.level) for one in named.events] == [(one.event_id, one.level) for one in plain.events]
    assert all(isinstance(one.reason[0], CadBelow) for one in plain.events if one.level is not Level.GREEN)
    assert all(isinstance(one.reason[0], RuleHolds) for one in named.events if one.level is not Level.GREEN)


@pytest.mark.parametrize("which", ["plain", "ruled"])
def test_a_replay_by_the_rules_in_force_gives_the_recorded_levels(which: str, request: pytest.FixtureRequest) -> None:
    """What a record keeps is enough to judge each of its events again, to the same level."""
    record: CycleRecord = request.getfixturevalue(which)
    rules = record.thresholds.rules or (*thresholds(Level.RED, cad_km=3.0), *thresholds(Level.YELLOW, cad_km=20.0))
    (found,) = replay([record], [rules])

    assert {one.event_id: one.last for one in found.events} == {one.event_id: one.level for one in record.events}
    assert (found.cycles, found.beyond, found.listed) == (1, 0, (0, 0))
    assert found.years == pytest.approx(0.25 / 365.25)


RED_5 = (*thresholds(Level.RED, cad_km=5.0), *thresholds(Level.YELLOW, cad_km=20.0))
STORY = (
    {"Etrue": 15.0, "Eturn": 4.0, "Egone": 2.0, "Ehid": 2.0},
    {"Etrue": 4.0, "Eturn": 4.5, "Egone": 2.0, "Ehid": 2.0},
    {"Etrue": 4.0, "Eturn": 12.0, "Ehid": 2.0},
    {"Etrue": 3.0, "Eturn": 30.0},
    {"Eturn": 31.0},
)
"""Miss distances in km of four events in five cycles, an hour apart."""
TCA_H = {"Etrue": 3.5, "Eturn": 3.9, "Egone": 5.2, "Ehid": 5.5}


def _story(plain: CycleRecord) -> list[CycleRecord]:
    """One event red to its end, one that turns green, one that leaves, one whose time is not covered later."""
    base = next(event for event in plain.events if (event.primary, event.secondary) == ("A", "B"))
    cut = UncoveredSpan(
        start=CUTOFF + 5.4 * 3600.0, stop=CUTOFF + 5.6 * 3600.0, reason=(NoOverlap(rule="no_overlap_in_window"),)
    )
    return [
        replace(
            plain,
            cycle_id=CycleId.of(CUTOFF + 3600.0 * hour),
            window=replace(plain.window, start=CUTOFF + 3600.0 * hour),
            pairs=tuple(replace(pair, uncovered=(cut,) if hour > 2 else ()) for pair in plain.pairs),
            events=tuple(
                replace(base, event_id=key, tca=CUTOFF + 3600.0 * TCA_H[key], miss_km=km, history=())
                for key, km in listed.items()
            ),
        )
        for hour, listed in enumerate(STORY)
    ]


def test_a_replay_follows_events_from_cycle_to_cycle(plain: CycleRecord) -> None:
    """What was red, when first, and what became of it: true, turned green, gone, or out of sight and so as it was."""
    (found,) = replay(_story(plain), [RED_5])
    by_id = {event.event_id: event for event in found.events}

    assert [(key, by_id[key].worst, by_id[key].last) for key in TCA_H] == [
        ("Etrue", Level.RED, Level.RED),
        ("Eturn", Level.RED, Level.GREEN),
        ("Egone", Level.RED, Level.GREEN),
        ("Ehid", Level.RED, Level.RED),
    ]
    assert [by_id[key].turned_green for key in TCA_H] == [False, True, True, False]
    assert [by_id[key].passed for key in TCA_H] == [True, True, False, False]
    assert found.warnings_h == (2.5,)  # red first in the cycle an hour after the first, three and a half before
    assert len(found.worst(Level.RED)) == 4
    assert found.worst(Level.YELLOW) == ()


def test_a_replay_holds_sets_of_rules_side_by_side(plain: CycleRecord) -> None:
    """By stricter rules fewer are red and each later; both are judged in one reading of the archive."""
    strict = (*thresholds(Level.RED, cad_km=3.5), *thresholds(Level.YELLOW, cad_km=14.0))
    wide, narrow = replay(iter(_story(plain)), [RED_5, strict])

    assert (len(wide.worst(Level.RED)), len(narrow.worst(Level.RED))) == (4, 3)
    assert narrow.warnings_h == (0.5,)
    assert [event.worst for event in narrow.events if event.event_id == "Eturn"] == [Level.YELLOW]


def test_a_doubtful_delivery_lowers_no_level_in_a_replay_either(plain: CycleRecord) -> None:
    """An event that is held keeps the level that the rules gave it in the cycle before."""
    first, second = _story(plain)[:2]
    hold = HeldRecord(object_ids=("A",), sigmas=9.0, gone=False, level=Level.GREEN, miss_km=50.0)
    held = replace(second, events=tuple(replace(event, miss_km=50.0, held=hold) for event in second.events))
    free = replace(second, events=tuple(replace(event, miss_km=50.0) for event in second.events))
    kept, lowered = (replay([first, later], [RED_5])[0] for later in (held, free))

    assert {event.last for event in kept.events} == {Level.RED, Level.YELLOW}
    assert {event.last for event in lowered.events} == {Level.GREEN}


def test_a_replay_says_where_rules_reach_farther_than_cycles_listed(plain: CycleRecord) -> None:
    """Beyond 60 km nothing was listed: how much a rule of 80 km would have added nobody knows."""
    wide, enough = (
        replay(_story(plain), [(AlertRule(level=Level.RED, name="r", cad_km=cad_km),)])[0] for cad_km in (80.0, 60.0)
    )

    assert (wide.beyond, enough.beyond) == (5, 0)


def test_an_empty_archive_has_no_replay() -> None:
    """No cycle, no figures."""
    assert replay([], [RED_5]) == ()


@pytest.fixture
def workspace(home: Path, plain: CycleRecord, tmp_path: Path) -> Path:
    """A workspace whose archive holds the story; the fourth cycle corrects one in which all were far away."""
    archive = Archive(tmp_path / "archive")
    wrong = replace(_story(plain)[3], cycle_id="2021-03-15T0259Z", events=())
    for record in (*_story(plain)[:3], wrong, *_story(plain)[3:]):
        archive.add(record, {}, supersedes=wrong.cycle_id if record.cycle_id == _story(plain)[3].cycle_id else None)
    path = tmp_path / "nearpass.toml"
    path.write_text((home / "plain" / "nearpass.toml").read_text().replace("cad_km = 3\n", "cad_km = 5\n"))
    (tmp_path / "strict.toml").write_text(
        "[alert.red]\ncad_km = 3.5\n[alert.yellow]\ncad_km = 14\n"
        '[[alert.rule]]\nname = "A"\nlevel = "yellow"\npairs = [["A", "B"]]\ncad_km = 13\n'
    )
    return path


Nearpass = Callable[..., tuple[int, str, str]]


def test_the_command_prints_the_rules_in_plain_words(nearpass: Nearpass, workspace: Path) -> None:
    """One sentence a rule, of those in force or of another file; as JSON every key."""
    code, said, _ = nearpass("rules", "--config", workspace)
    assert (code, said) == (0, "Red: closest approach below 5 km.\nYellow: closest approach below 20 km.\n")

    code, said, _ = nearpass("rules", "--config", workspace, "--rules", workspace.parent / "strict.toml")
    assert said.splitlines()[-1] == "Yellow by “A” for A – B alone: closest approach below 13 km."

    code, said, _ = nearpass("rules", "--config", workspace, "--json")
    assert [(rule["level"], rule["cad_km"], rule["pairs"]) for rule in json.loads(said)] == [
        ("red", 5, []),
        ("yellow", 20, []),
    ]


def test_the_command_replays_the_archive(nearpass: Nearpass, workspace: Path) -> None:
    """Reds and yellows a year, what turned green, how early; side by side; a corrected cycle does not count."""
    other = workspace.parent / "strict.toml"
    code, said, _ = nearpass("rules", "--config", workspace, "--replay", "--rules", other, "--json")
    in_force, strict = json.loads(said)["replays"]

    assert code == 0
    assert (in_force["rules"], in_force["cycles"]) == ("rules in force", 5)
    assert (in_force["red"], in_force["yellow"], in_force["turned_green"]) == (4, 0, 2)
    assert in_force["red_a_year"] == pytest.approx(4 / (6 / 24 / 365.25))
    assert in_force["first_red_before_tca_h"] == [2.5]
    assert (strict["red"], strict["yellow"], strict["first_red_before_tca_h"]) == (3, 1, [0.5])

    code, said, _ = nearpass("rules", "--config", workspace, "--replay", "--rules", other)
    assert code == 0
    assert said.startswith("5 cycles, ")
    assert re.search(r"^events that were red +4 \(5\u202f844 a year\) +3 \(4\u202f383 a year\)$", said, re.MULTILINE)
    assert "1, first red 2.5 h before TCA (least 2.5 h)" in said
    assert "Events of another worst level: 1\n  Eturn A – B" in said
    assert f"red by rules in force, yellow by {other}" in said


def test_rules_that_cannot_be_replayed_are_refused(nearpass: Nearpass, workspace: Path, tmp_path: Path) -> None:
    """A file of rules is held against the configuration, at its own lines; and an archive must hold a cycle."""
    wide = tmp_path / "wide.toml"
    wide.write_text(PLAIN + '[[alert.rule]]\nname = "w"\nlevel = "red"\npairs = [["A", "Z"]]\ncad_km = 2\n')
    code, _, told = nearpass("rules", "--config", workspace, "--rules", wide)
    assert code != 0
    assert "wide.toml:8\n" in told
    assert "pairs of a rule must name two objects of the configuration" in told

    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "nearpass.toml").write_text(workspace.read_text())
    code, _, told = nearpass("rules", "--config", tmp_path / "new" / "nearpass.toml", "--replay")
    assert code != 0
    assert "the archive must hold a cycle" in told
