"""What a signed archive proves: nothing can be unsigned, cut off, replaced or taken away without being named."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from interrupted import lay_out, run_stub, stubbed
from nearpass.archive.archive import Archive
from nearpass.archive.durable import canonical_json, sha256_of
from nearpass.archive.register import Register
from nearpass.archive.signature import load_signer, new_key
from nearpass.astro.epochs import Epoch
from nearpass.errors import ArchiveError, LeakError
from stub_cycles import stub, tree

Nearpass = Callable[..., tuple[int, str, str]]
CUTOFFS = ("2021-03-17T00:00", "2021-03-18T00:00", "2021-03-19T00:00")
NEWEST = "archive/cycles/2021/03/19/T0000Z"
EDITIONS = """
[[edition]]
id = "public"
levels = ["CLEAR", "GREEN", "AMBER"]
[[edition]]
id = "own"
everything = true
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two editions, signed from its first cycle on, with three cycles."""
    directory = tmp_path_factory.mktemp("proof") / "w"
    lay_out(directory)
    new_key(directory / "key.pem")
    path = directory / "nearpass.toml"
    path.write_text('[archive]\nsign = "key.pem"\n' + path.read_text() + EDITIONS)
    for cutoff in CUTOFFS:
        run_stub(directory, Epoch.parse(f"{cutoff}:00"))
    return directory


@pytest.fixture
def config(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy to spoil."""
    shutil.copytree(made, tmp_path / "w")
    with stubbed():
        yield tmp_path / "w/nearpass.toml"


def key_of(config: Path) -> str:
    return load_signer(config.parent / "key.pem").public_key


def verified(nearpass: Nearpass, config: Path, *more: object) -> tuple[int, str]:
    """Exit code and standard error of a check with the publisher's key."""
    code, _, err = nearpass("verify", "--config", config, "--key", key_of(config), *more)
    return code, err


def without_site(config: Path) -> None:
    """As a reader sees it who has the archive alone."""
    shutil.rmtree(config.parent / "public")


def strip(archive: Archive, cycle_id: str) -> None:
    """Take the signature off a manifest and mend the head, as somebody would who changed the record."""
    manifest = {**archive.manifest(cycle_id), "signed_by": None}
    folder = archive.folder(cycle_id)
    (folder / "manifest.json").write_bytes(canonical_json(manifest))
    (folder / "manifest.sig").unlink()
    head = {"cycle_id": cycle_id, "manifest_sha256": sha256_of(canonical_json(manifest))}
    (archive.directory / "head.json").write_bytes(canonical_json(head))


def forget_register(archive: Archive, keep: int) -> None:
    """Drop the register's end and mend its head."""
    for path in (archive.directory / "register").glob("0*.json"):
        if int(path.stem) > keep:
            path.unlink()
    mark = {"number": keep, "sha256": sha256_of(archive.register_path(keep).read_bytes())}
    (archive.directory / "register/head.json").write_bytes(canonical_json(mark))


def test_a_whole_archive_verifies_by_key(nearpass: Nearpass, config: Path) -> None:
    """With the publisher's key, the key of nobody, and no key, an untouched archive is found in order or not signed."""
    code, out, err = nearpass("verify", "--config", config, "--site")

    assert (code, err) == (0, "")
    assert "3 signed" in out
    assert verified(nearpass, config)[0] == 0
    assert nearpass("verify", "--config", config, "--key", "ab" * 32)[0] == 5


def test_a_signature_taken_off_is_found(nearpass: Nearpass, config: Path) -> None:
    """The newest manifest made unsigned is a finding that names it: with the key, without any, and without a site."""
    strip(Archive(config.parent / "archive"), "2021-03-19T0000Z")
    without_site(config)
    config.write_text(config.read_text().replace('sign = "key.pem"', ""))

    for more in ((), ("--key", key_of(config))):
        code, _, err = nearpass("verify", "--config", config, *more)
        assert code == 5
        assert f"{NEWEST}/manifest.json: it must be signed by" in err


def test_an_archive_stripped_from_end_to_end_is_found(nearpass: Nearpass, config: Path) -> None:
    """Where every signature is gone and every hash mended, the key still asks for them and names each file."""
    archive = Archive(config.parent / "archive")
    rewrite_unsigned(archive)
    without_site(config)
    config.write_text(config.read_text().replace('sign = "key.pem"', ""))

    assert nearpass("verify", "--config", config)[0] == 0  # nobody could tell
    code, err = verified(nearpass, config)
    assert code == 5
    assert f"{NEWEST}/manifest.json: it must be signed by {key_of(config)}, and is not signed" in err
    assert "archive/register/000001.json: it must be signed by" in err


