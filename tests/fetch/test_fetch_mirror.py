"""Mirrors: read, verified, written; and the one beside this repository."""

import gzip
import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.catalog import Source
from ingest.errors import Blocked, FetchError, TooLarge, Unreachable
from ingest.fetch import Known, write_mirror
from tests.fetch.conftest import Agency, Answer, Make, files_in, make_resource, make_source

CSV = b"NOTICE_NO,EMPLOYER\n1,Acme Widgets Ltd\n"
URL = "https://fairwork.example/open-data/notices.csv"
SHARED = Path(__file__).parents[2].parent / "shared" / "mirror"


def make_mirror(folder: Path, body: bytes = CSV, **changes: Any) -> Path:
    """A mirror with one answer, its file outside of the folder as in the shared one."""
    folder.mkdir(exist_ok=True)
    (folder.parent / "data").mkdir(exist_ok=True)
    (folder.parent / "data" / "notices.csv").write_bytes(body)
    entry = {
        "url": URL,
        "source_id": "xx_fair_work_penalties",
        "file": "../data/notices.csv",
        "media_type": "text/csv",
        "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "fetched_at": "2024-05-03T10:00:00+02:00",
        "fetched_at_basis": "our own note",
    }
    kept = {name: value for name, value in {**entry, **changes}.items() if value is not None}
    (folder / "index.json").write_text(json.dumps([kept]))
    return folder


