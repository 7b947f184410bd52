"""A signed archive under attack, in small; the full number of trials is in tests/bench/bench_attacks.py."""

from pathlib import Path

import pytest

from attacks import ATTACKS, missed, signed_workspace

TRIALS = {"change a byte": 60, "remove a file": 15, "roll back": 10, "strip a signature": 10}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed workspace of three cycles and two editions."""
    return signed_workspace(tmp_path_factory.mktemp("attacks") / "w", cycles=3)


@pytest.mark.parametrize("kind", ATTACKS)
def test_each_attack_is_found_by_name(made: Path, tmp_path: Path, kind: str) -> None:
    """Whatever is changed, removed, put back or stripped, with the hashes mended, a finding names what was spoilt."""
    place = made.parent / f"spoilt-{tmp_path.name}"

    assert missed(made, ATTACKS[kind], TRIALS[kind], place, seed=14) == []
