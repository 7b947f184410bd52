"""Commands for the log: consultations and decisions, and what a party says that it does about an event."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import yaml

from nearpass.archive.signature import load_signer
from nearpass.astro.epochs import Epoch
from nearpass.commands.shared import EpochParameter, config_option
from nearpass.commands.world import World
from nearpass.config import Config, load_config
from nearpass.errors import InputError
from nearpass.ingest.minutes import read_minutes
from nearpass.ingest.notes import FOLDER, SIGNATURE, Known, checked_note, ids_of, named_event, shared_name
from nearpass.publish import Workspace

TEMPLATE = """---
{event}time: {time}Z
kind: consultation    # or decision, action, outcome
parties: []           # who took part
originator: {originator}
marking: TLP:RED      # narrow until you say otherwise; then CLEAR, GREEN, AMBER, AMBER+STRICT
release: []           # parties who may see it all the same
---
"""
Command = TypeVar("Command", bound=Callable[..., Any])


@click.group("log")
def log_command() -> None:
    """Consultations and decisions, and who acts: one file each in log/."""


@log_command.command("new")
@config_option
@click.option("--event", "event_id", metavar="ID", help="The event that it is about; without it, the whole cycle.")
@click.pass_obj
def new(world: World, config_path: Path, event_id: str | None) -> None:
    """Begin a note on an event and print where it is."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    event_id = _event(event_id, workspace) if event_id is not None else None
    now = world.instant()
    text = TEMPLATE.format(
        event=f"event: {event_id}\n" if event_id else "",
        time=now.iso(digits=0),
        originator=yaml.safe_dump(config.site.publisher or "your office", allow_unicode=True).splitlines()[0],
    )
    click.echo(_written(workspace, _stem(now, event_id or "cycle"), text.encode()))


def _event(name: str, workspace: Workspace) -> str:
    """The name by which every workspace knows the event of the newest cycle that is called so here."""
    latest = workspace.archived.latest_id()
    record = workspace.archived.load(latest) if latest else None
    found = named_event(name, record) if record else name
    if record is None or found not in ids_of(record):
        raise InputError("an event of the newest cycle must be named", value=name)
    return shared_name(found, record)


def _stem(now: Epoch, *words: str) -> str:
    plain = (re.sub(r"[^A-Za-z0-9.-]+", "-", word).strip("-.") for word in words)
    return "-".join([now.iso(digits=0)[:16].replace(":", ""), *filter(None, plain)])


