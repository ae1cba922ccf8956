"""What the gate is asked and what it answers."""

from dataclasses import dataclass
from enum import StrEnum


class Entity(StrEnum):
    """What a subject was taken for; the first six pass, the others are withheld."""

    COMPANY = "company"
    PUBLIC_BODY = "public body"
    NON_PROFIT = "non-profit"
    ORGANISATION = "other organisation"
    VESSEL = "vessel"
    AIRCRAFT = "aircraft"
    PERSON = "person"
    SOLE_TRADER = "sole trader"
    SUPPRESSED = "suppressed"
    UNSURE = "unsure"


PASSING = frozenset(
    {Entity.COMPANY, Entity.PUBLIC_BODY, Entity.NON_PROFIT, Entity.ORGANISATION, Entity.VESSEL, Entity.AIRCRAFT}
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A respondent as the agency names it.

    `country`: ISO 3166-1 alpha-2, lower case. `declared`: a value of Entity, or `firm` where the source's column says
    it is an establishment, which may still be a sole trader's. `identifiers`: (scheme, value) pairs.
    """

    name: str
    country: str | None = None
    declared: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the subject is, and the evidence in a few stable words that never quote a person's name."""

    entity: Entity
    reason: str

    @property
    def passes(self) -> bool:
        """Whether records about the subject may be stored."""
        return self.entity in PASSING
