"""Telling people of a cycle: what is due for whom, what was told before, and the channels that carry it."""
