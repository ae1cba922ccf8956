"""Rows derived again with an adapter that a stranger wrote: it can say what it likes of them, and do nothing else."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest import locked_engine
from ingest.adapter import Adapter, adapter_of, read_adapter, unpack_adapter
from ingest.catalog import load_source
from ingest.errors import CatalogError, TransformError, UsageError
from ingest.privacy.rulings import Rulings, digest, name_key
from ingest.rederive import StoredRows, Task, rederive, rederive_each
from tests.db.conftest import SQL, TOML

SECRET = "Quillfeather-secret"
PLAIN = "SELECT _row, NOTICE_NO AS native_id, 'penalty' AS kind, EMPLOYER AS company_name FROM notice"


@pytest.fixture
def adapter(tmp_path: Path) -> Adapter:
    folder = tmp_path / "xx_fair_work"
    folder.mkdir()
    (folder / "source.toml").write_text(TOML.format(snapshot="full", window="", company_only="false"), encoding="utf-8")
    (folder / "records.sql").write_text(SQL, encoding="utf-8")
    return adapter_of(load_source(folder))


def changed(adapter: Adapter, files: Mapping[str, str]) -> Adapter:
    return read_adapter({**adapter.files, **{name: text.encode() for name, text in files.items()}})


def notices(*rows: tuple[str, str], withheld: bool = False) -> StoredRows:
    """Stored rows: number and employer."""
    columns = {
        "_row": list(range(len(rows))), "retrieval_id": ["r"] * len(rows), "member": [None] * len(rows),
        "row_number": [at + 2 for at in range(len(rows))], "named_withheld": [withheld] * len(rows),
        "row_hash": ["h"] * len(rows), "NOTICE_NO": [number for number, _ in rows],
        "EMPLOYER": [name for _, name in rows], "STATE": ["F"] * len(rows), "ISSUED": ["2024-01-31"] * len(rows),
        "AMOUNT": ["1000"] * len(rows),
    }  # fmt: skip
    types = {"_row": pa.int64(), "row_number": pa.int64(), "named_withheld": pa.bool_()}
    table = pa.table({name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()})
    return StoredRows(tables={"notice": table})


ROWS = notices(("1", "Acme Widgets Ltd"), ("2", "Beta Tools GmbH"), ("3", "Roe, Janet Q."))


def says(table: pa.Table) -> list[tuple[Any, ...]]:
    return [(row["native_id"], row["company_name"], row["rows"]) for row in table.to_pylist()]


def place(row: int) -> dict[str, Any]:
    return {"retrieval_id": "r", "member": None, "row": row}


def test_records_are_derived_and_judged_as_by_a_sync(adapter: Adapter) -> None:
    table = rederive(adapter, ROWS, data_as_of=date(2024, 6, 1))
    assert says(table) == [("1", "Acme Widgets Ltd", [place(2)]), ("2", "Beta Tools GmbH", [place(3)])]
    first = table.to_pylist()[0]
    assert (first["status"], first["amounts"][0]["currency"], first["gate_reason"]) == (
        "final",
        "EUR",
        "legal form: ltd",
    )
    assert first["data_as_of"] == date(2024, 6, 1), "the stamp of the whole, where a row gives none"
    assert "Janet" not in str(table.to_pylist())


def test_rows_that_say_the_same_are_one_record_of_all_of_them(adapter: Adapter) -> None:
    rows = notices(("1", "Acme Widgets Ltd"), ("1", "Acme Widgets Ltd"), ("1", "Acme Widgets Limited"))
    found = says(rederive(adapter, rows, data_as_of=None))
    assert found == [("1", "Acme Widgets Ltd", [place(2), place(3)]), ("1", "Acme Widgets Limited", [place(4)])]


def test_rows_without_text_give_nothing(adapter: Adapter) -> None:
    assert says(rederive(adapter, notices(("1", "Acme Ltd"), withheld=True), data_as_of=None)) == []


def test_rows_may_lie_in_files_and_rulings_hold(adapter: Adapter, tmp_path: Path) -> None:
    pq.write_table(ROWS.tables["notice"], tmp_path / "notice.parquet")
    rows = StoredRows(files={"notice": tmp_path / "notice.parquet"})
    purged = Rulings(key=b"k", names=frozenset({digest(b"k", "name", "", name_key("Acme Widgets Ltd"))}))
    found = says(rederive(adapter, rows, data_as_of=None, rulings=purged))
    assert [number for number, *_ in found] == ["2"]


def test_without_rows_of_a_primary_relation_nothing_can_be_said(adapter: Adapter) -> None:
    with pytest.raises(TransformError, match="no rows of a primary relation"):
        rederive(adapter, StoredRows(), data_as_of=None)


def test_one_bad_task_costs_the_others_nothing(adapter: Adapter) -> None:
    bad = changed(adapter, {"records.sql": "SELECT nothing FROM notice"})
    other = changed(adapter, {"records.sql": PLAIN.replace("'penalty'", "'gossip'")})
    good, failed, wrong, last = rederive_each([Task(a, ROWS) for a in (adapter, bad, other, adapter)])
    assert isinstance(good, pa.Table)
    assert isinstance(last, pa.Table)
    assert good.equals(last)
    assert isinstance(failed, TransformError)
    assert "nothing" in failed.what
    assert isinstance(wrong, TransformError)
    assert "`kind` outside the model" in wrong.what


FORBIDDEN = {
    "copy": "COPY (SELECT 1) TO '{out}'",
    "attach": "ATTACH '{out}' AS other",
    "read_text": "SELECT content AS native_id, kind, company_name, _row FROM read_text('{secret}'), (" + PLAIN + ")",
    "read_csv": "SELECT * FROM read_csv('{secret}')",
    "read_blob": "SELECT * FROM read_blob('{secret}')",
    "read_parquet": "SELECT * FROM read_parquet('{secret}')",
    "file as table": "SELECT * FROM '{secret}'",
    "glob": "SELECT * FROM glob('/etc/*')",
    "sniff": "SELECT * FROM sniff_csv('{secret}')",
    "network": "SELECT * FROM read_csv('https://example.org/a.csv')",
    "set": "SET memory_limit = '900GB'",
    "pragma": "PRAGMA enable_external_access = true",
    "reset": "RESET lock_configuration",
    "install": "INSTALL httpfs",
    "load": "LOAD '{secret}'",
    "getenv": "SELECT getenv('HOME') AS native_id, 'order' AS kind, 'A Ltd' AS company_name, _row FROM notice",
    "two statements": PLAIN + "; DROP TABLE notice",
    "hidden statement": PLAIN + " /* */; SET threads = 1 -- ",
    "insert": "INSERT INTO notice SELECT * FROM notice",
    "delete inside": "WITH a AS (DELETE FROM notice RETURNING *) " + PLAIN.replace("notice", "a"),
    "create": "CREATE TABLE other AS SELECT 1",
    "export": "EXPORT DATABASE '{out}'",
    "call": "CALL pragma_version()",
    "query": """SELECT * FROM query('COPY (SELECT 1) TO ''{out}'' ')""",
    "python": "SELECT * FROM os",
    "scan": "SELECT * FROM arrow_scan(1, 2, 3)",
    "secrets": "SELECT * FROM duckdb_secrets()",
    "macro": "SELECT * FROM outside()",
    "sub-query macro": "SELECT inside() AS native_id, 'order' AS kind, 'A Ltd' AS company_name, _row FROM notice",
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_no_file_network_or_configuration_is_within_reach(adapter: Adapter, tmp_path: Path, name: str) -> None:
    secret, out = tmp_path / "secret.csv", tmp_path / "out"
    secret.write_text(f"a,b\n{SECRET},{SECRET}\n", encoding="utf-8")
    files = {"records.sql": FORBIDDEN[name].format(secret=secret, out=out)}
    if name.endswith("macro"):
        body = {"macro": "outside() AS TABLE SELECT *", "sub-query macro": "inside() AS (SELECT content"}[name]
        end = ")" * name.startswith("sub")
        files["macros/theirs.sql"] = f"CREATE MACRO {body} FROM read_text('{secret}'){end}"
    with pytest.raises(TransformError) as caught:
        rederive(changed(adapter, files), ROWS, data_as_of=None)
    assert SECRET not in str(caught.value)
    assert not out.exists()


MACROS = {
    "select": "SELECT 1;",
    "set": "CREATE MACRO a() AS 1; SET threads = 7;",
    "table": "CREATE TABLE other AS SELECT 1;",
    "view": "CREATE OR REPLACE VIEW other AS SELECT 1;",
    "secret": "CREATE SECRET other (TYPE s3);",
    "commented": "/* CREATE MACRO */ CREATE TABLE other AS SELECT 1;",
    "table called macro": "CREATE TABLE MACRO AS SELECT 1;",
    "not SQL": "this is no SQL",
}


@pytest.mark.parametrize("name", MACROS)
def test_a_file_of_macros_makes_macros_alone(adapter: Adapter, name: str) -> None:
    with pytest.raises(TransformError, match=r"another statement than CREATE MACRO|SQL is wrong|in the SQL"):
        rederive(changed(adapter, {"macros/theirs.sql": MACROS[name]}), ROWS, data_as_of=None)


def test_macros_that_bear_the_names_of_built_in_functions_change_their_own_sql_alone(adapter: Adapter) -> None:
    """Not the gate, the comparison or anything behind it."""
    shadows = """
        CREATE OR REPLACE MACRO trim(x) AS 'Shadow Ltd'; CREATE OR REPLACE MACRO hash(x) AS 0;
        CREATE OR REPLACE MACRO starts_with(a, b) AS true; CREATE OR REPLACE MACRO ltrim(a, b) AS 'shadow';
        CREATE OR REPLACE MACRO min(x) AS 0; CREATE OR REPLACE MACRO list_filter(a, b) AS [];
        CREATE OR REPLACE MACRO sha256(x) AS 'shadow'; CREATE OR REPLACE MACRO count(x) AS 0;"""
    plain = rederive(changed(adapter, {"records.sql": PLAIN}), ROWS, data_as_of=None)
    shadowed = rederive(changed(adapter, {"records.sql": PLAIN, "macros/zz.sql": shadows}), ROWS, data_as_of=None)
    assert shadowed.equals(plain)
    assert len(plain) == 2


@pytest.mark.parametrize(
    ("sql", "seconds"),
    [
        ("WITH RECURSIVE t AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM t) SELECT count(*) FROM t, notice", 2),
        ("SELECT len(range(4000000000)) FROM notice", 20),
        ("SELECT len(repeat('x', 4000000000)) FROM notice", 20),
        ("SELECT string_agg(a::VARCHAR, '') FROM range(900000000) t(a)", 20),
        (f"SELECT {'(' * 5000}1{')' * 5000} FROM notice", 20),
        ("SELECT count(*) FROM range(10000000) a, range(10000000) b", 2),
    ],
    ids=["recursion", "list", "text", "aggregate", "nesting", "product"],
)
def test_endless_or_enormous_sql_is_ended(adapter: Adapter, sql: str, seconds: float) -> None:
    bomb = changed(adapter, {"records.sql": sql})
    with pytest.raises(TransformError) as caught:
        rederive(bomb, ROWS, data_as_of=None, memory="200MB", seconds=seconds)
    assert caught.value.source == "xx_fair_work"


def test_what_the_engine_says_of_rows_is_not_repeated(adapter: Adapter) -> None:
    rows = notices(("1", SECRET))
    sql = PLAIN.replace("EMPLOYER AS company_name", "EMPLOYER::INTEGER::VARCHAR AS company_name")
    with pytest.raises(TransformError) as caught:
        rederive(changed(adapter, {"records.sql": sql}), rows, data_as_of=None)
    assert SECRET not in str(caught.value)
    assert "ConversionException" in str(caught.value)


def test_an_engine_that_fails_behind_the_gate_says_no_more(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.rederive.ready_sql", lambda *_: "SELECT 'secret'::INTEGER")
    with pytest.raises(TransformError, match=r"the engine failed .ConversionException."):
        rederive(adapter, ROWS, data_as_of=None)


@pytest.mark.parametrize("memory", ["lots", "", "12"])
def test_memory_is_an_amount(adapter: Adapter, memory: str) -> None:
    with pytest.raises(UsageError, match="no amount of memory"):
        rederive(adapter, ROWS, data_as_of=None, memory=memory)


BROKEN = {
    "no TOML": {"source.toml": "=="},
    "deep TOML": {"source.toml": "a = " + "[" * 5000},
    "unknown key": {"source.toml": 'colour = "red"'},
    "strange file": {"setup.py": "import os"},
    "path": {"macros/../../x.sql": ""},
    "no id": {"source_id": "../etc"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_files_that_are_no_adapter(adapter: Adapter, name: str) -> None:
    with pytest.raises(CatalogError):
        changed(adapter, BROKEN[name])


def test_files_that_are_missing_or_no_text(adapter: Adapter) -> None:
    for name in ("source_id", "source.toml", "records.sql"):
        with pytest.raises(CatalogError, match="missing"):
            read_adapter({key: value for key, value in adapter.files.items() if key != name})
    with pytest.raises(CatalogError, match="UTF-8"):
        read_adapter({**adapter.files, "records.sql": b"\xff"})


def test_archives_that_are_no_adapter(adapter: Adapter) -> None:
    def archive(files: Mapping[str, bytes]) -> bytes:
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
            for name, content in files.items():
                made.writestr(name, content)
        return kept.getvalue()

    assert unpack_adapter(archive(adapter.files)).version == adapter.version
    bomb = archive({**adapter.files, "records.sql": b"-" * 6_000_000})
    many = archive({f"macros/m{at}.sql": b"" for at in range(60)})
    broken = bytearray(archive(adapter.files))
    broken[len(broken) // 2] ^= 0xFF
    for content, why in ((b"", "zip"), (bomb, "too large"), (many, "too large"), (bytes(broken), "zip")):
        with pytest.raises(CatalogError, match=why):
            unpack_adapter(content)


def job(adapter: Adapter, folder: Path, **more: Any) -> dict[str, Any]:
    pq.write_table(ROWS.tables["notice"], folder / "rows.parquet")
    return {
        "out": str(folder / "out.duckdb"), "memory": "200MB", "threads": 1, "temp": str(folder / "spill"),
        "disk": "1GB",
        "relations": {"notice": {"files": [str(folder / "rows.parquet")], "columns": ["NOTICE_NO", "EMPLOYER"]}},
        "blank": {}, "macros": adapter.macros, "lookup": "CREATE MACRO lookup(a, b) AS b", "sql": PLAIN,
        "casts": {"native_id": "native_id::VARCHAR", "kind": "kind"}, **more,
    }  # fmt: skip


def test_the_engine_answers_without_rows(adapter: Adapter, tmp_path: Path) -> None:
    """The same that the process does, here where it can be watched."""
    assert locked_engine.run(job(adapter, tmp_path)) == {"columns": ["_row", "native_id", "kind", "company_name"]}
    cases = {
        "sql": {"sql": "SELECT nonsense FROM notice"},
        "refused": {"sql": "SELECT 1; SELECT 2"},
        "engine": {"sql": "SELECT EMPLOYER::INTEGER AS native_id FROM notice"},
        "memory": {"sql": "SELECT string_agg(a::VARCHAR, '') AS native_id FROM range(90000000) t(a)", "memory": "60MB"},
    }
    for at, (kind, more) in enumerate(cases.items()):
        answer = locked_engine.run(job(adapter, tmp_path, out=str(tmp_path / f"{at}.duckdb"), **more))
        assert answer["error"] == kind
        assert "Janet" not in json.dumps(answer)
    blank = {
        "sql": PLAIN.replace("notice", "other"),
        "blank": {"other": "SELECT 0 AS _row, '' AS NOTICE_NO, '' AS EMPLOYER"},
    }
    answer = locked_engine.run(job(adapter, tmp_path, out=str(tmp_path / "blank.duckdb"), **blank))
    assert answer["columns"][0] == "_row"
    refused = {"blank": {"other": "COPY (SELECT 1) TO 'x'"}}
    answer = locked_engine.run(job(adapter, tmp_path, out=str(tmp_path / "refused.duckdb"), **refused))
    assert answer["error"] == "refused"
    strange = {"macros": ["SELECT 1"]}
    answer = locked_engine.run(job(adapter, tmp_path, out=str(tmp_path / "strange.duckdb"), **strange))
    assert answer["error"] == "refused"


def test_the_process_is_bounded_by_the_operating_system(adapter: Adapter, tmp_path: Path) -> None:
    plan = {"limits": {"memory": 2_000_000_000, "seconds": 60, "file": 10_000_000}, "jobs": [job(adapter, tmp_path)]}
    script = f"""
