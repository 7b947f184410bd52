"""Why something in a record is as it is: a closed set of codes with their numbers and units, and no sentence.

Each reason is a frozen record whose ``rule`` is its code; the other fields are the figures that decided. Readers of
the stored JSON tell reasons apart by ``rule`` alone. English is made of them in :mod:`nearpass.report.wording` and
nowhere else. An edition shows a reason whole, or :class:`~nearpass.reasons.general.Withheld` in its place.
"""
