"""The command on alert rules: those in force in plain words, and what rules would have given over the archive."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from nearpass.archive.archive import Archive
from nearpass.commands.shared import config_option, echo_json, json_option
from nearpass.config import load_config, load_rules
from nearpass.publish import Workspace
from nearpass.record.replay import replay
from nearpass.report.replay_views import replay_plain, replay_text
from nearpass.report.wording import sentence
from nearpass.report.wording.rules import rule_words

IN_FORCE: Final = "rules in force"


@click.command()
@config_option
@click.option(
    "--rules",
    "rules_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Other rules: a file with the tables of [alert], which may be a whole configuration.",
)
@click.option("--replay", "is_replay", is_flag=True, help="What the rules would have given over the archive.")
@json_option
def rules(config_path: Path, rules_file: Path | None, *, is_replay: bool, as_json: bool) -> None:
    """Print the alert rules in plain words, or with --replay what they would have given over the archive.

    Events are judged again from the archived records, without their ephemerides: how many would have been red and
    yellow, which of them better data made green, and how long before their TCA the others were red first. With --rules
    other rules stand beside those in force.
    """
    config, _ = load_config(config_path)
    sets = {IN_FORCE: config.alert_rules}
    if rules_file is not None:
        sets[str(rules_file)] = load_rules(rules_file, config)
    if not is_replay:
        shown = sets[str(rules_file)] if rules_file is not None else sets[IN_FORCE]
        if as_json:
            echo_json([asdict(rule) for rule in shown])
        else:
            click.echo("\n".join(sentence(rule_words(rule)) for rule in shown))
        return
    archive = Archive(Workspace(directory=config_path.parent).archive)
    archive.newest_id()  # there must be one
    ids = list(archive.cycle_ids())
    corrected = {archive.manifest(cycle_id)["supersedes"] for cycle_id in ids}
    found = replay((archive.load(name) for name in ids if name not in corrected), list(sets.values()))
    by_title = dict(zip(sets, found, strict=True))
    if as_json:
        echo_json(replay_plain(by_title))
    else:
        click.echo(replay_text(by_title))
