"""From raw relations to candidates: runs a source's records.sql and sees that no input row is lost on the way.

`_row`, the id of an input row inside one sync, is `file number << 40 | physical row number`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import duckdb

from ingest.adapter_files import macro_files
from ingest.arrow import quoted
from ingest.catalog import Resource, Source
from ingest.errors import TransformError
from ingest.model import KINDS, SQL_COLUMNS, STATUSES, literal
from ingest.read.rows import Rows

FILE_BITS = 40
NUMBER_MASK = (1 << FILE_BITS) - 1
CONTROL_COLUMNS = {"_row": "BIGINT", "_rows": "BIGINT[]", "not_a_record": "VARCHAR", "issues": "VARCHAR[]"}
REQUIRED = ("native_id", "kind", "company_name")


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file that was read: its raw table and the retrieval that brought it."""

    resource: Resource
    rows: Rows
    retrieval_id: str


@dataclass(slots=True)
class Inputs:
    """All files of one sync, as the relations that records.sql sees."""

    con: duckdb.DuckDBPyConnection
    source: Source
    files: list[InputFile] = field(default_factory=list)

    def add(self, resource: Resource, rows: Rows, retrieval_id: str) -> None:
        """One more file; `define` makes it visible."""
        self.files.append(InputFile(resource, rows, retrieval_id))

    def define(self) -> None:
        """Macros, lookups and one view per relation: `_row`, used columns and extracts. An absent file is empty."""
        for file in macro_files():
            self.con.execute(file.read_text(encoding="utf-8"))
        self.con.execute(lookup_macro(self.source))
        for relation, resources in self.source.relations.items():
            self.con.execute(f'CREATE OR REPLACE VIEW "{relation}" AS {self._relation_sql(resources)}')

    def _relation_sql(self, resources: tuple[Resource, ...]) -> str:
        names = relation_columns(resources)
        selects = [
            f"SELECT {file_number}::BIGINT << {FILE_BITS} | ({file.rows.number_sql})::BIGINT AS _row"
            + "".join(f", {_column_sql(file, name)} AS {quoted(name)}" for name in names)
            + f" FROM {file.rows.table} WHERE {file.rows.where_sql}"
            for file_number, file in enumerate(self.files)
            if file.resource in resources
        ]
        if selects:
            return " UNION ALL ".join(selects)
        return blank_relation_sql(resources)

    @property
    def primary(self) -> dict[str, tuple[Resource, ...]]:
        """Relations every row of which must have a fate."""
        return {name: group for name, group in self.source.relations.items() if group[0].role == "primary"}

    @property
    def rows_read(self) -> int:
        """Rows of all primary relations, rejected ones counted."""
        return sum(f.rows.rows + len(f.rows.rejected) for f in self.files if f.resource.role == "primary")

    def keys(self, resource: Resource) -> list[str]:
        """Keys of a `keyed` resource, from relations read before it."""
        self.define()
        return [row[0] for row in _run(self.con, self.source, resource.keys).fetchall() if row[0]]

    def data_as_of(self) -> str | None:
        """The agency's own date stamp as an ISO day: the latest of its files; None when it gives none."""
        stamps: list[str] = []
        for number, file in enumerate(self.files):
            if not file.resource.as_of_sql:
                continue
            relation = f'"{file.resource.relation}" WHERE _row >> {FILE_BITS} = {number}'
            if file.resource.as_of_pattern:
                if file.rows.stamp is None:
                    continue
                query = f"SELECT nullif({file.resource.as_of_sql}, DATE '-infinity')::VARCHAR FROM (SELECT ? AS stamp)"
                row = self.con.execute(query, [file.rows.stamp]).fetchone()
            else:
                query = f"SELECT max(nullif({file.resource.as_of_sql}, DATE '-infinity'))::VARCHAR FROM {relation}"
                row = _run(self.con, self.source, query).fetchone()
            if row and row[0]:
                stamps.append(row[0])
        return max(stamps, default=None)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Table `output`: what records.sql returned, with `_out` numbering its rows; not gated, so not loadable."""

    inputs: Inputs
    columns: frozenset[str]
    many_rows: bool

    def row_links(self) -> str:
        """SQL giving (_out, _row), one line per input row of an output row."""
        if self.many_rows:
            return "SELECT rowid AS _out, unnest(_rows) AS _row FROM output"
        return "SELECT rowid AS _out, _row FROM output"


def relation_columns(resources: tuple[Resource, ...]) -> list[str]:
    """Columns of a relation as records.sql sees it and the evidence store keeps it: used ones and extracts."""
    return list(dict.fromkeys(name for r in resources for name in (*r.used, *r.extracts)))


def blank_relation_sql(resources: tuple[Resource, ...]) -> str:
    """SQL for a relation without rows: bound over empty columns, an extract keeps the type its file would give it."""
    known = dict.fromkeys(name for r in resources for name in (*r.used, *r.parsed, *r.personal))
    blank = ", ".join(f"NULL::VARCHAR AS {quoted(name)}" for name in known) or "NULL AS nothing"
    extracts = {name: expression for r in resources for name, expression in r.extracts.items()}
    columns = "".join(
        f", ({extracts[n]}) AS {quoted(n)}" if n in extracts else f", {quoted(n)}" for n in relation_columns(resources)
    )
    return f"SELECT 0::BIGINT AS _row{columns} FROM (SELECT {blank}) WHERE false"


def transform(inputs: Inputs) -> Candidates:
    """Runs records.sql into table `output`; checks its columns, its vocabulary and that no row was lost.

    Cost: one pass over the relations, one hash aggregation over their row numbers.
    """
    source, con = inputs.source, inputs.con
    inputs.define()
    sql = source.records_sql.rstrip().rstrip(";")
    described = _run(con, source, f"DESCRIBE {sql}").fetchall()
    returned = require_columns(source, [row[0] for row in described])
    selected = ", ".join(f"{cast} AS {name}" for name, cast in casts().items() if name in returned)
    _run(con, source, f"CREATE OR REPLACE TABLE output AS SELECT {selected} FROM ({sql})")
    candidates = Candidates(inputs, returned, "_rows" in returned)
    check_vocabulary(candidates)
    _check_nothing_lost(candidates)
    return candidates


def require_columns(source: Source, returned: Collection[str]) -> frozenset[str]:
    """The columns that records.sql returns. Raises TransformError for one the model does not know, or one too few."""
    if unknown := sorted({*returned} - {*casts()}):
        raise TransformError(f"unknown column `{unknown[0]}`", source=source.id, where="records.sql")
    missing = [name for name in REQUIRED if name not in returned]
    if missing or ("_row" in returned) == ("_rows" in returned):
        name = missing[0] if missing else "_row (or _rows, not both)"
        raise TransformError(f"column `{name}` is missing", source=source.id, where="records.sql")
    return frozenset(returned)


def casts() -> dict[str, str]:
    """For every column that records.sql may return, the SQL that gives it the type of table `output`."""
    known = {column.name: column.type for column in SQL_COLUMNS} | CONTROL_COLUMNS
    return {name: _cast(name, kind) for name, kind in known.items()}


def _column_sql(file: InputFile, name: str) -> str:
    if name in file.resource.extracts:
        return f"({file.resource.extracts[name]})"
    if name in file.resource.used and name not in file.rows.missing:
        return quoted(name)
    return "NULL"


def _cast(name: str, kind: str) -> str:
    if name == "identifiers":
        return "identifiers::STRUCT(scheme VARCHAR, value VARCHAR)[]"
    if name == "status":
        return "CASE WHEN starts_with(status, chr(26)) THEN chr(26) ELSE status END"
    return name if name in CONTROL_COLUMNS and name != "issues" else f"{name}::{kind}"


def lookup_macro(source: Source) -> str:
    """SQL making lookup('name', CODE): our term; chr(26) and the code where the table lacks it; NULL for blank."""
    if not source.lookup:
        return "CREATE OR REPLACE MACRO lookup(table_, code) AS NULL::VARCHAR"
    branches = " ".join(
        f"WHEN {literal(name)} THEN coalesce((MAP {{{_pairs(table)}}})[trim(code)], chr(26) || trim(code))"
        for name, table in source.lookup.items()
    )
    return (
        "CREATE OR REPLACE MACRO lookup(table_, code) AS "
        f"CASE WHEN nullif(trim(code), '') IS NULL THEN NULL ELSE CASE table_ {branches} END END"
    )


def _pairs(table: Mapping[str, str]) -> str:
    return ", ".join(f"{literal(code)}: {literal(term)}" for code, term in table.items())


def _run(con: duckdb.DuckDBPyConnection, source: Source, sql: str) -> duckdb.DuckDBPyConnection:
    """Runs SQL of a source. The engine's messages may quote input, so only those about the SQL itself are passed on."""
    try:
        return con.execute(sql)
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as error:
        raise TransformError(f"the SQL is wrong: {error}", source=source.id, where="records.sql") from None
    except duckdb.OutOfMemoryException:
        step = "Raise TRACKRECORD_MEMORY, for instance to 4GB."
        raise TransformError("not enough memory", source=source.id, where="records.sql", next_step=step) from None
    except duckdb.Error as error:
        kind = type(error).__name__
        step = "A cast is not a TRY_ cast; the engine's message is withheld because it quotes input."
        raise TransformError(f"{kind} in the SQL", source=source.id, where="records.sql", next_step=step) from None