def rewrite_unsigned(archive: Archive) -> None:
    """The same archive as if nobody had ever signed it: every manifest and every file of the register made again."""
    pages, manifests = {}, {cycle_id: dict(archive.manifest(cycle_id)) for cycle_id in archive.cycle_ids()}
    count = archive.register_head()["number"]
    order = [("m", cycle_id) for cycle_id in manifests]
    for number in range(1, count + 1):
        pages[number] = json.loads(archive.register_path(number).read_bytes())
        before = pages[number]["archive"]
        order.insert(order.index(("m", before["cycle_id"])) + 1 if before else 0, ("r", number))
    order.sort(key=lambda item: _place(item, manifests))
    page_sha, link, newest = None, None, None
    for kind, name in order:
        if kind == "r":
            pages[name] |= {"previous_sha256": page_sha, "archive": link, "signed_by": None, "signature": None}
            text = canonical_json(pages[name])
            archive.register_path(name).write_bytes(text)
            page_sha, newest = sha256_of(text), name
        else:
            mark = {"number": newest, "sha256": page_sha} if newest else None
            manifests[name] |= {"signed_by": None, "previous": link, "register": mark}
            text = canonical_json(manifests[name])
            (archive.folder(name) / "manifest.json").write_bytes(text)
            (archive.folder(name) / "manifest.sig").unlink()
            link = {"cycle_id": name, "manifest_sha256": sha256_of(text)}
    (archive.directory / "head.json").write_bytes(canonical_json(link))
    (archive.directory / "register/head.json").write_bytes(canonical_json({"number": count, "sha256": page_sha}))


def _place(item: tuple[str, object], manifests: dict[str, Any]) -> tuple[int, int]:
    """Where an entry stands: a file of the register by its number, a manifest after the one that it names."""
    kind, name = item
    return (name, 0) if kind == "r" else ((manifests[name]["register"] or {"number": 0})["number"], 1)


def test_an_archive_cut_back_by_a_cycle_is_found(nearpass: Nearpass, config: Path) -> None:
    """Without its newest cycle, the head mended, the register names what is missing, whether or not a site is there."""
    archive = Archive(config.parent / "archive")
    previous = archive.manifest("2021-03-19T0000Z")["previous"]
    shutil.rmtree(archive.folder("2021-03-19T0000Z"))
    (archive.directory / "head.json").write_bytes(canonical_json(previous))
    without_site(config)
    code, err = verified(nearpass, config)

    assert code == 5
    assert err.startswith(f"{NEWEST}/manifest.json: it must be in the chain: register/")


@pytest.mark.parametrize("keep", [1, 3, 5])
def test_a_register_cut_back_is_found(nearpass: Nearpass, config: Path, keep: int) -> None:
    """Lines dropped from the register's end, its head mended, are missed by a manifest, or by the site at last."""
    forget_register(Archive(config.parent / "archive"), keep)
    code, err = verified(nearpass, config)

    assert code == 5
    assert "archive/register/" in err


def test_lines_edited_or_reordered_are_found(nearpass: Nearpass, config: Path) -> None:
    """A line of the register that is removed, edited or moved is found, its head mended or not, and its file named."""
    archive = Archive(config.parent / "archive")
    count = archive.register_head()["number"]
    path = archive.register_path(count)
    before = path.read_bytes()
    for change in (
        lambda plain: plain["entries"].pop(),
        lambda plain: plain["archive"].update(cycle_id="2021-03-19T0000z"),
        lambda plain: plain["entries"][0].update(party="nobody"),
        lambda plain: plain["entries"].reverse() or plain["entries"].append(plain["entries"][0]),
    ):
        plain = json.loads(before)
        change(plain)
        path.write_bytes(canonical_json(plain))
        mark = {"number": count, "sha256": sha256_of(canonical_json(plain))}
        (archive.directory / "register/head.json").write_bytes(canonical_json(mark))
        code, err = verified(nearpass, config)
        assert code == 5
        assert f"archive/register/{path.name}: " in err


