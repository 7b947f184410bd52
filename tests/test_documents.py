"""What the documents show must work as shown."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import click
import numpy as np
import pytest
from pydantic import BaseModel

from fleets import LOW, Kepler, message, segment, write_workspace
from nearpass.commands import COMMANDS, cli
from nearpass.config import Config
from nearpass.config.exchanges import Dossier
from nearpass.ephemeris.spk_write import write_spk
from nearpass.messages.oem import OemCovariances, parse_oem
from nearpass.messages.oem_write import write_oem

Nearpass = Callable[..., tuple[int, str, str]]
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
    named = replace(nodes, object_name=path.stem.upper(), covariances=covariances)
    path.write_text(write_oem(message(named)))


def programs() -> dict[str, str]:
    """The programs of the page, by their headings."""
    page = (ROOT / "site" / "python.md").read_text()
    return {
        part.splitlines()[0]: code[1]
        for part in page.split("\n## ")[1:]
        if (code := re.search(r"```python\n(.*?)```", part, re.DOTALL))
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the files that the page names."""
    home = tmp_path_factory.mktemp("programs")
    deliver(home / "first.oem", LOW)
    deliver(home / "second.oem", NEAR)
    for target, name in enumerate(("first", "second"), start=-1002):
        write_spk(parse_oem((home / f"{name}.oem").read_bytes(), name), home / f"{name}.bsp", target=target)
    (home / "conjunction.cdm").write_bytes((ROOT / "tests/data/cdm/alfano_2009_case_03.kvn").read_bytes())
    return home


