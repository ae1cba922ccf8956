"""Judging and disputing against the published generation: what is judged must exist, and texts name nobody."""

import duckdb

from db.analyst import Analyst
from db.decisions.kept import Decisions, Dispute, Judgement, match_id, reference_key, supplier_key
from db.decisions.named_in_text import check_text
from db.decisions.rested_on import of_company, of_record
from db.decisions.rows import MATCH_ID
from db.resolve.present import present_id
from db.store import Store
from db.watch.lists import WatchLists
from ingest.errors import UsageError
from ingest.privacy.judge import judge_one
from ingest.privacy.verdict import Entity, Subject


def judge(store: Store, about: str, verdict: str, *, why: str, by: str, supplier: str | None = None) -> Judgement:
    """A judgement on a match or a record, by its id, with what it rests on; `supplier` is a label for a match.

    Raises UsageError for an id that is neither, or not known; for a reason or label that names a person.
    """
    decisions, found = Decisions(store.home), MATCH_ID.fullmatch(about)
    with store.reading() as con:
        if found is None:
            if supplier is not None:
                raise UsageError("a label goes with a match, not with a record")
            company_id = _company_of(con, about)
            check_text(why, "the reason", _names(con, company_id))
            return decisions.judge_record(about, company_id, verdict, why=why, by=by, rests_on=of_record(con, about))
        company_id = present_id(con, found[2]) or found[2]
        rests_on = of_company(con, company_id)
        if not rests_on:
            step = "Ids of matches stand in the reports of `trackrecord screen` and `watch run`."
            raise UsageError(f"no company `{found[2]}`", next_step=step)
        check_text(why, "the reason", _names(con, company_id))
    if supplier is not None:
        _check_label(store, supplier)
    return decisions.judge_match(
        match_id(found[1], company_id),
        verdict,
        why=why,
        by=by,
        rests_on=rests_on,
        supplier=supplier,
        reference=_reference(store, found[1]),
    )


def dispute(store: Store, record_id: str, *, why: str, evidence: str | None, by: str) -> Dispute:
    """A dispute of a record. Raises UsageError for an id that is not known, or a reason that names a person."""
    with store.reading() as con:
        check_text(why, "the reason", _names(con, _company_of(con, record_id)))
    return Decisions(store.home).dispute(record_id, why=why, evidence=evidence, by=by)


def revoke(store: Store, number: int, *, why: str, by: str) -> Judgement:
    """Revokes a judgement. Raises UsageError for one unknown or revoked before, or a reason that names a person."""
    check_text(why, "the reason")
    return Decisions(store.home).revoke(number, why=why, by=by)


def withdraw(store: Store, number: int, *, why: str, by: str) -> Dispute:
    """Withdraws a dispute. Raises UsageError for one unknown or withdrawn before, or a reason that names a person."""
    check_text(why, "the reason")
    return Decisions(store.home).withdraw(number, why=why, by=by)


def _company_of(con: duckdb.DuckDBPyConnection, record_id: str) -> str:
    """The company a record stands under, though its source may no longer publish it."""
    if ":" not in record_id:
        step = "A match is `s…-c…` as reports show it; a record is `source:key`."
        raise UsageError("this is the id of neither a match nor a record", next_step=step)
    found = con.execute("SELECT company_id FROM record WHERE record_id = ?", [record_id]).fetchone()
    if found is None:
        step = "Ids of records stand in `trackrecord show COMPANY_ID`."
        raise UsageError(f"no record `{record_id[:200]}`", next_step=step)
    return str(found[0])


def _names(con: duckdb.DuckDBPyConnection, company_id: str) -> list[str]:
    """What the company is called: names that the gate let pass are none of persons."""
    rows = con.execute("SELECT DISTINCT name FROM company_name WHERE company_id = ?", [company_id]).fetchall()
    return [name for (name,) in rows]


def _check_label(store: Store, supplier: str) -> None:
    verdict = judge_one(Subject(supplier))
    purged = Analyst(store.home).rulings("").is_purged_name(supplier)
    if purged or verdict.entity in {Entity.PERSON, Entity.SOLE_TRADER, Entity.SUPPRESSED}:
        reason = "purged" if purged else f"{verdict.entity}: {verdict.reason}"
        step = "Leave it out: the id of the match is enough."
        raise UsageError(f"the label is taken for the name of a person ({reason})", next_step=step)


def _reference(store: Store, key: str) -> str:
    """What a watch list calls the supplier by, as `reference_key` gives it. Cost: linear in the suppliers watched."""
    lists = WatchLists(store.home)
    for watched in (watched for list_ in lists.all() for watched in lists.suppliers(list_)):
        supplier = watched.supplier
        if supplier_key(supplier.name, supplier.country, [cell for _, cell in supplier.numbers]) == key:
            return reference_key(supplier.key)
    return ""