import json, resource, runpy
runpy.run_path({locked_engine.__file__!r}, run_name="__main__")
bounds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)
print(json.dumps([resource.getrlimit(which)[0] for which in bounds]))
"""
    command = [sys.executable, "-I", "-c", script]
    done = subprocess.run(command, input=json.dumps(plan), capture_output=True, text=True, timeout=60, check=True)
    answer, limits = done.stdout.splitlines()
    assert json.loads(answer)["columns"]
    assert json.loads(limits) == [2_000_000_000, 60, 10_000_000]


def test_the_plan_is_read_and_every_job_answered(
    adapter: Adapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [job(adapter, tmp_path), job(adapter, tmp_path, out=str(tmp_path / "second.duckdb"), sql="SELECT")]
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"limits": {}, "jobs": jobs})))
    monkeypatch.setattr(locked_engine, "bound", lambda _: None)
    locked_engine.main()
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert "columns" in first
    assert second["error"] == "sql"


def test_the_environment_of_the_process_holds_no_secrets(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    real = subprocess.run

    def watched(command: list[str], **given: Any) -> Any:
        seen.update(given["env"])
        return real(command, **given)

    monkeypatch.setattr("ingest.rederive.subprocess.run", watched)
    monkeypatch.setenv("TRACKRECORD_SECRET", SECRET)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert len(rederive(adapter, ROWS, data_as_of=None)) == 2
    expected = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    assert seen == {"TZ": "Asia/Tokyo"} | expected
