"""The dossier of an exchange is read like the configuration: one clear error a fault, each at its line."""

from __future__ import annotations

import pytest

from nearpass.config.exchanges import parse_dossier
from nearpass.errors import ConfigError

WHOLE = """title = "Safety of flight"
parties = ["NASA", "CNSA"]
opened = 2021-03-05
[ground]
law = "a law"
[certification]
filed = 2021-02-01
sha256 = "{digest}"
[[participant]]
name = "A. Navigator"
party = "NASA"
role = "navigation"
[[decision]]
on = 2021-03-18T15:00:00Z
by = "both"
decided = "MRO moves"
""".replace("{digest}", "ab" * 32)


def faults(text: str, name: str = "mars") -> list[str]:
    """Every fault of a dossier, in words."""
    with pytest.raises(ConfigError) as raised:
        parse_dossier(text, name, "exchanges/mars.toml")
    return [str(fault) for fault in (raised.value, *raised.value.others)]


def test_a_dossier_says_what_stands_in_it() -> None:
    """Dates of TOML are midnight UTC; 30 days are the default."""
    found = parse_dossier(WHOLE, "mars", "exchanges/mars.toml")

    assert found.opened is not None
    assert found.opened.iso(digits=0) == "2021-03-05T00:00:00"
    assert found.certification is not None
    assert found.certification.days_before == 30.0
    assert found.decisions[0].on.iso(digits=0) == "2021-03-18T15:00:00"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("opened =", "openned =", ["unknown key openned, did you mean 'opened'?, exchanges/mars.toml:3"]),
        ('role = "navigation"', 'rol = "x"', ["unknown key participant[1].rol, did you mean 'role'?,"]),
        ('["NASA", "CNSA"]', '["NASA"]', ["parties: Tuple should have at least 2 items after validation, not 1,"]),
        ('law = "a law"', "", ["ground: a ground needs a law or an agreement, exchanges/mars.toml:4"]),
        ("2021-02-01", '"soon"', ["certification.filed: an epoch must read"]),
        ("opened = 2021-03-05", "closed = 2021-03-05", ["closed must not lie before opened"]),
        ('opened = 2021-03-05', 'opened = 2021-03-05\noutcome = "x"', ["an outcome needs closed"]),
        ("filed = 2021-02-01", 'statement = "../../key"', ["certification.statement: statement must be a path"]),
    ],
)  # fmt: skip
def test_each_fault_is_one_error_at_its_line(old: str, new: str, told: list[str]) -> None:
    """Rule and place; an unknown key names the nearest known one."""
    found = faults(WHOLE.replace(old, new))

    assert len(found) == len(told)
    assert all(one.startswith(start) for one, start in zip(found, told, strict=True)), found
    assert all(one.split("exchanges/mars.toml:")[1].isdigit() for one in found if "must not lie" not in one), found


def test_several_faults_are_all_told() -> None:
    """A dossier with two faults has two errors."""
    assert len(faults(WHOLE.replace("opened =", "openned =").replace('name = "A. Navigator"', 'name = "A"'))) == 2


@pytest.mark.parametrize("name", ["Mars", "mars 2021", "con", "index", "../mars", ""])
def test_a_name_must_be_able_to_name_a_page(name: str) -> None:
    """Small letters, digits and hyphens, and no name that a file system or the site keeps for itself."""
    assert faults(WHOLE, name)[0].startswith("the name of an exchange must be 1 to 32 small letters")
