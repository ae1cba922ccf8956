"""`trackrecord evidence`: a pack of invented companies is written, checked, and its damage told by the exit code."""

import hashlib
import json
from pathlib import Path

import pytest

from cli.home import mark_sample
from cli.main import main
from db.evidence_pack.container import opened
from db.evidence_pack.proof import installed
from db.samples import sample_folder, sample_options
from db.store import Store
from db.sync import sync
from ingest.catalog import find_source

SOURCE = "us_ofac_sdn"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample home of one source whose records rest on joined rows."""
    made = tmp_path_factory.mktemp("evidence") / "home"
    mark_sample(made)
    options = sample_options(sample_folder() / SOURCE / "sample")
    (report,) = sync(Store(made), [find_source(SOURCE)], options, lambda *_: None)
    assert report.outcome == "loaded"
    return made


@pytest.fixture(scope="module")
def ids(home: Path) -> list[str]:
    with Store(home).reading() as con:
        return [row[0] for row in con.execute("SELECT record_id FROM record ORDER BY record_id").fetchall()]


@pytest.fixture(scope="module")
def pack(home: Path, ids: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("pack") / "pack.zip"
    assert main(["--home", str(home), "evidence", *ids, "-o", str(output)]) == 0
    return output


def test_says_what_was_packed_and_its_hash(
    home: Path, ids: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "pack.zip"
    assert main(["--home", str(home), "evidence", *ids, "-o", str(output)]) == 0
    said = capsys.readouterr().out
    assert hashlib.sha256(output.read_bytes()).hexdigest() in said
    assert "Note the SHA-256 in your audit file" in said
    assert "SAMPLE" in said
    assert main(["--home", str(home), "evidence", ids[0], "-o", str(output), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["counts"]["records"] == 1
    assert made["sample"] is True


def test_the_dossier_of_a_sample_says_so(pack: Path) -> None:
    assert b"Invented companies, not public records." in pack.read_bytes()


def derivation(pack: Path, record_id: str) -> str:
    """The line of a record in records.jsonl."""
    with opened(pack) as files:
        lines = (files.read("records.jsonl") or b"").decode().splitlines()
    return next(line for line in lines if json.loads(line)["record_id"] == record_id)


def test_a_pack_agrees_where_nothing_was_ever_synced(
    home: Path, pack: Path, ids: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert installed(SOURCE) is not None, "the catalogue as it is: imported before the tests replace it"
    elsewhere = ["--home", str(tmp_path / "nothing")]
    withheld = [found for found in ids if "row text withheld" in derivation(pack, found)]
    rest = tmp_path / "rest.zip"
    made = [found for found in ids if found not in withheld]
    assert main(["--home", str(home), "evidence", *made, "-o", str(rest)]) == 0
    capsys.readouterr()
    assert main([*elsewhere, "evidence", "verify", str(rest)]) == 0
    said = capsys.readouterr().out
    assert "Everything agrees." in said
    assert "the installed one" in said
    assert main([*elsewhere, "evidence", "verify", str(pack)]) == 1
    said = capsys.readouterr().out
    assert "Nothing differs, but 1 of what it says is not proven" in said
    assert "Everything agrees." not in said
    assert main([*elsewhere, "evidence", "verify", str(pack), "--json"]) == 1
    verdict = json.loads(capsys.readouterr().out)
    derived = next(check for check in verdict["checks"] if check["what"] == "records derived again")
    assert (derived["n"], derived["differences"]) == (len(ids) - 1, 0)
    assert derived["remarks"] == ["1 versions: row text withheld, cannot be re-derived"]
    assert (verdict["differences"], verdict["unproven"]) == (0, 1)
    assert not (tmp_path / "nothing").exists()


def test_a_changed_pack_is_told_by_the_exit_code(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = tmp_path / "changed.zip"
    changed.write_bytes(pack.read_bytes().replace(b"Public records", b"Pablic records", 1))
    assert main(["evidence", "verify", str(changed)]) == 1
    said = capsys.readouterr().out
    assert "dossier.html differs from its hash" in said
    assert "differences: this is not what was packed" in said


def test_what_is_no_pack_is_a_wrong_question(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.zip").write_text("hello")
    assert main(["evidence", "verify", str(tmp_path / "text.zip")]) == 2
    assert "no evidence pack" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["verify", "a.zip", "b.zip"],
        ["verify", "a.zip", "-o", "b.zip"],
        ["us_ofac_sdn:1"],
        ["us_ofac_sdn:1", "-o", "b.zip", "--ca", "root.pem"],
        ["us_ofac_sdn:nothing", "-o", "b.zip"],
        ["c000000000000000", "-o", "b.zip"],
    ],
)
def test_a_wrong_command_says_what_is_right(
    home: Path,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--home", str(home), "evidence", *arguments]) == 2
    assert capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_companies_are_packed_with_why_they_are_one(home: Path, tmp_path: Path) -> None:
    with Store(home).reading() as con:
        sql = "SELECT company_id FROM record GROUP BY ALL HAVING count(DISTINCT party_id) > 1"
        ids = [row[0] for row in con.execute(sql).fetchall()]
    assert ids
    output = tmp_path / "pack.zip"
    assert main(["--home", str(home), "evidence", *ids, "-o", str(output)]) == 0
    assert b"Why these are one company" in output.read_bytes()


def test_an_output_that_cannot_be_written_is_said(
    home: Path, ids: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(home), "evidence", ids[0], "-o", str(tmp_path / "none" / "pack.zip")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert main(["--home", str(home), "evidence", ids[0], "-o", str(tmp_path)]) == 2
    assert "no regular file" in capsys.readouterr().err
