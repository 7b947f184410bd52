"""Two healthy objects among many whose deliveries had accidents come out as they are alone; nothing is a fault of ours.

A share of what ``tests/bench/fuzz_cycles.py`` runs.
"""

import json
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from damaged_cycles import HEALTHY, faults_of_ours, healthy_events, run_damaged, write_damaged
from fleets import CUTOFF
from nearpass.config import parse_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.errors import NearpassError
from stub_cycles import quick

Nearpass = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("first", [80, 140])  # both once found a fault
def test_healthy_objects_are_screened_as_if_alone(tmp_path: Path, first: int) -> None:
    """The healthy pair's approaches are those of a cycle of two; no stage finds a fault of nearpass."""
    (tmp_path / "alone").mkdir()
    (tmp_path / "among").mkdir()
    alone, _ = run_damaged(tmp_path / "alone", ())
    among, faults = run_damaged(tmp_path / "among", range(first, first + 20))
    used = [item.id for item in among.objects if item.coverage]

    assert faults == []
    assert len(healthy_events(alone)) > 0
    assert healthy_events(among) == healthy_events(alone)
    assert set(HEALTHY) < set(used)
    assert any(entry.refusal for entry in among.inputs)


def test_damaged_deliveries_do_not_stop_the_publication(nearpass: Nearpass, tmp_path: Path) -> None:
    """A run among twelve of them publishes the healthy pair and ends as one that is not whole."""
    path = write_damaged(tmp_path, range(300, 312))
    with quick():
        code, out, err = nearpass("run", "--config", path, "--at", CUTOFF.iso(digits=0), "--jobs", 1)
    (table,) = (tmp_path / "public" / "cycles").rglob("events.json")
    pairs = {(row["primary"], row["secondary"]) for row in json.loads(table.read_text())["events"]}

    assert code == 4
    assert Path(out.strip()).is_file()
    assert "fault of nearpass" not in err
    assert tuple(sorted(HEALTHY)) in pairs


DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("body", ["MARS", "EARTH"])
def test_every_file_of_the_tests_as_a_delivery(nearpass: Nearpass, tmp_path: Path, body: str) -> None:
    """With one object for each file that the tests have, of whatever kind, a site is made; what is refused is named."""
    path = write_damaged(tmp_path, ())
    names = []
    for number, file in enumerate(sorted(file for file in DATA.rglob("*") if file.is_file())):
        name = f"ephemerides/{number}_{file.name}"
        (tmp_path / name).write_bytes(file.read_bytes())
        names.append(name)
    tables = "".join(
        f'[[object]]\nid = "F{number}"\nname = "F{number}"\nhbr_m = 5\n'
        f'[[object.ephemeris]]\npath = "{name}"\noriginator = "TEST"\n'
        for number, name in enumerate(names)
    )
    path.write_text(path.read_text().replace('body = "MARS"', f'body = "{body}"') + tables)
    with quick():
        code, out, err = nearpass("run", "--config", path, "--at", CUTOFF.iso(digits=0), "--jobs", 1)

    assert code == 4
    assert Path(out.strip()).is_file()
    assert "fault of nearpass" not in err
    assert "Traceback" not in err
    refused = [name for name in names if name in err]
    assert len(refused) > len(names) / 2  # tables, schemas, notes, and sets of another year


VALUES = (
    "0", "-1", "1e308", "1e-300", "2", "0.5", "1e6", "true", '"a"', "[]", "{}", '"2021-03-17"', '"SUN"', '"EARTH"',
    '"PHOBOS"', "nan", "-inf", '"\\u0000"', f'"{"a" * 500}"', "1979-05-27T07:32:00Z", '"../../etc"',
)  # fmt: skip
"""Values of configurations that are right for some key."""


@pytest.mark.parametrize("seed", range(4))
def test_a_configuration_is_refused_in_a_line_or_can_be_run(tmp_path: Path, seed: int) -> None:
    """Keys with values of others: a rule with its line, or a cycle without a fault of nearpass."""
    rng = random.Random(seed)  # noqa: S311  # to be made again
    path = write_damaged(tmp_path, ())
    lines = path.read_text().split("\n")
    keyed = [number for number, line in enumerate(lines) if "=" in line]
    ran, refusals = 0, []
    for _ in range(150):
        changed = list(lines)
        for number in rng.sample(keyed, rng.randint(1, 2)):
            changed[number] = f"{lines[number].split('=')[0]}= {rng.choice(VALUES)}"
        try:
            config = parse_config("\n".join(changed), "nearpass.toml")
        except NearpassError as error:
            refusals.append(str(error))
            continue
        if ran < 5:
            with faults_of_ours() as faults, suppress(NearpassError):
                run_cycle(config, "", tmp_path, CUTOFF, None, lambda *_: lambda _: None)
            assert faults == []
            ran += 1
    assert ran > 0
    assert refusals
    assert [text for text in refusals if not text.isprintable() or len(text) > 600 or "nearpass.toml" not in text] == []
