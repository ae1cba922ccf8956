"""What is stored and withheld by now: erased, whether the agency still shows it or not.

The agency's present file is judged by the gate at every sync. What it shows no more (removed records, older versions,
the past of an increment) was judged when it came: it is judged again when the gate or the rulings have changed since.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from db.erase import erase_other_names, erase_records, erase_versions
from db.ledger import Versions, last_versions
from ingest import arrow
from ingest.model import literal
from ingest.privacy.gate import Gated, judge_under
from ingest.privacy.rulings import ALLOWED, Rulings, exact_name
from ingest.privacy.verdict import Subject

_DECLARED = "CASE WHEN starts_with(gate_reason, 'source type: ') THEN substr(gate_reason, 14) END"
"""SQL for what the source itself called the respondent, which stands in the reason."""
_WITHHELD = pa.schema([("subject", pa.int64())])
_GONE = pa.schema([("key", pa.string())])


def judge_stored(gated: Gated) -> None:
    """Tables `stored_respondent` (record_id, version) and `stored_alias` (record_id, version, name): what stored
    versions hold and the gate withholds by now. Empty where nothing has changed since the last sync.

    Cost: after a change of rulings, a hash per distinct native id and name; after a change of the gate, a verdict per
    distinct name.
    """
    con, source, rulings = gated.candidates.inputs.con, gated.candidates.inputs.source, gated.rulings
    now, before = Versions.of(source, rulings), last_versions(con, source.id)
    where = f"source_id = {literal(source.id)}" if before is None or before.gate != now.gate else "false"
    con.execute(
        " UNION ALL ".join(
            f"""{start} SELECT record_id, version, native_id, company_name, names, country, {_DECLARED} AS declared,
            identifiers FROM gen.{table} WHERE {where}"""
            for start, table in (("CREATE OR REPLACE TABLE stored AS", "record"), ("", "record_history"))
        )
    )
    con.execute(
        """CREATE OR REPLACE TABLE stored_name AS SELECT row_number() OVER () AS subject, * FROM (
            SELECT DISTINCT company_name AS name, country, declared, identifiers FROM stored
            UNION SELECT n.name, country, declared, NULL
            FROM (SELECT unnest(names) AS n, country, declared FROM stored))"""
    )
    con.execute("DROP TABLE IF EXISTS stored_key")
    arrow.load(con, "stored_key", _GONE, _purged_keys(gated))
    con.execute("DROP TABLE IF EXISTS stored_withheld")
    only_rulings = before is not None and before.gate_alone == now.gate_alone
    arrow.load(con, "stored_withheld", _WITHHELD, _withheld(gated, only_rulings=only_rulings))
    found = """(FROM stored_name SEMI JOIN stored_withheld USING (subject)) n
        ON s.country IS NOT DISTINCT FROM n.country AND s.declared IS NOT DISTINCT FROM n.declared"""
    con.execute(
        f"""CREATE OR REPLACE TABLE stored_respondent AS
        SELECT s.record_id, s.version FROM stored s JOIN {found}
            AND s.company_name = n.name AND s.identifiers IS NOT DISTINCT FROM n.identifiers
        UNION SELECT record_id, version FROM stored WHERE native_id IN (SELECT key FROM stored_key)"""
    )
    con.execute(
        f"""CREATE OR REPLACE TABLE stored_alias AS
        SELECT s.record_id, s.version, n.name
        FROM (SELECT record_id, version, country, declared, unnest(names) AS other FROM stored) s
        JOIN {found} AND s.other.name = n.name AND n.identifiers IS NULL"""
    )


def _purged_keys(gated: Gated) -> Iterator[pa.RecordBatch]:
    source_id, rulings = gated.candidates.inputs.source.id, gated.rulings
    sql = "SELECT DISTINCT native_id AS key FROM stored"
    for batch in arrow.batches_apart(gated.candidates.inputs.con, sql) if rulings.records else ():
        keys = [key for key in batch.to_pydict()["key"] if rulings.is_purged_record(source_id, key)]
        yield pa.RecordBatch.from_pydict({"key": keys}, schema=_GONE)


def _withheld(gated: Gated, *, only_rulings: bool) -> Iterator[pa.RecordBatch]:
    """Numbers of the subjects that are withheld by now; rulings alone concern names purged and rules revoked."""
    sql = """SELECT subject, name, country, declared, list_transform(identifiers, lambda i: i.scheme) AS schemes,
        list_transform(identifiers, lambda i: i.value) AS numbers FROM stored_name ORDER BY subject"""
    for batch in arrow.batches_apart(gated.candidates.inputs.con, sql):
        rows = batch.to_pydict()
        places = [at for at, name in enumerate(rows["name"]) if not only_rulings or _concerned(gated.rulings, name)]
        verdicts = judge_under(gated.rulings, [_subject(rows, at) for at in places])
        found = [rows["subject"][at] for at, verdict in zip(places, verdicts, strict=True) if not verdict.passes]
        yield pa.RecordBatch.from_pydict({"subject": found}, schema=_WITHHELD)


def _concerned(rulings: Rulings, name: str) -> bool:
    return rulings.is_purged_name(name) or (bool(rulings.revoked) and exact_name(name) in rulings.revoked)


def _subject(rows: dict[str, Sequence[Any]], at: int) -> Subject:
    numbers = tuple(zip(rows["schemes"][at] or (), rows["numbers"][at] or (), strict=True))
    return Subject(rows["name"][at], rows["country"][at], rows["declared"][at], numbers)


def erase_withheld(gated: Gated) -> int:
    """Erases records, all versions, whose respondent is withheld by now: they were not removed by the agency.

    To be called after `judge_stored`. A record numbered for sharing its key goes with that key unless the agency still
    shows it. What passed by a rule of an analyst goes with it, though an increment shows it no more.
    """
    con, source_id = gated.candidates.inputs.con, gated.candidates.inputs.source.id
    names = ", ".join(literal(name) for name in gated.rulings.allowed)
    return erase_records(
        con,
        f"""WITH withheld AS (SELECT DISTINCT o.native_id AS key FROM {gated.join_sql}
                              WHERE NOT p.passes AND o.native_id IS NOT NULL)
        SELECT record_id FROM gen.record WHERE source_id = {literal(source_id)}
            AND (native_id IN (SELECT key FROM withheld)
                 OR regexp_replace(native_id, '#[1-9][0-9]*$', '') IN (SELECT key FROM withheld)
                 OR (starts_with(gate_reason, {literal(ALLOWED)})
                     AND NOT list_contains([{names}]::VARCHAR[], nfc_normalize(company_name)))
                 OR (record_id, version) IN (SELECT (record_id, version) FROM stored_respondent))
            AND record_id NOT IN (SELECT record_id FROM incoming)""",
    )


def erase_withheld_versions(gated: Gated) -> None:
    """Erases replaced versions that hold a name the gate withholds by now, or an address part it cuts; records that
    the agency shows no more lose an other name of that sort.

    A name that passes for any respondent of the same country in the agency's present file stays, unless `judge_stored`
    found it.
    """
    con, source_id = gated.candidates.inputs.con, gated.candidates.inputs.source.id
    erase_versions(
        con,
        f"""WITH judged AS (SELECT trim(s.name) AS name, s.country FROM subject s JOIN verdict v ON v.subject = s.id
                            GROUP BY ALL HAVING NOT bool_or(v.passes)),
        old AS (SELECT * FROM gen.record_history WHERE source_id = {literal(source_id)}),
        named AS (SELECT record_id, version, country, company_name AS name FROM old
                  UNION ALL SELECT record_id, version, country, unnest(list_transform(names, lambda n: n.name))
                  FROM old),
        placed AS (SELECT record_id, version, unnest([a.text, a.city, a.region]) AS part
                   FROM (SELECT record_id, version, unnest(addresses) AS a FROM old))
        SELECT n.record_id, n.version FROM named n JOIN judged j
            ON j.name = n.name AND j.country IS NOT DISTINCT FROM n.country
        UNION SELECT p.record_id, p.version FROM placed p JOIN address_check c
            ON c.given = p.part WHERE c.kept IS DISTINCT FROM c.given
        UNION SELECT record_id, version FROM stored_respondent
        UNION SELECT record_id, version FROM stored_alias""",
    )
    unseen = f"source_id = {literal(source_id)} AND record_id NOT IN (SELECT record_id FROM incoming)"
    names = con.execute(f"SELECT DISTINCT name FROM stored_alias JOIN gen.record USING (record_id) WHERE {unseen}")
    if spellings := [name for (name,) in names.fetchall()]:
        erase_other_names(con, spellings, unseen)
