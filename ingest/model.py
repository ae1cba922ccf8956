"""The record, once: DDL, JSON Schema, data dictionary and checks are all made from these lists."""

from dataclasses import dataclass
from typing import Literal

KINDS = (
    "penalty", "violation", "order", "settlement", "warning", "debarment", "listing", "recall", "licence action",
    "inspection finding", "allegation", "compliance filing",
)  # fmt: skip
STATUSES = (
    "alleged", "proposed", "contested", "settled", "active", "final", "closed", "vacated", "withdrawn", "expired",
    "cleared", "unknown",
)  # fmt: skip
NOT_ADVERSE = ("vacated", "withdrawn", "cleared")
AMOUNT_KINDS = ("proposed", "assessed", "final", "paid", "restitution", "confiscated")
NAME_KINDS = ("alias", "former", "trade", "original script", "weak alias")
ENTITY_TYPES = ("company", "public body", "non-profit", "other organisation", "vessel", "aircraft")
"""What passes the gate, as labelled in `entity_type`. Vessels and aircraft are listed things, typed by the source."""

NAMES = "STRUCT(name VARCHAR, kind VARCHAR)[]"
ADDRESSES = "STRUCT(text VARCHAR, city VARCHAR, region VARCHAR, postcode VARCHAR, country VARCHAR)[]"
IDENTIFIERS = "STRUCT(scheme VARCHAR, value VARCHAR, valid BOOLEAN)[]"
EVENTS = "STRUCT(date DATE, type VARCHAR, note VARCHAR)[]"
AMOUNTS = "STRUCT(kind VARCHAR, value DECIMAL(18,2), currency VARCHAR)[]"
SOURCE_ROWS = "STRUCT(retrieval_id VARCHAR, member VARCHAR, row BIGINT)[]"

DAY_SQL = "coalesce(issued_on, final_on, published_on, effective_from, opened_on, status_on)"
"""The day by which a record stands in time order."""
NOT_ADVERSE_SQL = "coalesce(status IN ('" + "', '".join(NOT_ADVERSE) + "'), false)"
"""Whether a record is not held against the company."""

