"""How long work says how far it is."""

from collections.abc import Callable

Told = Callable[[str, int, int | None], None]
"""Hears of steps: what is being done, how much of it, of how much."""
