"""nearpass.toml: what is accepted, and the one line that says what is wrong and where."""

import re
from pathlib import Path

import pytest

from nearpass.config import Config, load_config, parse_config, resolve
from nearpass.encounter.alert import Level
from nearpass.errors import ConfigError
from nearpass.resources import resource

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
PLAN = '[[object.ephemeris]]\npath = "b.bsp"\noriginator = "JPL"\nrole = "planned"\n'
NAMED = f'{PLAN}name = "raise"\n'


def fault(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "nearpass.toml")
    return caught.value


def test_all_faults_come_in_one_go() -> None:
    """Every wrong key, value and reference is told at its line, those across tables together as well."""
    text = VALID.replace('name = "Phobos"', 'nmae = "Phobos"').replace("radius_km = 11.1", "radius_km = -1")
    found = fault(text)
    told = [str(one) for one in (found, *found.others)]
    assert len(told) == 2
    for words in ("unknown key object[2].nmae, did you mean 'name'", "radius_km"):
        assert [one for one in told if words in one], words
    assert all(re.search(r"nearpass\.toml:\d+", one) for one in told)
    doubled = VALID.replace('id = "PHOBOS"', 'id = "mro"\njoined = [{ with = "NOBODY" }]') + "\n"
    found = fault(doubled)
    assert {one.rule for one in (found, *found.others)} == {
        "object ids must differ",
        "joined must name another object of the configuration",
    }


def test_the_example_of_a_new_workspace_is_valid() -> None:
    """The configuration that `nearpass init` writes is accepted as it is."""
    text = (resource("templates") / "workspace" / "nearpass.toml").read_text()

    assert isinstance(parse_config(text, "nearpass.toml"), Config)


def test_values_arrive_as_written() -> None:
    """Thresholds become rules, the most severe first, and natural bodies are known by their radius."""
    config = parse_config(VALID, "nearpass.toml")

    assert [(rule.level, rule.cad_km) for rule in config.alert_rules] == [(Level.RED, 3.0), (Level.YELLOW, 10.0)]
    assert [item.radius_km for item in config.objects] == [None, 11.1]
    assert config.body.name == "MARS"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("limit_km = 100", "limt_km = 100", 4, "did you mean 'limit_km'?"),
        ("limit_km = 100", "limit_km = -1", 4, "greater than 0"),
        ("limit_km = 100", 'limit_km = "far"', 4, "number"),
        ("limit_km = 100", "limit_km = nan", 4, "finite"),
        ('body = "MARS"', 'body = "VULCAN"', 2, "VULCAN"),
        ("cad_km = 10", "cad_km = 1", 5, "must not exceed"),
        ("hbr_m = 7", "hbr_m = 7\nradius_km = 1", 9, "either hbr_m"),
        ("hbr_m = 7\n", "", 9, "either hbr_m"),
        ('id = "MRO"', 'id = "../x"', 10, "letters, digits"),
        ('id = "PHOBOS"', 'id = "mro"', 17, "must differ"),
        ('originator = "JPL"\ntarget', "target", 20, "originator is required"),
        ('[[object.ephemeris]]\npath = "a.bsp"', '[[object.ephemeris]]\npth = "a.bsp"', 21, "did you mean 'path'?"),
        ("target = 401", 'theory = "MarsSatV1.0"', 20, "either a path or a theory"),
        ('path = "a.bsp"\n', "", 20, "either a path or a theory"),
        ("target = 401", 'extend = "secular J2"', 16, 'phase = "unknown"'),
        ("target = 401", 'axes = { MCI = "MCI" }', 23, "MCI is defined by no standard"),
        (
            "radius_km = 11.1",
            "radius_km = 11.1\n[object.orbit]\ninclination_deg = 181",
            21,
            "less than or equal to 180",
        ),
        ("radius_km = 11.1", "radius_km = 11.1\n[object.orbit]\ninclination_deg = 1\nnode_deg = 2", 20, "go together"),
        ("span_days = 28", "span_days = ", 3, "TOML"),
        ('id = "MRO"', 'id = "A--B"', 10, "single hyphens"),
        ('id = "MRO"', 'id = "Index"', 10, "index"),
        ("limit_km = 100", "limit_km = 15", 4, "must reach"),
        ('path = "a.bsp"', 'path = "a.bsp"\nrole = "guess"', 22, "'nominal', 'alternative' or 'planned'"),
        ('path = "a.bsp"', 'path = "a.bsp"\nrole = "planned"\nname = "x"', 16, 'role = "nominal"'),
        ('originator = "JPL"\n[[object]]', f'originator = "JPL"\n{PLAN}[[object]]', 16, "needs a name"),
        ('originator = "JPL"\n[[object]]', f'originator = "JPL"\n{2 * NAMED}[[object]]', 9, "names of an object"),
        ('path = "a.bsp"', 'path = "a.bsp"\nname = "mine"', 20, "belong to a source with role"),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, line: int, words: str) -> None:
    """A broken rule is reported with its words and the line of the key or of its table."""
    assert old in VALID
    error = fault(VALID.replace(old, new, 1))

    assert words in str(error)
    assert error.line == line
    assert error.file == "nearpass.toml"
    assert str(error).count("got ") <= 1


def test_a_fault_in_an_object_names_the_object() -> None:
    """The line of an object's fault carries the object's id."""
    error = fault(VALID.replace("radius_km = 11.1", "radius_km = 0"))

    assert "(object PHOBOS)" in str(error)


