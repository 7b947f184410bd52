"""Numbers, instants, spans of time and reasons as readers see them: one way for each, on every page.

Signs are real minus signs, thousands are parted by narrow spaces, an absent value is a dash. Instants are UTC.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.fields import Span
from nearpass.record.command_record import CommandRecord
from nearpass.record.figures import LEAST_PC, Figure
from nearpass.report.wording.changes import PHASE_UNKNOWN as PHASE_UNKNOWN
from nearpass.report.wording.said import measured as measured
from nearpass.report.wording.said import said as said
from nearpass.report.wording.units import DASH as DASH
from nearpass.report.wording.units import distance as distance
from nearpass.report.wording.units import km_digits as km_digits
from nearpass.report.wording.units import limit_text as limit_text
from nearpass.report.wording.units import number as number
from nearpass.report.wording.units import probability as probability
from nearpass.report.wording.units import quantity as quantity
from nearpass.report.wording.units import short_powers

WITHHELD: Final = "withheld"
"""What an edition prints instead of a value that it may not hold."""
LEAST_PROBABILITY: Final = LEAST_PC
"""A probability below it is printed as that."""
AGE_MEANING: Final = "From its creation, or the epoch of mean elements, to the data cut-off"
LOST_PARTS: Final = {
    "object": "orbit and coverage of", "screening": "close approaches of", "encounter": "an approach of",
    "together": "all approaches together of", "crossings": "orbit crossings of", "season": "the season of crossings of",
    "predictions": "predictions of", "solution": "another solution of", "catalogue": "the catalogue",
    "changes": "the changes since the last cycle", "unclaimed": "files that no object claims",
    "deliveries": "what each party owes", "matching": "the earlier history of approaches of",
    "shown": "what this page tells of", "archived": "in lists of the archive:",
}  # fmt: skip
"""What a cycle could not compute, by the stage of its record, before the names of the objects."""
NO_STRETCH_PC: Final = {
    "one_body": "two states of one body, or of two that are joined, are no encounter",
    "no_size": "neither has a hard-body radius",
    "no_covariance": "an object has no covariance of position and velocity throughout that time",
    "no_orbit": "an object is on no closed orbit, or for too many revolutions",
    "not_covered": "an ephemeris has a gap in that time",
    "not_computed": "it could not be computed",
}
"""Why a stretch in which two objects fly together has no probability of contact."""
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def plain(value: float) -> str:
    """A threshold as it was configured: no more digits than it needs."""
    return f"{value:,.10g}".replace(",", "\u202f").replace("-", "−")


def figure(found: Figure, unit: str = "km") -> str:
    """A distance that says what it is: ``1.791 km``, ``5 to 10 km``, ``below 5 km``, ``withheld``, a dash."""
    if found.missing is not None or found.low is None or found.high is None:
        return WITHHELD if found.missing == "withheld" else DASH
    if found.exact is not None:
        return distance(found.exact) if unit else number(found.exact, max(3, km_digits(found.exact)))
    text = f"below {plain(found.high)}" if found.low <= 0.0 else f"{plain(found.low)} to {plain(found.high)}"
    return f"{text}\u00a0{unit}" if unit else text


def probability_figure(found: Figure) -> str:
    """A probability that says what it is: ``3.1e-5``, ``1e-5 to 1e-4``, ``below 1e-10``, ``withheld``, a dash."""
    if found.missing is not None or found.low is None or found.high is None:
        return WITHHELD if found.missing == "withheld" else DASH
    if found.exact is not None:
        return probability(found.exact)
    return f"below {_power(found.high)}" if found.low <= 0.0 else f"{_power(found.low)} to {_power(found.high)}"


def _power(value: float) -> str:
    return "1" if value >= 1.0 else short_powers(f"{value:.0e}")


def cell_of_time(found: Span) -> str:
    """``on Sun 21 March 2021 between 04:10 and 04:20 UTC``; a cell of a day is the day."""
    if found.length_s > DAY_S / 2.0:
        return f"on {day_of(found.start)} (UTC)"
    return f"on {day_of(found.start)} between {found.start.iso(digits=0)[11:16]} and {_end(found)} UTC"


def short_cell_of_time(found: Span) -> str:
    """``2021-03-21 04:10 to 04:20``, for tables; the column says UTC."""
    return minute(found.start)[:10] if found.length_s > DAY_S / 2.0 else f"{minute(found.start)} to {_end(found)}"


def _end(found: Span) -> str:
    end = found.stop.iso(digits=0)[11:16]
    return "24:00" if end == "00:00" else end


def instant(epoch: Epoch, digits: int = 0) -> str:
    """``2021-03-21 04:12:33``, for tables; the column says UTC."""
    return epoch.iso(digits=digits).replace("T", " ")


def minute(epoch: Epoch) -> str:
    """``2021-03-21 04:12``, for tables."""
    return epoch.iso(digits=0)[:16].replace("T", " ")


def day_of(epoch: Epoch) -> str:
    """``Sun 21 March 2021``."""
    at = epoch.datetime_utc()
    return f"{_DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at.year}"


def date(epoch: Epoch) -> str:
    """``21 March 2021``."""
    at = epoch.datetime_utc()
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def short_date(epoch: Epoch) -> str:
    """``21 Mar``; with the time where that is not midnight: ``21 Mar 12:00``. For the axes and small tables."""
    at, time = epoch.datetime_utc(), epoch.iso(digits=0)[11:16]
    return f"{at.day} {MONTHS[at.month - 1][:3]}" + ("" if time == "00:00" else f" {time}")


def dates(start: Epoch, stop: Epoch) -> str:
    """A span of days: ``on 21 March 2021``, ``from 17 to 21 March 2021``, ``from 17 March to 7 April 2021``."""
    first, last = date(start), date(stop)
    if first == last:
        return f"on {last}"
    month = last[last.index(" ") :]
    shared = month if first.endswith(month) else last[-5:]
    return f"from {first.removesuffix(shared)} to {last}"


def moment(epoch: Epoch) -> str:
    """``Sun 21 March 2021 04:12:33 UTC``, for sentences."""
    return f"{day_of(epoch)} {epoch.iso(digits=0)[11:]} UTC"


_UPLINK_ENDS: Final = {
    "conjunction": "before the solar conjunction",
    "no commands": "before commanding stops",
    "contact": "in the last contact",
}


def last_burn(act: CommandRecord) -> str:
    """The last useful burn of an object, and what holds its commands before it."""
    text = f"last useful burn {minute(act.burn)}"
    if act.limit == "burn" or act.uplink is None:
        return text
    note = f" ({act.note})" if act.note else ""
    return f"{text}, commands up by {minute(act.uplink)}, {_UPLINK_ENDS[act.limit]}{note}"


def moment_to_minute(epoch: Epoch) -> str:
    """``Sun 21 March 2021 04:12 UTC``, for deadlines and cut-offs."""
    return f"{day_of(epoch)} {epoch.iso(digits=0)[11:16]} UTC"


def machine_time(epoch: Epoch) -> str:
    """What a ``datetime`` attribute takes: ``2021-03-21T04:12:33.512Z``."""
    return f"{epoch.iso(digits=3)}Z"


def span(seconds: float) -> str:
    """A length of time in its two largest units: ``6 d 4 h``, ``13 min 5 s``, ``2.5 s``."""
    if abs(seconds) < 60.0:
        return f"{number(seconds, 1)} s"
    rest = round(abs(seconds))
    sign = "−" if seconds < 0 else ""
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    first = next(index for index, (_, length_s) in enumerate(units) if rest >= length_s)
    parts = []
    for name, length_s in units[first : first + 2]:
        count, rest = divmod(rest, length_s)
        if count:
            parts.append(f"{count} {name}")
    return sign + " ".join(parts)


def count(amount: int, singular: str, plural: str | None = None) -> str:
    """``1 approach``, ``2 approaches``, ``0 approaches``."""
    return f"{amount:,}".replace(",", "\u202f") + " " + (singular if amount == 1 else plural or f"{singular}s")


def listing(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def sentence(text: str) -> str:
    """Text from a record as a sentence: a capital first, a full stop last."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".") if text else text


def visible(text: str) -> str:
    """Text without control characters: each becomes the replacement character, a line break or tab a space."""
    return text if text.isprintable() else "".join(_visible_character(character) for character in text)


def _visible_character(character: str) -> str:
    if character in "\n\r\t\u2028\u2029\u0085":
        return " "
    # Cc controls, Cs lone surrogates, Cf bidirectional overrides and other invisible marks that could disguise a name;
    # the two non-characters may not stand in YAML.
    hidden = unicodedata.category(character) in {"Cc", "Cs", "Cf"} or character in "\ufffe\uffff"
    return "\ufffd" if hidden else character
