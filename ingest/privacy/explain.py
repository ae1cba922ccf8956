"""Why the gate decided as it did, in words for an analyst who typed the name himself; nothing of it is kept."""

from dataclasses import dataclass
from typing import Final

from ingest.privacy.judge import judge_one
from ingest.privacy.lexica import lexica, person_words
from ingest.privacy.persons import frequent_given
from ingest.privacy.text import take_apart
from ingest.privacy.verdict import Entity, Subject, Verdict
from ingest.privacy.words import Strength, vocabulary

STEPS: Final = {
    "declared": "the type that the source states",
    "identifiers": "what its identifiers say",
    "number_in_name": "a personal number inside the name",
    "run_by": "the sign v/ (run by) before an owner",
    "placeholder": "whether there is a name at all",
    "vessel": "a ship's prefix",
    "person_phrase": "phrases such as “estate of”",
    "several": "several respondents in one name",
    "before_place": "a company before the place of its seat",
    "person_at_dash": "a person beside a dash or slash",
    "trading_as": "a trading name (dba, t/a)",
    "acting_for": "somebody acting for others, personal trusts, law offices and families",
    "case_title": "the title of a court case",
    "person_in_brackets": "a person in brackets",
    "person_beside": "a person beside a company",
    "firm_of_one": "the firm name of an individual",
    "sole_marker": "the words by which the country's sole traders name their business",
    "legal_form": "a legal form",
    "known_company": "the list of known companies",
    "script": "organisation words and personal names of scripts without spaces",
    "italian_owner": "an owner behind “di”",
    "organisation_word": "organisation words",
    "build": "how the name is built (joined words, acronym, common words)",
    "person_name": "the orders in which persons are named",
    "declared_firm": "that the source calls it an establishment",
}
"""Step → what is looked at, in order: those of the subject, then those of `by_name.EVIDENCE`."""

REASONS: Final = {
    "source type": ("declared", "The source itself says what the subject is."),
    "source type: firm": ("declared_firm", "The source calls it an establishment; nothing reads as a person's name."),
    "identifier": ("identifiers", "It carries a number that only natural persons carry."),
    "identifier: rfc 12": ("identifiers", "A Mexican RFC of 12 characters is a legal person's."),
    "identifier: rfc 13": ("identifiers", "A Mexican RFC of 13 characters is a natural person's."),
    "identifier: rfc suppressed by court": (
        "identifiers",
        "The agency masked the number because a court ordered the name suppressed.",
    ),
    "identifier: uscc": ("identifiers", "The start of the Chinese credit code says what organisation holds it."),
    "identifier: uscc 92": ("identifiers", "A Chinese credit code that starts with 92 is an individual business's."),
    "identifier: lei sole proprietor": ("identifiers", "Its LEI is registered as a sole proprietor's."),
    "identifier: lei category": ("identifiers", "The category of its LEI is an organisation's."),
    "identifier: cpf in name": ("number_in_name", "The name holds the tax number of a natural person (CPF)."),
    "identifier: curp in name": ("number_in_name", "The name holds the population number of a natural person (CURP)."),
    "identifier: cnpj root before name": (
        "number_in_name",
        "A CNPJ root before the name is how a Brazilian micro-entrepreneur, a natural person, is registered.",
    ),
    "no name": ("placeholder", "There is no name: blank, a placeholder, or nothing but a care-of part."),
    "identifier: ssn in name": ("number_in_name", "The name holds the social security number of a person (SSN)."),
    "date of birth in name": ("number_in_name", "The name says when somebody was born."),
    "e-mail address in name": ("placeholder", "The name holds an e-mail address, which may be anybody's."),
    "longer than a name": ("placeholder", "The text is longer than names are; it may hold anything."),
    "purged": ("", "The name or record was purged, and stays away (`trackrecord purge`)."),
    "allowed by analyst": ("", "A rule of an analyst lets the exact name pass in this source (`trackrecord allow`)."),
    "vessel prefix": ("vessel", "A prefix as M/V or F/V says that this is a ship."),
    "person phrase": ("person_phrase", "A phrase as “estate of” or “an individual” says that the subject is a person."),
    "person beside company": ("several", "A company and what may be a person stand in one name."),
    "person behind trading name": ("trading_as", "Behind a trading name stands what may be a person."),
    "trading name of a person": ("trading_as", "Nothing shows that whoever uses the trading name is an organisation."),
    "named after a person": ("acting_for", "A law office or family that bears nothing but a name may be a person."),
    "person acting for others": ("acting_for", "Who acts for others, as trustee or the like, may be a person."),
    "personal trust": ("acting_for", "The trust bears a person's name."),
    "case title": ("case_title", "“A v. B” is the title of a case; it names two parties and may name a person."),
    "person in brackets": ("person_in_brackets", "Brackets hold what reads as a person's name."),
    "firm name of an individual": (
        "firm_of_one",
        "Initials and a surname before a trade are the firm name of a Brazilian individual entrepreneur.",
    ),
    "owner named": ("legal_form", "The name says who owns the business, and states no legal form of a company."),
    "legal form": ("legal_form", "The name states a legal form that natural persons cannot have."),
    "sole-trader form": ("legal_form", "The name states a form under which a natural person trades."),
    "sole-trader marker": ("sole_marker", "A word of the name is that of the country's sole traders."),
    "known company": ("known_company", "This is, word for word, the name of a known company."),
    "organisation word": ("organisation_word", "A word of the name is one that organisations carry, not persons."),
    "trade word": ("organisation_word", "A word of the name says what is traded; no person's name stands beside it."),
    "person beside trade word": ("organisation_word", "Beside a word of trade stands what may be a person's name."),
    "family firm": ("build", "“& Sons” or its like says that this is a family's firm."),
    "two words joined": ("build", "Two words or letters joined by “&” that are not a couple's given names."),
    "acronym": ("build", "It is an acronym: a short run of consonants or digits that is nobody's name."),
    "common words": ("build", "It is made of common words, and few or none of them are names of persons."),
    "person relation": ("person_name", "It says whose child or spouse somebody is (bin, s/o, née)."),
    "person name pattern": ("person_name", "It is written as a person's name is: given names beside other names only."),
    "no evidence": ("", "Nothing in the name shows that this is an organisation."),
}  # fmt: skip
"""Reason, or its beginning → the step that decided and what the reason means. The longest that fits counts.

Without a step: no evidence at all, and what analysts ruled, which the gate asks for behind the judgement.
"""

