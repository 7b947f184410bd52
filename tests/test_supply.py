"""What nearpass is made of: locked by hashes, and built to the same bytes again."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import nearpass

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "demo", "dist", ".site", "__pycache__", ".*_cache", ".hypothesis")
PINNED = re.compile(r"^([A-Za-z0-9_.\[\]-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


def locked(name: str) -> dict[str, str]:
    """Versions by name of a lock, each of which has a hash."""
    text = (ROOT / name).read_text()
    found = {canonicalize_name(match[1]): match[2] for match in PINNED.finditer(text)}
    assert len(found) == len(re.findall(r"^[A-Za-z0-9]\S*==", text, re.MULTILINE))  # none without a hash
    return found


def project() -> dict[str, object]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"])


def needed(texts: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in texts}


def test_what_runs_is_locked_by_hash() -> None:
    """Each dependency and each of the extra "sign" stands in the lock with its hashes, as constraints.txt pins it."""
    plain = project()
    found = locked("requirements.lock")
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    constraints = {canonicalize_name(name): version for name, version in pinned.items()}

    assert needed([*plain["dependencies"], *plain["optional-dependencies"]["sign"], "hatchling"]) <= found.keys()
    assert {name: found[name] for name in found if constraints.get(name, found[name]) != found[name]} == {}


def test_what_tests_is_locked_by_hash() -> None:
    """The lock of the tests holds each tool, and what runs in the same version."""
    found, runs = locked("requirements-dev.lock"), locked("requirements.lock")

    assert needed(project()["optional-dependencies"]["dev"]) <= found.keys()
    assert {name: version for name, version in runs.items() if found.get(name) != version} == {}


def test_a_lock_names_no_place_of_its_maker() -> None:
    """Nothing in a lock leads to an index or a folder of the machine that made it."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert not re.search(r"file:|https?://|--index|/tmp/|/home/|/work/", text)


def test_make_installs_by_hash_alone() -> None:
    """The Makefile's demo and tests rest on installs that need hashes, or fetch nothing."""
    installs = [line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("\t$(PIP)")]

    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation" in line for line in installs)


def built(tree: Path, kind: str, to: Path) -> Path:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1615939200"}
    words = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(to)]
    subprocess.run(words, cwd=tree, check=True, capture_output=True, env=environment, timeout=120)
    (made,) = to.iterdir()
    return made


def test_a_wheel_is_built_to_the_same_bytes(tmp_path: Path) -> None:
    """From two copies of the tree, and from the source distribution, comes the same wheel; it holds the package."""
    for name in ("one", "two"):
        shutil.copytree(ROOT, tmp_path / name, ignore=LEFT_OUT, symlinks=True)
    for path in (tmp_path / "two").rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (1, 1))
    first, second = (built(tmp_path / name, "wheel", tmp_path / f"{name}-wheel") for name in ("one", "two"))
    source = built(tmp_path / "one", "sdist", tmp_path / "sdist")
    with tarfile.open(source) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    (tree,) = (tmp_path / "unpacked").iterdir()
    third = built(tree, "wheel", tmp_path / "third-wheel")

    assert first.read_bytes() == second.read_bytes() == third.read_bytes()
    names = zipfile.ZipFile(first).namelist()
    assert {"nearpass/__init__.py", "nearpass/site/threat-model.md", "nearpass/py.typed"} <= set(names)
    assert not [name for name in names if not name.startswith(("nearpass/", f"nearpass-{nearpass.__version__}"))]
    assert (tree / "SECURITY.md").exists()


def test_the_citation_is_of_this_version() -> None:
    """CITATION.cff names this version and licence, and who wrote it, as CFF 1.2.0 wants."""
    plain = yaml.safe_load((ROOT / "CITATION.cff").read_text())

    assert {"cff-version", "message", "title", "authors"} <= plain.keys()
    assert (plain["cff-version"], plain["version"], plain["license"]) == ("1.2.0", nearpass.__version__, "MIT")
