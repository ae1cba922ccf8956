"""A damaged database, a corrupted evidence file, a file that may not grow: each command says so in one line."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

import ingest.catalog
from cli.main import main
from db.store import Store
from db.sync import Options, sync
from ingest.errors import StoreDamaged, StoreError
from tests.db.conftest import ROWS, Agency
from tests.db.doctored import copied, looked_at, overwrite_pages, synced, what_is_known, whats

MORE = (*ROWS, *(f"{n},Company {n} Ltd,F,2024-01-31,{n}," for n in range(100, 108)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    return synced(tmp_path_factory.mktemp("made"))


@pytest.fixture
def agency(made: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Agency:
    copy = copied(made, tmp_path / "agency")
    known = MappingProxyType({copy.source.id: copy.source})
    monkeypatch.setattr(ingest.catalog, "catalogue", lambda: known)
    monkeypatch.setattr(ingest.catalog, "find_source", known.__getitem__)
    return copy


Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(agency: Agency, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command on the home; its code and what it said on stderr."""

    def run(*words: str) -> tuple[int, str]:
        code = main(["--home", str(agency.home), *words])
        return code, capsys.readouterr().err

    return run


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes, as on a disk that is full; needs no rights."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def records(store: Store) -> list[list[tuple[object, ...]]]:
    return what_is_known(store)[:2]


@pytest.mark.parametrize("size", [100, 2_000, 100_000, 1_000_000])
def test_a_sync_whose_files_may_not_grow(agency: Agency, size: int) -> None:
    before, source = records(agency.store), agency.source
    options, said = Options(mirror=agency.publish(*MORE), accept_change="x"), ""
    with files_of_at_most(size):
        try:
            (report,) = sync(agency.store, [source], options, lambda *_: None)
            said = report.error or ""
        except StoreError as error:
            said = error.sentence()
    assert "the disk is full" in said or "File too large" in said
    assert records(agency.store) == before
    assert whats(looked_at(agency.store)) == []
    (report,) = sync(agency.store, [source], options, lambda *_: None)
    assert report.outcome == "loaded"


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to write into, in which the command runs."""
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("export", "-o", "out.csv"), 2),
        (("export", "-o", "out.xlsx"), 2),
        (("evidence", "xx_fair_work:1", "-o", "pack.zip"), 4),
        (("rebuild",), 4),
    ],
)
def test_an_output_that_may_not_grow(agency: Agency, say: Say, words: tuple[str, ...], code: int, out: Path) -> None:
    before = records(agency.store)
    with files_of_at_most(500):
        found, said = say(*words)
    assert found == code
    assert "the disk is full" in said or "File too large" in said
    assert said.count("\n") == 1
    assert list(out.iterdir()) == []
    assert records(agency.store) == before


ASKING = (
    ("search", "acme"),
    ("show", "xx_fair_work:1"),
    ("status",),
    ("verify",),
    ("sql", "SELECT * FROM record"),
    ("cite", "xx_fair_work:1"),
    ("changes", "--since", "2020-01-01"),
    ("export", "-o", "out.csv"),
    ("evidence", "xx_fair_work:1", "-o", "pack.zip"),
    ("stamp", "--timestamp", "http://stamps.example/tsr"),
    ("purge", "xx_fair_work:1", "--reason", "error", "--yes"),
    ("refresh",),
)


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
@pytest.mark.parametrize("damage", ["pages", "cut", "empty"])
def test_every_command_leads_to_the_doctor(agency: Agency, say: Say, damage: str, words: tuple[str, ...]) -> None:
    path = agency.store.current
    if damage == "pages":
        overwrite_pages(path)
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 3] if damage == "cut" else b"")
    evidence = sorted(path.name for path in (agency.home / "evidence").rglob("*"))
    code, said = say(*words)
    assert code == 4
    assert "Run `trackrecord doctor`" in said
    assert said.count("\n") == 1
    assert path.exists()
    assert sorted(path.name for path in (agency.home / "evidence").rglob("*")) == evidence


def test_a_sync_that_meets_a_damaged_page_stops(agency: Agency) -> None:
    """No source is at fault, and nothing is booked or published."""
    path, source = agency.store.current, agency.source
    whole, options = path.read_bytes(), Options(mirror=agency.publish(*MORE), accept_change="x")
    stops: list[StoreDamaged] = []
    for start in range(12_288, len(whole), 262_144):
        path.write_bytes(whole[: start + 100] + b"\xa5" * 100 + whole[start + 200 :])
        try:
            list(sync(agency.store, [source], options, lambda *_: None))
        except StoreDamaged as error:
            stops.append(error)
        else:
            break
        assert agency.store.current == path
    assert stops
    assert all("Run `trackrecord doctor`" in stop.next_step for stop in stops)


def test_a_corrupted_evidence_file(
    agency: Agency, say: Say, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Never packed, never rebuilt from over a whole database, and named by whoever looks."""
    path = min((agency.home / "evidence" / "rows").glob("*/*.parquet"))
    content = path.read_bytes()
    before = records(agency.store)
    for at in range(0, len(content), len(content) // 12):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        code, said = say("evidence", "xx_fair_work:1", "-o", str(tmp_path / "pack.zip"))
        assert (code, said.count("\n")) in {(4, 1), (0, 0)}
        if code == 0:
            # the byte says nothing of the rows that were packed
            main(["evidence", "verify", str(tmp_path / "pack.zip")])
            assert "Nothing differs" in capsys.readouterr().out
    assert say("verify")[0] == 1
    assert say("doctor", "--repair")[0] == 1
    assert say("rebuild")[0] == 1
    assert records(agency.store) == before
    path.write_bytes(content)
    assert say("doctor")[0] == 0
