"""The type boundary: candidates go in, and only what this module lets through can be loaded.

`db.load` accepts a `Gated` and nothing else, and a `Gated` can only be made by `pass_gate`. It is closed by default:
a respondent without evidence of being an organisation is withheld, and only the reason is counted.

What analysts ruled comes last and first: an allow rule lifts what the name alone decided, never a source's own type or
a person's number; what was purged is withheld whatever else speaks for it.
"""

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, final

import duckdb
import pyarrow as pa

from ingest import arrow
from ingest.errors import TransformError
from ingest.identifiers import check
from ingest.model import NAMES
from ingest.names.normal import company_id, normal_forms
from ingest.privacy.judge import clean_care_of, judge, withheld_outright
from ingest.privacy.rulings import ALLOWED, Rulings
from ingest.privacy.verdict import PASSING, Entity, Subject, Verdict
from ingest.transform import Candidates

KEYS: Final = ("company_name", "entity_type", "country", "identifiers", "names", "addresses")
"""Columns of `output` that say who the respondent is; the gate runs on their distinct combinations."""

_PURGED: Final = "purged"
"""The reason, and the mark in `entity_type` of output rows whose record was purged."""

_issued: "weakref.WeakSet[Gated]" = weakref.WeakSet()
_SEAL: Final = object()

_VERDICT = pa.schema(
    [
        ("subject", pa.int64()), ("passes", pa.bool_()), ("entity", pa.string()), ("reason", pa.string()),
        ("stated", pa.string()), ("company_id", pa.string()), ("norm", pa.string()), ("legal_form", pa.string()),
    ]
)  # fmt: skip


@final
class Gated:
    """Proof that table `profile` of this sync was judged; made by `pass_gate` only."""

    __slots__ = ("__weakref__", "candidates", "rulings")

    def __init__(self, seal: object, candidates: Candidates, rulings: Rulings | None = None) -> None:
        if seal is not _SEAL:
            raise TypeError("Gated is made by pass_gate alone")
        self.candidates = candidates
        self.rulings = rulings or Rulings()
        _issued.add(self)

    @property
    def join_sql(self) -> str:
        """SQL joining `output o` to its judged `profile p`."""
        present = [name for name in KEYS if name in self.candidates.columns]
        return "output o JOIN profile p ON " + " AND ".join(f"o.{n} IS NOT DISTINCT FROM p.{n}" for n in present)


def require_gated(gated: object) -> Gated:
    """The argument, if the gate itself issued it. Raises TypeError for anything else, look-alikes included."""
    if type(gated) is not Gated or gated not in _issued:
        raise TypeError("only records that passed the gate can be loaded")
    return gated


def pass_gate(candidates: Candidates, rulings: Rulings | None = None) -> Gated:
    """Judges every distinct respondent and alias of `output` under the rulings; results stand in table `profile`.

    `profile` holds the key columns and: passes, entity, reason, stated (name without c/o parts), company_id, norm,
    legal_form, kept_names, kept_addresses, checked (identifiers with their check), whole (nothing of it withheld).
    Cost: linear in distinct respondents; bulk joins in DuckDB. Purged records cost one hash per distinct native id.
    """
    rulings = rulings or Rulings()
    candidates = _mark_purged(candidates, rulings)
    con, columns = candidates.inputs.con, candidates.columns
    present = [name for name in KEYS if name in columns]
    where = "WHERE not_a_record IS NULL" if "not_a_record" in columns else ""
    absent = "".join(f", NULL::{'VARCHAR' if n in KEYS[:3] else _LISTS[n]} AS {n}" for n in KEYS if n not in columns)
    con.execute(
        f"""CREATE OR REPLACE TABLE respondent AS SELECT row_number() OVER () AS id, *{absent}
        FROM (SELECT DISTINCT {", ".join(present)} FROM output {where})"""
    )
    # an alias without a type of its own is judged by its name alone, never by the numbers of the company
    con.execute(
        """CREATE OR REPLACE TABLE subject AS SELECT row_number() OVER () AS id, * FROM (
            SELECT DISTINCT company_name AS name, country, entity_type, identifiers FROM respondent
            UNION SELECT trim(n.name), country, entity_type, NULL
            FROM (SELECT unnest(names) AS n, country, entity_type FROM respondent) WHERE n.name IS NOT NULL)"""
    )
    arrow.load(con, "verdict", _VERDICT, _verdicts(con, rulings))
    _check_identifiers(con)
    _clean_addresses(con)
    con.execute(
        f"""CREATE OR REPLACE TABLE alias AS
        SELECT r.id, count(*) FILTER (NOT v.passes) AS withheld,
               bool_and(v.stated IS NOT DISTINCT FROM trim(r.n.name)) AS whole,
               list({{'name': v.stated, 'kind': r.n.kind}} ORDER BY r.n.kind, v.stated)
                   FILTER (v.passes)::{NAMES} AS kept
        FROM (SELECT id, country, entity_type, unnest(names) AS n FROM respondent) r
        JOIN subject s ON s.name IS NOT DISTINCT FROM trim(r.n.name) AND s.country IS NOT DISTINCT FROM r.country
             AND s.entity_type IS NOT DISTINCT FROM r.entity_type AND s.identifiers IS NULL
        JOIN verdict v ON v.subject = s.id WHERE r.n.name IS NOT NULL GROUP BY r.id"""
    )
    con.execute(
        f"""CREATE OR REPLACE TABLE profile AS
        SELECT {", ".join(f"r.{name}" for name in present)}, v.passes, v.entity, v.reason,
               v.stated, v.company_id, v.norm, v.legal_form, a.kept AS kept_names, d.kept AS kept_addresses, i.checked,
               coalesce(a.withheld, 0) AS aliases_withheld,
               v.passes AND coalesce(a.whole, true) AND coalesce(d.whole, true)
                   AND v.stated = trim(r.company_name) AS whole
        FROM respondent r
        JOIN subject s ON s.name IS NOT DISTINCT FROM r.company_name AND s.country IS NOT DISTINCT FROM r.country
             AND s.entity_type IS NOT DISTINCT FROM r.entity_type AND s.identifiers IS NOT DISTINCT FROM r.identifiers
        JOIN verdict v ON v.subject = s.id
        LEFT JOIN alias a ON a.id = r.id LEFT JOIN place d ON d.id = r.id
        LEFT JOIN number i ON i.identifiers IS NOT DISTINCT FROM r.identifiers"""
    )
    counted = con.execute("SELECT (SELECT count(*) FROM respondent), (SELECT count(*) FROM profile)").fetchone()
    if counted is None or counted[0] != counted[1]:
        raise TransformError("the gate lost or doubled a respondent", source=candidates.inputs.source.id)
    return Gated(_SEAL, candidates, rulings)


