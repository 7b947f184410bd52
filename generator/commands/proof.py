"""Commands that prove the archive: check it, sign it, hand over to another key, and let others witness its head."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path

import click

from nearpass.archive.archive import Archive
from nearpass.archive.durable import sha256_of
from nearpass.archive.order import Anchor
from nearpass.archive.reading import Finding
from nearpass.archive.register import Entry, Register, handed_over
from nearpass.archive.signature import load_signer, new_key
from nearpass.archive.verify import Report, verify_archive, verify_latest
from nearpass.archive.witness import counter_signature, read_witness, stamp_request
from nearpass.commands.one_cycle import registrar_of
from nearpass.commands.shared import Bars, config_option, echo_json, json_option, locked, loudness_options
from nearpass.commands.world import World
from nearpass.config import Config, load_config
from nearpass.cycle.rescreen import rescreen
from nearpass.errors import ArchiveError, ConfigError, PublicationError
from nearpass.publish import Workspace, editions_of
from nearpass.publish.check import verify_site
from nearpass.publish.register import releases_of
from nearpass.publish.stage import ARCHIVE_HEAD, head_of
from nearpass.report.wording import said

MOST_FINDINGS = 20


@click.command()
@config_option
@click.option("--latest", is_flag=True, help="Only the cycle added last, at the same cost however large the archive.")
@click.option("--site", is_flag=True, help="The published files as well.")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="This copy of the site, and the entry it names."
)
@click.option("--rescreen", "rescreened", metavar="CYCLE", help="Screen a cycle again and compare every number.")
@click.option("--key", metavar="HEX", help="The public key that must have signed; by default the configured one's.")
@click.option("--head", metavar="HASH", help="An entry that the archive must hold: what a check printed at its end.")
@click.option(
    "--tsa",
    "authorities",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Certificate (PEM) of a time-stamping authority, by which stamps are checked.",
)
@json_option
@loudness_options
def verify(
    config_path: Path,
    latest: bool,
    site: bool,
    folder: Path | None,
    rescreened: str | None,
    key: str | None,
    head: str | None,
    authorities: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Check that nothing in the archive was changed, removed or added; the first line names the first bad file."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    if rescreened is not None:
        _rescreen(workspace, rescreened, as_json=as_json)
        return
    archive = Archive(workspace.archive)
    anchors = [Anchor(sha256=_hash(head), known_from="--head names")] if head is not None else []
    checked: Report | None = None
    if folder is not None:
        published = [verify_site(workspace, folder)]
        if archive.directory.is_dir():
            checked = verify_archive(archive, anchors=[*anchors, *_copy_of(folder)])
    else:
        if key is None and config.archive.sign and (workspace.directory / config.archive.sign).exists():
            key = load_signer(workspace.directory / config.archive.sign).public_key
        roots = [_bytes_of(path) for path in authorities]
        with locked(workspace) if os.access(workspace.directory, os.W_OK) else nullcontext():  # not amid a run
            sites = editions_of(workspace, config)
            if latest:
                checked = verify_latest(archive, public_key=key)
            else:
                anchors += [anchor for one in sites for anchor in releases_of(one)]
                checked = verify_archive(archive, public_key=key, anchors=anchors, roots=roots)
            published = [verify_site(one) for one in sites] if site else []
    if as_json:
        _tell_as_json(checked, published)
        return
    if folder is not None:
        _tell_site(*published.pop())
    if checked is not None:
        _tell_archive(checked, workspace)
    for checked_site in published:
        _tell_site(*checked_site)


def _tell_as_json(checked: Report | None, published: Sequence[tuple[int, tuple[Finding, ...]]]) -> None:
    """What was checked and found, as one document; the exit code is that of the first kind of finding."""
    broken = checked is not None and (checked.findings or not checked.cycles)
    exit_code = ArchiveError.exit_code if broken else 0
    if not exit_code and any(findings for _, findings in published):
        exit_code = PublicationError.exit_code
    echo_json({
        "exit_code": exit_code,
        "archive": None if checked is None else {
            "cycles": checked.cycles, "signed": checked.signed, "inputs": checked.inputs, "pruned": checked.pruned,
            "head_sha256": checked.head, "interrupted": checked.interrupted, "witnessed": list(checked.witnessed),
            "findings": [asdict(one) for one in checked.findings],
        },
        "sites": [{"files": files, "findings": [asdict(one) for one in findings]} for files, findings in published],
    })  # fmt: skip
    sys.exit(exit_code)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def keygen(file: Path) -> None:
    """Make a key that signs the archive, in FILE, and print its public half."""
    public_key = new_key(file)
    click.echo(public_key)
    click.echo(f'Keep {file} private. In nearpass.toml: [archive] sign = "{file}"', err=True)


@click.command()
@config_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--lost", is_flag=True, help="The archive's key is gone: the new one begins, and cannot be vouched for.")
@click.pass_obj
def rotate(world: World, config_path: Path, file: Path, lost: bool) -> None:
    """Hand over to the key in FILE: what is added from now on is signed by it, and the register says so."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    archive, new = Archive(workspace.archive), load_signer(file)
    old, newest = archive.next_key(), archive.head()
    if old is None or newest is None or old == new.public_key:
        rule = "another key must take the place of the one that signs the archive"
        raise ArchiveError(rule, value=old, file=str(workspace.archive))
    registrar = registrar_of(workspace, config, world.instant())
    with locked(workspace):
        line = handed_over(new.public_key, registrar.at_utc, newest["cycle_id"], "lost" if lost else "replaced")
        Register(archive).append([line], replace(registrar, signer=new) if lost else registrar, anew=lost)
    click.echo(f"{new.public_key} signs from now on")
    click.echo(f'In nearpass.toml: [archive] sign = "{file}"', err=True)


