"""Catalogues whose sets say something about their confidentiality."""

import json
from pathlib import Path

import pytest

from element_texts import KEYWORDS
from nearpass.astro.epochs import Epoch
from nearpass.config import load_config
from nearpass.cycle.pipeline import setting_of
from nearpass.ingest.catalogues import Catalogued, read_catalogues

CUTOFF = Epoch.parse("2000-06-28T12:00:00")


def catalogued(directory: Path, letters: str, marking: str) -> Catalogued:
    """What becomes of a catalogue of one set a letter, numbered from 1."""
    sets = [
        {**KEYWORDS, "CLASSIFICATION_TYPE": letter, "NORAD_CAT_ID": number}
        for number, letter in enumerate(letters, start=1)
    ]
    (directory / "cat.json").write_text(json.dumps(sets, indent=1))
    path = directory / "nearpass.toml"
    path.write_text(
        '[cycle]\nbody = "EARTH"\nspan_days = 1\nlimit_km = 10\n[alert.red]\ncad_km = 1\n[alert.yellow]\ncad_km = 2\n'
        f'[[catalogue]]\npath = "cat.json"\noriginator = "CelesTrak"\nhbr_m = 5\nmarking = "{marking}"\n'
    )
    config, _ = load_config(path)
    return read_catalogues(config, setting_of(config, directory, CUTOFF))


@pytest.mark.parametrize("letter", ["U", "C", "T", "c"])
def test_codes_of_public_catalogues_are_no_confidentiality(tmp_path: Path, letter: str) -> None:
    """C stands in CelesTrak's public supplemental sets: such a catalogue is used under the marking that it has."""
    found = catalogued(tmp_path, letter * 3, "TLP:CLEAR")
    assert len(found.listed) == 3
    assert [each.refusal for each in found.inputs] == [None]


def test_a_secret_set_in_an_open_catalogue_is_left_out_by_name(tmp_path: Path) -> None:
    """S means secret everywhere: that set is named with file, line and number, and the others are used."""
    found = catalogued(tmp_path, "USC", "TLP:CLEAR")
    assert [each.id for each in found.listed] == ["00001", "00003"]
    line = (tmp_path / "cat.json").read_text().splitlines().index(" {", 3) + 1
    (fault,) = found.faults
    assert fault.endswith(f"got 'SECRET', cat.json:{line} (object 00002)")
    assert "must mean the configured marking, TLP:CLEAR" in fault


def test_a_catalogue_of_secret_sets_alone_is_refused(tmp_path: Path) -> None:
    """Where no set can be used, the file is refused, and not kept."""
    found = catalogued(tmp_path, "SS", "TLP:CLEAR")
    assert found.listed == ()
    assert found.files == {}
    assert "cat.json" in str(found.inputs[0].refusal)
