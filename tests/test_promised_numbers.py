"""Each number that a page promises is the one by which the program goes.

A fragment of a page is written here with the program's own number in the place of the page's: whoever changes one
without the other changes what readers were told.
"""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from nearpass.archive.durable import PRIVATE_FILE, PRIVATE_FOLDER
from nearpass.archive.retention import KEPT_CYCLES
from nearpass.astro.epochs import DAY_S
from nearpass.commands import shared
from nearpass.commands.cycles import watch
from nearpass.config.alerts import Threshold
from nearpass.config.declarations import Orbit
from nearpass.config.editions import EditionTable
from nearpass.config.notify import NotifyTable
from nearpass.config.objects import ScreenedObject
from nearpass.config.operators import DEFAULT_SEP_DEG
from nearpass.config.origins import Fetch
from nearpass.config.tables import Cycle, Site
from nearpass.cycle import cdm_compare, doubts, joined, pipeline, together
from nearpass.encounter import manoeuvre, pc, pc_stretch, pc_validity
from nearpass.ephemeris import covariance, extension
from nearpass.ephemeris.moons import GROWS_FROM, MOONS
from nearpass.publish import digits, protection
from nearpass.record import alarms, coordination, figures, motion, realism
from nearpass.retrieve import addresses, celestrak, horizons
from nearpass.screening import steps

SITE = Path(__file__).resolve().parents[1] / "site"
WORDS = defaultdict(lambda: "?") | {
    2: "two",
    3: "three",
    4: "four",
    5: "five",
    6: "six",
    8: "eight",
    9: "nine",
    13: "thirteen",
    40: "forty",
}
PHOBOS, DEIMOS = MOONS[401], MOONS[402]
(SIX, IN_A_ROW, _), (FOUR, FOUR_IN_A_ROW, _), (EIGHT, IN_A_COLUMN, _) = digits.ROWS
FETCH = Fetch(hosts=("drop.example",))


def default(table: type, key: str) -> object:
    """What a key of the configuration means where it is left out."""
    return table.model_fields[key].default


def settle_s() -> float:
    """How long ``nearpass watch`` waits by default."""
    return next(float(option.default) for option in watch.params if option.name == "settle_s")


def word(number: float, is_: float, said: str) -> str:
    """The word of a page for a number, if that is still the number."""
    return said if number == is_ else f"{number:g}"


