"""Inputs stay in the workspace, and what opens something stays out of the configuration and of every message."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import write_workspace
from nearpass.config import load_config
from nearpass.config.origins import Fetch, masked, parse_origin
from nearpass.errors import ConfigError

VALID = """\
[cycle]
body = "MARS"
span_days = 28
limit_km = 100
[alert.red]
cad_km = 3
[alert.yellow]
cad_km = 10
[[object]]
id = "MRO"
name = "Mars Reconnaissance Orbiter"
hbr_m = 7
[[object.ephemeris]]
path = "ephemerides/mro_*.oem"
originator = "JPL"
[[object]]
id = "PHOBOS"
name = "Phobos"
radius_km = 11.1
[[object.ephemeris]]
path = "a.bsp"
originator = "JPL"
target = 401
"""
SECRET = "s3cr3t-Wert"  # noqa: S105 - a mark to be searched for


def write(directory: Path, text: str) -> Path:
    path = directory / "nearpass.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("outside", ["../../etc/passwd", "/etc/passwd", "a/../../b.oem", "*/../../b.oem", "../*.oem"])
def test_a_path_out_of_the_workspace_is_refused(tmp_path: Path, outside: str) -> None:
    """Upwards, absolute, or behind a wildcard: refused with rule, value, line and object, before any file is opened."""
    path = write(tmp_path, VALID.replace("ephemerides/mro_*.oem", outside))
    with pytest.raises(ConfigError, match="must lie in the folder of the configuration") as caught:
        load_config(path)

    assert (caught.value.value, caught.value.line, caught.value.object_id) == (outside, 14, "MRO")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("target = 401", 'target = 401\nkernels = ["/srv/mar097.bsp"]', 24),
        ("span_days = 28", 'span_days = 28\nkernels = ["../de440s.bsp"]', 4),
    ],
)
def test_kernels_out_of_the_workspace_are_refused(tmp_path: Path, old: str, new: str, line: int) -> None:
    """Kernels that a source or the cycle needs obey the same rule, at their own line."""
    path = write(tmp_path, VALID.replace(old, new))
    with pytest.raises(ConfigError, match="must lie in the folder of the configuration") as caught:
        load_config(path)

    assert caught.value.line == line


def test_folders_outside_are_named(tmp_path: Path) -> None:
    """What inputs.allow_outside names may hold inputs, and no folder beside it."""
    text = VALID.replace("ephemerides/mro_*.oem", "/srv/spice/mro_*.oem")
    load_config(write(tmp_path, '[inputs]\nallow_outside = ["/srv/spice"]\n' + text))
    with pytest.raises(ConfigError, match=r"inputs\.allow_outside"):
        load_config(write(tmp_path, '[inputs]\nallow_outside = ["/srv/spice-of-others"]\n' + text))


def test_a_link_out_of_the_workspace_is_refused(tmp_path: Path, nearpass: Callable[..., tuple[int, str, str]]) -> None:
    """A delivery that is a link to elsewhere is refused by name and not read; where its folder is named, it is."""
    home, elsewhere = tmp_path / "w", tmp_path / "elsewhere"
    home.mkdir()
    config = write_workspace(home)
    elsewhere.mkdir()
    private = elsewhere / "private.txt"
    private.write_text(f"CCSDS_OEM_VERS = {SECRET}\n")
    (home / "ephemerides/ecc_9.oem").symlink_to(private)
    (home / "ephemerides/low_9.oem").symlink_to(home / "ephemerides/low_1.oem")
    _, out, _ = nearpass("check", "--config", config, "--at", "2021-03-17T00:00")

    assert "ecc_9.oem" in out
    assert "must not be a link that leads out of the workspace" in out
    assert "ephemerides/low_9.oem" in out
    assert SECRET not in out
    config.write_text(f'[inputs]\nallow_outside = ["{elsewhere}"]\n' + config.read_text())
    assert SECRET in nearpass("check", "--config", config, "--at", "2021-03-17T00:00")[1]


@pytest.mark.parametrize(
    "address",
    [
        f"https://user:{SECRET}@host.example/a.oem",
        f"https://{SECRET}@host.example/a.oem",
        f"https://host.example/a.oem?token={SECRET}",
        f"https://host.example/a.oem?api_key={SECRET}&x=1",
        f"https://host.example/a.oem?x=1&X-Amz-Signature={SECRET}",
        f"https://host.example/a.oem?Access%5FToken={SECRET}",
        f"https://host.example/a.oem?key={SECRET}",
        f"https://host.example/a.oem?accessToken={SECRET}",
    ],
)
def test_a_token_in_an_address_is_refused_unsaid(tmp_path: Path, address: str) -> None:
    """A user, a password or a token in a source's address is refused at its line, and not repeated; nor when shown."""
    source = f'source = "{address}"\npath = "ephemerides/mro_*.oem"'
    text = '[fetch]\nhosts = ["host.example"]\n' + VALID.replace('path = "ephemerides/mro_*.oem"', source)
    with pytest.raises(ConfigError, match=r"fetch\.credentials names where") as caught:
        load_config(write(tmp_path, text))

    assert SECRET not in str(caught.value)
    assert caught.value.line == 16
    assert SECRET not in masked(address)
    assert "host.example/a.oem" in masked(address)


def test_plain_queries_stay() -> None:
    """A query that opens nothing is taken as it is, also where a name only looks like one that does."""
    for query in ("CATNR=25544&FORMAT=json", "monkey=1", "keyword=mars", "assignment=2", "tokens_left=3"):
        address = f"https://host.example/a.oem?{query}"
        parse_origin(address)
        assert masked(address) == address


def test_credentials_are_named_and_not_given(tmp_path: Path) -> None:
    """The configuration names a variable or a file; a secret in its place is refused without being repeated."""
    assert Fetch(credentials={"host.example": "DROP_LOGIN"}).credentials
    text = f'[fetch]\ncredentials = {{ "host.example" = "user:{SECRET}" }}\n' + VALID
    with pytest.raises(ConfigError, match="environment variable") as caught:
        load_config(write(tmp_path, text))
    other = f'[fetch]\nhorizons = "https://user:{SECRET}@host.example/api"\n' + VALID
    with pytest.raises(ConfigError, match="no user and password") as again:
        load_config(write(tmp_path, other))

    assert SECRET not in str(caught.value)
    assert SECRET not in str(again.value)