def check_vocabulary(candidates: Candidates) -> None:
    """Raises TransformError for a kind or status outside of the model, or a record without key, in table `output`."""
    source = candidates.inputs.source
    bad_key = (
        "native_id IS NULL AND not_a_record IS NULL" if "not_a_record" in candidates.columns else "native_id IS NULL"
    )
    for column, allowed in (("kind", KINDS), ("status", (*STATUSES, chr(26)))):
        if column not in candidates.columns:
            continue
        condition = " AND not_a_record IS NULL" if "not_a_record" in candidates.columns else ""
        row = candidates.inputs.con.execute(
            f"""SELECT count(*) FROM output WHERE {column} IS NOT NULL
            AND {column} NOT IN (SELECT unnest(?::VARCHAR[])){condition}""",
            [list(allowed)],
        ).fetchone()
        if row and row[0]:
            raise TransformError(
                f"{row[0]} rows with a `{column}` outside the model", source=source.id, where="records.sql"
            )
    row = candidates.inputs.con.execute(f"SELECT count(*) FROM output WHERE {bad_key}").fetchone()
    if row and row[0]:
        raise TransformError(f"{row[0]} records without `native_id`", source=source.id, where="records.sql")


def _check_nothing_lost(candidates: Candidates) -> None:
    """Every primary row is named by at least one output row, and no output row names another."""
    inputs = candidates.inputs
    union = " UNION ALL ".join(f'SELECT _row FROM "{name}"' for name in inputs.primary)
    row = inputs.con.execute(
        f"""WITH named AS (SELECT DISTINCT _row FROM ({candidates.row_links()})), given AS ({union})
        SELECT (SELECT count(*) FROM given), (SELECT count(*) FROM named),
               (SELECT count(*) FROM given SEMI JOIN named USING (_row))"""
    ).fetchone()
    given, named, both = row or (0, 0, 0)
    if not given == named == both:
        raise TransformError(
            f"rows do not add up: {given} read, {both} of them returned, {named - both} returned that were never read",
            source=inputs.source.id,
            where="records.sql",
            next_step="Return at least one output row for every row of every primary relation.",
        )