def test_a_wrong_head_of_the_register_is_named(nearpass: Nearpass, config: Path) -> None:
    """Where the newest file's signature holds and the head gives another hash, the head is the first that is named."""
    path = config.parent / "archive/register/head.json"
    mark = json.loads(path.read_bytes())
    path.write_bytes(canonical_json({**mark, "sha256": "0" * 64}))
    code, err = verified(nearpass, config)

    assert code == 5
    assert err.startswith("archive/register/head.json: it must give the hash of register/")


def test_an_archive_put_back_as_a_whole(nearpass: Nearpass, config: Path) -> None:
    """An earlier copy of the whole archive is found by the site, by a noted head, and by nothing else."""
    home = config.parent
    shutil.copytree(home / "archive", home.parent / "earlier")
    _, out, _ = nearpass("verify", "--config", config)
    older = out.splitlines()[-1].removeprefix("head: ")
    assert nearpass("run", "--config", config, "--at", "2021-03-20T00:00", "--jobs", 1)[0] == 0
    newer = nearpass("verify", "--config", config)[1].splitlines()[-1].removeprefix("head: ")
    shutil.rmtree(home / "archive")
    shutil.copytree(home.parent / "earlier", home / "archive")
    shutil.copytree(home / "public/public", home.parent / "kept")
    by_site = verified(nearpass, config)
    without_site(config)

    assert by_site[0] == 5
    assert by_site[1].startswith("archive/head.json: the chain must hold the entry")
    assert verified(nearpass, config)[0] == 0
    assert verified(nearpass, config, "--head", older)[0] == 0
    assert verified(nearpass, config, "--head", newer)[1].startswith(
        f"archive/head.json: the chain must hold the entry {newer}"
    )
    assert nearpass("verify", "--config", config, "--folder", home.parent / "kept")[0] == 5
    assert nearpass("verify", "--config", config, "--head", "abc")[0] == 3


def test_a_signed_archive_goes_on_being_signed(nearpass: Nearpass, config: Path, tmp_path: Path) -> None:
    """A run without the key, or with another one, is refused in one line, and archive and site stay as they were."""
    before = tree(config.parent / "archive", config.parent / "public")
    text = config.read_text()
    nearpass("keygen", tmp_path / "w/other.pem")
    for line in ("", 'sign = "other.pem"'):
        config.write_text(text.replace('sign = "key.pem"', line))
        code, _, err = nearpass("run", "--config", config, "--at", "2021-03-20T00:00", "--jobs", 1)
        assert code == 5
        assert f"must be signed by {key_of(config)}" in err
    with pytest.raises(ArchiveError, match="must be signed by"):
        Archive(config.parent / "archive").add(stub("2021-03-21T0000Z"), {})

    assert tree(config.parent / "archive", config.parent / "public") == before


def test_a_key_is_replaced(nearpass: Nearpass, config: Path) -> None:
    """The old key announces the new one; then either vouches for the whole archive, and the old one signs no more."""
    home, text = config.parent, config.read_text()
    old = key_of(config)
    new = nearpass("keygen", home / "new.pem")[1].strip()
    code, out, _ = nearpass("rotate", "--config", config, home / "new.pem")
    assert (code, new in out) == (0, True)
    assert nearpass("run", "--config", config, "--at", "2021-03-20T00:00", "--jobs", 1)[0] == 5  # by the old one
    config.write_text(text.replace("key.pem", "new.pem"))
    assert nearpass("run", "--config", config, "--at", "2021-03-20T00:00", "--jobs", 1)[0] == 0

    assert [nearpass("verify", "--config", config, "--key", key)[0] for key in (old, new)] == [0, 0]
    strip(Archive(home / "archive"), "2021-03-20T0000Z")
    assert [nearpass("verify", "--config", config, "--key", key)[0] for key in (old, new)] == [5, 5]


def test_a_key_is_lost(nearpass: Nearpass, config: Path) -> None:
    """A new key begins by itself and vouches for what was there; whoever has the old one is told to ask."""
    home, old = config.parent, key_of(config)
    new = nearpass("keygen", home / "new.pem")[1].strip()
    (home / "key.pem").unlink()
    config.write_text(config.read_text().replace("key.pem", "new.pem"))
    assert nearpass("run", "--config", config, "--at", "2021-03-20T00:00", "--jobs", 1)[0] == 5
    assert nearpass("rotate", "--config", config, "--lost", home / "new.pem")[0] == 0
    assert nearpass("run", "--config", config, "--at", "2021-03-20T00:00", "--jobs", 1)[0] == 0
    code, _, err = nearpass("verify", "--config", config, "--key", old)

    assert nearpass("verify", "--config", config, "--key", new)[0] == 0
    assert code == 5
    assert f"{old} was given up as lost" in err
    assert "000007.json" in err


