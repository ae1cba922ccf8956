"""The fate of every input row, counted: what was read is mapped, not a record, withheld or rejected, nothing else."""

from dataclasses import dataclass, field

from ingest.arrow import quoted
from ingest.errors import TransformError
from ingest.model import SQL_COLUMNS
from ingest.privacy.gate import Gated
from ingest.transform import FILE_BITS, Candidates, InputFile

FATES = ("mapped", "not_a_record", "withheld", "rejected")


@dataclass(frozen=True, slots=True)
class Tally:
    """One count: `n` rows (or respondents, or issues) of one retrieval, under one named reason."""

    retrieval_id: str
    fate: str
    reason: str
    n: int


@dataclass(slots=True)
class Account:
    """Every count of one sync. `rows_read` equals the sum of the four fates, or the source fails."""

    rows_read: int
    tallies: list[Tally] = field(default_factory=list)

    def total(self, fate: str) -> int:
        """Sum over retrievals and reasons."""
        return sum(tally.n for tally in self.tallies if tally.fate == fate)

    def reasons(self, fate: str) -> dict[str, int]:
        """Reason → count, largest first."""
        found: dict[str, int] = {}
        for tally in self.tallies:
            if tally.fate == fate:
                found[tally.reason] = found.get(tally.reason, 0) + tally.n
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def account(gated: Gated) -> Account:
    """Counts every fate and checks that they add up. Leaves table `fate`: _row, code (3 mapped, 2 withheld,
    1 no record), reason, whole (nobody named in the row was withheld).

    Raises TransformError when the four counts differ from the rows read. Cost: one hash aggregation over row numbers.
    """
    candidates = gated.candidates
    inputs = candidates.inputs
    con = inputs.con
    present = "not_a_record" in candidates.columns
    reason = "o.not_a_record" if present else "NULL"
    judged = f"""SELECT o.rowid AS _out, CASE WHEN p.passes THEN 3 ELSE 2 END::UTINYINT AS code, p.reason, p.whole
                 FROM {gated.join_sql} {"WHERE o.not_a_record IS NULL" if present else ""}"""
    if present:
        judged += f" UNION ALL SELECT o.rowid, 1, {reason}, true FROM output o WHERE o.not_a_record IS NOT NULL"
    con.execute(f"CREATE OR REPLACE TABLE outcome AS {judged}")
    con.execute(
        f"""CREATE OR REPLACE TABLE fate AS
        SELECT _row, max(code) AS code, arg_max(reason, code) AS reason, bool_and(whole) AS whole
        FROM ({candidates.row_links()}) JOIN outcome USING (_out) GROUP BY _row"""
    )
    result = Account(rows_read=inputs.rows_read)
    names = {3: "mapped", 2: "withheld", 1: "not_a_record"}
    for file_number, code, why, n in con.execute(
        f"""SELECT _row >> {FILE_BITS}, code, CASE WHEN code = 3 THEN '' ELSE reason END, count(*)
        FROM fate GROUP BY 1, 2, 3 ORDER BY 1, 2 DESC, 4 DESC, 3"""
    ).fetchall():
        result.tallies.append(Tally(inputs.files[file_number].retrieval_id, names[code], why, n))
    for file in inputs.files:
        if file.resource.role == "primary":
            _count_rejected(result, file)
            if file.rows.rejected and inputs.source.snapshot != "increment":
                result.tallies.append(Tally(file.retrieval_id, "issue", "removals not inferred: rows unreadable", 1))
        else:
            _count_joined(result, candidates, file)
    _count_withheld_respondents(result, gated)
    _count_issues(result, gated)
    added = sum(result.total(fate) for fate in FATES)
    if added != result.rows_read:
        raise TransformError(
            f"the fates of {added} rows are known, but {result.rows_read} were read", source=inputs.source.id
        )
    return result


