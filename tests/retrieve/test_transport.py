"""Asking a host: what is sent, what is taken, and what every fault comes to."""

import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from io import BytesIO

import pytest

from nearpass.astro.epochs import Epoch
from nearpass.config.origins import Fetch
from nearpass.errors import RetrievalError
from nearpass.retrieve.transport import Answer, Known, Transport
from web import NOW, Reply, Waiting, Web, content, cut_off, dripping, inflating, serving, silent, status

BODY = b"CCSDS_OEM_VERS = 2.0\n" * 100
HTTP_NOW = format_datetime(NOW.datetime_utc(), usegmt=True)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving(content(BODY)) as found:
        yield found


def asked(
    web: Web, waiting: Waiting | None = None, known: Known | None = None, **rules: object
) -> tuple[bytes, Answer]:
    """Ask for a file of the server; its content and the answer."""
    fetch = Fetch(**{"hosts": (web.host,), "timeout_s": 0.3, "tries": 3, "largest_mb": 1.0, **rules})
    sink = BytesIO()
    answer = Transport(fetch, (waiting or Waiting()).outside()).get(f"{web.url}/a.oem", sink, known=known)
    return sink.getvalue(), answer


def test_a_good_answer(web: Web) -> None:
    """A whole answer gives its bytes, their number and its validators, after one question that says who asks."""
    web.always = content(BODY, ETag='"v1"', Last_Modified=HTTP_NOW)
    data, answer = asked(web)

    assert data == BODY
    assert answer.size_bytes == len(BODY)
    assert answer.validators == Known(etag='"v1"', last_modified=HTTP_NOW)
    assert len(web.requests) == 1
    assert web.requests[0][1]["user-agent"].startswith("nearpass/")


def test_what_is_here_is_not_sent_again(web: Web) -> None:
    """The validators of what is here go with the question, and 304 means that nothing changed."""
    web.always = status(304)
    data, answer = asked(web, known=Known(etag='"v1"', last_modified=HTTP_NOW))

    assert (data, answer.unchanged) == (b"", True)
    assert web.requests[0][1]["if-none-match"] == '"v1"'
    assert web.requests[0][1]["if-modified-since"] == HTTP_NOW


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (silent(0.6), "must not be silent for longer than fetch.timeout_s, 0.3 s"),
        (cut_off(BODY, 500), "must be whole; it was cut off"),
        (status(503), "not with 503 Service Unavailable"),
        (status(429), "not with 429 Too Many Requests"),
        (status(502, b"<html><title>Bad gateway</title></html>"), "got 'Bad gateway'"),
    ],
    ids=["silent", "cut off", "503", "429", "502"],
)
def test_passing_faults_are_met_by_asking_again(web: Web, fault: Reply, words: str) -> None:
    """After a fault that may pass the same is asked again, later each time; the last fault is told in one line."""
    web.replies = [fault, fault]
    waiting = Waiting()
    data, _ = asked(web, waiting)
    assert data == BODY
    assert len(waiting.waits_s) == 2

    web.replies = [fault] * 3
    with pytest.raises(RetrievalError) as told:
        asked(web)
    assert words in str(told.value)
    assert f"{web.url}/a.oem" in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (status(404, b"no such file"), "not with 404 Not Found, got 'no such file'"),
        (status(403), "not with 403 Forbidden"),
        (content(b"<!DOCTYPE html><title>Log in</title>", "text/html"), "not with a web page, got 'Log in'"),
        (content(b"  <html>a page without its type"), "not with a web page"),
        (content(b"x" * 1_000_001), "must not be larger than fetch.largest_mb, 1 MB"),
        (inflating(2), "must not be larger than fetch.largest_mb, 1 MB"),
        (content(b"no gzip", Content_Encoding="gzip"), "must be readable"),
        (status(302, Location="https://elsewhere.example/a.oem"), "does not name, got 'https://elsewhere.example'"),
        (status(302, Location="file:///etc/passwd"), "does not name, got 'file://'"),
        (status(302, Location="/a.oem"), "must not redirect more than 3 times"),
    ],
    ids=["404", "403", "page", "page as text", "large", "inflating", "no gzip", "elsewhere", "file", "circle"],
)
def test_final_faults_are_told_at_once(web: Web, reply: Reply, words: str) -> None:
    """What will not pass is not asked again: one line names the rule, what came instead, and the address."""
    web.always = reply
    waiting = Waiting()
    with pytest.raises(RetrievalError) as told:
        asked(web, waiting)

    assert words in str(told.value)
    assert waiting.waits_s == []