_BETTER_ASKED = (
    "If this is an organisation, ask again with its full registered name and legal form, its --country, or a number "
    "that says so (--id). Where that does not help, an analyst can let the exact name pass for one source, with a link "
    "to the evidence: `trackrecord allow`."
)
_ADVICE: Final = {
    Entity.PERSON: f"No data about individuals is kept. {_BETTER_ASKED}",
    Entity.SOLE_TRADER: f"A sole trader is a natural person: no data is kept. {_BETTER_ASKED}",
    Entity.SUPPRESSED: "Nothing can be done here: what a court ordered suppressed is never kept.",
    Entity.UNSURE: f"In doubt a row is left out. {_BETTER_ASKED}",
}
_PASSES = "Nothing. Should this be a natural person, report it; `trackrecord purge` removes what was stored."
_STRENGTHS = {
    Strength.SOFT: "common word",
    Strength.TRADE: "word of trade",
    Strength.FIRM: "organisation word",
    Strength.HARD: "organisation word, even beside a person's name",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict in words.

    `evidence`: the word, form or number that decided, where the reason names one. `decided_by`: the step, and `before`
    the steps that were looked at without deciding. `words`: each word of the name and what the tables know it as.
    """

    passes: bool
    verdict: Entity
    reason: str
    meaning: str
    evidence: str | None
    decided_by: str | None
    before: tuple[str, ...]
    words: tuple[tuple[str, tuple[str, ...]], ...]
    advice: str

    @property
    def sentence(self) -> str:
        """Verdict and meaning; of what is withheld it quotes nothing."""
        return f"{'Passes' if self.passes else 'Withheld'} as {self.verdict}. {self.meaning}"


def explain(subject: Subject) -> Explanation:
    """The verdict on the subject with all that led to it."""
    verdict = judge_one(subject)
    step, meaning = meaning_of(verdict.reason)
    steps = list(STEPS)
    before = steps[: steps.index(step)] if step else steps
    return Explanation(
        passes=verdict.passes,
        verdict=verdict.entity,
        reason=verdict.reason,
        meaning=meaning,
        evidence=_evidence(verdict),
        decided_by=STEPS.get(step),
        before=tuple(STEPS[name] for name in before),
        words=tuple((word, known_as(word)) for word in dict.fromkeys(take_apart(subject.name).words)),
        advice=_PASSES if verdict.passes else _ADVICE[verdict.entity],
    )


def meaning_of(reason: str) -> tuple[str, str]:
    """(step, sentence) of a reason. Raises KeyError for a reason that no entry explains."""
    fitting = [
        known for known in REASONS if reason == known or reason.startswith((f"{known}:", f"{known},", f"{known} "))
    ]
    if not fitting:
        raise KeyError(reason)
    return REASONS[max(fitting, key=len)]


def _evidence(verdict: Verdict) -> str | None:
    kind, _, what = verdict.reason.partition(": ")
    return what if what and kind != "source type" else None


def known_as(word: str) -> tuple[str, ...]:
    """What the tables of the gate know a folded word as; empty if they do not."""
    people, known = lexica(), vocabulary()
    found = []
    if word in known.words:
        found.append(_STRENGTHS[known.words[word].strength])
    if word in known.function:
        found.append("function word")
    if word in people.given:
        found.append("given name, telling by itself" if word in frequent_given() else "given name")
    if word in people.surname:
        found.append("surname")
    found += [kind for kind in ("title", "suffix", "particle") if word in person_words(kind)]
    if len(word) == 1 and word.isalpha():
        found.append("initial")
    return tuple(found)