def _count_rejected(result: Account, file: InputFile) -> None:
    reasons: dict[str, int] = {}
    for _, why in file.rows.rejected:
        reasons[why] = reasons.get(why, 0) + 1
    result.tallies += [Tally(file.retrieval_id, "rejected", why, n) for why, n in sorted(reasons.items())]


def _count_joined(result: Account, candidates: Candidates, file: InputFile) -> None:
    """Rows of a joined file: those that a primary row refers to, and orphans."""
    relation, _, column = file.resource.joined_to.partition(".")
    number = candidates.inputs.files.index(file)
    row = candidates.inputs.con.execute(
        f"""SELECT count(*) FILTER (found), count(*) FILTER (NOT found) FROM (
            SELECT {quoted(file.resource.key[0])} IN (SELECT {quoted(column)} FROM "{relation}") IS TRUE AS found
            FROM "{file.resource.relation}" WHERE _row >> {FILE_BITS} = {number})"""
    ).fetchone()
    joined, orphan = row or (0, 0)
    orphan += len(file.rows.rejected)
    for fate, n in (("joined", joined), ("orphan", orphan)):
        if n:
            result.tallies.append(Tally(file.retrieval_id, fate, file.resource.name, n))


def _count_withheld_respondents(result: Account, gated: Gated) -> None:
    where = "AND o.not_a_record IS NULL" if "not_a_record" in gated.candidates.columns else ""
    first = gated.candidates.inputs.files[0].retrieval_id
    for why, n in gated.candidates.inputs.con.execute(
        f"""SELECT why, sum(n)::BIGINT FROM (
            SELECT p.reason AS why, count(*) AS n FROM {gated.join_sql} WHERE NOT p.passes {where} GROUP BY 1
            UNION ALL SELECT 'alias', sum(p.aliases_withheld) FROM {gated.join_sql} WHERE p.passes {where})
        WHERE n > 0 GROUP BY why ORDER BY 2 DESC, 1"""
    ).fetchall():
        result.tallies.append(Tally(first, "withheld respondent", why, n))


def _count_issues(result: Account, gated: Gated) -> None:
    """What could not be read or was not known, and did not cost the record: counted by column."""
    candidates = gated.candidates
    con, columns = candidates.inputs.con, candidates.columns
    first = candidates.inputs.files[0].retrieval_id
    counts: dict[str, str] = {}
    for column in SQL_COLUMNS:
        if column.name not in columns:
            continue
        if column.type == "DATE":
            counts[f"{column.name}: unreadable date"] = f"{column.name} = DATE '-infinity'"
        elif column.type == "VARCHAR":
            counts[f"{column.name}: code not in the lookup table"] = f"starts_with({column.name}, chr(26))"
    if "amounts" in columns:
        unreadable = "list_filter(amounts, lambda a: a IS NOT NULL AND a.value IS NULL)"
        counts["amounts: unreadable amount"] = f"amounts IS NOT NULL AND len({unreadable}) > 0"
    if "events" in columns:
        unreadable = "list_filter(events, lambda e: e.date = DATE '-infinity')"
        counts["events: unreadable date"] = f"events IS NOT NULL AND len({unreadable}) > 0"
    selects = ", ".join(f"count(*) FILTER ({condition})" for condition in counts.values())
    where = "WHERE not_a_record IS NULL" if "not_a_record" in columns else ""
    row = con.execute(f"SELECT {selects} FROM output {where}").fetchone() if counts else None
    for name, n in zip(counts, row or (), strict=True):
        if n:
            result.tallies.append(Tally(first, "issue", name, n))
    if "issues" in columns:
        sql = f"""SELECT issue, count(*) FROM (SELECT unnest(issues) AS issue FROM output {where})
                  WHERE issue IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"""
        result.tallies += [Tally(first, "issue", name, n) for name, n in con.execute(sql).fetchall()]
    for file in candidates.inputs.files:
        # their names are not repeated: a broken file has data where its header should be
        if undeclared := len(file.rows.unknown):
            result.tallies.append(
                Tally(file.retrieval_id, "issue", f"{file.resource.name}: undeclared column", undeclared)
            )