Origin = Literal["sql", "pipeline"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `origin` says whether records.sql may give it or the pipeline alone does."""

    name: str
    type: str
    comment: str
    origin: Origin = "pipeline"
    required: bool = False
    choices: tuple[str, ...] = ()


RECORD: tuple[Column, ...] = (
    Column("record_id", "VARCHAR", "source id, colon, the agency's stable key (hashed when in parts)", required=True),
    Column("source_id", "VARCHAR", "folder of the source", required=True),
    Column("company_id", "VARCHAR", "company its party was linked to; see table company", required=True),
    Column("native_id", "VARCHAR", "the agency's own key, as published", "sql", required=True),
    Column("company_name", "VARCHAR", "respondent as stated by the agency", "sql", required=True),
    Column("entity_type", "VARCHAR", "what the gate took the respondent for", "sql", required=True,
           choices=ENTITY_TYPES),
    Column("gate_reason", "VARCHAR", "the evidence that decided it", required=True),
    Column("role", "VARCHAR", "part of the respondent in the case, where the agency says", "sql"),
    Column("country", "VARCHAR", "ISO 3166-1 alpha-2 country of the respondent, lower case", "sql"),
    Column("kind", "VARCHAR", "what sort of record this is", "sql", required=True, choices=KINDS),
    Column("subject_area", "VARCHAR", "field of regulation", "sql", required=True),
    Column("case_id", "VARCHAR", "the agency's case; shared by its respondents", "sql"),
    Column("decision_id", "VARCHAR", "one decision mirrored on several lists has one", "sql"),
    Column("list_id", "VARCHAR", "list or programme the entry stands on", "sql"),
    Column("agency_type", "VARCHAR", "type of the record in the agency's words", "sql"),
    Column("agency_code", "VARCHAR", "type of the record as the agency's code", "sql"),
    Column("legal_basis", "VARCHAR", "statute or regulation cited", "sql"),
    Column("summary", "VARCHAR", "the matter in the agency's words", "sql"),
    Column("names", NAMES, "other names as published", "sql"),
    Column("addresses", ADDRESSES, "addresses as published, without c/o and attn parts", "sql"),
    Column("identifiers", IDENTIFIERS, "numbers of the respondent, with their check", "sql"),
    Column("violation_start", "DATE", "first day of the violation", "sql"),
    Column("violation_end", "DATE", "last day of the violation", "sql"),
    Column("opened_on", "DATE", "case opened", "sql"),
    Column("issued_on", "DATE", "decision or notice issued", "sql"),
    Column("final_on", "DATE", "decision became final", "sql"),
    Column("effective_from", "DATE", "in force from", "sql"),
    Column("effective_to", "DATE", "in force until", "sql"),
    Column("published_on", "DATE", "published by the agency", "sql"),
    Column("publication_ends", "DATE", "last day of publication by law", "sql"),
    Column("events", EVENTS, "further milestones, each with its date", "sql"),
    Column("status", "VARCHAR", "state of the matter", "sql", required=True, choices=STATUSES),
    Column("status_on", "DATE", "date of that state", "sql"),
    Column("status_as_published", "VARCHAR", "the agency's own word for it", "sql"),
    Column("amounts", AMOUNTS, "amounts by kind; never summed across kinds or currencies", "sql"),
    Column("source_url", "VARCHAR", "the agency's page on this record or list", "sql"),
    Column("document_url", "VARCHAR", "the agency's document", "sql"),
    Column("data_as_of", "DATE", "the agency's own stamp of the data", "sql"),
    Column("adapter_version", "VARCHAR", "hash of TOML, SQL and macros that made the record", required=True),
    Column("retrieval_id", "VARCHAR", "retrieval that first showed this version", required=True),
    Column("member", "VARCHAR", "file inside the archive, where there is one"),
    Column("row_number", "BIGINT", "physical record number in the file, header counted", required=True),
    Column("source_rows", SOURCE_ROWS, "all input rows, where there is more than one"),
    Column("row_hash", "VARCHAR", "SHA-256 over the used columns of its input rows", required=True),
    Column("version", "INTEGER", "1 for the first version", required=True),
    Column("first_seen", "TIMESTAMP", "UTC time of the sync that brought the record", required=True),
    Column("changed_at", "TIMESTAMP", "UTC time of the sync that brought this version", required=True),
    Column("last_seen", "TIMESTAMP", "UTC time of the last sync that showed the record", required=True),
    Column("removed_at", "TIMESTAMP", "UTC time of the sync that missed it in a full source"),
    Column("removal", "VARCHAR", "removed at source, or aged out of a rolling window",
           choices=("removed at source", "aged out")),
    Column("party_id", "VARCHAR", "the respondent as this source knows it; see table party"),
)  # fmt: skip

SQL_COLUMNS: tuple[Column, ...] = tuple(column for column in RECORD if column.origin == "sql")
"""What records.sql may return, beside `_row` or `_rows`, `not_a_record` and `issues`."""

NOT_CONTENT = ("native_id", "data_as_of")
"""Columns that identify the record, or differ from day to day although it says the same."""

RETRIEVAL: tuple[Column, ...] = (
    Column("seq", "BIGINT", "position in the chain, from 1", required=True),
    Column("retrieval_id", "VARCHAR", "first 16 hex digits of chain_hash", required=True),
    Column("run_id", "VARCHAR", "sync run that made the attempt", required=True),
    Column("source_id", "VARCHAR", "source", required=True),
    Column("resource", "VARCHAR", "resource of source.toml", required=True),
    Column("url", "VARCHAR", "address asked for", required=True),
    Column("final_url", "VARCHAR", "address that answered, after redirects"),
    Column("attempted_at", "TIMESTAMP", "UTC time of the attempt", required=True),
    Column("retrieved_at", "TIMESTAMP", "UTC time the agency gave the bytes; empty when unknown"),
    Column("status", "INTEGER", "HTTP status"),
    Column("headers", "VARCHAR", "headers that matter, as JSON", required=True),
    Column("bytes", "BIGINT", "length of the payload", required=True),
    Column("sha256", "VARCHAR", "SHA-256 of the payload, hex"),
    Column("outcome", "VARCHAR", "what became of it", required=True,
           choices=("ok", "unchanged", "partial", "blocked", "failed")),
    Column("error", "VARCHAR", "why it failed, without content"),
    Column("via", "VARCHAR", "network, mirror or file handed in", required=True, choices=("network", "mirror", "file")),
    Column("chain_hash", "VARCHAR", "SHA-256 over this row and the chain_hash before it", required=True),
)  # fmt: skip

RUN: tuple[Column, ...] = (
    Column("run_id", "VARCHAR", "one sync of one source", required=True),
    Column("source_id", "VARCHAR", "source", required=True),
    Column("started_at", "TIMESTAMP", "UTC", required=True),
    Column("seconds", "DOUBLE", "duration", required=True),
    Column("outcome", "VARCHAR", "what the run came to", required=True,
           choices=("loaded", "unchanged", "failed")),
    Column("error", "VARCHAR", "why it failed, without content"),
    Column("accepted_change", "VARCHAR", "the analyst's reason for accepting an implausible number of rows"),
    Column("adapter_version", "VARCHAR", "adapter that ran", required=True),
    Column("data_as_of", "DATE", "the agency's own stamp of the data"),
    Column("rows_read", "BIGINT", "rows of all primary relations, rejected ones counted", required=True),
    Column("added", "BIGINT", "new records", required=True),
    Column("changed", "BIGINT", "records with a new version", required=True),
    Column("removed", "BIGINT", "records gone from the source", required=True),
    Column("unchanged", "BIGINT", "records as before", required=True),
    Column("gate_version", "VARCHAR", "hash of the gate that judged, and of the analysts' rulings in force"),
)  # fmt: skip

TALLY: tuple[Column, ...] = (
    Column("run_id", "VARCHAR", "sync run", required=True),
    Column("retrieval_id", "VARCHAR", "retrieval the rows came from", required=True),
    Column("fate", "VARCHAR", "what is counted: the four fates add up to the rows read", required=True,
           choices=("mapped", "not_a_record", "withheld", "rejected", "withheld respondent", "joined", "orphan",
                    "issue")),
    Column("reason", "VARCHAR", "the named reason", required=True),
    Column("n", "BIGINT", "how many", required=True),
)  # fmt: skip

EVIDENCE: tuple[Column, ...] = (
    Column("file", "VARCHAR", "path below the evidence folder", required=True),
    Column("run_id", "VARCHAR", "sync run that stored it first", required=True),
    Column("source_id", "VARCHAR", "source", required=True),
    Column("relation", "VARCHAR", "relation whose original rows it holds; empty for any other file"),
    Column("kind", "VARCHAR", "original rows of passed records, a whole payload, what makes records of rows, or what a "
           "run did", required=True, choices=("rows", "payload", "adapter", "journal")),
    Column("bytes", "BIGINT", "length of the file", required=True),
    Column("sha256", "VARCHAR", "SHA-256 of the file", required=True),
)  # fmt: skip

COMPANY: tuple[Column, ...] = (
    Column("company_id", "VARCHAR", "c and 15 hex digits; made from a number of it, else from its name and place",
           required=True),
    Column("name", "VARCHAR", "name most often stated", required=True),
    Column("norm", "VARCHAR", "normal form of that name, legal form set apart", required=True),
    Column("legal_form", "VARCHAR", "legal form set apart", required=True),
    Column("country", "VARCHAR", "ISO 3166-1 alpha-2, lower case"),
    Column("entity_type", "VARCHAR", "what the gate took it for", required=True),
    Column("identifiers", IDENTIFIERS, "all numbers on its records"),
    Column("records", "BIGINT", "records, removed ones counted", required=True),
    Column("removed", "BIGINT", "records no longer published by their source", required=True),
    Column("not_adverse", "BIGINT", "records whose status is vacated, withdrawn or cleared", required=True),
    Column("sources", "VARCHAR[]", "sources with a record", required=True),
    Column("kinds", "VARCHAR[]", "kinds of its records, save those vacated, withdrawn or cleared", required=True),
    Column("first_on", "DATE", "earliest date of its records"),
    Column("last_on", "DATE", "latest date of its records"),
)  # fmt: skip

COMPANY_NAME: tuple[Column, ...] = (
    Column("norm", "VARCHAR", "normal form; the table is sorted by it", required=True),
    Column("company_id", "VARCHAR", "company", required=True),
    Column("name", "VARCHAR", "as published", required=True),
    Column("kind", "VARCHAR", "stated, a kind of alias, or earlier: borne by replaced versions alone", required=True,
           choices=("stated", *NAME_KINDS, "earlier")),
)  # fmt: skip

COMPANY_IDENTIFIER: tuple[Column, ...] = (
    Column("value", "VARCHAR", "canonical value; the table is sorted by it", required=True),
    Column("scheme", "VARCHAR", "scheme", required=True),
    Column("valid", "BOOLEAN", "result of its check, empty where the scheme has none"),
    Column("company_id", "VARCHAR", "company", required=True),
)  # fmt: skip

PARTY: tuple[Column, ...] = (
    Column("party_id", "VARCHAR", "c and 15 hex digits of a hash of source, sort, name, country, numbers and places",
           required=True),
    Column("company_id", "VARCHAR", "company it was linked to", required=True),
    Column("source_id", "VARCHAR", "source that knows it", required=True),
    Column("sort", "VARCHAR", "what is linked among itself only", required=True,
           choices=("organisation", "vessel", "aircraft")),
    Column("as_named", "VARCHAR", "hash of normal form, legal form and country: once the id of the company",
           required=True),
    Column("norm", "VARCHAR", "normal form, legal form set apart", required=True),
    Column("legal_form", "VARCHAR", "legal form set apart", required=True),
    Column("country", "VARCHAR", "ISO 3166-1 alpha-2, lower case; empty when not known"),
    Column("anchor", "VARCHAR", "the id its company takes from it, if it is the smallest", required=True),
    Column("by_number", "BOOLEAN", "the anchor is made from a number, which comes before others", required=True),
    Column("version", "VARCHAR", "version of the method", required=True),
)  # fmt: skip

PARTY_KEY: tuple[Column, ...] = (
    Column("party_id", "VARCHAR", "party", required=True),
    Column("kind", "VARCHAR", "what an equal key proves: by itself, beside an equal name, as an alias", required=True,
           choices=("number", "beside", "alias")),
    Column("named", "VARCHAR", "as_named of the party, or of its alias; empty for a number", required=True),
    Column("subject", "VARCHAR", "scheme, postcode, city, address, or kind of alias", required=True),
    Column("value", "VARCHAR", "value compared, or the alias as published", required=True),
)  # fmt: skip

COMPANY_LINK: tuple[Column, ...] = (
    Column("party_a", "VARCHAR", "party", required=True),
    Column("party_b", "VARCHAR", "party of the same company", required=True),
    Column("method", "VARCHAR", "what joins them", required=True, choices=("number", "name and place", "alias")),
    Column("evidence", "VARCHAR", "what agrees", required=True),
    Column("version", "VARCHAR", "version of the method", required=True),
    Column("made_at", "TIMESTAMP", "UTC time of the sync that found it", required=True),
    Column("made_by", "VARCHAR", "who linked them", required=True),
)  # fmt: skip

COMPANY_REDIRECT: tuple[Column, ...] = (
    Column("old_id", "VARCHAR", "id that an earlier generation gave a company", required=True),
    Column("company_id", "VARCHAR", "company that has its records now", required=True),
    Column("why", "VARCHAR", "what became of it", required=True, choices=("linked anew", "corrected")),
    Column("since", "TIMESTAMP", "UTC time of the sync that did it", required=True),
)  # fmt: skip

RECORD_HISTORY: tuple[Column, ...] = (
    *(column for column in RECORD if column.name != "party_id"),
    Column("superseded_at", "TIMESTAMP", "UTC time of the sync that replaced this version", required=True),
    *(column for column in RECORD if column.name == "party_id"),
)

TABLES: dict[str, tuple[str, tuple[Column, ...]]] = {
    "record": ("One company in one matter, as one agency published it: the present version", RECORD),
    "record_history": ("Versions of records that were replaced", RECORD_HISTORY),
    "company": ("Companies: parties joined by strong links; derived from record and party", COMPANY),
    "company_name": ("Names by which search finds a company", COMPANY_NAME),
    "company_identifier": ("Numbers by which search finds a company", COMPANY_IDENTIFIER),
    "party": ("Respondents as one source knows them: name, numbers and places; no record is in two", PARTY),
    "party_key": ("What parties are compared by", PARTY_KEY),
    "company_link": ("Why parties are one company", COMPANY_LINK),
    "company_redirect": ("Ids of companies that were merged or corrected away", COMPANY_REDIRECT),
    "retrieval": ("Every attempt to get a file, chained by hash", RETRIEVAL),
    "run": ("Every sync of a source", RUN),
    "tally": ("What became of every input row, per retrieval and reason", TALLY),
    "evidence": ("Files of the evidence store", EVIDENCE),
}


def ddl(table: str) -> str:
    """CREATE TABLE with one COMMENT per column, for DuckDB 1.4 and later."""
    purpose, columns = TABLES[table]
    lines = ",\n".join(f"    {c.name} {c.type}{' NOT NULL' if c.required else ''}{_check(c)}" for c in columns)
    comments = "\n".join(f"COMMENT ON COLUMN {table}.{c.name} IS {literal(_meaning(c))};" for c in columns)
    return f"CREATE TABLE {table} (\n{lines}\n);\nCOMMENT ON TABLE {table} IS {literal(purpose)};\n{comments}\n"


def _check(column: Column) -> str:
    """The database itself refuses what the gate must never let through."""
    if column.name != "entity_type":
        return ""
    return f" CHECK (entity_type IN ({', '.join(literal(choice) for choice in ENTITY_TYPES)}))"


def _meaning(column: Column) -> str:
    return f"{column.comment} [{' | '.join(column.choices)}]" if column.choices else column.comment


def literal(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"