_LISTS = {
    "identifiers": "STRUCT(scheme VARCHAR, value VARCHAR)[]",
    "names": NAMES,
    "addresses": "STRUCT(text VARCHAR, city VARCHAR, region VARCHAR, postcode VARCHAR, country VARCHAR)[]",
}


def _mark_purged(candidates: Candidates, rulings: Rulings) -> Candidates:
    """The candidates with the mark on every output row whose record was purged: a type of its own, so withheld."""
    if not rulings.records:
        return candidates
    con, source = candidates.inputs.con, candidates.inputs.source
    con.execute("CREATE OR REPLACE TABLE purged_key (native_id VARCHAR)")
    schema = pa.schema([("native_id", pa.string())])

    def purged() -> Iterator[pa.RecordBatch]:
        sql = "SELECT DISTINCT native_id FROM output WHERE native_id IS NOT NULL"
        for batch in arrow.batches_apart(con, sql):
            keys = batch.to_pydict()["native_id"]
            found = [key for key in keys if rulings.is_purged_record(source.id, key)]
            yield pa.RecordBatch.from_pydict({"native_id": found}, schema=schema)

    if not arrow.load(con, "purged_key", schema, purged()):
        return candidates
    given = "entity_type" if "entity_type" in candidates.columns else "NULL"
    mark = f"CASE WHEN native_id IN (SELECT native_id FROM purged_key) THEN '{_PURGED}' ELSE {given} END AS entity_type"
    columns = f"* REPLACE ({mark})" if "entity_type" in candidates.columns else f"*, {mark}"
    # an UPDATE could leave gaps in the row numbers by which output rows are known
    con.execute(f"CREATE TABLE output_marked AS SELECT {columns} FROM output ORDER BY output.rowid")
    con.execute("DROP TABLE output")
    con.execute("ALTER TABLE output_marked RENAME TO output")
    return replace(candidates, columns=candidates.columns | {"entity_type"})


def judge_under(rulings: Rulings, subjects: Sequence[Subject]) -> list[Verdict]:
    """One verdict for every subject as stated, in their order, after the rulings on its name."""
    return [_under(rulings, *judged) for judged in zip(subjects, judge(subjects), strict=True)]


def _under(rulings: Rulings, subject: Subject, verdict: Verdict) -> Verdict:
    if subject.declared == _PURGED or rulings.is_purged_name(subject.name):
        return Verdict(Entity.SUPPRESSED, _PURGED)
    number = None if verdict.passes else rulings.rule_for(subject.name)
    if number is None or withheld_outright(subject) is not None:
        return verdict
    return Verdict(Entity.COMPANY, f"{ALLOWED}{number}")