def _written(workspace: Workspace, stem: str, data: bytes) -> Path:
    path = workspace.directory / FOLDER / f"{stem}.md"
    path.parent.mkdir(exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise InputError("a note must not be there yet: go on with it, or wait a minute", file=str(path)) from None
    return path


COMMANDS: Final = {
    "request": ("request", "Ask other parties to act on EVENT."),
    "acknowledge": ("acknowledgement", "Say that a request about EVENT was seen."),
    "claim": ("claim", "Say that a party will move for EVENT."),
    "stand-by": ("stand-by", "Say that a party stands by: it flies as it is and moves only if asked again."),
    "decline": ("decline", "Say that a party does not move for EVENT."),
    "plan": ("plan", "Give the manoeuvre that a party plans for EVENT: its burn, its ephemeris or OPM."),
    "flown": ("flown", "Say that the manoeuvre for EVENT was flown."),
    "cancel": ("cancelled", "Take back what a party said that it would do about EVENT."),
    "close": ("closed", "Say that nothing is left to do about EVENT."),
}
"""What one party says, by command: the kind of its note, and what that means."""
_MOVES: Final = frozenset({"claim", "plan", "flown"})


def _options(kind: str) -> list[Callable[[Command], Command]]:
    found = [
        config_option,
        click.argument("event", metavar="EVENT"),
        click.option("--party", required=True, help="Who says so."),
        click.option("--text", default="", help="What else there is to say."),
        click.option("--at", type=EpochParameter(), help="When it was said, UTC; now by default."),
        click.option("--originator", help="Who writes it down; the publisher, else the party, by default."),
        click.option("--marking", default="TLP:RED", show_default=True, help="Level of TLP, or configured words."),
        click.option("--release", multiple=True, metavar="PARTY", help="Who may see it all the same; repeatable."),
        click.option("--sign", type=click.Path(dir_okay=False, path_type=Path), help="The originator's private key."),
    ]
    if kind == "request":
        found.append(click.option("--to", multiple=True, required=True, metavar="PARTY", help="Whom; repeatable."))
    if kind in _MOVES:
        found.append(click.option("--object", "spacecraft", metavar="ID", help="The spacecraft that moves."))
        found.append(click.option("--burn", type=EpochParameter(), help="When it burns, UTC."))
    if kind == "plan":
        found.append(click.option("--file", "plan", metavar="FILE", help="Ephemeris or OPM, below the workspace."))
    return found


def _statement(name: str, kind: str, meaning: str) -> click.Command:
    def say(world: World, config_path: Path, event: str, **given: Any) -> None:
        config, _ = load_config(config_path)
        workspace = Workspace(directory=config_path.parent)
        known, now = Known.of(config), given["at"] or world.instant()
        data = _text(kind, _event(event, workspace), now, config, given).encode()
        signature = None
        if given["sign"] is not None:
            signature = f"{load_signer(given['sign']).sign(data).hex()}\n".encode()
        stem = _stem(now, event, name, given["party"])
        checked_note(data, signature, f"{FOLDER}/{stem}.md", known)
        _check_plan(given.get("plan"), workspace)
        click.echo(_kept(workspace, stem, data, signature))

    say.__doc__ = meaning
    command: Callable[..., Any] = click.pass_obj(say)
    for option in reversed(_options(kind)):
        command = option(command)
    return click.command(name, help=meaning)(command)


def _text(kind: str, event_id: str, now: Epoch, config: Config, given: dict[str, Any]) -> str:
    """The note: front matter and what else there is to say."""
    burn = given.get("burn")
    head = {
        "event": event_id,
        "time": f"{now.iso(digits=0)}Z",
        "kind": kind,
        "party": given["party"],
        "to": list(given.get("to") or ()),
        "object": given.get("spacecraft"),
        "burn": None if burn is None else f"{burn.iso(digits=3)}Z",
        "plan": given.get("plan"),
        "originator": given["originator"] or config.site.publisher or given["party"],
        "marking": given["marking"],
        "release": list(given["release"]),
    }
    kept = {name: value for name, value in head.items() if value not in (None, [])}
    return f"---\n{yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)}---\n{given['text']}\n"


def _check_plan(plan: str | None, workspace: Workspace) -> None:
    if plan is not None and not (workspace.directory / plan).is_file():
        raise InputError("plan must name a file in the workspace", value=plan)


def _kept(workspace: Workspace, stem: str, data: bytes, signature: bytes | None) -> Path:
    """Write a note, its signature first, so that a cycle never finds it without."""
    if signature is not None:
        beside = workspace.directory / FOLDER / f"{stem}.md{SIGNATURE}"
        beside.parent.mkdir(exist_ok=True)
        if not beside.with_name(f"{stem}.md").exists():
            beside.write_bytes(signature)
    return _written(workspace, stem, data)


for _name, (_kind, _meaning) in COMMANDS.items():
    log_command.add_command(_statement(_name, _kind, _meaning))


@log_command.command("receive")
@config_option
@click.argument("note", metavar="NOTE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def receive(config_path: Path, note: Path) -> None:
    """Take a partner's own note, with the signature that lies beside it (NOTE.sig), into log/ as it came."""
    config, _ = load_config(config_path)
    click.echo(keep_note(note, config, Workspace(directory=config_path.parent)))


def _warn_of_stranger(event_id: str | None, workspace: Workspace, note: Path) -> None:
    """Say that a note is about an event that the newest cycle does not have, where there is a cycle."""
    latest = workspace.archived.latest_id()
    record = workspace.archived.load(latest) if latest else None
    if event_id is not None and record is not None and named_event(event_id, record) not in ids_of(record):
        click.echo(f"{note}: the newest cycle has no event {event_id}; the note is kept, and tells of none", err=True)


def keep_note(note: Path, config: Config, workspace: Workspace) -> Path:
    """Copy a partner's note and its signature into ``log/``, once both are found good; a second time changes nothing.

    Raises:
        InputError: if it breaks a rule, or is not signed by an originator whose key is known.
    """
    try:
        beside = note.with_name(note.name + SIGNATURE)
        signature = beside.read_bytes() if beside.is_file() else None
        data = note.read_bytes()
        found = checked_note(data, signature, note.name, Known.of(config))
    except OSError as error:
        raise InputError(f"a note must be readable: {error.strerror}", file=str(note)) from None
    except UnicodeDecodeError:
        raise InputError("a note must be readable UTF-8 text", file=str(note)) from None
    path = workspace.directory / FOLDER / note.name
    if path.is_file() and path.read_bytes() == data:
        return path
    _warn_of_stranger(found.event_id, workspace, note)
    return _kept(workspace, note.name.removesuffix(".md"), data, signature)


def _but_event(note: bytes) -> bytes:
    """A note without what it calls its event: the minute of a TCA may be another one in a later cycle."""
    return re.sub(rb"^event: .*\n", b"", note, count=1, flags=re.MULTILINE)


@log_command.command("minutes")
@config_option
@click.argument("form", metavar="FORM", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sign", type=click.Path(dir_okay=False, path_type=Path), help="The originator's private key.")
def minutes(config_path: Path, form: Path, sign: Path | None) -> None:
    """Make notes of the filled lines of FORM, the minutes of a meeting; all of them, or none.

    Notes that an earlier call made of it stay as they are.
    """
    config, _ = load_config(config_path)
    workspace, known = Workspace(directory=config_path.parent), Known.of(config)
    signer = load_signer(sign) if sign is not None else None
    lines = []
    for line in read_minutes(form.read_bytes(), form.name, known, lambda name: _event(name, workspace)):
        signature = f"{signer.sign(line.data).hex()}\n".encode() if signer is not None else None
        checked_note(line.data, signature, f"{FOLDER}/{line.stem}.md", known)
        path = workspace.directory / FOLDER / f"{line.stem}.md"
        if path.exists() and _but_event(path.read_bytes()) != _but_event(line.data):
            raise InputError("a note of these minutes must not be there with another text", file=str(path))
        lines.append((line, signature, path))
    if not lines:
        raise InputError("minutes must have a filled line: a kind, and a party or a text", file=str(form))
    for line, signature, path in lines:
        click.echo(path if path.exists() else _kept(workspace, line.stem, line.data, signature))
