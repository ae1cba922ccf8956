"""Packs of strangers who wish us ill: nothing outside is read or written, nothing explodes, nothing runs for ever."""

import hashlib
import json
import os
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard

from db.evidence_pack.container import COMMENT
from db.evidence_pack.pack import Made
from ingest.errors import UsageError
from tests.evidence.sealing import check, differing

Seal = Callable[..., Path]


def adapter_file(contents: Mapping[str, bytes], ending: str) -> str:
    return next(name for name in contents if name.startswith("adapters/") and name.endswith(ending))


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/etc/passwd", "rows/../../x", "a\\b", "C:x", "a//b", "ünicode", ""]
)
def test_a_name_that_leads_outside_ends_the_reading(made: Made, tmp_path: Path, name: str) -> None:
    given = name.encode()
    header = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0x21, zlib.crc32(b"x"), 1, 1, len(given), 0)
    hostile = tmp_path / "outside.zip"
    hostile.write_bytes(header + given + b"x" + Path(made.file).read_bytes())
    assert "nothing behind it was read" in differing(check(hostile))["bytes of the zip"][0]
    assert [path.name for path in tmp_path.iterdir()] == ["outside.zip"]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * 40_000_000)
        archive.comment = COMMENT
    verdict = check(bomb)
    assert "not as trackrecord writes it" in differing(verdict)["bytes of the zip"][0]
    assert "manifest.json is missing or not readable" in differing(verdict)["files"]


def test_one_name_twice_is_found(made: Made, tmp_path: Path) -> None:
    whole = Path(made.file).read_bytes()
    second = whole.index(b"PK\3\4", 4)
    twice = tmp_path / "twice.zip"
    twice.write_bytes(whole[:second] + whole)
    assert differing(check(twice))["bytes of the zip"]


def test_a_zip_of_somebody_else_is_no_pack(tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dossier.html", "<p>hello")
    with pytest.raises(UsageError, match="no evidence pack"):
        check(other)


@pytest.mark.parametrize("name", ["manifest.json", "dossier.json", "records.jsonl", "retrievals.jsonl"])
@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b"{}",
        b"null",
        b"not json",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"seq": 1, "seq": 1}',
        b'"\\ud800"',
        '{"a": 1}'.encode("utf-16"),
        b'{"seq": ' + b"9" * 5_000 + b"}",
        b'"' + b"x" * 1_000_000 + b'"',
    ],
)
def test_a_file_of_another_form_is_said(sealed: Seal, name: str, content: bytes) -> None:
    verdict = check(sealed({name: content}))
    assert any(name in cause for cause in differing(verdict)["form of its files"])
    assert "nothing else was checked" in [r for found in verdict.checks for r in found.remarks]


def test_a_huge_file_is_not_read(sealed: Seal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.evidence_pack.loaded.LARGEST", 1_000)
    assert "larger than 1,000 bytes" in " ".join(differing(check(sealed({})))["form of its files"])
    monkeypatch.setattr("db.evidence_pack.loaded.LARGEST", 1_000_000)
    monkeypatch.setattr("db.evidence_pack.loaded.MOST_ROWS", 100)
    assert "rows/ holds more than 100 bytes" in differing(check(sealed({})))["form of its files"]


@pytest.mark.parametrize(
    "head",
    [
        {"columns": [["_row", "int64"]]},
        {"columns": [["_row", "decimal(1e9)"]]},
        {"columns": 1},
        [],
        {"columns": [[name, kind] for name, kind in (
            ("_row", "int64"), ("retrieval_id", "string"), ("member", "string"), ("row_number", "int64"),
            ("named_withheld", "bool"), ("row_hash", "string"), ("A", "string"), ("a", "string"))]},
    ],
)  # fmt: skip
def test_rows_of_another_form_are_said(contents: Mapping[str, bytes], sealed: Seal, head: object) -> None:
    name = next(name for name in contents if name.startswith("rows/"))
    rest = contents[name].partition(b"\n")[2]
    verdict = check(sealed({name: json.dumps(head).encode() + b"\n" + rest}))
    assert "not a file of rows" in differing(verdict)["form of its files"][0]


def test_a_type_nested_without_end_is_said(contents: Mapping[str, bytes], sealed: Seal) -> None:
    name = next(name for name in contents if name.startswith("rows/"))
    columns = json.loads(contents[name].partition(b"\n")[0])["columns"]
    deep: object = "string"
    for _ in range(50):
        deep = ["list", deep]
    columns[-1][1] = deep
    verdict = check(sealed({name: json.dumps({"columns": columns}).encode() + b"\n"}))
    assert "not a file of rows" in differing(verdict)["form of its files"][0]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT _row, content AS native_id, 'penalty' AS kind, EMPLOYER AS company_name FROM read_text('/etc/x')",
        "SELECT _row, NOTICE_NO AS native_id, 'penalty' AS kind, getenv('HOME') AS company_name FROM notice",
        "COPY notice TO '/tmp/stolen.csv'",
        "SELECT 1; DROP TABLE notice",
        "SET enable_external_access = true",
        "nonsense",
    ],
)
def test_sql_that_reaches_outside_is_refused(contents: Mapping[str, bytes], sealed: Seal, sql: str) -> None:
    verdict = check(sealed({adapter_file(contents, "records.sql"): sql.encode()}))
    causes = differing(verdict)["records derived again"]
    assert len(causes) == 5
    assert not Path("/tmp/stolen.csv").exists()  # noqa: S108


