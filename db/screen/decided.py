"""What analysts decided about the matches and records of a screening: as of today, whatever day is asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Self

import duckdb

from db.decisions.kept import Decisions, Dispute, dispute_sentence, match_id, supplier_key
from db.decisions.standing import Match, Standing, record_standing, standing
from db.screen.findings import Company
from db.screen.numbers import numbers
from ingest.catalog import Source
from ingest.privacy.care_of import clean_care_of

RECORD_DECISIONS: Final = ("judged", "disputed")
"""Columns of a record in a report, behind what is on record."""
_LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Decision:
    """What analysts decided about one match. `set_aside`: records judged not to be about the company."""

    match_id: str
    standing: Standing | None
    set_aside: int
    dismissed: bool
    said: str


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions by supplier key and company, and by record."""

    decisions: Decisions
    sources: Mapping[str, Source]
    id_headers: Sequence[str]
    records: Mapping[str, Standing]
    disputes: Mapping[str, Sequence[Dispute]]
    matches: Mapping[tuple[str, str], Standing] = field(default_factory=dict)

    @classmethod
    def on_records(
        cls,
        con: duckdb.DuckDBPyConnection,
        decisions: Decisions,
        sources: Iterable[Source],
        id_headers: Sequence[str] = (),
    ) -> Self:
        """What was decided about records, whatever they are of."""
        known = {source.id: source for source in sources}
        return cls(decisions, known, id_headers, record_standing(con, decisions), decisions.disputes())

    def on_matches(self, con: duckdb.DuckDBPyConnection, matches: Iterable[Match]) -> Self:
        """The same with what was decided about these matches."""
        return replace(self, matches=standing(con, self.decisions, matches))

    def suppliers(self) -> set[str]:
        """Keys of suppliers of which a match was judged."""
        judged = self.decisions.judgements(in_force=True)
        return {judgement.supplier_key for judgement in judged if judgement.supplier_key is not None}

    @property
    def set_aside(self) -> list[str]:
        """Records that were judged not to be about their company."""
        return [record_id for record_id, stands in self.records.items() if stands.dismissed]

    def dismisses(self, match: Match) -> bool:
        """Whether the match was judged, and is dismissed as things stand."""
        stands = self.matches.get((match.supplier_key, match.company_id))
        return stands is not None and stands.dismissed

    def on(self, key: str, company: Company) -> Decision:
        """The decision on a supplier's match; a company of which every record was set aside is dismissed as well."""
        stands = self.matches.get((key, company.company_id))
        said = [stands.sentence()] if stands else []
        if company.set_aside:
            of = f"{company.set_aside:,} of {company.set_aside + company.records:,}"
            said.append(f"{of} records judged not to be about this company, and not counted")
        dismissed = not company.records or (stands is not None and stands.dismissed)
        return Decision(match_id(key, company.company_id), stands, company.set_aside, dismissed, "; ".join(said))

    def key(self, name: str, country: str, cells: Sequence[str]) -> str:
        """The supplier's part of the id of its matches, as a watch list makes it: of cells only those that are numbers.

        `cells` stand below `id_headers`.
        """
        pairs = zip(self.id_headers, cells, strict=True)
        stated = [cell for header, cell in pairs if cell and _is_number(header, cell)]
        return supplier_key(clean_care_of(name, name=True) or "", country, stated)

    def on_record(self, record_id: str) -> dict[str, str]:
        """What is said beside a record, by RECORD_DECISIONS; empty where nothing is."""
        stands, source = self.records.get(record_id), self.sources.get(record_id.partition(":")[0])
        disputed = (dispute_sentence(dispute, source) for dispute in self.disputes.get(record_id, ()))
        said = (stands.sentence() if stands else "", " ".join(disputed))
        return dict(zip(RECORD_DECISIONS, said, strict=True))


@lru_cache(maxsize=50_000)
def _is_number(header: str, cell: str) -> bool:
    return len(cell) <= _LONGEST_NUMBER and bool(numbers([header], [cell]))
