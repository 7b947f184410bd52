"""``nearpass validate``: the program against published and independent numbers, for the site's validation page."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nearpass.commands.shared import Bars, config_option, json_option, loudness_options, writing
from nearpass.commands.world import World
from nearpass.publish import Workspace
from nearpass.validation import PARTS, Validation, dump, validate


@click.command("validate")
@config_option
@json_option
@loudness_options
@click.pass_obj
def validate_command(world: World, config_path: Path, as_json: bool) -> None:
    """Hold the program against published and independent numbers.

    In a workspace the result is also written to site/validation.json, from which the next cycle makes the validation
    page, instead of the result that comes with nearpass. Fails if a section does not hold.
    """
    with Bars() as bars:
        found = validate(world.instant(), bars.stage("validating", len(PARTS)))
    if config_path.exists():
        _write(Workspace(directory=config_path.parent), found)
    click.echo(dump(found).decode() if as_json else _summary(found), nl=not as_json)
    sys.exit(0 if found.holds else 1)


def _write(workspace: Workspace, found: Validation) -> None:
    """Put the result where the validation page finds it."""
    with writing(workspace):
        workspace.docs.mkdir(parents=True, exist_ok=True)
        (workspace.docs / "validation.json").write_bytes(dump(found))


def _summary(found: Validation) -> str:
    lines = []
    for section in found.sections:
        verdict = "holds" if section.holds else "FAILS"
        lines.append(f"{verdict}  {section.passed:>3} of {len(section.checks):<3} {section.title}")
        lines += (
            f"       outside: {check.name}, {check.quantity}: expected {check.lower:.7g} to {check.upper:.7g} "
            f"{check.unit}, got {'no answer' if check.got is None else f'{check.got:.7g}'}"
            for check in section.checks
            if not check.passed
        )
    return "\n".join(lines)
