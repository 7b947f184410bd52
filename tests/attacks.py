"""Attacks on a signed archive and its register by somebody who may write files and has not the key."""

import json
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from interrupted import lay_out, run_stub
from nearpass.archive.archive import Archive
from nearpass.archive.durable import canonical_json, sha256_of
from nearpass.archive.signature import load_signer, new_key
from nearpass.archive.verify import verify_archive
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.config import load_config
from nearpass.publish import Workspace
from nearpass.publish.register import releases_of
from nearpass.publish.workspace import editions_of

FIRST = Epoch.parse("2021-03-01T00:00:00")
EDITIONS = """
[[edition]]
id = "public"
levels = ["CLEAR", "GREEN", "AMBER"]
[[edition]]
id = "own"
everything = true
"""
Attack = Callable[[Path, random.Random], Sequence[str]]
"""Spoils the archive in a folder; names of which one must be in the findings, relative to the archive."""


def signed_workspace(directory: Path, *, cycles: int) -> Path:
    """A workspace with two editions, each of its cycles signed, and a copy of its archive as of every earlier cycle."""
    lay_out(directory)
    new_key(directory / "key.pem")
    path = directory / "nearpass.toml"
    path.write_text('[archive]\nsign = "key.pem"\n' + path.read_text() + EDITIONS)
    for number in range(cycles):
        run_stub(directory, FIRST + number * DAY_S)
        shutil.copytree(directory / "archive", directory / f"before-{number}")
    shutil.rmtree(directory / f"before-{cycles - 1}")
    return directory


def missed(made: Path, attack: Attack, trials: int, place: Path, *, seed: int) -> list[str]:
    """Attacks after which no finding names a file that was spoilt; with the publisher's key and its sites at hand."""
    chance = random.Random(seed)  # noqa: S311 - repeatable trials, no secret
    workspace = Workspace(directory=made)
    key = load_signer(made / "key.pem").public_key
    config, _ = load_config(made / "nearpass.toml")
    anchors = [anchor for site in editions_of(workspace, config) for anchor in releases_of(site)]
    found = []
    for trial in range(trials):
        shutil.copytree(made / "archive", place)
        names = attack(place, chance)
        findings = verify_archive(Archive(place), public_key=key, anchors=anchors).findings
        files = {finding.file.removeprefix(f"{place.name}/") for finding in findings}
        if not files.intersection(names):
            found.append(f"trial {trial}: {list(names)}, found {sorted(files)[:3]}")
        shutil.rmtree(place)
    return found


def change_a_byte(archive: Path, chance: random.Random) -> Sequence[str]:
    """One byte of one file, anywhere, becomes another."""
    path = chance.choice([path for path in sorted(archive.rglob("*")) if path.is_file() and path.stat().st_size])
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
    path.write_bytes(data)
    return [path.relative_to(archive).as_posix()]


def remove_a_file(archive: Path, chance: random.Random) -> Sequence[str]:
    """One file of archive or register is removed."""
    path = chance.choice([path for path in sorted(archive.rglob("*")) if path.is_file() and path.name != ".lock"])
    path.unlink()
    return [path.relative_to(archive).as_posix()]


def roll_back(archive: Path, chance: random.Random) -> Sequence[str]:
    """The archive as it was before a cycle: all of it, its chain without its register, or its register without it."""
    made = next(path for path in archive.parent.iterdir() if (path / "before-0").is_dir())
    earlier = chance.choice(sorted(made.glob("before-*")))
    what = chance.choice(("all", "chain", "register"))
    newer = sorted(set(_names(archive)) - set(_names(earlier)))
    for name in newer:
        if what == "all" or name.startswith("register/") == (what == "register"):
            (archive / name).unlink()
    heads = {"all": ("head.json", "register/head.json"), "chain": ("head.json",), "register": ("register/head.json",)}
    for name in heads[what]:
        shutil.copyfile(earlier / name, archive / name)
    for folder in sorted(archive.glob("cycles/*/*/*/*"), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return [*newer, "head.json", "register/head.json"]


def strip_a_signature(archive: Path, chance: random.Random) -> Sequence[str]:
    """A manifest or a file of the register loses its signature, and every hash that names it is mended."""
    store = Archive(archive)
    entries = [*store.cycle_ids(), *(path.name for path in sorted((archive / "register").glob("0*.json")))]
    entry = chance.choice(entries)
    if entry.endswith(".json"):
        path = archive / "register" / entry
        _rewrite(path, lambda plain: plain.update(signed_by=None, signature=None))
        head = store.register_head()
        if head is not None and store.register_path(head["number"]) == path:
            (archive / "register/head.json").write_bytes(
                canonical_json({"number": head["number"], "sha256": sha256_of(path.read_bytes())})
            )
        return [f"register/{entry}"]
    folder = store.folder(entry)
    (folder / "manifest.sig").unlink()
    _rewrite(folder / "manifest.json", lambda plain: plain.update(signed_by=None))
    link = {"cycle_id": entry, "manifest_sha256": sha256_of((folder / "manifest.json").read_bytes())}
    head_link = store.head()
    if head_link is not None and head_link["cycle_id"] == entry:
        (archive / "head.json").write_bytes(canonical_json(link))
    for cycle_id in store.cycle_ids():
        previous = store.manifest(cycle_id)["previous"]
        if previous is not None and previous["cycle_id"] == entry:
            later = store.folder(cycle_id) / "manifest.json"
            _rewrite(later, lambda plain: plain.update(previous=link))
    name = folder.relative_to(archive).as_posix()
    return [f"{name}/manifest.json", f"{name}/manifest.sig"]


ATTACKS: dict[str, Attack] = {
    "change a byte": change_a_byte,
    "remove a file": remove_a_file,
    "roll back": roll_back,
    "strip a signature": strip_a_signature,
}


def _names(archive: Path) -> list[str]:
    return [path.relative_to(archive).as_posix() for path in archive.rglob("*") if path.is_file()]


def _rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    plain = json.loads(path.read_bytes())
    change(plain)
    path.write_bytes(canonical_json(plain))
