"""Whom the configuration names is told of each thing once, against a mail server and a webhook of this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nearpass.notify import tell
from receivers import Hook, Mailbox
from red_approaches import laid_out, red_events

CUTOFF = "2021-03-17T00:00"
Command = Callable[..., tuple[int, str, str]]
OPS = '\n[[notify]]\nid = "ops"\nparty = "NASA"\nchannels = {channels}\n'


@pytest.fixture
def workspace(published: Path, tmp_path: Path) -> Path:
    """A copy of the published workspace."""
    shutil.copytree(published, tmp_path / "w")
    return tmp_path / "w"


def wanting(workspace: Path, more: str = "", channels: str = '["OPS_HOOK"]') -> Path:
    """The configuration with somebody to be told."""
    config = workspace / "nearpass.toml"
    config.write_text(config.read_text() + OPS.format(channels=channels) + more)
    return config


def test_each_red_approach_is_told_once_by_mail_and_by_webhook(
    workspace: Path, nearpass: Command, mailbox: Mailbox, hook: Hook
) -> None:
    """Two red approaches make two mails and two posts with their ids; a second call and a third send nothing."""
    config = wanting(workspace, channels='["OPS_MAIL", "OPS_HOOK"]')
    events = red_events(workspace)

    codes = [nearpass("notify", "--config", config, "--at", f"{CUTOFF}:{second:02d}")[0] for second in (0, 1, 59)]

    assert codes == [0, 0, 0]
    assert len(events) == 2
    bodies = [one.get_content() for one in mailbox.messages]
    assert [[event in body for event in events] for body in bodies] == [[True, False], [False, True]]
    assert [[event in str(post["message"]) for event in events] for post in hook.posts] == [
        [True, False],
        [False, True],
    ]
    assert all("New red" in title for title in (*mailbox.subjects, *hook.titles))


def test_a_run_tells_at_its_end(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """The next cycle tells of what was not told before it, and of nothing again."""
    config = wanting(workspace)
    first = nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T01:00")
    posts = len(hook.posts)
    second = nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T02:00")

    assert (first[0], second[0], posts, len(hook.posts)) == (0, 0, 2, 2)
    assert "told: ops by OPS_HOOK" in first[2]
    assert first[1].strip().endswith("public/index.html")
    assert len(first[1].splitlines()) == 1


def test_a_dry_run_prints_and_sends_and_keeps_nothing(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """What would be sent stands on standard output; the webhook has nothing, and later all of it is sent."""
    config = wanting(workspace)
    code, out, _ = nearpass("notify", "--config", config, "--at", CUTOFF, "--dry-run")

    assert code == 0
    assert all(event in out for event in red_events(workspace))
    assert hook.posts == []
    assert not (workspace / "notified.jsonl").exists()

    assert nearpass("notify", "--config", config, "--at", CUTOFF)[0] == 0
    assert len(hook.posts) == 2


def test_reminders_come_until_the_party_acknowledges(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """Every six hours once, however often it is asked, and not again after the party's word; the other goes on."""
    config = wanting(workspace, 'repeat_h = 6\nkinds = ["new"]\n')
    first, second = red_events(workspace)

    def told(at: str) -> list[str]:
        before = len(hook.posts)
        assert nearpass("notify", "--config", config, "--at", at)[0] == 0
        return [str(post["message"]) for post in hook.posts[before:]]

    assert len(told("2021-03-17T00:00")) == 2
    assert told("2021-03-17T05:59") == []
    again = told("2021-03-17T06:00")
    assert [first in again[0], second in again[1]] == [True, True]
    assert all("Told first on Wed 17 March 2021 00:00 UTC" in text for text in again)
    assert told("2021-03-17T07:00") == []

    words = ("--config", config, first, "--at", "2021-03-17T08:00")
    assert nearpass("log", "acknowledge", *words, "--party", "NASA")[0] == 0
    assert [second in text for text in told("2021-03-17T12:00")] == [True]
    assert [second in text for text in told("2021-03-17T23:00")] == [True]  # the third; the second was missed