def _verdicts(con: duckdb.DuckDBPyConnection, rulings: Rulings) -> Iterator[pa.RecordBatch]:
    """One verdict per subject. What is withheld leaves nothing but its number and the reason."""
    sql = """SELECT id, name, country, entity_type, list_transform(given, lambda i: i.scheme) AS schemes,
             list_transform(given, lambda i: i.value) AS numbers
             FROM (SELECT *, list_filter(identifiers, lambda i: i.value IS NOT NULL) AS given FROM subject)
             ORDER BY id"""
    for batch in arrow.batches_apart(con, sql):
        rows = batch.to_pydict()
        names = [clean_care_of(name or "", name=True) or "" for name in rows["name"]]
        subjects = [
            Subject(name, country, declared, tuple(zip(schemes or (), numbers or (), strict=True)))
            for name, country, declared, schemes, numbers in zip(
                names, rows["country"], rows["entity_type"], rows["schemes"], rows["numbers"], strict=True
            )
        ]
        # as stated: what is cut says who runs the business (`v/`)
        as_stated = [replace(s, name=name or "") for s, name in zip(subjects, rows["name"], strict=True)]
        verdicts = judge_under(rulings, as_stated)
        passes = [verdict.entity in PASSING and bool(name) for verdict, name in zip(verdicts, names, strict=True)]
        forms = iter(normal_forms([(s.name, s.country) for s, ok in zip(subjects, passes, strict=True) if ok]))
        made = [next(forms) if ok else None for ok in passes]
        yield pa.RecordBatch.from_pydict(
            {
                "subject": rows["id"],
                "passes": passes,
                "entity": [str(verdict.entity) for verdict in verdicts],
                "reason": [
                    "no name" if not name and verdict.passes else verdict.reason
                    for verdict, name in zip(verdicts, names, strict=True)
                ],
                "stated": [name if ok else None for name, ok in zip(names, passes, strict=True)],
                "company_id": [
                    company_id(form.key(s.country)) if form else None for s, form in zip(subjects, made, strict=True)
                ],
                "norm": [form.text if form else None for form in made],
                "legal_form": [form.legal_form if form else None for form in made],
            },
            schema=_VERDICT,
        )


def _check_identifiers(con: duckdb.DuckDBPyConnection) -> None:
    """Table `number`: each distinct list of identifiers with canonical values and the result of their check."""
    con.execute(
        "CREATE OR REPLACE TABLE numbers AS SELECT DISTINCT identifiers FROM respondent WHERE identifiers IS NOT NULL"
    )
    schema = pa.schema([("scheme", pa.string()), ("given", pa.string()), ("value", pa.string()), ("valid", pa.bool_())])

    def checked() -> Iterator[pa.RecordBatch]:
        sql = """SELECT DISTINCT i.scheme AS scheme, i.value AS given
                 FROM (SELECT unnest(identifiers) AS i FROM numbers) WHERE i IS NOT NULL"""
        for batch in arrow.batches_apart(con, sql):
            rows = batch.to_pydict()
            results = check(list(zip(rows["scheme"], rows["given"], strict=True)))
            columns = {**rows, "value": [r[0] for r in results], "valid": [r[1] for r in results]}
            yield pa.RecordBatch.from_pydict(columns, schema=schema)

    arrow.load(con, "number_check", schema, checked())
    con.execute(
        """CREATE OR REPLACE TABLE number AS
        SELECT n.identifiers, list(DISTINCT {'scheme': c.scheme, 'value': c.value, 'valid': c.valid}
                                   ORDER BY {'scheme': c.scheme, 'value': c.value, 'valid': c.valid}) AS checked
        FROM (SELECT identifiers, unnest(identifiers) AS i FROM numbers) n
        JOIN number_check c ON c.scheme = n.i.scheme AND c.given = n.i.value GROUP BY n.identifiers"""
    )


def _clean_addresses(con: duckdb.DuckDBPyConnection) -> None:
    """Table `place`: addresses of each respondent without c/o and attn parts."""
    schema = pa.schema([("given", pa.string()), ("kept", pa.string())])

    def cleaned() -> Iterator[pa.RecordBatch]:
        sql = """SELECT DISTINCT unnest([a.text, a.city, a.region]) AS given
                 FROM (SELECT unnest(addresses) AS a FROM respondent)"""
        for batch in arrow.batches_apart(con, f"SELECT given FROM ({sql}) WHERE given IS NOT NULL"):
            given = batch.to_pydict()["given"]
            yield pa.RecordBatch.from_pydict({"given": given, "kept": [clean_care_of(g) for g in given]}, schema=schema)

    arrow.load(con, "address_check", schema, cleaned())
    con.execute(
        """CREATE OR REPLACE TABLE place AS
        SELECT r.id, bool_and(t.kept IS NOT DISTINCT FROM r.a.text AND c.kept IS NOT DISTINCT FROM r.a.city
                             AND g.kept IS NOT DISTINCT FROM r.a.region) AS whole,
               list({'text': t.kept, 'city': c.kept, 'region': g.kept, 'postcode': r.a.postcode, 'country': r.a.country}
                    ORDER BY r.at) FILTER (t.kept IS NOT NULL) AS kept
        FROM (SELECT id, unnest(addresses) AS a, generate_subscripts(addresses, 1) AS at FROM respondent) r
        LEFT JOIN address_check t ON t.given = r.a.text LEFT JOIN address_check c ON c.given = r.a.city
        LEFT JOIN address_check g ON g.given = r.a.region
        WHERE r.a IS NOT NULL GROUP BY r.id"""
    )
