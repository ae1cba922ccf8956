"""What a pack holds: everything that proves the records, nothing that is no longer published, nobody."""

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from db.analyst import Analyst
from db.cite import cite
from db.decisions.kept import Decisions
from db.evidence_pack.container import opened
from db.evidence_pack.pack import Made
from db.show.page import Asked
from db.stamp.kept import Stamp
from db.sync import Options, sync
from ingest.errors import StoreDamaged, StoreError, UsageError
from tests.db.conftest import Agency
from tests.evidence.conftest import HIDDEN_NAME, HOSTILE_NAME, NOW, SECOND, World
from tests.evidence.sealing import check, differing


def lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def page_of(contents: Mapping[str, bytes]) -> Any:
    """The dossier as a tree; what xpath gives is of many types."""
    return html.fromstring(contents["dossier.html"].decode())


def test_counts_what_it_holds(made: Made) -> None:
    expected = {"records": 5, "versions": 6, "tombstones": 1, "rows": 6, "rows_withheld": 1, "underivable": 1}
    assert made.counts == expected
    assert made.underivable == {"row text withheld, cannot be re-derived": 1}


def test_says_the_hash_of_the_pack_itself(made: Made) -> None:
    assert made.sha256 == hashlib.sha256(Path(made.file).read_bytes()).hexdigest()


def test_any_zip_program_opens_it_and_finds_the_sums(made: Made) -> None:
    with zipfile.ZipFile(made.file) as archive:
        assert archive.testzip() is None
        stated = dict(line.split("  ")[::-1] for line in archive.read("SHA256SUMS").decode().splitlines())
        real = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    del real["SHA256SUMS"]
    assert stated == real


def test_is_readable_by_its_owner_alone(made: Made) -> None:
    assert Path(made.file).stat().st_mode & 0o777 == 0o600


def test_same_content_gives_the_same_bytes(world: World, made: Made, tmp_path: Path) -> None:
    again = world.pack(tmp_path / "again.zip")
    later = world.pack(tmp_path / "later.zip", now=NOW + timedelta(minutes=1))
    assert again.sha256 == made.sha256 != later.sha256


def test_what_is_no_longer_published_is_ids_and_dates(contents: Mapping[str, bytes], world: World) -> None:
    stone = next(line for line in lines(contents["records.jsonl"]) if "versions" not in line)
    assert stone["record_id"] == world.ids[3]
    assert set(stone) <= {"record_id", "source_id", "first_seen", "last_seen", "removed_at", "removal", "hidden"}
    for name, content in contents.items():
        assert HIDDEN_NAME.encode() not in content, name
        assert b"2024-04-30" not in content, name
    assert "no longer published by Fair Work Office of Xland" in contents["dossier.html"].decode()


def test_cites_a_record_as_trackrecord_does(contents: Mapping[str, bytes], world: World) -> None:
    source = world.agency.source
    asked = Asked(world.agency.home, {source.id: source}, NOW.date())
    with world.agency.store.reading() as con:
        said = cite(con, world.ids[0], asked).citation
    assert HOSTILE_NAME in said
    assert said in page_of(contents).text_content()


