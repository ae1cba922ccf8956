"""The two sides of a comparison."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Party:
    """A company as a text names it; everything but the name may be unknown.

    `country` is ISO 3166-1 alpha-2. `identifiers` are (scheme, text). `aliases` are other names published for it.
    `site`: an establishment, for which the address is part of what it is.
    """

    name: str
    country: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    address: str = ""
    city: str = ""
    postcode: str = ""
    aliases: tuple[str, ...] = ()
    site: bool = False