def test_sql_without_an_end_is_stopped(contents: Mapping[str, bytes], sealed: Seal) -> None:
    sql = """SELECT _row, (SELECT count(*) FROM range(1000000000) a, range(1000000000) b)::VARCHAR AS native_id,
             'penalty' AS kind, EMPLOYER AS company_name FROM notice"""
    path = sealed({adapter_file(contents, "records.sql"): sql.encode()})
    started = time.monotonic()
    verdict = check(path, seconds=2)
    assert "stopped after 2 seconds" in differing(verdict)["records derived again"][0]
    assert time.monotonic() - started < 60


def test_macros_may_be_macros_only(contents: Mapping[str, bytes], sealed: Seal) -> None:
    verdict = check(sealed({adapter_file(contents, "macros/macros.sql"): b"INSTALL httpfs; LOAD httpfs;"}))
    assert "another statement than CREATE MACRO" in differing(verdict)["records derived again"][0]


@pytest.mark.parametrize("ending", ["source.toml", "source_id"])
def test_an_adapter_that_is_none_is_said(contents: Mapping[str, bytes], sealed: Seal, ending: str) -> None:
    for content in (b"= =", b"\xff", None):
        verdict = check(sealed({adapter_file(contents, ending): content}))
        assert "adapters/xx_fair_work" in differing(verdict)["form of its files"][0]


def test_files_in_places_of_others_are_said(contents: Mapping[str, bytes], sealed: Seal) -> None:
    verdict = check(sealed({"rows/elsewhere.jsonl": b"{}", "adapters/elsewhere": b"{}", "stamps/1-x.tsr": b"{}"}))
    said = " ".join(differing(verdict)["form of its files"])
    assert "rows/elsewhere.jsonl is no file of rows" in said
    assert "adapters/elsewhere is no file of an adapter" in said


def test_a_stamp_nobody_listed_and_one_that_is_none(contents: Mapping[str, bytes], sealed: Seal) -> None:
    assert "unknown to the manifest" in differing(check(sealed({"stamps/1-x.tsr": b"{}"})))["time stamps"][0]
    link = json.loads(contents["retrievals.jsonl"].splitlines()[0])["chain_hash"]
    listed = {"file": "stamps/1-x.tsr", "seq": 1, "chain_hash": link, "stamped_at": "2026-01-01T00:00:00.000000Z",
              "url": "https://tsa.example", "authority": "Nobody"}  # fmt: skip
    verdict = check(sealed({"stamps/1-x.tsr": b"{}"}, {"stamps": [listed]}))
    assert "not an answer of a time stamp authority" in differing(verdict)["time stamps"][0]
    verdict = check(sealed({"stamps/1-x.tsr": b"{}"}, {"stamps": [{**listed, "seq": 7}]}))
    assert "does not hold what it covers" in differing(verdict)["time stamps"][0]


@pytest.mark.parametrize("content", [b"", b"not zstd", b"\x28\xb5\x2f\xfd" + b"\0" * 50])
def test_a_whole_file_that_is_none_is_found(sealed: Seal, content: bytes) -> None:
    verdict = check(sealed({"payloads/xx_fair_work/a.zst": content}))
    assert "is not the file of any retrieval" in differing(verdict)["whole files"][0]