def test_signing_may_begin_later(nearpass: Nearpass, tmp_path: Path) -> None:
    """The first signature says that signing begins, so that the key vouches for what was not signed before."""
    lay_out(tmp_path)
    config = tmp_path / "nearpass.toml"
    with stubbed():
        assert nearpass("run", "--config", config, "--at", CUTOFFS[0], "--jobs", 1)[0] == 0
        key = nearpass("keygen", tmp_path / "key.pem")[1].strip()
        config.write_text('[archive]\nsign = "key.pem"\n' + config.read_text())
        assert nearpass("verify", "--config", config)[0] == 5
        assert nearpass("run", "--config", config, "--at", CUTOFFS[1], "--jobs", 1)[0] == 0

    assert nearpass("verify", "--config", config, "--key", key)[0] == 0


def test_a_partner_counter_signs(nearpass: Nearpass, config: Path, tmp_path: Path) -> None:
    """A partner signs the head that its site names; kept in the archive, its key finds it, and finds it gone."""
    partner = nearpass("keygen", tmp_path / "partner.pem")[1].strip()
    head = json.loads((config.parent / "public/public/archive-head.json").read_text())["manifest_sha256"]
    words = ("--key", tmp_path / "partner.pem", "--party", "CNSA", "--out", tmp_path / "signed.json")
    assert nearpass("countersign", head, *words)[0] == 0
    code, out, _ = nearpass("countersign", "--config", config, "--add", tmp_path / "signed.json")
    assert code == 0
    checked, said, _ = nearpass("verify", "--config", config, "--key", partner)
    assert (checked, "witnessed by CNSA" in said) == (0, True)
    kept = Path(out.strip())
    before = kept.read_bytes()
    kept.write_bytes(before.replace(b"CNSA", b"ESA "))
    assert f"archive/witnesses/{kept.name}" in nearpass("verify", "--config", config, "--key", partner)[2]
    kept.unlink()

    code, _, err = nearpass("verify", "--config", config)
    assert code == 5
    assert err.startswith(f"archive/witnesses/{kept.name}: it is missing")


def test_a_counter_signed_head_cannot_be_taken_back(nearpass: Nearpass, config: Path, tmp_path: Path) -> None:
    """An earlier copy of the archive, with the partner's file put beside it, does not lead to what was witnessed."""
    home = config.parent
    shutil.copytree(home / "archive", tmp_path / "earlier")
    assert nearpass("run", "--config", config, "--at", "2021-03-20T00:00", "--jobs", 1)[0] == 0
    partner = nearpass("keygen", tmp_path / "partner.pem")[1].strip()
    kept = Path(nearpass("countersign", "--config", config, "--key", tmp_path / "partner.pem")[1].strip())
    assert nearpass("verify", "--config", config, "--key", partner)[0] == 0
    signed = kept.read_bytes()
    shutil.rmtree(home / "archive")
    shutil.copytree(tmp_path / "earlier", home / "archive")
    kept.parent.mkdir()
    kept.write_bytes(signed)
    without_site(config)
    code, _, err = nearpass("verify", "--config", config, "--key", partner)

    assert code == 5
    assert err.startswith("archive/head.json: the chain must hold the entry")


