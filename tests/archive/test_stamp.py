"""Time stamps of the archive's head, by an authority that openssl plays, verified offline."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from interrupted import FIRST, SECOND, lay_out, run_stub

Nearpass = Callable[..., tuple[int, str, str]]
AUTHORITY = """
[tsa]
default_tsa = own
[own]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
[stamping]
extendedKeyUsage = critical, timeStamping
"""


def openssl(directory: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True, timeout=60)


def authority(directory: Path) -> Path:
    """A time-stamping authority under a root of its own; the root's certificate is ``root.pem``."""
    directory.mkdir()
    (directory / "tsa.cnf").write_text(AUTHORITY)
    (directory / "serial").write_text("01\n")
    elliptic = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(directory, "req", "-x509", *elliptic, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=root")
    openssl(directory, "req", "-new", *elliptic, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=tsa")
    openssl(
        directory, "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
        "-out", "tsa.pem", "-extfile", "tsa.cnf", "-extensions", "stamping",
    )  # fmt: skip
    return directory


def answer(directory: Path, question: Path, to: Path) -> None:
    openssl(directory, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", str(question), "-out", str(to))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A workspace with one cycle."""
    lay_out(tmp_path / "w")
    run_stub(tmp_path / "w", FIRST)
    return tmp_path / "w/nearpass.toml"


def test_a_stamp_fixes_the_head(nearpass: Nearpass, config: Path, tmp_path: Path) -> None:
    """Asked, answered, kept and checked offline by nearpass and by openssl alike; only a hash was asked about."""
    own, other = authority(tmp_path / "own"), authority(tmp_path / "other")
    newest = nearpass("stamp", "--config", config, "--request", tmp_path / "q.tsq")[1].split(" of ")[1].strip()
    answer(own, tmp_path / "q.tsq", tmp_path / "a.tsr")
    code, out, _ = nearpass("stamp", "--config", config, "--add", tmp_path / "a.tsr")
    kept = Path(out.strip())
    asked = (config.parent / "archive" / newest).read_bytes()
    run_stub(config.parent, SECOND)

    assert code == 0
    assert (tmp_path / "q.tsq").stat().st_size < 100
    assert nearpass("verify", "--config", config)[1].count("unchecked without its certificate") == 1
    checked, said, _ = nearpass("verify", "--config", config, "--tsa", own / "root.pem")
    assert (checked, "witnessed by a time-stamping authority, " in said) == (0, True)
    refused, _, err = nearpass("verify", "--config", config, "--tsa", other / "root.pem")
    assert refused == 5
    assert err.startswith(f"archive/witnesses/{kept.name}: a time stamp must be signed by one of the authorities")
    openssl(own, "ts", "-verify", "-data", str(_copy(asked, tmp_path)), "-in", str(kept), "-CAfile", "root.pem")


def _copy(data: bytes, directory: Path) -> Path:
    path = directory / "stamped"
    path.write_bytes(data)
    return path


def test_a_changed_stamp_is_found(nearpass: Nearpass, config: Path, tmp_path: Path) -> None:
    """Each changed byte of a kept stamp is found, and its absence too; a stamp of something else is not kept."""
    own = authority(tmp_path / "own")
    nearpass("stamp", "--config", config, "--request", tmp_path / "q.tsq")
    answer(own, tmp_path / "q.tsq", tmp_path / "a.tsr")
    kept = Path(nearpass("stamp", "--config", config, "--add", tmp_path / "a.tsr")[1].strip())
    data = kept.read_bytes()
    for place in range(0, len(data), 97):
        kept.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert nearpass("verify", "--config", config)[2].startswith(f"archive/witnesses/{kept.name}: ")
    kept.unlink()
    assert nearpass("verify", "--config", config)[2].startswith(f"archive/witnesses/{kept.name}: it is missing")
    kept.write_bytes(data)
    openssl(own, "ts", "-query", "-data", "tsa.cnf", "-sha256", "-cert", "-out", "else.tsq")
    answer(own, own / "else.tsq", tmp_path / "else.tsr")
    code, _, err = nearpass("stamp", "--config", config, "--add", tmp_path / "else.tsr")

    assert code == 5
    assert "must be an entry of this archive" in err
    assert nearpass("stamp", "--config", config, "--add", config)[0] == 5
    assert nearpass("verify", "--config", config)[0] == 0


def test_a_stamped_head_cannot_be_taken_back(nearpass: Nearpass, config: Path, tmp_path: Path) -> None:
    """An archive that was put back and still holds the stamp does not lead to what was stamped."""
    home = config.parent
    shutil.copytree(home / "archive", tmp_path / "earlier")
    run_stub(home, SECOND)
    own = authority(tmp_path / "own")
    nearpass("stamp", "--config", config, "--request", tmp_path / "q.tsq")
    answer(own, tmp_path / "q.tsq", tmp_path / "a.tsr")
    kept = Path(nearpass("stamp", "--config", config, "--add", tmp_path / "a.tsr")[1].strip())
    data = kept.read_bytes()
    shutil.rmtree(home / "archive")
    shutil.rmtree(home / "public")
    shutil.copytree(tmp_path / "earlier", home / "archive")
    kept.parent.mkdir()
    kept.write_bytes(data)
    code, _, err = nearpass("verify", "--config", config, "--tsa", own / "root.pem")

    assert code == 5
    assert err.startswith("archive/head.json: the chain must hold the entry")