METHOD = [
    f"in descent below {motion.ENTRY_KM:g} km",
    f"error is {PHOBOS.error_km:g} km for Phobos and {DEIMOS.error_km:g} km for Deimos",
    f"grows from {GROWS_FROM.iso(digits=0)[:4]} on by",
    f"by {PHOBOS.growth_km_per_year:g} and {DEIMOS.growth_km_per_year:g} km a year",
    f"a {word(extension._EVEN_SHARE, 0.01, 'hundredth')} of the node's drift across the plane",
    f"polynomials of degree {steps.DEGREE} through {steps.DEGREE + 1} states",
    f"where it exceeds {steps.TOLERANCE_KM * 1e3:g} m the polynomial is halved",
    f"slower than {default(Cycle, 'comoving_km_s') * 1e3:g} m/s in their lowest minimum",
    f"negative eigenvalues (to −{covariance.MOST_INDEFINITE:g})",
    f"are raised to {word(covariance.LEAST_EIGENVALUE, 1e-9, '10⁻⁹')}",
    f"the nearest is carried on, for {word(covariance.MOST_BEYOND_S, DAY_S, 'a day')} at most",
    f"only if they agree to {word(pc.AGREEMENT, 1e-6, 'one part in a million')}",
    f"(below a {word(together.SLOW_SHARE, 0.01, 'hundredth')} of the orbital speed",
    f"of more than {WORDS[pc_stretch.SUMMED_REVOLUTIONS]} revolutions a sample is summed",
    f"within any {word(pc_stretch.QUARTERS, 4, 'quarter')} of a revolution",
    f"may last {pc_validity.MOST_EXTENDED:g} of a revolution",
    f"reach {pc_validity.MOST_OFFSET:g} of a revolution from the TCA",
    f"curvature may change the result by {pc_validity.MOST_INACCURATE:g} of itself",
    f"({DEFAULT_SEP_DEG:g} degrees by default at every body but the Earth and the Moon",
    f"burn {manoeuvre.SHIFTED_S / 60:g} minutes earlier or later",
    f"would need another by more than a {word(manoeuvre.DISAGREE, 0.1, 'tenth')}",
    f"single numbers from {WORDS[digits.SURE_DIGITS]} significant digits on",
    f"two of one source in one file from {WORDS[digits.TOGETHER_DIGITS]}",
    f"{WORDS[IN_A_ROW]} neighbouring numbers with {WORDS[SIX]} digits",
    f"{WORDS[FOUR_IN_A_ROW]} with {WORDS[FOUR]}",
    f"{WORDS[IN_A_COLUMN]} down a column with {WORDS[EIGHT]}",
    f"The cells form ladders ({', '.join(f'{cell:g}' for cell in figures.MISS_CELLS_KM)} km;",
    f"; {word(figures.TIME_CELLS_S[0], 600, 'ten minutes')}, {word(figures.TIME_CELLS_S[1], DAY_S, 'a day')})",
    f"power of ten of the probability down to {figures.LEAST_COARSE_PC:g}",
    f"this one and at most the {WORDS[protection.MOST_CYCLES]} before it",
    f"where at least `at_least` spacecraft ({default(EditionTable, 'at_least')}) have none",
]
PUBLISHERS = [
    f"over the window and {word(horizons.AHEAD_S, DAY_S, 'a day')} more",
    f"their owner's alone: {PRIVATE_FOLDER:04o} and {PRIVATE_FILE:04o}.",
    f"once there are `least_comparisons` ({default(ScreenedObject, 'least_comparisons')} by default)",
    f"refuted by more than a factor of {WORDS[int(realism.FACTOR)]}, over at least {WORDS[realism.LEAST]} such",
    f"of more than a {word(doubts.MOST_APPROACHES, 100, 'hundred')} of an object the most severe",
    f"Beyond {doubts.DOUBTFUL_SIGMAS:g} the newer delivery is **doubtful**",
    f"`nearpass watch` asks, {FETCH.every_hours:g} by default",
    f"The longest silence ({FETCH.timeout_s:g} s) and the longest that one answer may take ({FETCH.longest_s:g} s)",
    f"is met by asking again, {FETCH.tries} by default",
    f"The largest answer, {FETCH.largest_mb:g} MB by default",
    f"retrieved files of a source stay, {FETCH.keep} by default",
    f"has not changed for {word(addresses.SETTLE_S, 60, 'a minute')}; `nearpass watch` looks",
    f"its last {WORDS[int(horizons.LAST_DAYS)]} days arrive",
    f"download of the same in {WORDS[int(celestrak.REST_S / 3600)]} hours",
    f"has not changed for {WORDS[int(settle_s() / 60)]} minutes (`--settle`)",
    f"are named every {shared.NOW_AND_THEN_S:g} s",
    f"a second one waits {WORDS[int(shared.LOCK_WAIT_S)]} seconds and leaves with exit code 5",
    f"from {word(coordination.UNCLAIMED_WITHIN_S, DAY_S, 'a day')} before the deadline on)",
    f"none older than {word(alarms.LATE_S, 7 * DAY_S, 'a week')})",
    f"`[{default(NotifyTable, 'deadline_h')[0]:g}]` by default",
    f"from that one on ({default(NotifyTable, 'escalate_after')} by default)",
    f"what the newest `--keep` cycles ({KEPT_CYCLES}) need",
    f"within so many timing sigmas, {default(Threshold, 'oxt_sigmas'):g} by default",
    f"differ by ({joined.AS_ONE_KM * 1e3:g} m at most)",
    f"(`comoving_km_s`, or {joined.SLOW_SHARE * 100:g} % of the orbital speed)",
    f"through more than {WORDS[joined.FEW]} minima",
    f"crossings are listed for {WORDS[int(pipeline.SHARED_REVOLUTIONS)]} revolutions",
    f"`site.catalogue_events` ({default(Site, 'catalogue_events')})",
    f"`site.detail_events` ({default(Site, 'detail_events')})",
    f"tolerance_deg = 0.5 # {default(Orbit, 'tolerance_deg'):g} by default",
    f"node_tolerance_deg = 5 # {default(Orbit, 'node_tolerance_deg'):g} by default",
    f"from {cdm_compare.AGREE_SIGMAS:g} sigma on",
]


@pytest.mark.parametrize(
    ("page", "fragment"), [("method.md", one) for one in METHOD] + [("publishers.md", one) for one in PUBLISHERS]
)
def test_a_page_promises_the_number_by_which_the_program_goes(page: str, fragment: str) -> None:
    """Line breaks and columns apart, the page says the fragment."""
    said = re.sub(r"\s+", " ", (SITE / page).read_text())
    assert fragment in said
