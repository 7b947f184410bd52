"""Rules of `[[alert.rule]]`: what is accepted, what is refused at its line, and the page that describes them."""

import re
from pathlib import Path

import pytest

from nearpass.config import Config, parse_config
from nearpass.config.alerts import RuleTable
from nearpass.encounter.alert import AlertRule, Level
from nearpass.errors import ConfigError

HEAD = '[cycle]\nbody = "MARS"\nspan_days = 28\nlimit_km = 100\n'
PLAIN = "[alert.red]\ncad_km = 3\n[alert.yellow]\ncad_km = 10\n"
EPHEMERIS = '[[object.ephemeris]]\npath = "a.oem"\noriginator = "JPL"\n'
OBJECTS = "".join(
    f'[[object]]\nid = "{name}"\nname = "{name}"\n{more}\n{EPHEMERIS}'
    for name, more in (
        ("MRO", "hbr_m = 7"), ("MAVEN", "hbr_m = 7"), ("PHOBOS", "radius_km = 11.1"),
        ("MGS", 'hbr_m = 5\nphase = "unknown"'),
    )
)  # fmt: skip
RULE = '[[alert.rule]]\nname = "near"\nlevel = "red"\n'


def _config(rules: str, *, plain: str = PLAIN, head: str = HEAD) -> Config:
    return parse_config(head + plain + rules + OBJECTS, "nearpass.toml")


def _fault(rules: str, **more: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        _config(rules, **more)
    return caught.value


def test_a_rule_arrives_with_all_that_it_says() -> None:
    """Every key of a rule on approaches and of one on crossings; a class alone is a list of one."""
    config = _config(
        f'{RULE}class = "spacecraft"\npairs = [["MRO", "MAVEN"]]\nexcept_pairs = [["MRO", "PHOBOS"]]\ncad_km = 3\n'
        "box_rtn_km = [1, 2, 3.5]\nrtn_sigmas = 3\nb_plane_sigmas = 4\npc = 1e-4\ntca_within_h = 72\n"
        '[[alert.rule]]\nname = "cross"\nlevel = "yellow"\nclass = ["moon", "silent"]\noxd_km = 5\noxt_s = 60\n'
        "oxt_sigmas = 2\n"
    )

    assert config.alert_rules[-2:] == (
        AlertRule(
            level=Level.RED, name="near", classes=("spacecraft",), pairs=(("MRO", "MAVEN"),),
            except_pairs=(("MRO", "PHOBOS"),), cad_km=3, box_rtn_km=(1, 2, 3.5), rtn_sigmas=3, b_plane_sigmas=4,
            pc=1e-4, tca_within_h=72,
        ),
        AlertRule(level=Level.YELLOW, name="cross", classes=("moon", "silent"), oxd_km=5, oxt_s=60, oxt_sigmas=2),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "words", "line"),
    [
        ("cad_km = 3\noxd_km = 5\n", "a rule judges approaches or crossings: cad_km and oxd_km", 9),
        ("tca_within_h = 5\n", "a rule needs one of cad_km, box_rtn_km", 9),
        ("oxt_s = 5\n", "a rule needs one of cad_km, box_rtn_km", 9),
        ("rtn_sigmas = 3\n", "rtn_sigmas needs cad_km or box_rtn_km beside it", 9),
        ("b_plane_sigmas = 3\npc = 1e-4\n", "b_plane_sigmas needs cad_km or box_rtn_km beside it", 9),
        ('class = "silent"\ncad_km = 3\n', "pairs of class silent have crossings and no approaches", 9),
        ('class = "lander"\ncad_km = 3\n', "alert.rule[1].class", 12),
        ("cad_kn = 3\n", "unknown key alert.rule[1].cad_kn, did you mean 'cad_km'", 12),
        ("cad_km = -3\n", "alert.rule[1].cad_km", 12),
        ('cad_km = 3\npairs = [["MRO", "HOPE"]]\n', "pairs of a rule must name two objects", 13),
        ('cad_km = 3\npairs = [["MRO", "MRO"]]\n', "pairs of a rule must name two objects", 13),
        ('cad_km = 3\nexcept_pairs = [["MRO", "HOPE"]]\n', "except_pairs of a rule must name two objects", 13),
        ("cad_km = 101\n", "limit_km must reach what the rule 'near' judges, 112.1 km between the centres of", 10),
        ("cad_km = 89\n", "limit_km must reach what the rule 'near' judges, 100.1 km between the centres of", 10),
        ("box_rtn_km = [90, 90, 1]\n", "limit_km must reach what the rule 'near' judges", 10),
        ("oxd_km = 31\n", "crossing_limit_km must reach what the rule 'near' judges, 31 km", 12),
    ],
)
def test_a_rule_that_cannot_do_what_it_says_is_refused(lines: str, words: str, line: int) -> None:
    """One error with the rule that is broken, at the line of the key or of its table."""
    head = HEAD + ("crossing_limit_km = 30\n" if "oxd_km = 31" in lines else "")
    found = _fault(RULE + lines, head=head)

    assert words in str(found)
    shown = re.search(r"nearpass\.toml:(\d+)", str(found))
    assert shown is not None
    assert int(shown[1]) - ("oxd_km = 31" in lines) == line


