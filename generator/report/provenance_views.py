"""Views of where a cycle comes from: what made it, how to make it again, how to quote it."""

from __future__ import annotations

from dataclasses import dataclass

from nearpass.archive.archive import cycle_folder
from nearpass.record.record import CycleRecord
from nearpass.report import wording
from nearpass.report.views import Fact
from nearpass.report.wording.rules import rule_words


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceView:
    """How to make the cycle again, how to name it, and whether it may be passed on.

    It is whole where the configuration is not withheld.
    """

    facts: tuple[Fact, ...]
    citation: str
    passing_on: str
    packages: str
    command: str
    is_whole: bool


def provenance(record: CycleRecord) -> ProvenanceView:
    """How to make the cycle again, how to name it, and whether it may be passed on."""
    made = record.provenance
    return ProvenanceView(
        citation=_citation(record),
        passing_on=f"This edition is for {record.edition.audience} and marked {record.edition.marking}."
        if record.edition
        else "No marking is declared for it: ask the publisher before passing it on.",
        facts=(
            Fact(label="Program", value=f"nearpass {made.version}"),
            Fact(label="Record schema", value=str(record.schema_number)),
            Fact(label="Planetary ephemeris", value=made.planetary_ephemeris),
            Fact(label="Body constants", value=_constants(record)),
            *_levels(record),
            Fact(
                label="Configuration, SHA-256",
                value=made.configuration_sha256 or wording.WITHHELD,
                note="hash" if made.configuration_sha256 else None,
            ),
        ),
        packages=", ".join(f"{name} {version}" for name, version in made.packages),
        command=made.command,
        is_whole=made.configuration_sha256 is not None,
    )


def _citation(record: CycleRecord) -> str:
    by = f"{record.publisher}: " if record.publisher else ""
    where = f" {record.site_url}{cycle_folder(record.cycle_id)}/index.html" if record.site_url else ""
    return f"{by}{record.title}. Screening cycle {record.cycle_id}, nearpass {record.provenance.version}.{where}"


def _constants(record: CycleRecord) -> str:
    body = record.body
    return (
        f"{body.name.capitalize()} ({body.naif_id}): radii {wording.number(body.equatorial_radius_km, 2)} and "
        f"{wording.number(body.polar_radius_km, 2)} km, GM {wording.plain(body.gm_km3_s2)} km³/s²"
    )


def _levels(record: CycleRecord) -> tuple[Fact, ...]:
    """The rules in force: one line where thresholds alone are stated, else a line for each rule."""
    rules = record.thresholds.rules
    if not rules:
        return (Fact(label="Thresholds", value=_thresholds(record)),)
    return (
        *(Fact(label=f"Rule {number}", value=rule_words(rule)) for number, rule in enumerate(rules, start=1)),
        Fact(label="Listed", value=_listed(record)),
    )


def _listed(record: CycleRecord) -> str:
    limits = record.thresholds
    return f"below {wording.plain(limits.limit_km)} km, crossings below {wording.plain(limits.crossing_limit_km)} km"


def _thresholds(record: CycleRecord) -> str:
    limits = record.thresholds
    levels = (
        ("red", limits.red_cad_km, limits.red_pc, limits.red_oxd_km),
        ("yellow", limits.yellow_cad_km, limits.yellow_pc, limits.yellow_oxd_km),
    )
    parts = []
    for level, cad_km, pc, oxd_km in levels:
        rules = [f"below {wording.plain(cad_km)} km"]
        if pc is not None:
            rules.append(f"Pc from {wording.probability(pc).replace('.0e', 'e')}")
        if oxd_km is not None:
            rules.append(f"orbits within {wording.plain(oxd_km)} km")
        parts.append(f"{level} {' or '.join(rules)}")
    return f"{'; '.join(parts)}; listed {_listed(record)}"