def run_program(code: str, folder: Path) -> str:
    """What the program prints, run as a file that does not guard its main part; a warning ends it."""
    (folder / "program.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-W", "error", "program.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_nearest_approaches_of_a_folder(folder: Path) -> None:
    """The page's first program lists approaches that brute force on the orbits' own formula finds as well."""
    told = run_program(programs()["Nearest approaches of a folder of deliveries"], folder)
    found = re.findall(r"(2021-03-17T\d\d:\d\d:\d\d\.\d{3}) UTC +([\d.]+) km  FIRST - SECOND", told)
    offsets_s = np.arange(-3600.0, 90_000.0, 1.0)
    distance_km = np.linalg.norm(LOW.state(offsets_s)[0] - NEAR.state(offsets_s)[0], axis=1)
    inner = distance_km[1:-1]
    lows = inner[(inner < distance_km[:-2]) & (inner < distance_km[2:]) & (inner < 100.0)]

    assert "proven no closer than" in told
    assert sorted(float(km) for _, km in found) == pytest.approx(sorted(lows), abs=4.0)  # 7.5 km/s for half a second
    assert len(found) == len(lows) > 0


def test_probability_of_a_message_by_every_method(folder: Path) -> None:
    """The page's program gives the published probability of Alfano's case 3 (2009) in each valid method."""
    told = run_program(programs()["Probability of a message by every method"], folder)

    found = [float(value) for value in re.findall(r"^(?:Pc|[A-Z0-9-]+) +(0\.\d+)", told, re.MULTILINE)]
    assert len(found) >= 3
    assert found == pytest.approx([0.100351176] * len(found), rel=2e-3)  # Alfano's own figure; 10**8 samples


def test_distance_of_two_kernels_as_a_plot(folder: Path) -> None:
    """The page's program writes a drawing from two kernels."""
    code = "import matplotlib\nmatplotlib.use('agg')\n" + programs()["Distance of two kernels as a plot"]

    assert run_program(code, folder) == ""
    assert (folder / "distance.svg").read_text().count("<path") > 10


def test_history_of_an_event_from_an_archive(nearpass: Nearpass, tmp_path: Path) -> None:
    """The page's program prints an event's figures in each cycle of an archive."""
    config = write_workspace(tmp_path, orbits={"MRO": LOW, "TW1": NEAR})
    assert nearpass("run", "--config", config, "--at", "2021-03-17", "--jobs", "1")[0] == 0
    told = run_program(programs()["History of an event from an archive"], tmp_path)

    assert re.search(r"2021-03-17T0000Z 2021-03-1\dT[\d:.]+ [\d.]+ km (red|yellow|green)", told)


def test_the_same_fleet_with_other_limits(folder: Path) -> None:
    """The page's last program finds more approaches below a higher limit, and one of them in detail."""
    told = run_program(programs()["The same fleet with other limits, and one approach in detail"], folder)
    counts = [int(count) for count in re.findall(r"km: (\d+) approaches", told)]

    assert counts == sorted(counts)
    assert counts[-1] > 0
    assert "R, T, N km:" in told
    assert re.search(r"Pc [\d.e+-]+", told)


def test_the_readme_names_every_command() -> None:
    """Each command stands in the README."""
    readme = (ROOT / "README.md").read_text()
    names = [name for section in COMMANDS.values() for name in section]

    assert [name for name in names if f"`{name}`" not in readme and f"nearpass {name}" not in readme] == []


@pytest.mark.parametrize("page", ["README.md", "site/publishers.md"])
def test_the_exit_codes_of_a_page_are_the_programs(page: str) -> None:
    """The table of exit codes says what the command's own help says, and may say more."""
    told = re.sub(r"\n {5,}", " ", cli.epilog or "")
    rows = re.findall(r"^\s+(\d)\s+(.*)$", told, re.MULTILINE)

    assert len(rows) >= 8
    assert [row for row in rows if f"| {row[0]} | {row[1]}" not in (ROOT / page).read_text()] == []


@pytest.mark.parametrize("page", ["README.md", *(f"site/{one.name}" for one in sorted((ROOT / "site").glob("*.md")))])
def test_every_command_line_of_a_page_is_understood(page: str) -> None:
    """Each command that a page shows, and each of its options, is there."""
    unknown = []
    for line in shown_code((ROOT / page).read_text()):
        for part in re.findall(r"(?:^|/bin/|\s)nearpass ([a-z][^&|;#]*)", line):
            command: click.Command | None = cli
            words = part.split()
            while words and isinstance(command, click.Group):
                command = command.get_command(click.Context(cli), words.pop(0))
            options = (
                {name for one in command.params for name in (*one.opts, *one.secondary_opts)} if command else set()
            )
            given = [found[0] for word in words if (found := re.match(r"--[a-z][a-z-]*|-[a-z]$", word))]
            if command is None or not options.issuperset(given):
                unknown.append(line)
    assert unknown == []


def shown_code(text: str) -> list[str]:
    """Lines of the blocks of code of a page, and its spans of code."""
    blocks = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    return [*"\n".join(blocks).splitlines(), *re.findall(r"`([^`\n]+)`", text)]


def test_every_key_of_a_configuration_is_described() -> None:
    """README promises it of the page "For publishers", to which that of the alert rules belongs."""
    pages = "".join((ROOT / "site" / name).read_text() for name in ("publishers.md", "rules.md"))
    said = set(re.findall(r"\w+", " ".join(shown_code(pages))))
    keys = {
        field.alias or key
        for table in tables_of(Config) | tables_of(Dossier)
        for key, field in table.model_fields.items()
    }
    assert len(keys) > 100
    assert keys <= said


def tables_of(kind: object) -> set[type[BaseModel]]:
    """The tables that a type of the configuration holds, itself among them."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {found for part in get_args(kind) for found in tables_of(part)}
    return {kind}.union(*(tables_of(field.annotation) for field in kind.model_fields.values()))


def test_what_contributing_points_at_is_there() -> None:
    """Each module that CONTRIBUTING.md answers a question with exists, and defines the name that stands beside it."""
    table = (ROOT / "CONTRIBUTING.md").read_text().split("## Where things are decided")[1].split("\n## ")[0]
    modules = set(re.findall(r"`([a-z_/]+\.py)`", table))
    named = re.findall(r"`(\w+)[^`]*`(?: in| of|, what [^,]*,)? `([a-z_/]+\.py)`", table)
    assert len(modules) > 8
    assert len(named) > 6
    assert [module for module in modules if not (ROOT / "generator" / module).is_file()] == []
    for name, module in named:
        assert re.search(rf"(?m)^(def |class )?{name}\b|\b{name}\[", (ROOT / "generator" / module).read_text()), name
