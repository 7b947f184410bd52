"""One way to ask a host for something: named hosts only, bounded in time and size, whole or not at all.

Faults that pass (no connection, silence, an answer cut off, 429, 5xx) are met by asking again, later each time, or when
the host says so (RFC 9110, 10.2.3). Everything else ends in one :class:`~nearpass.errors.RetrievalError`.
"""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import BinaryIO, Final
from urllib.parse import urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

import nearpass
from nearpass.astro.epochs import Epoch
from nearpass.config.origins import LOOPBACK, MASK, Fetch, allowed, endpoint, masked
from nearpass.errors import RetrievalError

BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
MOST_REDIRECTS: Final = 3
LONGEST_WAIT_S: Final = 120.0
"""A host that wants to be left alone for longer is asked again by a later run instead."""
SKEW_S: Final = 300.0
"""How far two clocks may differ before it is worth a word."""
_BACKOFF: Final = wait_random_exponential(multiplier=1.0, max=60.0)
_TITLE: Final = re.compile(rb"<title[^>]*>(.{0,200}?)</title>", re.IGNORECASE | re.DOTALL)
_START_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is already here, for a conditional request (RFC 9110, 13): the validators that came with it."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer. ``unchanged``: a 304, nothing was sent. ``skew_s``: how far our clock is ahead of the host's."""

    url: str
    unchanged: bool
    size_bytes: int
    validators: Known
    skew_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The outside world that asking needs: the clock, waiting, and the environment that holds credentials."""

    instant: Callable[[], Epoch]
    sleep: Callable[[float], None]
    environment: Mapping[str, str]
    secret_file: Callable[[str], str | None] = lambda _: None
    """What a file of the configuration's folder holds, stripped; None where there is none."""