@click.command()
@config_option
@click.argument("head", metavar="[HASH]", required=False)
@click.option("--key", "key_file", type=click.Path(dir_okay=False, path_type=Path), help="The partner's private key.")
@click.option("--party", help="Who signs, in words; the public key by default.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the file here.")
@click.option("--add", "added", type=click.Path(dir_okay=False, path_type=Path), help="Keep what a partner sent.")
@click.pass_obj
def countersign(
    world: World,
    config_path: Path,
    head: str | None,
    key_file: Path | None,
    party: str | None,
    out: Path | None,
    added: Path | None,
) -> None:
    """Sign the archive's head as a partner, or keep what a partner signed.

    A partner signs the HASH that it was given or that stands in archive-head.json of its site, into the file --out.
    Where the archive is at hand, its newest entry is signed, and the file is kept in it.
    """
    at_utc = f"{world.instant().iso(digits=0)}Z"
    if (key_file is None) == (added is None):
        raise ConfigError("a counter-signature is either made, with --key, or kept, with --add")
    if key_file is not None and head is not None:
        signer = load_signer(key_file)
        path = out or Path(f"countersigned-{head[:16]}-{signer.public_key[:16]}.json")
        path.write_bytes(counter_signature(_hash(head), party or signer.public_key, at_utc, signer))
        click.echo(path)
        return
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    if added is not None:
        data = _bytes_of(added)
    else:
        signer, newest = load_signer(key_file or Path()), _sound(workspace).head or ""
        data = counter_signature(newest, party or signer.public_key, at_utc, signer)
    if out is not None:
        out.write_bytes(data)
        click.echo(out)
        return
    click.echo(_keep(workspace, config, world, data, ".json"))


@click.command()
@config_option
@click.option("--request", type=click.Path(dir_okay=False, path_type=Path), help="Write the question to an authority.")
@click.option("--add", "added", type=click.Path(dir_okay=False, path_type=Path), help="Keep the authority's answer.")
@click.pass_obj
def stamp(world: World, config_path: Path, request: Path | None, added: Path | None) -> None:
    """Have the archive's head time-stamped (RFC 3161): write the question, keep the answer.

    Between the two: curl -H 'Content-Type: application/timestamp-query' --data-binary @QUESTION ADDRESS -o ANSWER.
    """
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    if (request is None) == (added is None):
        raise ConfigError("a time stamp is either asked for, with --request, or kept, with --add")
    if request is not None:
        newest = _sound(workspace).newest_file or ""
        request.write_bytes(stamp_request((workspace.archive / newest).read_bytes()))
        click.echo(f"{request}: the hash of {newest}")
    elif added is not None:
        click.echo(_keep(workspace, config, world, _bytes_of(added), ".tsr"))


