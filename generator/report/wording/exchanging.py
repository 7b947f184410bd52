"""English for the state of an exchange, and for what its dossier lacks."""

from __future__ import annotations

from nearpass.astro.epochs import Epoch
from nearpass.record.exchange_record import CertificationRecord, ExchangeRecord, Missing, Standing
from nearpass.report.wording import date, listing, plain, span


def state(found: Standing, exchange: ExchangeRecord) -> str:
    """``Open since 5 March 2021``."""
    if found.state == "unreadable":
        return "Unreadable"
    if found.state == "closed" and exchange.closed is not None:
        return f"Closed on {date(exchange.closed)}"
    if found.state == "open" and exchange.opened is not None:
        return f"Open since {date(exchange.opened)}"
    return "Being prepared; nothing may be released yet"


def lacks(found: Standing, exchange: ExchangeRecord, at: Epoch) -> tuple[str, ...]:
    """What is missing, one sentence each."""
    return tuple(_lack(each, exchange, at) for each in found.missing)


def _lack(missing: Missing, exchange: ExchangeRecord, at: Epoch) -> str:
    certified = exchange.certification
    if missing.what.startswith("certification"):
        return _certification(missing, certified, at)
    if missing.what == "waiting" and missing.at is not None and certified is not None:
        left, day = span(missing.at - at), date(missing.at)
        return f"Nothing may be released before {day}, {_days(certified)} after the certification: {left} left."
    if missing.what == "early release" and missing.at is not None and certified is not None:
        return f"The first release, on {date(missing.at)}, came less than {_days(certified)} after the certification."
    if missing.what == "participants":
        return f"No participant of {listing(missing.parties)} is named."
    return {
        "ground": "The ground is missing: the law or the agreement that allows the exchange.",
        "agenda": "The agenda is missing.",
        "channel": "The channel is missing: how things are handed over.",
        "opening": "The day of opening is missing.",
        "outcome": "The outcome is missing.",
    }[missing.what]


def _certification(missing: Missing, certified: CertificationRecord | None, at: Epoch) -> str:
    """With what of it is missing, and until when it is due."""
    if certified is None:
        return "The certification is missing."
    given = {
        "its date": certified.filed,
        "its reference": certified.reference,
        "the hash of its statement": certified.sha256,
    }
    names = [name for name, value in given.items() if value is None]
    absent = f"{listing(names)} {'is' if len(names) == 1 else 'are'}"
    if missing.at is None:
        return f"The certification is due {_days(certified)} before the first release; {absent} missing."
    if missing.what == "certification overdue":
        return (
            f"Overdue: the certification was due on {date(missing.at)}, {_days(certified)} before the first release, "
            f"{span(at - missing.at)} ago; {absent} missing."
        )
    return (
        f"The certification is due {_days(certified)} before the first release, on {date(missing.at)}: "
        f"{span(missing.at - at)} left; {absent} missing."
    )


def _days(certified: CertificationRecord) -> str:
    return f"{plain(certified.days_before)} days"