def test_a_mirror_answers_in_place_of_the_network(open_fetcher: Make, source: Source, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    mirror = make_mirror(tmp_path / "mirror")
    fetcher = open_fetcher(mirror=mirror, progress=lambda name, done, total: seen.append((name, done, total)))
    fetched = fetcher.fetch(source, make_resource(URL, content_types=("text/csv",)))
    row = fetched.attempts[0]
    assert fetched.payloads[0].path.read_bytes() == CSV
    assert (row.outcome, row.via, row.status, row.url, row.final_url) == ("ok", "mirror", None, URL, URL)
    assert row.retrieved_at == datetime(2024, 5, 3, 8, tzinfo=UTC)
    assert row.attempted_at > row.retrieved_at
    assert row.headers == {"content-type": "text/csv", "content-length": str(len(CSV))}
    assert seen == [("notices.csv", len(CSV), len(CSV))]


@pytest.mark.parametrize("fetched_at", [None, "2024-05-03T10:00:00"])
def test_an_unknown_time_stays_unknown(
    open_fetcher: Make, source: Source, tmp_path: Path, fetched_at: str | None
) -> None:
    mirror = make_mirror(tmp_path / "mirror", fetched_at=fetched_at)
    assert open_fetcher(mirror=mirror).fetch(source, make_resource(URL)).attempts[0].retrieved_at is None


def test_known_bytes_are_unchanged(open_fetcher: Make, source: Source, tmp_path: Path, work: Path) -> None:
    known = {URL: Known(None, None, hashlib.sha256(CSV).hexdigest())}
    fetched = open_fetcher(mirror=make_mirror(tmp_path / "mirror"), known=known).fetch(source, make_resource(URL))
    assert (fetched.payloads, fetched.attempts[0].outcome) == ((), "unchanged")
    assert files_in(work) == []


def test_an_address_the_mirror_lacks(open_fetcher: Make, source: Source, tmp_path: Path) -> None:
    fetcher = open_fetcher(mirror=make_mirror(tmp_path / "mirror"))
    with pytest.raises(Unreachable, match="not in the mirror"):
        fetcher.fetch(source, make_resource(URL + "?page=2"))
    keyed = make_resource("https://fairwork.example/open-data/{key}.csv", pattern="keyed", optional=True)
    assert len(fetcher.fetch(source, keyed, keys=["notices", "others"]).payloads) == 1
    assert [row.outcome for row in fetcher.attempts] == ["failed", "ok", "failed"]


def test_days_the_mirror_lacks_are_days_without_a_file(open_fetcher: Make, source: Source, tmp_path: Path) -> None:
    mirror = make_mirror(tmp_path / "mirror", url="https://fairwork.example/2022/QTR4/form.20221003.idx")
    layouts = [
        make_resource(f"https://fairwork.example/{{YYYY}}/{{QTR}}/{name}.{{YYYYMMDD}}.idx", name=name, pattern="dated")
        for name in ("master", "form")
    ]
    fetcher = open_fetcher(mirror=mirror)
    answers = fetcher.fetch_group(source, layouts, since=date(2022, 10, 1), until=date(2022, 10, 4))
    assert [(resource.name, len(one.payloads)) for resource, one in answers] == [("form", 1)]
    with pytest.raises(Unreachable, match="not in the mirror"):
        fetcher.fetch_group(source, layouts, since=date(2022, 10, 1), until=date(2022, 10, 2))


@pytest.mark.parametrize("changes", [{"bytes": 1}, {"sha256": "0" * 64}, {"file": "../data/gone.csv"}])
def test_a_file_that_differs_from_the_index_is_named(
    open_fetcher: Make, source: Source, tmp_path: Path, work: Path, changes: dict[str, Any]
) -> None:
    fetcher = open_fetcher(mirror=make_mirror(tmp_path / "mirror", **changes))
    with pytest.raises(FetchError, match="a file of the mirror") as caught:
        fetcher.fetch(source, make_resource(URL))
    assert str(changes.get("file", "../data/notices.csv")) in str(caught.value)
    assert fetcher.attempts[0].outcome == "failed"
    assert files_in(work) == []


def test_mirrored_gzip_is_decoded_within_the_limits(open_fetcher: Make, source: Source, tmp_path: Path) -> None:
    mirror = make_mirror(tmp_path / "mirror", gzip.compress(CSV * 1000), content_encoding="gzip")
    fetcher = open_fetcher(mirror=mirror)
    payload = fetcher.fetch(source, make_resource(URL)).payloads[0]
    assert payload.path.read_bytes() == CSV * 1000
    assert payload.retrieval.sha256 == hashlib.sha256(CSV * 1000).hexdigest()
    with pytest.raises(TooLarge):
        fetcher.fetch(source, make_resource(URL, max_bytes=5000))


def test_mirrored_pages_are_checked_like_answers(open_fetcher: Make, source: Source, tmp_path: Path) -> None:
    mirror = make_mirror(tmp_path / "mirror", b"<html><title>Captcha</title></html>")
    with pytest.raises(Blocked):
        open_fetcher(mirror=mirror).fetch(source, make_resource(URL))


@pytest.mark.parametrize(
    "index",
    [
        "{",
        "{}",
        "[1]",
        '[{"url": "https://x.example"}]',
        json.dumps([{"url": URL, "file": "/etc/passwd", "bytes": 1, "sha256": "0" * 64}]),
        json.dumps([{"url": URL, "file": "a", "bytes": 1, "sha256": "short"}]),
        json.dumps([{"url": URL, "file": "a", "bytes": 1, "sha256": "0" * 64, "fetched_at": "yesterday"}]),
    ],
)
def test_a_broken_index_is_named(open_fetcher: Make, tmp_path: Path, index: str) -> None:
    (tmp_path / "index.json").write_text(index)
    with pytest.raises(FetchError, match=r"the index of the mirror is broken.*index\.json"):
        open_fetcher(mirror=tmp_path)


def test_an_interrupted_answer_leaves_nothing(open_fetcher: Make, source: Source, tmp_path: Path, work: Path) -> None:
    def interrupt(name: str, done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_fetcher(mirror=make_mirror(tmp_path / "mirror"), progress=interrupt).fetch(source, make_resource(URL))
    assert files_in(work) == []


def test_no_mirror_at_all(open_fetcher: Make, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no mirror here"):
        open_fetcher(mirror=tmp_path / "nowhere")


def test_what_was_fetched_becomes_a_mirror(agency: Agency, open_fetcher: Make, tmp_path: Path) -> None:
    source = make_source()
    agency.plan("/list", Answer(b'<html><a href="/l.csv">list</a></html>', headers={"Content-Type": "text/html"}))
    agency.plan("/l.csv", Answer(gzip.compress(CSV), headers={"Content-Encoding": "gzip"}))
    agency.plan("/a.csv", Answer(CSV * 2, headers={"Content-Type": "text/csv; charset=utf-8"}))
    linked = make_resource(agency.url("/list"), pattern="link", link='href="([^"]+)"')
    plain = make_resource(agency.url("/a.csv"))
    (tmp_path / "mine.csv").write_bytes(CSV)
    online = open_fetcher()
    answers = [online.fetch(source, linked), online.fetch(source, plain, handed_in=[tmp_path / "mine.csv"])]
    out = tmp_path / "new" / "mirror"
    assert write_mirror(out, source, answers) == 2
    assert write_mirror(out, source, [online.fetch(source, plain)]) == 1
    assert write_mirror(out, source, [online.fetch(source, plain)]) == 1
    assert sorted(path.name for path in out.iterdir()) == ["files", "index.json"]
    assert len(json.loads((out / "index.json").read_text())) == 3
    before = len(agency.requests)
    offline = open_fetcher(mirror=out)
    assert offline.fetch(source, linked).payloads[0].path.read_bytes() == CSV
    again = offline.fetch(source, plain).payloads[0]
    assert again.path.read_bytes() == CSV * 2
    assert again.retrieval.headers["content-type"] == "text/csv"
    assert again.retrieval.retrieved_at == online.attempts[-1].retrieved_at
    assert len(agency.requests) == before


def test_time_unknown_in_one_mirror_is_unknown_in_the_next(open_fetcher: Make, source: Source, tmp_path: Path) -> None:
    first = open_fetcher(mirror=make_mirror(tmp_path / "mirror", fetched_at=None))
    write_mirror(tmp_path / "out", source, [first.fetch(source, make_resource(URL))])
    assert "fetched_at" not in json.loads((tmp_path / "out" / "index.json").read_text())[0]


def test_a_mirror_that_cannot_be_finished_keeps_its_index(open_fetcher: Make, source: Source, tmp_path: Path) -> None:
    fetched = open_fetcher(mirror=make_mirror(tmp_path / "mirror")).fetch(source, make_resource(URL))
    out = tmp_path / "out"
    write_mirror(out, source, [fetched])
    index = (out / "index.json").read_bytes()
    fetched.payloads[0].path.unlink()
    with pytest.raises(FileNotFoundError):
        write_mirror(out, source, [fetched])
    assert (out / "index.json").read_bytes() == index
    assert [path.name for path in files_in(out / "files")] == [fetched.payloads[0].retrieval.sha256]


@pytest.mark.skipif(not (SHARED / "index.json").exists(), reason="needs the agencies' files in ../shared/mirror")
def test_every_answer_of_the_shared_mirror(open_fetcher: Make, source: Source, work: Path) -> None:
    fetcher = open_fetcher(mirror=SHARED)
    kinds = {"csv": "csv", "txt": "csv", "xml": "xml", "html": "html", "pdf": "pdf", "json": "json", "idx": "fixed"}
    for entry in json.loads((SHARED / "index.json").read_text()):
        ending = entry["file"].removesuffix(".gz").rpartition(".")[2]
        resource = make_resource(entry["url"], format=kinds[ending], content_types=(entry["media_type"],))
        fetched = fetcher.fetch(source, resource)
        assert fetched.attempts[0].outcome == "ok"
        assert (fetched.attempts[0].retrieved_at is None) == (entry["fetched_at"] is None)
        if not entry.get("content_encoding"):
            assert fetched.attempts[0].sha256 == entry["sha256"]
        fetched.payloads[0].path.unlink()
    assert files_in(work) == []
