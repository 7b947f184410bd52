"""What a ``source`` of nearpass.toml names: a service, files at an address, or a folder; and the rules of asking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from nearpass.config.fields import Hours

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_WILD: Final = re.compile(r"[*?\[]")
_SECRET_KEY: Final = re.compile(
    r"(?:^|[-_.])(?:token|key|apikey|secret|password|passwd|pwd|pass|auth|authorization|credentials?|sig|signature|jwt|"
    r"session|sessionid|bearer|accesstoken|authtoken|sas)$",
    re.IGNORECASE,
)
"""Names of a query's values that open something: ``token``, ``api_key``, ``X-Amz-Signature`` and their kin."""
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|file:.+")
MASK: Final = "***"
_Positive = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]


def names_secret(place: str) -> bool:
    """Whether this can say where a secret is: the name of an environment variable, or ``file:`` and a path."""
    return _VARIABLE.fullmatch(place) is not None


class Fetch(BaseModel):
    """How ephemerides are retrieved.

    ``hosts``: the only ones that are asked, over HTTPS; ``http://`` before one allows it plain HTTP.
    ``every_hours``: how often ``nearpass watch`` asks. ``timeout_s``: the longest silence; ``longest_s``: the longest
    an answer may take. ``keep``: how many retrieved files of a source stay. ``credentials``: by host the environment
    variable, or after ``file:`` the file, that holds ``user:password`` or a bearer token. ``horizons`` and
    ``celestrak``: where these answer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    hosts: tuple[str, ...] = ()
    every_hours: Hours = 6.0
    timeout_s: _Positive = 60.0
    longest_s: _Positive = 1800.0
    tries: Annotated[int, Field(ge=1, le=10)] = 4
    largest_mb: _Positive = 1000.0
    keep: Annotated[int, Field(ge=1)] = 3
    credentials: dict[str, str] = {}
    horizons: str = "https://ssd.jpl.nasa.gov/api/horizons.api"
    celestrak: str = "https://celestrak.org/NORAD/elements/gp.php"

    @field_validator("credentials")
    @classmethod
    def _only_named(cls, named: dict[str, str]) -> dict[str, str]:
        for host, place in named.items():
            if not names_secret(place):
                rule = "must name an environment variable, or file:PATH, and never hold the secret itself"
                raise ValueError(f"the credentials of {host} {rule}")
        return named

    @field_validator("horizons", "celestrak", "hosts")
    @classmethod
    def _without_secrets(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for address in (value,) if isinstance(value, str) else value:
            refuse_secrets(address)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizons:
    """States of an object from JPL Horizons; ``target`` is its number there, None for the object's own NAIF number."""

    target: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CelesTrak:
    """Element sets from CelesTrak: one ``key`` of its query (``CATNR``, ``GROUP``, ...) and its ``value``."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A file at an address, or where ``pattern`` is given the newest one that it names in the listing of ``url``."""

    url: str
    pattern: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The newest file that a path with wildcards names, wherever others deliver it."""

    path: str


Origin = Horizons | CelesTrak | Address | Folder


def parse_origin(text: str) -> Origin:
    """Read a source.

    Raises:
        ValueError: in words that name the forms a source can have.
    """
    kind, _, rest = text.partition(":")
    if kind == "horizons":
        if rest and not re.fullmatch(r"-?\d{1,9}", rest):
            raise ValueError("a Horizons source must read horizons or horizons:NUMBER, such as horizons:-74")
        return Horizons(target=int(rest) if rest else None)
    if kind == "celestrak":
        found = re.fullmatch(r"(CATNR|GROUP|INTDES|NAME|SPECIAL)=([\w .+()-]{1,40})", rest)
        if found is None:
            raise ValueError("a CelesTrak source must read celestrak:GROUP=name or celestrak:CATNR=number")
        return CelesTrak(key=found[1], value=found[2])
    if kind == "folder":
        if not PurePosixPath(rest).name:
            raise ValueError("a folder source must read folder:PATH, with wildcards in the name")
        return Folder(path=rest)
    if kind in {"https", "http"}:
        return _address(text)
    raise ValueError("a source must begin with horizons, celestrak:, https:// or folder:")


def _address(text: str) -> Address:
    parts = urlsplit(text)
    if not parts.hostname or parts.fragment:
        raise ValueError("an address must name its host and hold no #")
    refuse_secrets(text)
    folder, _, name = parts.path.rpartition("/")
    if _WILD.search(folder) or (parts.query and _WILD.search(name)):
        raise ValueError("wildcards may stand in the last part of an address only, and not beside a query")
    if not name:
        raise ValueError("an address must end in a file, or in a pattern of files")
    if _WILD.search(name):
        return Address(url=f"{parts.scheme}://{parts.netloc}{folder}/", pattern=name)
    return Address(url=text, pattern=None)


def refuse_secrets(address: str) -> None:
    """An address in the configuration must open nothing: it is stored with each cycle, and printed.

    Raises:
        ValueError: if it holds a user, a password, or a value of its query that opens something; without repeating it.
    """
    parts = urlsplit(address if "//" in address else f"//{address}")
    if "@" in parts.netloc:
        raise ValueError("an address must hold no user and password; fetch.credentials names where they come from")
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if _opens(name):
            rule = "an address must hold no token; fetch.credentials names where it comes from"
            raise ValueError(f"{rule}: {name}")


def _opens(name: str) -> bool:
    """Whether the name of a query's value says that the value opens something."""
    return _SECRET_KEY.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)) is not None