def test_a_redirect_among_the_named_hosts_is_followed(web: Web) -> None:
    """A host may send to another address of a host that is named."""
    web.replies = [status(301, Location=f"{web.url}/b.oem")]
    data, _ = asked(web)

    assert data == BODY
    assert [path for path, _ in web.requests] == ["/a.oem", "/b.oem"]


@pytest.mark.parametrize("head_too", [False, True], ids=["content", "head"])
def test_an_answer_that_never_ends(web: Web, head_too: bool) -> None:
    """An answer whose pieces keep coming, from its head on, is given up once it took longer than it may."""
    web.always = dripping(b"x", 0.05, 1000, head_too=head_too)
    began = time.monotonic()
    with pytest.raises(RetrievalError, match=r"within fetch.longest_s, 0.4 s"):
        asked(web, timeout_s=5.0, longest_s=0.4)

    assert time.monotonic() - began < 4.0  # the server alone would take 50 s


def test_the_host_says_when_to_ask_again(web: Web) -> None:
    """Retry-After is waited for, in seconds or as a date on the host's clock, whatever this machine's clock says."""
    later = format_datetime(NOW.datetime_utc() + timedelta(seconds=40), usegmt=True)
    web.replies = [status(429, Retry_After="7"), status(503, Retry_After=later)]
    waiting = Waiting(now=NOW + 86_400.0)
    _, answer = asked(web, waiting)

    assert waiting.waits_s == [7.0, 40.0]
    assert answer.skew_s == 86_400.0 + 47.0


def test_a_host_that_wants_a_long_rest_is_left_alone(web: Web) -> None:
    """A Retry-After of hours ends the attempt at once and says how long to stay away."""
    web.always = status(429, Retry_After="7200")
    waiting = Waiting()
    with pytest.raises(RetrievalError, match="asked again in 7200 s only") as told:
        asked(web, waiting)

    assert (told.value.after_s, waiting.waits_s, len(web.requests)) == (7200.0, [], 1)


def test_only_named_hosts_are_asked(web: Web) -> None:
    """A host that the configuration does not name is not asked, nor one over HTTP that is not this machine."""
    for hosts, url in (((), web.url), (("drop.example",), "http://drop.example/x")):
        fetch = Fetch(hosts=hosts)
        with pytest.raises(RetrievalError, match="does not name"):
            Transport(fetch, Waiting().outside()).get(url, BytesIO())

    assert web.requests == []


@pytest.mark.parametrize(
    ("secret", "header"),
    [("user:pass:word", "Basic dXNlcjpwYXNzOndvcmQ="), ("token", "Bearer token")],  # RFC 7617, RFC 6750
)
def test_credentials_come_from_the_environment(web: Web, secret: str, header: str) -> None:
    """The variable that the configuration names holds what is sent, and it is sent to its own host alone."""
    waiting = Waiting(environment={"DROP": secret})
    asked(web, waiting, credentials={web.host: "DROP", "elsewhere.example": "OTHER"})
    asked(web, waiting, credentials={"elsewhere.example": "DROP"})

    assert [headers.get("authorization") for _, headers in web.requests] == [header, None]


def test_missing_credentials_are_named(web: Web) -> None:
    """Where the environment does not hold what the configuration names, nothing is asked."""
    with pytest.raises(RetrievalError, match=f"must hold DROP, the credentials of {web.host}"):
        asked(web, credentials={web.host: "DROP"})

    assert web.requests == []


def test_what_a_host_repeats_of_a_secret_is_masked(web: Web) -> None:
    """A refusal that quotes the token or the password is told without it, whether it came from variable or file."""
    for secret in ("user:pass-w0rd-of-ours", "t0ken-of-ours"):
        said = secret.rpartition(":")[2]
        web.always = status(403, f"<title>no such key {said}</title>".encode())
        with pytest.raises(RetrievalError) as caught:
            asked(web, Waiting(environment={"DROP": secret}), credentials={web.host: "DROP"})
        assert said not in str(caught.value)
        assert "no such key ***" in str(caught.value)


def test_a_host_that_is_not_there() -> None:
    """A connection that is refused is tried again and then told."""
    with serving() as gone:
        pass
    waiting = Waiting()
    with pytest.raises(RetrievalError, match="must be reachable"):
        asked(gone, waiting)

    assert len(waiting.waits_s) == 2


def test_clocks_that_differ_are_measured(web: Web) -> None:
    """The host's Date tells how far this machine's clock is off; a host without one tells nothing."""
    _, answer = asked(web, Waiting(now=NOW + -3600.0))

    assert answer.skew_s == -3600.0
    assert Epoch.from_datetime(NOW.datetime_utc()) == NOW
