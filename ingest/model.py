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
    Column("company_id", "VARCHAR", "company as named + country; see table company", required=True),
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
    Column("content_hash", "UHUGEINT", "hash of what the record says; a new version when it changes", required=True),
    Column("version", "INTEGER", "1 for the first version", required=True),
    Column("first_seen", "TIMESTAMP", "UTC time of the sync that brought the record", required=True),
    Column("changed_at", "TIMESTAMP", "UTC time of the sync that brought this version", required=True),
    Column("last_seen", "TIMESTAMP", "UTC time of the last sync that showed the record", required=True),
    Column("removed_at", "TIMESTAMP", "UTC time of the sync that missed it in a full source"),
    Column("removal", "VARCHAR", "removed at source, or aged out of a rolling window",
           choices=("removed at source", "aged out")),
)  # fmt: skip

SQL_COLUMNS: tuple[Column, ...] = tuple(column for column in RECORD if column.origin == "sql")
"""What records.sql may return, beside `_row` or `_rows`, `not_a_record` and `issues`."""