def masked(address: str) -> str:
    """An address as it may be shown and recorded: what opens something is replaced by stars."""
    parts = urlsplit(address)
    query = parts.query
    if any(_opens(name) for name, _ in parse_qsl(query, keep_blank_values=True)):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, MASK if _opens(name) else value) for name, value in pairs], safe="*")
    host = parts.netloc.rpartition("@")
    netloc = f"{MASK}@{host[2]}" if host[1] else parts.netloc
    return urlunsplit(parts._replace(netloc=netloc, query=query, fragment=MASK if parts.fragment else ""))


def endpoint(url: str) -> tuple[str, str]:
    """Scheme and host with its port, as ``fetch.hosts`` names them: ``("https", "ssd.jpl.nasa.gov")``."""
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()


def allowed(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether a host may be asked: it is named, and over HTTPS unless it is this machine or named with ``http://``."""
    scheme, host = endpoint(url)
    if scheme == "https":
        return host in {name.lower() for name in hosts}
    if scheme != "http":
        return False
    plain = {name.lower().removeprefix("http://") for name in hosts if name.startswith("http://")}
    here = (urlsplit(url).hostname or "") in LOOPBACK and host in {name.lower() for name in hosts}
    return here or host in plain


def asked_address(origin: Origin, fetch: Fetch) -> str | None:
    """The address at which an origin is asked, without its query; None for a folder."""
    if isinstance(origin, Horizons):
        return fetch.horizons
    if isinstance(origin, CelesTrak):
        return fetch.celestrak
    return origin.url if isinstance(origin, Address) else None


def check_source(text: str, path: str, fetch: Fetch, *, fixed_name: bool = False) -> Origin:
    """Read a source and check that it may be asked and that what it gives can be put at ``path``.

    Args:
        text: The source.
        path: Where its files go; one ``*`` in the name becomes the time of retrieval.
        fetch: The rules of asking.
        fixed_name: Whether the name may do without the ``*``: a needed kernel has one name.

    Raises:
        ValueError: naming the rule that is broken.
    """
    origin = parse_origin(text)
    address = asked_address(origin, fetch)
    if address is not None and not allowed(address, fetch.hosts):
        scheme, host = endpoint(address)
        if scheme == "http" and (urlsplit(address).hostname or "") not in LOOPBACK:
            raise ValueError(f"a source must use https, unless fetch.hosts names http://{host}")
        raise ValueError(f"the host of a source must be named in fetch.hosts: {host}")
    pure = PurePosixPath(path)
    stars = 0 if fixed_name and not _WILD.search(pure.name) else 1
    if pure.is_absolute() or ".." in pure.parts:
        raise ValueError("the path of what is retrieved must lie in the workspace")
    if _WILD.search(str(pure.parent)) or len(_WILD.findall(pure.name)) != stars or pure.name.count("*") != stars:
        raise ValueError(
            "the path of what is retrieved must hold one *, in its name, which becomes the time of retrieval"
        )
    if not pure.suffix or pure.name.startswith("*"):
        raise ValueError("the path of what is retrieved must name its kind, as in mro_*.oem")
    return origin


def arriving_path(path: str, stamp: str) -> str:
    """Where a file goes: the path with its ``*`` replaced."""
    pure = PurePosixPath(path)
    return str(pure.with_name(pure.name.replace("*", stamp)))
