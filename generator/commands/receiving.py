"""Taking partners' messages and notes into the workspace, as they came."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Final

import click

from nearpass.commands.log import keep_note
from nearpass.commands.shared import config_option
from nearpass.config import Config, load_config
from nearpass.config.editions import AboutTable
from nearpass.errors import InputError
from nearpass.ingest.received import ABOUT, FOLDER, LARGEST_BYTES, header_of, parsed
from nearpass.publish import Workspace

_NOTE: Final = ".md"


@click.command("receive")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@config_option
@click.option("--from", "originator", metavar="PARTY", help="Who sent them; by default who each says that it is from.")
@click.option("--marking", default="TLP:RED", show_default=True, help="Level of TLP, or configured words.")
@click.option("--release", multiple=True, metavar="PARTY", help="Who may see them all the same; repeatable.")
@click.option("--event", metavar="EVENT", help="The event that they are of; found by pair and TCA by default.")
def receive(
    files: tuple[Path, ...],
    config_path: Path,
    originator: str | None,
    marking: str,
    release: tuple[str, ...],
    event: str | None,
) -> None:
    """Take partners' CDM, OPM, OCM, OEM and notes; the next cycle ties them to events and shows them beside ours."""
    config, _ = load_config(config_path)
    about = AboutTable(originator=originator, marking=marking, release=release, event=event)
    for file in files:
        kept = (
            keep_note(file, config, Workspace(directory=config_path.parent))
            if file.suffix == _NOTE
            else keep_message(file, about, config, config_path.parent)
        )
        click.echo(kept)


def keep_message(file: Path, about: AboutTable, config: Config, directory: Path) -> Path:
    """Copy a message into ``messages/``, below the name of who sent it, with what is said of it beside it.

    The same file again changes nothing; another one of the same name lies beside it under its hash.

    Args:
        file: The message.
        about: What is said of it.
        config: Who is who.
        directory: The workspace.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise InputError(f"a message must be smaller than {LARGEST_BYTES} bytes", file=str(file))
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"the message must be readable: {error.strerror}", file=str(file)) from None
    _, content = parsed(data, str(file))
    told, _ = header_of(content)
    party = about.originator or config.known_parties.same(told)
    folder = directory / FOLDER / (re.sub(r"[^a-z0-9]+", "-", party.lower()).strip("-") or "unknown")
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.name).lstrip(".-") or "message"
    path = folder / name
    if path.exists() and path.read_bytes() != data:
        path = folder / f"{hashlib.sha256(data).hexdigest()[:12]}-{name}"
    if not path.exists():
        beside = path.with_name(path.name + ABOUT)
        beside.write_text(_toml(about, told), encoding="utf-8")
        unfinished = path.with_name(f".{path.name}.new")
        unfinished.write_bytes(data)
        unfinished.replace(path)  # a cycle never finds half of it, nor it without what is said of it
    return path


def _toml(about: AboutTable, originator: str) -> str:
    quoted = [json.dumps(party, ensure_ascii=False) for party in about.release]
    lines = [
        f"originator = {json.dumps(about.originator or originator, ensure_ascii=False)}",
        f"marking = {json.dumps(about.marking, ensure_ascii=False)}",
        f"release = [{', '.join(quoted)}]",
    ]
    if about.event is not None:
        lines.append(f"event = {json.dumps(about.event, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"