def _sound(workspace: Workspace) -> Report:
    """The archive, which must be in order before anybody vouches for it."""
    with locked(workspace):
        checked = verify_archive(Archive(workspace.archive))
    if checked.findings or checked.head is None:
        first = checked.findings[0] if checked.findings else None
        rule = first.problem if first else "the archive must hold a cycle"
        raise ArchiveError(rule, file=first.file if first else str(workspace.archive))
    return checked


def _keep(workspace: Workspace, config: Config, world: World, data: bytes, suffix: str) -> Path:
    """Put a witness's file into the archive, and a line that names it into the register."""
    checked, archive = _sound(workspace), Archive(workspace.archive)
    witness = read_witness(data, f"witness{suffix}", lambda _: None, ())
    if witness.head_sha256 not in checked.hashes:
        raise ArchiveError("what is witnessed must be an entry of this archive", value=witness.head_sha256)
    path = archive.witnesses / f"{witness.head_sha256[:16]}-{sha256_of(data)[:16]}{suffix}"
    registrar, newest = registrar_of(workspace, config, world.instant()), archive.head()
    line = Entry(
        kind="witnessed", at_utc=registrar.at_utc, cycle_id=newest["cycle_id"] if newest else "", party=witness.who,
        marking="none", file=path.name, sha256=sha256_of(data),
    )  # fmt: skip
    with locked(workspace):
        archive.check_signer(registrar.signer)
        archive.add_witness(path, data)
        Register(archive).append([line], registrar)
    return path


def _hash(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ConfigError("an entry is named by its SHA-256, 64 hexadecimal digits", value=text)
    return text


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"the file must be readable: {error.strerror}", file=str(path)) from None


def _copy_of(folder: Path) -> Iterator[Anchor]:
    """The entry of the archive that a copy of a site names; earlier versions named none."""
    path = folder / ARCHIVE_HEAD
    if path.exists():
        yield Anchor(sha256=head_of(path.read_bytes(), str(path)), known_from=f"{path} names")


def _tell_archive(checked: Report, workspace: Workspace) -> None:
    if checked.interrupted:
        click.echo(f"{checked.interrupted} was interrupted; the next run settles it")
    if checked.findings:
        _tell(checked.findings, ArchiveError.exit_code)
    if not checked.cycles:
        raise ArchiveError("the archive must hold a cycle", file=str(workspace.archive))
    pruned = f", {checked.pruned} of them pruned" if checked.pruned else ""
    signed = f", {checked.signed} signed" if checked.signed else ""
    click.echo(
        f"archive: {checked.cycles} cycles{signed}, {checked.inputs} inputs{pruned}, every byte as it was written"
    )
    for who in checked.witnessed:
        click.echo(f"witnessed by {who}")
    click.echo(f"head: {checked.head}")


def _tell_site(files: int, findings: tuple[Finding, ...]) -> None:
    if findings:
        _tell(findings, PublicationError.exit_code)
    click.echo(f"site: {files} files, every byte as it was published")


def _tell(findings: tuple[Finding, ...], exit_code: int) -> None:
    for finding in findings[:MOST_FINDINGS]:
        click.echo(str(finding), err=True)
    if len(findings) > MOST_FINDINGS:
        click.echo(f"and {len(findings) - MOST_FINDINGS} more", err=True)
    sys.exit(exit_code)


def _rescreen(workspace: Workspace, cycle_id: str, *, as_json: bool) -> None:
    with Bars() as bars:
        result = rescreen(Archive(workspace.archive), cycle_id, workspace.directory, bars.stage, said)
    exit_code = ArchiveError.exit_code if result.differences else 0
    if as_json:
        echo_json({
            "exit_code": exit_code, "cycle_id": cycle_id, "values": result.values, "rounded": result.rounded,
            "differences": [str(one) for one in result.differences], "versions": list(result.versions),
        })  # fmt: skip
        sys.exit(exit_code)
    for version in result.versions:
        click.echo(version)
    if result.differences:
        for difference in result.differences[:MOST_FINDINGS]:
            click.echo(str(difference), err=True)
        click.echo(f"{len(result.differences)} of {result.values} values differ", err=True)
        sys.exit(exit_code)
    last = f"; {result.rounded} of them have other last digits" if result.rounded else ""
    click.echo(f"{cycle_id}: {result.values} values, all as archived{last}")