def as_of_version_one(archive: Archive, directory: Path, *, signed: bool) -> None:
    """The archive as version 0.1.0 left it: manifests of schema 1, and a register that lost all but its first lines."""
    signer = load_signer(directory / "key.pem")
    first = json.loads(archive.register_path(1).read_bytes())
    shutil.rmtree(archive.directory / "register")
    link = None
    for cycle_id in archive.cycle_ids():
        manifest = {**archive.manifest(cycle_id), "schema_number": 1, "previous": link}
        del manifest["register"], manifest["sightings"]
        manifest["signed_by"] = signer.public_key if signed else None
        text, folder = canonical_json(manifest), archive.folder(cycle_id)
        (folder / "manifest.json").write_bytes(text)
        (folder / "manifest.sig").write_bytes(signer.sign(text).hex().encode() + b"\n")
        if not signed:
            (folder / "manifest.sig").unlink()
        link = {"cycle_id": cycle_id, "manifest_sha256": sha256_of(text)}
    (archive.directory / "head.json").write_bytes(canonical_json(link))
    plain = {"schema": 1, "number": 1, "previous_sha256": None, "entries": first["entries"]}
    (archive.directory / "register").mkdir()
    archive.register_path(1).write_bytes(canonical_json(plain))
    head = {"number": 1, "sha256": sha256_of(canonical_json(plain)), "decided": []}
    (archive.directory / "register/head.json").write_bytes(canonical_json(head))


@pytest.mark.parametrize("signed", [True, False])
def test_an_archive_of_an_earlier_version(nearpass: Nearpass, config: Path, signed: bool) -> None:
    """It verifies by its own rules; the next run adds the lines that its register lost, and then the key covers all."""
    archive, text = Archive(config.parent / "archive"), config.read_text()
    as_of_version_one(archive, config.parent, signed=signed)
    config.write_text(text.replace('sign = "key.pem"', ""))
    without_site(config)
    assert nearpass("verify", "--config", config)[0] == 0
    assert verified(nearpass, config)[0] == (0 if signed else 5)
    config.write_text(text)
    assert nearpass("rebuild", "--config", config, "--jobs", 1)[0] == 0
    assert nearpass("verify", "--config", config, "--site")[0] == 0
    shutil.rmtree(archive.directory / "register")
    manifests = [path.read_bytes() for path in archive.directory.rglob("manifest.json")]
    assert all(b'"schema_number": 1' in text for text in manifests)
    assert nearpass("run", "--config", config, "--at", "2021-03-20T00:00", "--jobs", 1)[0] == 0
    late = [entry for entry in Register(archive).entries() if entry.reason and "added later" in entry.reason]

    assert verified(nearpass, config, "--site")[0] == 0
    assert {entry.cycle_id for entry in late} == {"2021-03-17T0000Z", "2021-03-18T0000Z", "2021-03-19T0000Z"}
    assert {entry.edition for entry in late} == {"public", "own"}


def test_an_earlier_schema_does_not_follow_a_later_one(nearpass: Nearpass, config: Path) -> None:
    """A newest manifest rewritten by the rules of version 0.1.0, which named no register, is a finding."""
    archive = Archive(config.parent / "archive")
    manifest = {**archive.manifest("2021-03-19T0000Z"), "schema_number": 1}
    del manifest["register"], manifest["sightings"]
    forget_register(archive, 4)
    (config.parent / f"{NEWEST}/manifest.json").write_bytes(canonical_json(manifest))
    head = {"cycle_id": "2021-03-19T0000Z", "manifest_sha256": sha256_of(canonical_json(manifest))}
    (archive.directory / "head.json").write_bytes(canonical_json(head))
    without_site(config)
    code, err = verified(nearpass, config)

    assert code == 5
    assert f"{NEWEST}/manifest.json: it must name the register" in err


def test_a_stopped_edition_stops_no_later_run(nearpass: Nearpass, tmp_path: Path) -> None:
    """Where the only edition was stopped before it had a site, each later run says so again, and nothing else fails."""
    lay_out(tmp_path)
    config = tmp_path / "nearpass.toml"
    config.write_text(config.read_text() + '[[edition]]\nid = "public"\nlevels = ["CLEAR"]\n')
    (tmp_path / "site").mkdir()
    leak = LeakError("an edition must not hold what is withheld from it", value="public")
    with stubbed(), patch("nearpass.publish.site.check_leaks", side_effect=leak):
        first = nearpass("run", "--config", config, "--at", CUTOFFS[0], "--jobs", 1)
        later = [nearpass(name, "--config", config, "--jobs", 1) for name in ("run", "build", "rebuild")]
    register = list(Register(Archive(tmp_path / "archive")).entries())

    assert [first[0], *(code for code, _, _ in later)] == [7, 7, 7, 7]
    assert all("must not hold what is withheld" in err for _, _, err in [first, *later])
    assert not any(entry.kind == "released" for entry in register)
    with stubbed():
        assert nearpass("run", "--config", config, "--jobs", 1)[0] == 0
