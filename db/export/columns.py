"""The columns of an export: a record, where it comes from, what analysts said; and how each format writes them."""

from collections.abc import Iterator
from typing import Literal

from db.as_of import TOMBSTONE
from ingest.model import RECORD, Column

Format = Literal["csv", "xlsx", "jsonl", "parquet"]

DISPUTES = (
    "STRUCT(number BIGINT, why VARCHAR, evidence VARCHAR, made_by VARCHAR, made_at TIMESTAMP, sentence VARCHAR)[]"
)
JUDGEMENTS = (
    "STRUCT(number BIGINT, verdict VARCHAR, why VARCHAR, made_by VARCHAR, made_at TIMESTAMP, sentence VARCHAR)[]"
)

DERIVED: tuple[Column, ...] = (
    Column("date", "DATE", "the day by which the record stands in time order"),
    Column("in_force", "BOOLEAN", "a measure in force on the day, by its dates; empty where they do not say"),
    Column("remarks", "VARCHAR", "what must not be overlooked: cleared, no finding, no longer published"),
)  # fmt: skip
PROVENANCE: tuple[Column, ...] = (
    Column("source_title", "VARCHAR", "title of the data set"),
    Column("publisher", "VARCHAR", "authority that publishes it"),
    Column("licence", "VARCHAR", "licence of the data set"),
    Column("attribution", "VARCHAR", "attribution that the publisher asks for"),
    Column("retrieval_url", "VARCHAR", "address of the file that first showed this version"),
    Column("retrieved_at", "TIMESTAMP", "time the agency gave that file; empty when unknown"),
    Column("payload_sha256", "VARCHAR", "SHA-256 of that file, hex"),
)
SAID: tuple[Column, ...] = (
    Column("disputes", DISPUTES, "what analysts of this database dispute; not what the agency published"),
    Column("judgements", JUDGEMENTS, "whether analysts hold it to be about this company"),
)
BURIED: tuple[Column, ...] = (
    Column("hidden", "VARCHAR", "why a record is not shown: then its ids and dates are all that is given"),
    Column("tombstone", "VARCHAR", "the same in words"),
)
EXPORTED: tuple[Column, ...] = (*RECORD, *DERIVED, *PROVENANCE, *SAID, *BURIED)
"""Every column, in order."""
NEUTRAL: tuple[Column, ...] = tuple(column for column in EXPORTED if column.name in {*TOMBSTONE, "tombstone"})
"""Those of a record that is hidden."""

_ITEMS = {
    "names": "concat_ws(' ', i.name, '(' || i.kind || ')')",
    "addresses": "concat_ws(', ', i.text, i.city, i.region, i.postcode, i.country)",
    "identifiers": "concat_ws(' ', i.scheme, i.value, CASE WHEN NOT i.valid THEN '(not valid)' END)",
    "events": "concat_ws(' ', i.date, i.type, i.note)",
    "amounts": """concat_ws(' ', i.kind, coalesce(i.value::VARCHAR, 'not stated'),
                            coalesce(i.currency, '(currency not stated)'))""",
    "source_rows": "concat_ws(' ', 'row', i.row, 'of', coalesce(i.member, 'the file'), 'in retrieval', i.retrieval_id)",
    "disputes": "i.sentence",
    "judgements": "i.sentence",
}
"""How an item of a list is read in a cell."""
_UNITS = {"DATE": "day, ISO 8601", "TIMESTAMP": "UTC, ISO 8601", "INTEGER": "count", "BOOLEAN": "true or false"}
_OWN_UNITS = {
    "amounts": "as stated, beside each amount (ISO 4217)",
    "row_number": "record in the file, from 1",
    "row_hash": "hex",
    "payload_sha256": "hex",
    "country": "ISO 3166-1 alpha-2",
}
_ZONED = "strftime({}, '%Y-%m-%dT%H:%M:%SZ')"
_FORMULA = "^[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]"
"""As db.answer_file has it."""


def flat_sql(column: Column, *, formula_safe: bool) -> str:
    """SQL for the column as one cell: lists as texts, times with their zone, and no text that runs as a formula."""
    name = f'"{column.name}"'
    if column.name in _ITEMS:
        cell = f"array_to_string(list_transform({name}, lambda i: {_ITEMS[column.name]}), '; ')"
    elif column.type == "TIMESTAMP":
        return f"{_ZONED.format(name)} AS {name}"
    elif column.type == "VARCHAR":
        cell = name
    else:
        return f"{name}"
    if formula_safe:
        cell = f"CASE WHEN regexp_matches({cell}, '{_FORMULA}') THEN '''' || {cell} ELSE {cell} END"
    return f"{cell} AS {name}"


def json_sql(column: Column) -> str:
    """SQL for the column as JSON has it: nested, decimals as texts, times with their zone."""
    name = f'"{column.name}"'
    if column.name == "amounts":
        return f"""list_transform({name}, lambda i:
            struct_pack(kind := i.kind, value := i.value::VARCHAR, currency := i.currency)) AS {name}"""
    if column in SAID:
        verdict = "verdict := i.verdict" if column.name == "judgements" else "evidence := i.evidence"
        return f"""list_transform({name}, lambda i: struct_pack(number := i.number, {verdict}, why := i.why,
            made_by := i.made_by, made_at := {_ZONED.format("i.made_at")}, sentence := i.sentence)) AS {name}"""
    return f"{_ZONED.format(name)} AS {name}" if column.type == "TIMESTAMP" else name


def dictionary(written: Format) -> Iterator[tuple[str, str, str, str]]:
    """Column, type in this format, meaning and unit of every column."""
    for column in EXPORTED:
        kind = column.type
        if written == "parquet":
            kind = kind.replace("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
        elif written == "jsonl":
            kind = kind.replace("DECIMAL(18,2)", "VARCHAR (decimal)").replace("TIMESTAMP", "VARCHAR (time)")
        elif column.name in _ITEMS:
            kind = "text; items are joined by “; ”"
        meaning = f"{column.comment} [{' | '.join(column.choices)}]" if column.choices else column.comment
        yield column.name, kind, meaning, _OWN_UNITS.get(column.name) or _UNITS.get(column.type, "")
