"""Where deliveries may come from: which hosts are asked, and that no address opens anything."""

import math

import pytest
from pydantic import ValidationError

from nearpass.config.origins import (
    Address,
    CelesTrak,
    Fetch,
    Folder,
    Horizons,
    allowed,
    arriving_path,
    asked_address,
    check_source,
    endpoint,
    masked,
    names_secret,
    parse_origin,
    refuse_secrets,
)

HOSTS = ("drop.example", "http://old.example", "127.0.0.1:8000", "[::1]:8000", "Mixed.Example:444")
OPENING = [
    "token", "key", "apikey", "secret", "password", "passwd", "pwd", "pass", "auth", "authorization", "credential",
    "credentials", "sig", "signature", "jwt", "session", "sessionid", "bearer", "accesstoken", "authtoken", "sas",
]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://drop.example/a.oem", True),
        ("https://DROP.example/a.oem", True),
        ("https://mixed.example:444/a.oem", True),
        ("https://drop.example:444/a.oem", False),
        ("https://other.example/a.oem", False),
        ("https://sub.drop.example/a.oem", False),
        ("https://drop.example.other.example/a.oem", False),
        ("https://drop.example@other.example/a.oem", False),
        ("http://drop.example/a.oem", False),
        ("http://old.example/a.oem", True),
        ("https://old.example/a.oem", False),
        ("http://127.0.0.1:8000/a.oem", True),
        ("http://[::1]:8000/a.oem", True),
        ("http://127.0.0.1:8001/a.oem", False),
        ("ftp://drop.example/a.oem", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_named_hosts_may_be_asked(url, may) -> None:
    """Over HTTPS under their very name and port; plain where that is said, or on this machine."""
    assert allowed(url, HOSTS) == may


@pytest.mark.parametrize("name", OPENING)
def test_every_name_that_opens_something(name) -> None:
    """Alone, behind another word and in any case it is refused without its value, and masked where it is shown."""
    for key in (name, f"x-{name}", f"x_{name.upper()}", f"x.{name}", f"x{name.capitalize()}"):
        address = f"https://drop.example/a.oem?group=1&{key}=swordfish&empty="
        with pytest.raises(ValueError, match=key) as caught:
            refuse_secrets(address)
        assert "swordfish" not in str(caught.value)
        assert masked(address) == f"https://drop.example/a.oem?group=1&{key}=***&empty="
    assert masked(f"https://drop.example/a?{name}s_left=1") == f"https://drop.example/a?{name}s_left=1"


def test_a_user_in_an_address() -> None:
    """Refused and masked with or without a password, also in a bare host."""
    for user in ("me", "me:swordfish"):
        for address in (f"https://{user}@drop.example/a.oem", f"{user}@drop.example"):
            with pytest.raises(ValueError, match="no user and password"):
                refuse_secrets(address)
    assert masked("https://me:swordfish@drop.example/a.oem") == "https://***@drop.example/a.oem"
    assert masked("https://drop.example/a.oem#access_token=swordfish") == "https://drop.example/a.oem#***"
    assert masked("https://@drop.example/a.oem") == "https://***@drop.example/a.oem"
    assert masked("https://drop.example/a?token=") == "https://drop.example/a?token=***"
    assert endpoint("HTTPS://me@Drop.example:444/a") == ("https", "drop.example:444")
    with pytest.raises(ValueError, match="no token"):
        refuse_secrets("drop.example/a?token=")


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("credentials", {"drop.example": "me:swordfish"}, "never hold the secret itself"),
        ("hosts", ("drop.example", "me:swordfish@drop.example"), "no user and password"),
        ("horizons", "https://drop.example/api?token=swordfish", "no token"),
        ("celestrak", "https://me:swordfish@drop.example/gp", "no user and password"),
    ],
)
def test_no_key_of_the_rules_of_asking_holds_a_secret(key, value, rule) -> None:
    """It is refused in words that name what to do instead."""
    with pytest.raises(ValidationError, match=rule):
        Fetch(**{key: value})
    assert Fetch(hosts=HOSTS, credentials={"drop.example": "file:keys/drop"}).credentials


def test_the_rules_of_asking_by_default_and_their_limits() -> None:
    """Those of the page for publishers; times and sizes are positive numbers that can be computed with."""
    plain = Fetch()
    assert (plain.every_hours, plain.timeout_s, plain.longest_s) == (6.0, 60.0, 1800.0)
    assert (plain.tries, plain.largest_mb, plain.keep) == (4, 1000.0, 3)
    for key in ("timeout_s", "longest_s", "largest_mb"):
        for good in (0.5, 1e9):
            Fetch(**{key: good})
        for bad in (0.0, 1e9 + 0.5, math.inf, math.nan, "60"):
            with pytest.raises(ValidationError):
                Fetch(**{key: bad})
    for key, values in {"tries": (0, 11), "keep": (0,), "more": (1,)}.items():
        for value in values:
            with pytest.raises(ValidationError):
                Fetch(**{key: value})
    assert (Fetch(tries=1).tries, Fetch(tries=10).tries, Fetch(keep=1).keep) == (1, 10, 1)
    with pytest.raises(ValidationError):
        plain.keep = 4