def test_names_no_person_whose_row_names_a_company(contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        assert b"Janet" not in content, name
        assert b"Jan Doe" not in content, name
    (rows,) = [content for name, content in contents.items() if b"Gamma" in content and name.startswith("rows/")]
    withheld = next(json.loads(line) for line in rows.splitlines()[1:] if b"true" in line)
    assert withheld[5:] == [withheld[5], None, None, None, None, None]
    assert re.fullmatch("[0-9a-f]{64}", withheld[5])


def test_has_every_version_with_the_rows_it_was_made_of(contents: Mapping[str, bytes], world: World) -> None:
    versions = next(line["versions"] for line in lines(contents["records.jsonl"]) if line["record_id"] == world.ids[0])
    assert [version["says"]["amounts"][0]["value"] for version in versions] == ["1500.00", "1000.00"]
    (kept,) = {version["last_run_id"] for version in versions} - {version["run_id"] for version in versions}
    assert versions[0]["last_run_id"] == kept, "the unchanged file showed it last"
    rows = [content for name, content in contents.items() if name.startswith("rows/")]
    for version in versions:
        assert any(version["row_hash"].encode() in content for content in rows)


def test_has_the_adapter_and_the_retrievals(contents: Mapping[str, bytes], world: World) -> None:
    folder = f"adapters/xx_fair_work/{world.agency.source.adapter_version}"
    assert contents[f"{folder}/records.sql"] == world.agency.source.records_sql.encode()
    chain = lines(contents["retrievals.jsonl"])
    assert [row["seq"] for row in chain] == [1, 2, 3], "to the head, for stamps to come"
    manifest = json.loads(contents["manifest.json"])
    assert {row["url"] for row in manifest["retrievals"]} == {"https://fairwork.example/open-data/notices.csv"}
    assert manifest["generation"] == "gen-000003"


def test_is_an_ro_crate_of_its_files(contents: Mapping[str, bytes]) -> None:
    graph = {entity["@id"]: entity for entity in json.loads(contents["ro-crate-metadata.json"])["@graph"]}
    assert graph["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    listed = {part["@id"] for part in graph["./"]["hasPart"]}
    assert listed == contents.keys() - {"manifest.json", "SHA256SUMS", "ro-crate-metadata.json"}
    rows = next(name for name in listed if name.startswith("rows/"))
    assert graph[graph[rows]["author"]["@id"]]["name"] == "Fair Work Office of Xland"
    assert graph[graph[rows]["license"]["@id"]]["name"] == "CC-BY-4.0"


def test_dossier_opens_without_a_network_and_runs_nothing(contents: Mapping[str, bytes]) -> None:
    page = page_of(contents)
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy[0].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not page.xpath("//script|//img|//link|//iframe|//object|//@src|//@onload|//@onclick|//form")
    assert not [target for target in page.xpath("//@href") if not str(target).startswith(("#", "https://fairwork"))]
    assert "@import" not in contents["dossier.html"].decode()
    assert "url(" not in contents["dossier.html"].decode()


def test_dossier_shows_names_as_text(contents: Mapping[str, bytes]) -> None:
    written = contents["dossier.html"].decode()
    assert "<script" not in written
    assert "<b>twice" not in written
    assert HOSTILE_NAME in page_of(contents).text_content()


def test_dossier_tells_what_a_reader_needs(contents: Mapping[str, bytes], world: World) -> None:
    text = " ".join(page_of(contents).text_content().split())
    for said in (
        "vacated: not held against the company",
        "in the agency's words: “V”",
        "2,500.50 EUR",
        "Not a criminal conviction.",
        "https://fairwork.example/report-an-error",
        "CC-BY-4.0",
        "disputed by an analyst on",
        "first searched on",
        "1 of the records have no date",
        "row text withheld, cannot be re-derived",
        f"trackrecord {world.ids[1]}, version 1 of ",
    ):
        assert said in text, said
    assert "Analyst A" not in text
    assert "4,000" not in text, "amounts are never added up"


def test_dossier_shows_what_a_version_changed(contents: Mapping[str, bytes]) -> None:
    page = page_of(contents)
    table = next(t for t in page.xpath("//table") if "Versions of this record" in t.text_content())
    cells = [" ".join(cell.text_content().split()) for cell in table.xpath(".//tbody/tr[1]/td")]
    assert cells[0] == "2"
    assert cells[2:] == ["amounts", "final, 1000.00, EUR", "final, 1500.00, EUR"]


def test_dossier_says_that_a_record_was_gone_in_between(tmp_path: Path) -> None:
    agency = Agency(tmp_path)
    agency.sync(*SECOND)
    agency.sync(*SECOND[1:])
    agency.sync(*SECOND)
    agency.sync(SECOND[0], SECOND[1].replace("2500", "2600"), *SECOND[2:])
    ids = tuple(str(row[0]) for row in agency.ask("SELECT record_id FROM record ORDER BY record_id"))
    World(agency, ids[:2]).pack(tmp_path / "pack.zip")
    assert not differing(check(tmp_path / "pack.zip"))
    with opened(tmp_path / "pack.zip") as pack:
        page = page_of({"dossier.html": pack.read("dossier.html") or b""})
    said = [
        " ".join(row.text_content().split()) for row in page.xpath("//table//tr") if "came back" in row.text_content()
    ]
    (removed,) = agency.ask("SELECT DISTINCT removed_at::DATE FROM record_history WHERE removed_at IS NOT NULL")
    assert len(said) == 1
    assert said[0].endswith(f"came back after it was removed at source, seen on {removed[0]}; says the same")


@pytest.mark.parametrize("index", ["[]", "{"])
def test_coverage_says_what_failed_without_folders_of_the_maker(tmp_path: Path, index: str) -> None:
    agency = Agency(tmp_path)
    agency.sync(*SECOND[:3])
    ids = tuple(str(row[0]) for row in agency.ask("SELECT record_id FROM record"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.json").write_text(index)
    (report,) = sync(agency.store, [agency.source], Options(mirror=tmp_path / "other"), lambda *_: None)
    assert str(tmp_path) in (report.error or "")
    World(agency, ids).pack(tmp_path / "pack.zip")
    with opened(tmp_path / "pack.zip") as pack:
        (line,) = json.loads(pack.read("dossier.json") or b"")["coverage"]
    (said,) = [remark for remark in line["remarks"] if remark.startswith("error: ")]
    assert "mirror" in said
    assert str(tmp_path) not in said
    assert ". " not in said, "what its user could do about it is no matter of the reader"


def test_dossier_is_accessible(contents: Mapping[str, bytes]) -> None:
    page = page_of(contents)
    assert page.get("lang") == "en"
    assert all(table.xpath("./caption") and table.xpath(".//th[@scope]") for table in page.xpath("//table"))
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1|//h2|//h3|//h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    (drawing,) = page.xpath("//*[local-name()='svg']")
    assert drawing.get("role") == "img"
    ids = set(page.xpath("//@id"))
    assert {f"#{name}" for name in ids} >= {target for target in page.xpath("//@href") if str(target).startswith("#")}
    assert all(set(named.split()) <= ids for named in page.xpath("//@aria-labelledby"))


def test_a_company_brings_all_its_records(world: World, tmp_path: Path) -> None:
    ((company_id,),) = world.agency.ask("SELECT company_id FROM record WHERE native_id = '2'")
    made = world.pack(tmp_path / "one.zip", str(company_id))
    assert made.counts["records"] == 1
    assert not differing(check(tmp_path / "one.zip"))


def test_a_company_whose_records_are_gone_is_its_id(world: World, tmp_path: Path) -> None:
    ((company_id,),) = world.agency.ask("SELECT company_id FROM record WHERE native_id = '4'")
    made = world.pack(tmp_path / "gone.zip", str(company_id))
    assert (made.counts["records"], made.counts["tombstones"]) == (0, 1)
    assert HIDDEN_NAME.encode() not in Path(made.file).read_bytes()
    assert not differing(check(tmp_path / "gone.zip"))


@pytest.mark.parametrize("wrong", ["xx_fair_work:99", "c000000000000000", "neither"])
def test_an_unknown_id_is_said(world: World, tmp_path: Path, wrong: str) -> None:
    with pytest.raises(UsageError, match=r"no record|no company|neither"):
        world.pack(tmp_path / "none.zip", wrong)
    assert not (tmp_path / "none.zip").exists()


def test_a_name_that_the_gate_withholds_by_now_stops_the_pack(tmp_path: Path) -> None:
    agency = Agency(tmp_path)
    agency.sync(*SECOND[:3])
    ids = tuple(str(row[0]) for row in agency.ask("SELECT record_id FROM record"))
    Analyst(agency.home).purge(records=[], names=["Beta Tools GmbH"], reason="request", by="somebody")
    with pytest.raises(StoreError, match="may be persons") as raised:
        World(agency, ids).pack(tmp_path / "pack.zip")
    assert "Beta" not in str(raised.value)
    assert "1 in names of records" in str(raised.value)
    assert "1 in respondents of original rows" in str(raised.value)
    assert not (tmp_path / "pack.zip").exists()


def test_a_remark_that_names_a_person_stops_the_pack(tmp_path: Path) -> None:
    agency = Agency(tmp_path)
    agency.sync(*SECOND[:3])
    ids = tuple(str(row[0]) for row in agency.ask("SELECT record_id FROM record"))
    Decisions(agency.home).dispute(ids[0], why="Told by Mr Peter Schmidt", evidence=None, by="somebody")
    with pytest.raises(StoreError, match="1 in remarks of analysts"):
        World(agency, ids).pack(tmp_path / "pack.zip")


def test_whole_files_of_a_source_of_companies_go_along(tmp_path: Path) -> None:
    agency = Agency(tmp_path, company_only=True)
    agency.sync(*SECOND[:3])
    ids = tuple(str(row[0]) for row in agency.ask("SELECT record_id FROM record"))
    world = World(agency, ids)
    whole, without = world.pack(tmp_path / "whole.zip"), world.pack(tmp_path / "less.zip", most_payload=10)
    with zipfile.ZipFile(whole.file) as archive:
        assert [name for name in archive.namelist() if name.startswith("payloads/xx_fair_work/")]
    assert not whole.left_out
    assert "larger than was asked for" in without.left_out[0]
    assert {c.what: c.n for c in check(tmp_path / "whole.zip").checks}["whole files"] == 1
    assert not differing(check(tmp_path / "less.zip"))


def test_rows_of_an_adapter_that_is_not_kept(tmp_path: Path) -> None:
    agency = Agency(tmp_path)
    agency.sync(*SECOND[:3])
    ids = tuple(str(row[0]) for row in agency.ask("SELECT record_id FROM record"))
    for kept in (agency.home / "evidence" / "adapters").glob("*.zip"):
        kept.unlink()
    same = World(agency, ids).pack(tmp_path / "same.zip")
    assert same.counts["underivable"] == 0, "the installed adapter is the same"
    agency.sql = agency.sql.replace("'EUR'", "'USD'")
    newer = World(agency, ids).pack(tmp_path / "newer.zip")
    assert newer.underivable == {"the adapter of that time is not kept": 3}
    assert newer.counts["rows_withheld"] == 0, "the gate judged the rows by the installed adapter"
    assert not differing(check(tmp_path / "newer.zip"))
    agency.sql = "SELECT nonsense FROM notice"
    judged_by_none = World(agency, ids).pack(tmp_path / "none.zip")
    assert judged_by_none.counts["rows_withheld"] == 3, "nothing shows that these rows name nobody"
    assert b"Beta Tools GmbH,F" not in Path(judged_by_none.file).read_bytes()
    assert not differing(check(tmp_path / "none.zip"))


def test_a_pack_has_a_largest_size(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.evidence_pack.gather.MOST_RECORDS", 2)
    with pytest.raises(UsageError, match="at most 2 records"):
        world.pack(tmp_path / "pack.zip")
    monkeypatch.undo()
    monkeypatch.setattr("db.evidence_pack.container.MOST_BYTES", 10_000)
    with pytest.raises(UsageError, match="Ask for fewer records"):
        world.pack(tmp_path / "pack.zip")
    assert not list(tmp_path.iterdir())


def test_a_damaged_evidence_store_is_said(tmp_path: Path) -> None:
    agency = Agency(tmp_path)
    agency.sync(*SECOND[:3])
    ids = tuple(str(row[0]) for row in agency.ask("SELECT record_id FROM record"))
    (file,) = (agency.home / "evidence" / "rows").rglob("*.parquet")
    file.write_bytes(b"PAR1")
    with pytest.raises(StoreDamaged, match="trackrecord verify"):
        World(agency, ids).pack(tmp_path / "pack.zip")


def test_a_stamp_behind_the_last_retrieval_ends_the_chain(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = [str(row[0]) for row in world.agency.ask("SELECT chain_hash FROM retrieval ORDER BY seq")]
    stamp = Stamp(1, links[0], datetime(2026, 1, 1, tzinfo=UTC), "https://tsa.example", "Authority", b"token")
    monkeypatch.setattr("db.evidence_pack.collect.stamps", lambda home: [stamp, replace(stamp, seq=2)])
    first = world.pack(tmp_path / "first.zip", world.ids[1])
    both = world.pack(tmp_path / "both.zip", world.ids[0])
    assert (first.stamps, both.stamps) == (1, 2)
    with zipfile.ZipFile(first.file) as archive:
        assert len(archive.read("retrievals.jsonl").splitlines()) == 1