def test_the_word_of_another_party_ends_no_reminder(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """An acknowledgement of somebody else leaves the party to be reminded; one of a member of it does not."""
    parties = '[[party]]\nid = "NASA"\nincludes = ["JPL"]\n'
    config = wanting(workspace, f'repeat_h = 6\nkinds = ["new"]\n{parties}')
    event, other = red_events(workspace)
    assert nearpass("notify", "--config", config, "--at", CUTOFF)[0] == 0
    for one, party in ((event, "CNSA"), (other, "JPL")):
        words = ("--config", config, one, "--party", party, "--at", "2021-03-17T01:00")
        assert nearpass("log", "acknowledge", *words)[0] == 0

    assert nearpass("notify", "--config", config, "--at", "2021-03-17T06:30")[0] == 0
    assert [event in str(post["message"]) for post in hook.posts[2:]] == [True]


def test_what_nobody_acknowledges_goes_to_a_second_list(
    workspace: Path, nearpass: Command, hook: Hook, mailbox: Mailbox
) -> None:
    """From the second reminder on the second list has it as well, even where the first channel fails."""
    config = wanting(workspace, 'repeat_h = 3\nkinds = ["new"]\nescalation = ["OPS_MAIL"]\n')
    counts = []
    for at in ("00:00", "03:00", "06:00"):
        hook.answers = [500, 500] if at == "06:00" else []
        nearpass("notify", "--config", config, "--at", f"2021-03-17T{at}")
        counts.append((len(hook.posts), len(mailbox.envelopes)))

    assert counts == [(2, 0), (4, 0), (6, 2)]
    assert all("Reminder 2, red" in subject for subject in mailbox.subjects)


def test_a_refused_message_is_tried_again_and_reported(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """A channel that fails never stops the run: exit code 4, a line, status.json; the next sends it."""
    config = wanting(workspace, 'kinds = ["new"]\n')
    hook.answers = [500]
    code, out, err = nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T01:00")
    status = json.loads((workspace / "status.json").read_text())

    assert code == status["exit_code"] == 4
    assert (workspace / "public/cycles/2021/03/17/T0100Z/index.html").exists()
    assert "public/index.html" in out
    assert "not told: ops by OPS_HOOK" in err
    assert len(status["not_told"]) == 1
    assert status["state"] == "ok"

    assert nearpass("notify", "--config", config, "--at", "2021-03-17T01:30")[0] == 0
    assert len(hook.posts) == 3  # refused, sent, sent
    assert json.loads((workspace / "status.json").read_text())["not_told"] == []


def test_what_one_channel_carried_another_still_gets(
    workspace: Path, nearpass: Command, hook: Hook, mailbox: Mailbox
) -> None:
    """Refused by the webhook and taken by mail: the next call posts it, and mails nothing again."""
    config = wanting(workspace, 'kinds = ["new"]\n', channels='["OPS_HOOK", "OPS_MAIL"]')
    hook.answers = [500, 500]
    codes = [nearpass("notify", "--config", config, "--at", CUTOFF)[0] for _ in range(3)]

    assert codes == [4, 0, 0]
    assert (len(hook.posts), len(mailbox.envelopes)) == (4, 2)


def test_a_channel_without_an_address_leaves_the_others(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """A variable that is not there is named, and the other channel carries everything."""
    config = wanting(workspace, channels='["NO_SUCH_CHANNEL", "OPS_HOOK"]')
    code, _, err = nearpass("notify", "--config", config, "--at", CUTOFF)

    assert code == 4
    assert "the environment must hold the channel NO_SUCH_CHANNEL" in err
    assert len(hook.posts) == 2


def test_a_file_of_an_address_is_its_owners_alone(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """One that others may read is refused, and used once they may not."""
    config = wanting(workspace, channels='["file:hook.txt"]')
    path = workspace / "hook.txt"
    path.write_text(f"{hook.address}\n")
    path.chmod(0o644)
    code, _, err = nearpass("notify", "--config", config, "--at", CUTOFF)
    assert (code, len(hook.posts)) == (4, 0)
    assert "chmod 600" in err

    path.chmod(0o600)
    assert nearpass("notify", "--config", config, "--at", CUTOFF)[0] == 0
    assert len(hook.posts) == 2


def test_no_secret_of_a_channel_is_kept_or_told(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """The token in the address stands in no file of the workspace and in nothing that is printed, also on failure."""
    config = wanting(workspace)
    hook.answers = [500]
    log = workspace / "log.jsonl"
    printed = nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T01:00", "--log", log)

    assert len(hook.posts) == 2
    assert "a-secret-token" not in printed[1] + printed[2]
    holders = [path for path in workspace.rglob("*") if path.is_file() and b"a-secret-token" in path.read_bytes()]
    assert holders == []
    assert (workspace / "notified.jsonl").stat().st_mode & 0o077 == 0


def test_a_deadline_is_told_once_for_each_number_of_hours(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """At 24 and at 6 hours before it, the least that is reached, and never after it."""
    config = wanting(workspace, 'kinds = ["deadline"]\ndeadline_h = [24, 6]\n')
    first, _ = red_events(workspace)
    titles = []
    for at in ("17T00:00", "17T12:00", "17T15:30", "17T20:00", "17T21:30", "17T23:00"):
        before = len(hook.posts)
        assert nearpass("notify", "--config", config, "--at", f"2021-03-{at}")[0] == 0
        about = [post for post in hook.posts[before:] if first in str(post["message"])]
        titles.append([str(post["title"]).split(":")[1].strip() for post in about])

    assert titles == [["Red, deadline within 24 h"], [], ["Red, deadline within 6 h"], [], [], []]


def test_nobody_moves_is_told_unless_somebody_claims(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """Within a day of the deadline; of the approach that a party claimed since the cycle it is not told."""
    config = wanting(workspace, 'kinds = ["unclaimed"]\n')
    first, second = red_events(workspace)
    words = ("--config", config, first, "--party", "NASA", "--at", "2021-03-17T00:30")
    assert nearpass("log", "claim", *words, "--burn", "2021-03-18T12:00")[0] == 0

    assert nearpass("notify", "--config", config, "--at", "2021-03-17T01:00")[0] == 0
    assert [second in str(post["message"]) for post in hook.posts] == [True]


def test_a_digest_is_one_message_in_so_many_hours(workspace: Path, nearpass: Command, mailbox: Mailbox) -> None:
    """Both approaches in one mail; what comes up within the hours waits for the next."""
    config = wanting(workspace, "digest_h = 12\ndeadline_h = [24, 20]\n", channels='["OPS_MAIL"]')
    events = red_events(workspace)
    counts = []
    for at in ("00:00", "06:00", "11:59", "12:00"):
        assert nearpass("notify", "--config", config, "--at", f"2021-03-17T{at}")[0] == 0
        counts.append(len(mailbox.messages))

    assert counts == [1, 1, 1, 2]
    bodies = [one.get_content() for one in mailbox.messages]
    assert [[event in body for event in events] for body in bodies] == [[True, True], [True, True]]
    assert "2 notices, the worst red" in mailbox.subjects[0]


def test_a_failed_run_is_told_once(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """A run that cannot be archived tells its exit code and the newest cycle, and nothing of what went wrong."""
    config = wanting(workspace, 'kinds = ["failed"]\n')
    codes = [
        nearpass(
            "run", "--config", config, "--jobs", 1, "--at", "2021-03-17T02:00", "--supersedes", "2020-01-01T0000Z"
        )[0]
        for _ in range(2)
    ]

    assert codes[0] == codes[1] == 5
    assert [str(post["title"]) for post in hook.posts] == ["Close approaches: The last run failed"]
    assert "exit code 5" in str(hook.posts[0]["message"])
    assert "2021-03-17T0000Z" in str(hook.posts[0]["message"])
    assert "2020-01-01" not in str(hook.posts[0]["message"])


KILLED = """
import os, signal, sys
from nearpass.notify import tell
from nearpass.__main__ import main
begun = tell.Kept.add
def add(kept, line):
    begun(kept, line)
    if line.state == {state!r}:
        os.kill(os.getpid(), signal.SIGKILL)
tell.Kept.add = add
main()
"""


@pytest.mark.parametrize(("state", "posted"), [("begun", 0), ("sent", 1)])
def test_a_kill_sends_nothing_twice(workspace: Path, nearpass: Command, hook: Hook, state: str, posted: int) -> None:
    """Killed before or after the channel was asked: that message never comes again, the other one does.

    What was cut off before its outcome was known is reported, once.
    """
    config = wanting(workspace, 'kinds = ["new"]\n')
    words = [sys.executable, "-c", KILLED.format(state=state), "notify", "--config", str(config), "--at", CUTOFF]
    killed = subprocess.run(words, env=dict(os.environ), capture_output=True, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert len(hook.posts) == posted

    codes = [nearpass("notify", "--config", config, "--at", CUTOFF)[0] for _ in range(3)]
    assert codes == ([4, 0, 0] if state == "begun" else [0, 0, 0])
    _, second = red_events(workspace)
    assert [second in str(post["message"]) for post in hook.posts[posted:]] == [True]


def test_a_torn_line_counts_for_nothing(workspace: Path, nearpass: Command, hook: Hook) -> None:
    """A line of the kept state that was cut off before its message was begun leaves the message to be sent."""
    config = wanting(workspace, 'kinds = ["new"]\n')
    assert nearpass("notify", "--config", config, "--at", CUTOFF)[0] == 0
    kept = workspace / "notified.jsonl"
    lines = kept.read_bytes().splitlines(keepends=True)
    kept.write_bytes(lines[0] + lines[1] + lines[2][:25])

    assert nearpass("notify", "--config", config, "--at", CUTOFF)[0] == 0
    first, second = red_events(workspace)
    assert [[one in str(post["message"]) for one in (first, second)] for post in hook.posts] == [
        [True, False], [False, True], [False, True],
    ]  # fmt: skip
    assert nearpass("notify", "--config", config, "--at", CUTOFF)[0] == 0
    assert len(hook.posts) == 3


EDITIONS = """
[[edition]]
id = "public"
audience = "everybody"
levels = ["CLEAR"]
[[edition]]
id = "own"
everything = true
"""


def test_a_message_is_searched_for_what_its_edition_must_not_hold(
    tmp_path: Path, nearpass: Command, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made from the full record by mistake, it is not sent: exit code 4, and the publisher's own message goes out."""
    told = '[[notify]]\nid = "{0}"\nparty = "X"\nedition = "{0}"\nchannels = ["OPS_HOOK"]\nkinds = ["new"]\n'
    tables = EDITIONS + told.format("public") + told.format("own")
    config = laid_out(tmp_path / "w", tables)
    config.write_text(config.read_text().replace('id = "LOW"', 'id = "LOW"\nmarking = "CLEAR"'))
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", CUTOFF)[0] == 0
    assert len(hook.posts) == 2  # of the two red approaches the publisher's own edition alone may tell
    (tmp_path / "w" / "notified.jsonl").unlink()

    monkeypatch.setattr(tell, "reduced", lambda record, _: record)
    code, _, err = nearpass("notify", "--config", config, "--at", CUTOFF)
    assert code == 4
    assert err.count("an edition must not hold what is withheld from it") == 2
    assert len(hook.posts) == 4