def test_a_whole_file_that_explodes_is_not_unpacked(
    contents: Mapping[str, bytes], sealed: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = zstandard.ZstdCompressor().compress(b"0" * 300_000_000)
    assert differing(check(sealed({"payloads/xx_fair_work/a.zst": bomb})))["whole files"]
    # a pack may state any size
    monkeypatch.setattr("db.evidence_pack.checks.MOST_UNPACKED", 1_000)
    links = [json.loads(line) for line in contents["retrievals.jsonl"].splitlines()]
    stated = b"".join(json.dumps({**link, "bytes": 1 << 60}).encode() + b"\n" for link in links)
    verdict = check(sealed({"payloads/xx_fair_work/a.zst": bomb, "retrievals.jsonl": stated}))
    assert differing(verdict)["whole files"]


def test_a_whole_file_with_something_behind_it_is_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    link = json.loads(contents["retrievals.jsonl"].splitlines()[0])
    sound = zstandard.ZstdCompressor().compress(b"a file")
    stated = {**link, "bytes": 6, "sha256": hashlib.sha256(b"a file").hexdigest()}
    for behind, differences in ((b"", False), (b"something", True)):
        verdict = check(
            sealed({"payloads/xx_fair_work/a.zst": sound + behind, "retrievals.jsonl": json.dumps(stated).encode()})
        )
        assert ("whole files" in differing(verdict)) is differences


def test_sql_that_gives_more_than_its_rows_can_is_stopped(
    contents: Mapping[str, bytes], sealed: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.evidence_pack.derive._MOST_TEXT", 1_000_000)
    name = adapter_file(contents, "records.sql")
    for sql in (
        b"SELECT n.* FROM (" + contents[name] + b") n, range(2000)",
        b"SELECT n.* REPLACE (repeat('x', 1_000_000) AS summary) FROM (SELECT *, '' AS summary FROM ("
        + contents[name]
        + b")) n",
    ):
        assert "more than" in differing(check(sealed({name: sql})))["records derived again"][0]


def test_a_pipe_is_no_pack(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(UsageError, match="no evidence pack"):
        check(tmp_path / "pipe.zip")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"issued_on":"2024-02-29"', b'"issued_on":"2024-02-31"'),
        (b'"value":"2500.50"', b'"value":"1e999999999"'),
        (b'"row":3', b'"row":true'),
        (b'"source_id":"xx_fair_work"', b'"source_id":"elsewhere"'),
    ],
)
def test_records_no_agency_could_publish_are_found(
    contents: Mapping[str, bytes], sealed: Seal, old: bytes, new: bytes
) -> None:
    assert old in contents["records.jsonl"]
    assert differing(check(sealed({"records.jsonl": contents["records.jsonl"].replace(old, new)})))


def test_times_and_days_that_are_none_are_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    chain = contents["retrievals.jsonl"].replace(b'"attempted_at":"20', b'"attempted_at":"20', 1)
    month = chain.index(b'"attempted_at":"') + len(b'"attempted_at":"2026-')
    verdict = check(sealed({"retrievals.jsonl": chain[:month] + b"99" + chain[month + 2 :]}))
    assert "a time in retrievals.jsonl is none" in differing(verdict)["chain of retrievals"]
    manifest = json.loads(contents["manifest.json"])
    runs = {name: {**run, "data_as_of": "2024-99-99"} for name, run in manifest["runs"].items()}
    verdict = check(sealed({}, {"runs": runs}))
    assert "a day in manifest.json is none" in differing(verdict)["records derived again"]


def test_a_description_of_other_files_is_found(contents: Mapping[str, bytes], sealed: Seal) -> None:
    name = "ro-crate-metadata.json"
    other = contents[name].replace(b"dossier.html", b"another.html")
    assert "lists other files" in differing(check(sealed({name: other})))["description"][0]
    assert "not readable" in differing(check(sealed({name: b"[]"})))["description"][0]


def test_a_pack_of_a_later_format_is_said(sealed: Seal) -> None:
    verdict = check(sealed({}, {"format": "trackrecord evidence pack 2"}))
    assert "another format" in differing(verdict)["form of its files"][0]