@pytest.mark.parametrize(
    ("place", "names"),
    [("DROP_LOGIN", True), ("_x9", True), ("file:keys/drop", True), ("9x", False), ("a:b", False), ("file:", False)],
)
def test_what_says_where_a_secret_is(place, names) -> None:
    """A variable or a file; anything else may be the secret itself."""
    assert names_secret(place) == names


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("horizons", Horizons(target=None)),
        ("horizons:-74", Horizons(target=-74)),
        ("celestrak:GROUP=last-30 days", CelesTrak(key="GROUP", value="last-30 days")),
        ("folder:/srv/drop/tgo_*.oem", Folder(path="/srv/drop/tgo_*.oem")),
        ("https://drop.example/a/b.oem", Address(url="https://drop.example/a/b.oem", pattern=None)),
        ("https://drop.example/a/b_*.oem", Address(url="https://drop.example/a/", pattern="b_*.oem")),
        ("https://drop.example/get?name=b.oem", Address(url="https://drop.example/get?name=b.oem", pattern=None)),
    ],
)
def test_sources_that_are_read(text, origin) -> None:
    """Each form that the page for publishers names."""
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("horizons:MRO", "horizons:NUMBER"),
        ("celestrak:GROUP=", "celestrak:GROUP=name"),
        ("celestrak:OTHER=1", "celestrak:GROUP=name"),
        ("folder:", "folder:PATH"),
        ("ftp://drop.example/a.oem", "must begin with"),
        ("https:///a.oem", "name its host"),
        ("https://drop.example/a.oem#x", "hold no #"),
        ("https://drop.example/*/a.oem", "wildcards"),
        ("https://drop.example/a_*.oem?x=1", "wildcards"),
        ("https://drop.example/a/", "end in a file"),
    ],
)
def test_sources_that_are_refused(text, rule) -> None:
    """In words that name the form."""
    with pytest.raises(ValueError, match=rule):
        parse_origin(text)


@pytest.mark.parametrize(
    ("text", "path", "rule"),
    [
        ("https://other.example/a.oem", "e/a_*.oem", "must be named in fetch.hosts: other.example"),
        ("http://drop.example/a.oem", "e/a_*.oem", "unless fetch.hosts names http://drop.example"),
        ("http://127.0.0.1:9/a.oem", "e/a_*.oem", "must be named in fetch.hosts: 127.0.0.1:9"),
        ("https://drop.example/a.oem", "/e/a_*.oem", "lie in the workspace"),
        ("https://drop.example/a.oem", "e/../../a_*.oem", "lie in the workspace"),
        ("https://drop.example/a.oem", "e*/a_*.oem", r"one \*, in its name"),
        ("https://drop.example/a.oem", "e/a.oem", r"one \*, in its name"),
        ("https://drop.example/a.oem", "e/a_*_*.oem", r"one \*, in its name"),
        ("https://drop.example/a.oem", "e/a_?.oem", r"one \*, in its name"),
        ("https://drop.example/a.oem", "e/*.oem", "name its kind"),
        ("https://drop.example/a.oem", "e/a_*", "name its kind"),
    ],
)
def test_what_may_not_be_asked_or_put_there(text, path, rule) -> None:
    """A host that is not named, a place outside, and a name that the time of retrieval does not fit into."""
    with pytest.raises(ValueError, match=rule):
        check_source(text, path, Fetch(hosts=HOSTS))


def test_what_may_be_asked() -> None:
    """A service where it answers by default, a folder without a host, a needed kernel under one name."""
    fetch = Fetch(hosts=(*HOSTS, "ssd.jpl.nasa.gov", "celestrak.org"))
    for text in ("horizons", "celestrak:CATNR=25544", "folder:/srv/a_*.oem", "https://drop.example/a.oem"):
        origin = check_source(text, "e/a_*.oem", fetch)
        address = asked_address(origin, fetch)
        assert (address is None) == (text.startswith("folder:"))
    assert check_source("https://drop.example/a.bsp", "k/a.bsp", fetch, fixed_name=True)
    assert arriving_path("e/a_*.oem", "20210317") == "e/a_20210317.oem"