@pytest.mark.parametrize(
    "text", ["object = [1, 2]", "x = " + "[" * 3000 + "]" * 3000, "x = " + "9" * 5000, "\ufeffx = 1"]
)
def test_odd_configurations_get_one_clear_error(text: str) -> None:
    """Whatever stands in the file, the answer is one configuration error and never another exception."""
    assert fault(text).file == "nearpass.toml"


@pytest.mark.parametrize("pattern", ["/", ".", "**mro", "a" * 5000, "\0"])
def test_odd_patterns_match_nothing(tmp_path: Path, pattern: str) -> None:
    """A pattern that no file could match finds none."""
    assert resolve(tmp_path, pattern) == []


def test_a_pattern_finds_files_relative_to_the_configuration(tmp_path: Path) -> None:
    """A path with a wildcard is looked up beside the configuration, sorted by name."""
    for name in ("mro_2.oem", "mro_1.oem", "ody_1.oem"):
        (tmp_path / name).touch()

    assert [path.name for path in resolve(tmp_path, "mro_*.oem")] == ["mro_1.oem", "mro_2.oem"]
    assert resolve(tmp_path, str(tmp_path / "ody_1.oem")) == [tmp_path / "ody_1.oem"]
    assert resolve(tmp_path, "none_*.oem") == []


@pytest.mark.parametrize("copy", [".", "..", "/", "public", "archive", "site/copy", "elsewhere/../archive/x"])
def test_a_copy_of_the_site_stays_out_of_the_workspace(tmp_path: Path, copy: str) -> None:
    """A second folder that is, holds or lies in the workspace's own folders is refused with its line."""
    path = tmp_path / "nearpass.toml"
    path.write_text(f'[publish]\ncopy_to = ["{copy}"]\n{VALID}')

    with pytest.raises(ConfigError, match="copy_to") as caught:
        load_config(path)
    assert caught.value.line == 2


@pytest.mark.parametrize("copy", ["mirror", "../mirror"])
def test_a_copy_of_the_site_beside_the_workspace_is_fine(tmp_path: Path, copy: str) -> None:
    """A folder of its own, in the workspace or beside it, may hold a copy."""
    path = tmp_path / "nearpass.toml"
    path.write_text(f'[publish]\ncopy_to = ["{copy}"]\n{VALID}')

    assert load_config(path)[0].publish.copy_to == (copy,)


@pytest.mark.parametrize(
    ("tables", "rule", "line"),
    [
        ('[[party]]\nid = "A"\nincludes = ["B"]\n[[party]]\nid = "B"\nincludes = ["a"]\n', "belong to itself", 3),
        ('[[party]]\nid = "A"\n[[party]]\nid = "B"\naliases = ["a"]\n', "must mean one party", 5),
        ('[[party]]\nid = " "\n', "party", 2),
    ],
)
def test_a_table_of_parties_that_cannot_hold_is_refused(tables: str, rule: str, line: int) -> None:
    """A circle of members, a name of two parties and a blank name are refused, the line named."""
    error = fault(VALID + tables)

    assert rule in str(error)
    assert error.line == VALID.count("\n") + line


TOLD = '[[edition]]\nid = "us"\nparties = ["NASA"]\n[[notify]]\nid = "ops"\nparty = "NASA"\nedition = "us"\n'


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ('channels = ["mailto://user:hidden@example.org"]\n', "never be an address"),
        ('channels = "slack://hidden/token"\n', "channels"),
        ("channels = []\n", "channels"),
        ('channels = ["A", "A"]\n', "channels must differ"),
        ('channels = ["A"]\nescalation = ["slack://hidden/token"]\nrepeat_h = 1\n', "never be an address"),
        ('channels = ["A"]\nescalation = ["B"]\n', "escalation needs repeat_h"),
        ('channels = ["A"]\nrepeat_h = 1\nescalation = ["A"]\n', "other channels"),
        ('channels = ["A"]\nkinds = ["whatever"]\n', "kinds"),
        ('channels = ["A"]\nrepeat_h = 0\n', "repeat_h"),
        ('channels = ["A"]\nchanels = ["B"]\n', "did you mean 'channels'"),
        ('channels = ["A"]\n[[notify]]\nid = "ops"\nparty = "NASA"\nedition = "us"\nchannels = ["A"]\n', "must differ"),
        ('channels = ["A"]\n[[notify]]\nid = "b"\nparty = "CNSA"\nedition = "us"\nchannels = ["A"]\n', "readers"),
        ('channels = ["A"]\n[[notify]]\nid = "b"\nparty = "NASA"\nedition = "all"\nchannels = ["A"]\n', "an edition"),
        ('channels = ["A"]\n[[notify]]\nid = "b"\nparty = "NASA"\nchannels = ["A"]\n', "name the edition"),
    ],
)
def test_who_is_told_is_refused_where_it_cannot_hold(more: str, rule: str) -> None:
    """Each breach is told with its rule and line, and what may be a secret is repeated in none."""
    found = fault(VALID + TOLD + more)

    assert rule in str(found)
    assert found.line is not None
    assert "hidden" not in " ".join(str(one) for one in (found, *found.others))


def test_who_is_told_may_belong_to_a_reader() -> None:
    """A member of a party that an edition is for is one of its readers."""
    member = TOLD.replace('party = "NASA"', 'party = "JPL"') + 'channels = ["file:hook.txt", "A"]\n'
    config = parse_config(f'{VALID}[[party]]\nid = "NASA"\nincludes = ["JPL"]\n{member}', "nearpass.toml")

    assert config.notify[0].channels == ("file:hook.txt", "A")
