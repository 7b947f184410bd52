"""What the documents show must work as shown."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from fleets import LOW, Kepler, message, segment
from nearpass.commands import COMMANDS, cli
from nearpass.messages.oem import OemCovariances
from nearpass.messages.oem_write import write_oem

ROOT = Path(__file__).resolve().parents[1]
NEAR = Kepler(LOW.a_km + 3.0, LOW.e, 1.0, node_rad=0.2, mean_anomaly_rad=0.0)


def deliver(path: Path, orbit: Kepler) -> None:
    """A delivery with a covariance at both ends of the day."""
    nodes = segment(orbit, -3600.0, 90_000.0, 60.0)
    matrix = np.diag([1e-4, 1.0, 1e-4, 1e-10, 1e-10, 1e-10])
    covariances = OemCovariances(
        epochs_tai_ns=nodes.epochs_tai_ns[[0, -1]],
        matrices=np.stack([matrix, matrix]),
        frames=("RTN", "RTN"),
        comments=(),
    )
    path.write_text(write_oem(message(replace(nodes, covariances=covariances))))


def test_the_example_for_python_runs_as_it_stands(tmp_path: Path) -> None:
    """The page's code finds approaches, a proven bound and a probability in two deliveries."""
    deliver(tmp_path / "first.oem", LOW)
    deliver(tmp_path / "second.oem", NEAR)
    page = (ROOT / "site" / "python.md").read_text()
    code = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(code) == 1
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code[0]], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert re.search(r"2021-03-17T\d\d:\d\d:\d\d\.\d{6} [\d.]+ km", done.stdout)
    assert "proven no closer than" in done.stdout
    assert re.search(r"Pc [\d.e+-]+ ", done.stdout)


def test_the_readme_names_every_command() -> None:
    """Each command stands in the README."""
    readme = (ROOT / "README.md").read_text()
    names = [name for section in COMMANDS.values() for name in section]

    assert [name for name in names if f"`{name}`" not in readme and f"nearpass {name}" not in readme] == []


def test_the_readmes_exit_codes_are_the_programs() -> None:
    """The README's table of exit codes says what the command's own help says."""
    readme = (ROOT / "README.md").read_text()
    epilog = cli.epilog or ""
    for line in epilog.splitlines():
        if match := re.match(r"\s+(\d)\s+(.*)", line):
            assert f"| {match[1]} | {match[2]} |" in readme