class _PassingError(Exception):
    """A fault that may be gone the next time; ``after_s`` is when the host wants to be asked again."""

    def __init__(self, error: RetrievalError, after_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after_s = after_s


class Transport:
    """Asks the hosts that a configuration names."""

    def __init__(self, fetch: Fetch, outside: Outside) -> None:
        self._fetch = fetch
        self._outside = outside
        self._tls = httpx.create_ssl_context()

    def read(self, url: str, *, params: Mapping[str, str] | None = None, page: bool = False) -> tuple[bytes, Answer]:
        """Ask for something small and hand it back; ``page`` allows a web page, such as a listing.

        Raises:
            RetrievalError: if it cannot be had whole.
        """
        sink = BytesIO()
        answer = self.get(url, sink, params=params, page=page)
        return sink.getvalue(), answer

    def get(
        self,
        url: str,
        sink: BinaryIO,
        *,
        params: Mapping[str, str] | None = None,
        known: Known | None = None,
        page: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Answer:
        """Ask until there is an answer or no more tries, and write it.

        Args:
            url: The address.
            sink: Where the content goes; it is emptied before each try.
            params: The query.
            known: Validators of what is already here.
            page: Whether a web page is wanted.
            progress: Told how many bytes came.

        Raises:
            RetrievalError: if it cannot be had whole; what the sink holds then means nothing.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self._fetch.tries),
            wait=_pause_s,
            retry=retry_if_exception_type(_PassingError),
            sleep=self._outside.sleep,
            reraise=True,
        )
        try:
            return retrying(self._follow, url, sink, params, known, page, progress)
        except _PassingError as passing:
            raise passing.error from None

    def _follow(
        self,
        url: str,
        sink: BinaryIO,
        params: Mapping[str, str] | None,
        known: Known | None,
        page: bool,
        progress: Callable[[int], None],
    ) -> Answer:
        """One try, through redirects that stay among the named hosts."""
        target = str(httpx.URL(url, params=params) if params else httpx.URL(url))
        for _ in range(MOST_REDIRECTS + 1):
            self._check_allowed(target, url)
            with _faults_named(url, self._fetch.timeout_s), self._streaming(target, known, url) as response:
                if not response.has_redirect_location:
                    return self._take(response, url, sink, page, progress)
                target = str(response.url.join(response.headers["location"]))
        raise RetrievalError(f"an address must not redirect more than {MOST_REDIRECTS} times", file=_shown(url))

    def _check_allowed(self, target: str, url: str) -> None:
        if not allowed(target, self._fetch.hosts):
            scheme, host = endpoint(target)
            rule = "an answer must not redirect to a host that fetch.hosts does not name"
            raise RetrievalError(rule, value=f"{scheme}://{host}", file=_shown(url))

    @contextmanager
    def _streaming(self, target: str, known: Known | None, url: str) -> Iterator[httpx.Response]:
        """The head of an answer and its content to come, cut off when both together take too long."""
        headers = self._authorization(target)
        if known is not None and known.etag is not None:
            headers["If-None-Match"] = known.etag
        if known is not None and known.last_modified is not None:
            headers["If-Modified-Since"] = known.last_modified
        headers["User-Agent"] = f"nearpass/{nearpass.__version__}"
        proxied = (urlsplit(target).hostname or "") not in LOOPBACK
        client = httpx.Client(timeout=self._fetch.timeout_s, verify=self._tls, trust_env=proxied)
        late = threading.Event()

        def cut() -> None:
            late.set()
            client.close()

        timer = threading.Timer(self._fetch.longest_s, cut)
        timer.daemon = True
        timer.start()
        try:
            with client.stream("GET", target, headers=headers) as response:
                yield response
        except Exception:
            if late.is_set():
                rule = f"an answer must be complete within fetch.longest_s, {self._fetch.longest_s:g} s"
                raise RetrievalError(rule, file=_shown(url)) from None
            raise
        finally:
            timer.cancel()
            client.close()

    def _authorization(self, target: str) -> dict[str, str]:
        """Credentials of the host, from the environment; never over a line that others can read."""
        scheme, host = endpoint(target)
        variable = self._fetch.credentials.get(host)
        if variable is None or (scheme != "https" and (urlsplit(target).hostname or "") not in LOOPBACK):
            return {}
        secret = self._secret(variable)
        if not secret:
            place = "a file" if variable.startswith("file:") else "the environment"
            raise RetrievalError(f"{place} must hold {variable.removeprefix('file:')}, the credentials of {host}")
        user, colon, password = secret.partition(":")
        if not colon:
            return {"Authorization": f"Bearer {secret}"}
        request = httpx.Request("GET", target)
        return {"Authorization": next(httpx.BasicAuth(user, password).auth_flow(request)).headers["Authorization"]}

    def _secret(self, place: str) -> str | None:
        """What the environment or a file holds."""
        if not place.startswith("file:"):
            return self._outside.environment.get(place)
        return self._outside.secret_file(place.removeprefix("file:"))

    def _without_secrets(self, words: str) -> str:
        """What a host said, if it repeats a secret that it was given."""
        for place in self._fetch.credentials.values():
            secret = self._secret(place) or ""
            for part in (secret, secret.partition(":")[2]):
                words = words.replace(part, MASK) if part else words
        return words

    def _take(
        self, response: httpx.Response, url: str, sink: BinaryIO, page: bool, progress: Callable[[int], None]
    ) -> Answer:
        headers = response.headers
        skew_s = _skew_s(headers.get("date"), self._outside.instant())
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return Answer(url=url, unchanged=True, size_bytes=0, validators=Known(), skew_s=skew_s)
        if response.status_code != httpx.codes.OK:
            raise self._refusal(response, url)
        return Answer(
            url=url,
            unchanged=False,
            size_bytes=self._store(response, url, sink, page, progress),
            validators=Known(etag=headers.get("etag"), last_modified=headers.get("last-modified")),
            skew_s=skew_s,
        )

    def _refusal(self, response: httpx.Response, url: str) -> Exception:
        """An answer that is none: to be asked again, or final, with the host's own first words."""
        said = next(response.iter_bytes(_START_BYTES), b"")[:_START_BYTES]
        status = f"{response.status_code} {response.reason_phrase}".strip()
        words = self._without_secrets(" ".join(_plain_words(said).split()))
        error = RetrievalError(
            f"the host must answer with what was asked for, not with {status}", value=words or None, file=_shown(url)
        )
        if response.status_code not in BUSY:
            return error
        after_s = _after_s(response.headers.get("retry-after"), response.headers.get("date"), self._outside.instant())
        if after_s is not None and after_s > LONGEST_WAIT_S:
            rule = f"the host must be asked again in {after_s:.0f} s only, it answered {status}"
            error = RetrievalError(rule, file=_shown(url))
            error.after_s = after_s
            return error
        return _PassingError(error, after_s)

    def _store(
        self, response: httpx.Response, url: str, sink: BinaryIO, page: bool, progress: Callable[[int], None]
    ) -> int:
        """Write the content; its size."""
        largest_bytes = round(self._fetch.largest_mb * 1e6)
        too_large = RetrievalError(
            f"an answer must not be larger than fetch.largest_mb, {self._fetch.largest_mb:g} MB", file=_shown(url)
        )
        if int(response.headers.get("content-length") or 0) > largest_bytes:
            raise too_large
        size_bytes = 0
        sink.seek(0)
        sink.truncate()
        for chunk in response.iter_bytes():
            if size_bytes == 0 and not page and _is_page(response.headers.get("content-type", ""), chunk):
                title = _TITLE.search(chunk)
                value = self._without_secrets(html.unescape(title[1].decode("utf-8", "replace"))) if title else None
                raise RetrievalError(
                    "the host must answer with data, not with a web page", value=value, file=_shown(url)
                )
            size_bytes += len(chunk)
            if size_bytes > largest_bytes:
                raise too_large
            sink.write(chunk)
            progress(len(chunk))
        return size_bytes


@contextmanager
def _faults_named(url: str, timeout_s: float) -> Iterator[None]:
    """The library's many exceptions as one line each."""
    try:
        yield
    except httpx.TimeoutException:
        rule = f"the host must not be silent for longer than fetch.timeout_s, {timeout_s:g} s"
        raise _PassingError(RetrievalError(rule, file=_shown(url))) from None
    except httpx.RemoteProtocolError:
        raise _PassingError(RetrievalError("the answer must be whole; it was cut off", file=_shown(url))) from None
    except httpx.TransportError as error:
        rule = f"the host must be reachable: {error or type(error).__name__}"
        raise _PassingError(RetrievalError(rule, file=_shown(url))) from None
    except (httpx.DecodingError, httpx.InvalidURL) as error:
        raise RetrievalError(f"the answer must be readable: {error}", file=_shown(url)) from None


def _pause_s(state: RetryCallState) -> float:
    """As long as the host asks for, else longer each time, with chance in it so that many do not come at once."""
    error = state.outcome.exception() if state.outcome else None
    asked_s = error.after_s if isinstance(error, _PassingError) else None
    return asked_s if asked_s is not None else _BACKOFF(state)


def _after_s(retry_after: str | None, date: str | None, now: Epoch) -> float | None:
    """Seconds that Retry-After asks for; a date in it is counted from the host's own clock, which may differ."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    until = _http_date(retry_after)
    return None if until is None else max(0.0, until - (_http_date(date) or now))


def _skew_s(date: str | None, now: Epoch) -> float | None:
    theirs = _http_date(date)
    return None if theirs is None else now - theirs


def _http_date(text: str | None) -> Epoch | None:
    try:
        return Epoch.from_datetime(parsedate_to_datetime(text)) if text else None
    except ValueError:
        return None


def _is_page(content_type: str, start: bytes) -> bool:
    head = start[:_START_BYTES].lstrip().lower()
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "text/html" or head.startswith((b"<!doctype html", b"<html"))


def _plain_words(said: bytes) -> str:
    title = _TITLE.search(said)
    text = (title[1] if title else said).decode("utf-8", "replace")
    return html.unescape(re.sub(r"<[^>]*>", " ", text))


def _shown(url: str) -> str:
    """An address without its query, which may be long, and without what opens it."""
    return masked(url.partition("?")[0])