def test_a_distance_is_checked_for_the_pairs_that_a_rule_is_for() -> None:
    """99 km of two spacecraft are listed below 100 km; with Phobos the limit would have to reach 110.1 km."""
    assert _config(f'{RULE}class = "spacecraft"\ncad_km = 99\n')
    assert _config(f'{RULE}pairs = [["MRO", "MAVEN"]]\ncad_km = 99\n')
    assert "110.1 km" in str(_fault(f'{RULE}class = "moon"\ncad_km = 99\n'))


def test_where_there_are_editions_no_rule_names_an_object() -> None:
    """An edition that may not name it could not name the rule; a word that an id is a part of names nothing."""
    edition = '[[edition]]\nid = "public"\naudience = "all"\nlevels = ["CLEAR"]\n'
    named = RULE.replace("near", "mro, near")

    assert _config(f"{named}cad_km = 3\n")
    assert "must name no object, which an edition may not name" in str(_fault(f"{named}cad_km = 3\n{edition}"))
    assert _config(f"{RULE.replace('near', 'mrox')}cad_km = 3\n{edition}")


def test_names_of_rules_differ() -> None:
    """A reason calls a rule by its name, so that no two have one; case does not part them."""
    again = RULE.replace("near", "NEAR")

    assert "the names of rules must differ" in str(_fault(f"{RULE}cad_km = 3\n{again}cad_km = 2\n"))


def test_each_level_needs_a_distance_that_holds_for_more_than_named_pairs() -> None:
    """Without a table of thresholds a rule takes its place, but neither one by Pc alone nor one for a pair."""
    red = RULE
    yellow = RULE.replace("near", "watch").replace('"red"', '"yellow"')

    assert _config(f"{red}cad_km = 3\n{yellow}box_rtn_km = [5, 5, 5]\n", plain="")
    assert "the level yellow needs a distance" in str(_fault(f"{red}cad_km = 3\n{yellow}pc = 1e-7\n", plain=""))
    assert "the level red needs a distance" in str(_fault("", plain="[alert.yellow]\ncad_km = 10\n"))
    for_one = f'{red}cad_km = 3\npairs = [["MRO", "MAVEN"]]\n{yellow}cad_km = 9\n'
    assert "the level red needs a distance" in str(_fault(for_one, plain=""))


def test_no_pair_is_left_without_a_rule() -> None:
    """Rules for spacecraft alone would leave Phobos green whatever happens; said so unless it is meant."""
    yellow = RULE.replace("near", "watch").replace('"red"', '"yellow"')
    rules = f'{RULE}class = "spacecraft"\ncad_km = 3\n{yellow}class = "spacecraft"\ncad_km = 10\n'
    left_out = 'except_pairs = [["MRO", "PHOBOS"], ["MAVEN", "PHOBOS"]]\n'

    assert "none is for approaches of MAVEN and PHOBOS, a pair of class moon" in str(_fault(rules, plain=""))
    assert _config(rules + left_out, plain="")
    assert _config(rules, plain="[alert.yellow]\ncad_km = 10\n")


def test_thresholds_mean_the_rules_that_they_always_meant() -> None:
    """Each threshold is enough by itself, and crossings are listed to the yellow one, of OXD or else of CAD."""
    plain = "[alert.red]\ncad_km = 3\npc = 1e-4\n[alert.yellow]\ncad_km = 10\noxd_km = 7\n"
    config = _config("", plain=plain)

    assert config.alert_rules == (
        AlertRule(level=Level.RED, cad_km=3), AlertRule(level=Level.RED, pc=1e-4),
        AlertRule(level=Level.YELLOW, cad_km=10), AlertRule(level=Level.YELLOW, oxd_km=7, oxt_sigmas=3),
    )  # fmt: skip
    assert config.crossing_limit_km == 7
    assert _config("").crossing_limit_km == 10


def test_crossings_are_listed_to_the_widest_rule() -> None:
    """A rule on crossings widens the list by itself where no limit is given; one for named pairs does not."""
    assert _config(f"{RULE}oxd_km = 12\n").crossing_limit_km == 12
    assert "crossing_limit_km must reach" in str(_fault(f'{RULE}oxd_km = 12\npairs = [["MRO", "MAVEN"]]\n'))


def test_the_page_on_rules_names_every_key_and_its_example_is_valid() -> None:
    """Each key of a rule stands in the table of the page, and the example for a flight project is accepted."""
    page = (Path(__file__).parents[2] / "site" / "rules.md").read_text(encoding="utf-8")
    keys = {"name", "level", "class", *re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)}
    example = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[-1]
    config = _config(example, plain="")

    assert keys == {field.alias or name for name, field in RuleTable.model_fields.items()}
    assert len(config.alert_rules) == example.count("[[alert.rule]]") == 8
