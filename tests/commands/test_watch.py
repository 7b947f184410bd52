"""When a cycle is due, and the command that waits for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from interrupted import lay_out, stubbed
from nearpass.archive.archive import Archive
from nearpass.astro.epochs import Epoch
from nearpass.commands import World, cli
from nearpass.watch import Delivery, Watch

Nearpass = Callable[..., tuple[int, str, str]]
NOW = Epoch.parse("2021-03-17T12:00:20")
OLD = (Delivery(name="a_1.oem", size_bytes=100, modified_ns=1),)
NEW = (*OLD, Delivery(name="a_2.oem", size_bytes=50, modified_ns=2))
GROWN = (*OLD, Delivery(name="a_2.oem", size_bytes=100, modified_ns=3))
EMPTY = (*OLD, Delivery(name="a_2.oem", size_bytes=0, modified_ns=2))


def test_a_delivery_counts_once_it_has_settled() -> None:
    """A file that still grows makes no cycle; unchanged for the settling time it makes one, and only one."""
    watch = Watch(settle_s=60.0, handled=None)
    assert watch.due(OLD, NOW, None, None) is None
    assert watch.due(OLD, NOW + 60.0, None, None) == "a delivery arrived"
    watch.handled()
    assert watch.due(OLD, NOW + 90.0, None, None) is None
    assert watch.due(NEW, NOW + 120.0, None, None) is None
    assert watch.due(GROWN, NOW + 170.0, None, None) is None
    assert watch.due(GROWN, NOW + 200.0, None, None) is None

    assert watch.due(GROWN, NOW + 230.0, None, None) == "a delivery arrived"


def test_an_empty_file_is_no_delivery_yet() -> None:
    """As long as a file is empty its delivery is not complete."""
    watch = Watch(settle_s=0.0, handled=None)

    assert watch.due(EMPTY, NOW, None, None) is None
    assert watch.due(EMPTY, NOW + 600.0, None, None) is None
    assert watch.due(GROWN, NOW + 601.0, None, None) == "a delivery arrived"


def test_the_schedule() -> None:
    """Without a delivery a cycle is due when the newest one is as old as the schedule says, not before."""
    watch = Watch(settle_s=0.0, handled=None)
    watch.due(OLD, NOW, None, None)
    watch.handled()

    assert watch.due(OLD, NOW, NOW + -3600.0 * 5.9, 6.0) is None
    assert watch.due(OLD, NOW, NOW + -3600.0 * 6.0, 6.0) == "the schedule"
    assert watch.due(OLD, NOW, None, 6.0) == "the schedule"


def test_a_clock_set_back_only_delays() -> None:
    """After the clock was set back the settling time starts again, and the delivery is still noticed."""
    watch = Watch(settle_s=60.0, handled=None)
    watch.due(OLD, NOW, None, None)
    assert watch.due(OLD, NOW + -7200.0, None, None) is None

    assert watch.due(OLD, NOW + -7140.0, None, None) == "a delivery arrived"


class Clock:
    """A world in which sleeping is what makes time pass; it ends after some hours."""

    def __init__(self, start: Epoch) -> None:
        self.now = start
        self._end = start + 12 * 3600.0

    def world(self) -> World:
        return World(instant=lambda: self.now, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now = self.now + seconds
        if self.now >= self._end:
            raise click.Abort


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """A workspace with a delivery, whose screening gives stubs."""
    lay_out(tmp_path)
    (tmp_path / "a_1.oem").write_text("a delivery\n")
    with stubbed():
        yield tmp_path / "nearpass.toml"


def watch(clock: Clock, *words: object) -> str:
    """Run the command in that world; what it prints."""
    return CliRunner().invoke(cli, ["watch", *map(str, words)], obj=clock.world()).output


def test_watch_once(config: Path) -> None:
    """With --once a waiting delivery makes one cycle after it has settled; a second call has nothing to do."""
    clock = Clock(NOW)
    first = watch(clock, "--config", config, "--once")
    second = watch(clock, "--config", config, "--once", "--settle", 0)

    assert first == "2021-03-17T1202Z: a delivery arrived\n"
    assert second == "no cycle is due\n"
    assert list(Archive(config.parent / "archive").cycle_ids()) == ["2021-03-17T1202Z"]


def test_watch_follows_the_schedule(config: Path) -> None:
    """Left alone for twelve hours it runs the delivery's cycle and then one each six hours."""
    config.write_text(config.read_text().replace("limit_km", "every_hours = 6.0\nlimit_km"))
    watch(Clock(NOW), "--config", config, "--poll", 60)

    assert list(Archive(config.parent / "archive").cycle_ids()) == ["2021-03-17T1202Z", "2021-03-17T1802Z"]


def test_watch_survives_a_clock_set_back(config: Path) -> None:
    """If the clock is behind the newest cycle, no cycle is made until it has passed it; nothing is overwritten."""
    watch(Clock(NOW), "--config", config, "--once", "--settle", 0)
    (config.parent / "a_2.oem").write_text("another\n")
    watch(Clock(NOW + -3600.0), "--config", config, "--poll", 60, "--settle", 0)

    assert list(Archive(config.parent / "archive").cycle_ids()) == ["2021-03-17T1200Z", "2021-03-17T1201Z"]


def test_watch_outlives_a_fault_in_the_configuration(config: Path) -> None:
    """While nearpass.toml breaks a rule each look says so; mended, the waiting delivery makes its cycle."""
    good = config.read_text()
    config.write_text(good.replace("limit_km", "limt_km"))
    clock = Clock(NOW)
    mended = clock.now + 1800.0

    def sleep(seconds: float) -> None:
        clock.now = clock.now + seconds
        if clock.now >= mended:
            config.write_text(good)
        if clock.now > mended + 1200.0:
            raise click.Abort

    world = World(instant=lambda: clock.now, sleep=sleep)
    told = CliRunner().invoke(cli, ["watch", "--config", str(config), "--poll", "600"], obj=world).output.splitlines()

    assert ["did you mean 'limit_km'" in line for line in told[:3]] == [True, True, True]
    assert told[3] == "2021-03-17T1240Z: a delivery arrived"
