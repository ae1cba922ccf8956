"""sync and sample: what they ask of the pipeline, and how its reports are told."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import db.mirror
import db.samples
import db.sync
from cli.render import NOTICE, SAMPLE
from db.mirror import Mirrored
from db.progress import Told
from db.store import Store
from db.sync import Options, Report
from ingest.catalog import Source
from ingest.errors import StoreBusy
from tests.cli.conftest import Command
from tests.cli.homes import FIRST, SECOND, SOURCES, THIRD, Home, make_home

LOADED = Report(
    FIRST,
    outcome="loaded",
    data_as_of=date(2026, 1, 8),
    rows={"read": 1234, "mapped": 1200, "not_a_record": 20, "withheld": 10, "rejected": 4},
    not_a_record={"withdrawn before issue": 20},
    withheld={"unsure": 10},
    beside={"joined": {"list": 3}, "orphan": {}},
    records={"added": 1200, "changed": 0, "removed": 0, "unchanged": 0, "total": 1200},
    retrievals=[{"outcome": "ok", "bytes": 5000, "retrieved_at": None, "url": "https://agency.example/list.csv"}],
    seconds=1.25,
)
FAILED = Report(
    SECOND,
    outcome="failed",
    error=f"{SECOND}: no answer.",
    retrievals=[{"outcome": "failed", "bytes": 0, "retrieved_at": None, "url": "https://agency.example/gone.csv"}],
)
MISSING = Report(THIRD, outcome="not handed in", error=f"{THIRD}: hand it in.")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Options]]:
    """What sync was called with; its answer is one report for each source."""
    calls: list[tuple[list[str], Options]] = []
    answers = {FIRST: LOADED, SECOND: FAILED, THIRD: MISSING}

    def sync(_store: Store, sources: Sequence[Source], options: Options, progress: Told) -> Iterator[Report]:
        calls.append(([source.id for source in sources], options))
        for source in sources:
            progress(source.id, 1, None)
            yield answers[source.id]

    monkeypatch.setattr(db.sync, "sync", sync)
    return calls


@pytest.mark.usefixtures("asked", "home")
def test_a_loaded_source_is_accounted_for(command: Command) -> None:
    ran = command("sync", FIRST)
    assert (ran.code, ran.err) == (0, "")
    assert f"{FIRST}: loaded in 1.2 s" in ran.out
    assert "1,234 read = 1,200 mapped + 20 not a record + 10 withheld + 4 rejected" in ran.out
    assert "withdrawn before issue: 20" in ran.out
    assert "unsure: 10" in ran.out
    assert "ok, 5.0 kB, time of retrieval unknown, https://agency.example/list.csv" in ran.out
    assert "trackrecord --home" in ran.out
    assert ran.out.endswith(f"{NOTICE}\n")


@pytest.mark.usefixtures("asked")
def test_before_anything_was_loaded_there_are_no_questions_to_ask(command: Command, tmp_path: Path) -> None:
    assert "Ask next" not in command("sync", FIRST, home=tmp_path / "new").out


@pytest.mark.usefixtures("asked", "home")
def test_one_failed_source_makes_the_exit_code_3(command: Command) -> None:
    ran = command("sync", FIRST, SECOND)
    assert ran.code == 3
    assert f"{SECOND}: no answer." in ran.out
    assert "retrieval  failed, https://agency.example/gone.csv\n" in ran.out
    assert "1 loaded; 1 failed." in ran.out


@pytest.mark.usefixtures("asked", "home")
def test_rows_of_a_run_that_stopped_are_not_added_up(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAILED.rows, "read", 1500)
    out = command("sync", SECOND).out
    assert "1,500 read, not accounted: the run stopped before\n" in out
    assert "read = " not in out


@pytest.mark.usefixtures("asked", "home")
def test_after_a_sync_that_brought_nothing_there_is_nothing_to_ask(command: Command) -> None:
    assert "Ask next" not in command("sync", SECOND).out
    assert "Ask next" not in command("sync", SECOND, THIRD).out
    assert "Ask next" in command("sync", SECOND, FIRST).out


@pytest.mark.usefixtures("home")
def test_a_file_not_handed_in_is_a_failure_only_where_it_was_asked_for(
    command: Command, asked: list[tuple[list[str], Options]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("sync", THIRD).code == 3
    assert command("sync", "--all").code == 3
    monkeypatch.setattr("tests.cli.test_cli_syncing.FAILED.outcome", "unchanged")
    assert command("sync", "--all").code == 0
    assert asked[-1][0] == [FIRST, SECOND, THIRD]


@pytest.mark.usefixtures("asked", "home")
def test_json_is_a_list_of_reports(command: Command) -> None:
    ran = command("sync", FIRST, SECOND, "--json")
    assert ran.code == 3
    loaded, failed = ran.json
    assert loaded["rows"]["read"] == 1234
    assert loaded["data_as_of"] == "2026-01-08"
    assert failed["error"] == f"{SECOND}: no answer."
    assert ran.err == f"{SECOND}: no answer.\n"


def test_options_reach_the_pipeline(
    command: Command, asked: list[tuple[list[str], Options]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "list.csv"
    file.touch()
    command(
        "sync", FIRST, "--mirror", str(tmp_path), "--file", str(file), "--from", "2024-01-01", "--to", "2024-02-01",
        "--accept-change", "list was split", "--contact", "me@example.org",
    )  # fmt: skip
    assert asked[-1][1] == Options(
        mirror=tmp_path,
        files=(file,),
        since=date(2024, 1, 1),
        until=date(2024, 2, 1),
        accept_change="list was split",
        contact="me@example.org",
    )
    monkeypatch.setenv("TRACKRECORD_MIRROR", str(tmp_path))
    monkeypatch.setenv("TRACKRECORD_CONTACT", "us@example.org")
    command("sync", FIRST)
    assert asked[-1][1] == Options(mirror=tmp_path, contact="us@example.org")


def test_the_starter_set_is_what_the_catalogue_says(
    command: Command, asked: list[tuple[list[str], Options]], monkeypatch: pytest.MonkeyPatch
) -> None:
    command("sync", "--starter")
    assert asked[-1][0] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "say what to sync"),
        ((FIRST, "--all"), "say what to sync"),
        (("--all", "--starter"), "say what to sync"),
        (("xx_none",), "no source"),
        (("--all", "--file", "x.csv"), "exactly one source"),
        (("--all", "--accept-change", "why"), "exactly one source"),
        ((FIRST, "--accept-change", " "), "reason"),
        ((FIRST, "--file", "missing.csv"), "no such file"),
        ((FIRST, "--from", "2024-02-01", "--to", "2024-01-01"), "later"),
        ((FIRST, "--from", "01.02.2024"), "--from"),
    ],
)
def test_a_wrong_sync_is_refused_before_anything_happens(
    command: Command, asked: list[tuple[list[str], Options]], words: tuple[str, ...], says: str
) -> None:
    ran = command("sync", *words)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert asked == []


def test_a_busy_home_is_code_4_and_prints_an_empty_list(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any) -> Iterator[Report]:
        raise StoreBusy("another sync is running (process 1)")

    monkeypatch.setattr(db.sync, "sync", busy)
    ran = command("sync", FIRST, "--json")
    assert (ran.code, ran.json) == (4, [])
    assert "process 1" in ran.err


def test_real_records_never_go_into_a_sample_home(
    command: Command, asked: list[tuple[list[str], Options]], home: Home
) -> None:
    (home.path / "SAMPLE").touch()
    ran = command("sync", FIRST)
    assert ran.code == 2
    assert "invented companies" in ran.err
    assert asked == []


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where samples were synced into."""
    homes: list[Path] = []

    def sync_samples(store: Store, _progress: Told) -> Iterator[tuple[Source, Report]]:
        homes.append(store.home)
        if not (store.home / "CURRENT").exists():
            made = make_home(store.home.with_name("made"))
            (made.path / "generations").rename(store.home / "generations")
            (made.path / "CURRENT").rename(store.home / "CURRENT")
        yield SOURCES[0], LOADED
        yield SOURCES[1], FAILED

    monkeypatch.setattr(db.samples, "sync_samples", sync_samples)
    return homes


def test_the_sample_has_a_home_of_its_own_and_is_marked(command: Command, sampled: list[Path], home: Home) -> None:
    before = home.generation.stat().st_mtime_ns
    ran = command("sample")
    own = home.path.with_name("home-sample")
    assert sampled == [own]
    assert ran.out.startswith(f"{SAMPLE}\n")
    assert ran.out.endswith(f"{SAMPLE} {NOTICE}\n")
    assert ran.code == 3
    assert f"trackrecord --home {own} search" in ran.out
    assert home.generation.stat().st_mtime_ns == before
    again = command("sample", "--json", home=own)
    assert sampled[-1] == own
    assert [report["sample"] for report in again.json] == [True, True]


def test_the_sample_never_goes_where_real_records_are(command: Command, sampled: list[Path], tmp_path: Path) -> None:
    make_home(tmp_path / "other-sample")
    ran = command("sample", home=tmp_path / "other")
    assert ran.code == 2
    assert "real records" in ran.err
    assert sampled == []


def test_the_default_home_is_the_platforms_data_folder(command: Command, sampled: list[Path], tmp_path: Path) -> None:
    command("sample", home=None)
    assert sampled == [tmp_path / "data" / "trackrecord-sample"]


def test_questions_need_no_home_option_where_the_environment_names_it(
    command: Command, sampled: list[Path], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKRECORD_HOME", str(home.path))
    assert "  trackrecord search" not in command("sample", home=None).out
    monkeypatch.setenv("TRACKRECORD_HOME", str(sampled[0]))
    assert "  trackrecord search" in command("sample", home=None).out


def test_a_mirror_is_made_for_the_sources_named(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[tuple[Path, list[str], Options]] = []

    def make_mirror(out: Path, sources: Sequence[Source], options: Options, _: Told) -> list[Mirrored]:
        calls.append((out, [source.id for source in sources], options))
        return [Mirrored(source.id, 2, None if source.id == FIRST else "no answer.") for source in sources]

    monkeypatch.setattr(db.mirror, "make_mirror", make_mirror)
    out = tmp_path / "mirror"
    ran = command("mirror", str(out), FIRST, FIRST, "--from", "2024-01-01", "--to", "2024-02-01", "--contact", "me")
    assert ran.code == 0
    assert calls == [(out, [FIRST], Options(since=date(2024, 1, 1), until=date(2024, 2, 1), contact="me"))]
    assert f"--mirror {out}" in ran.out
    failed = command("mirror", str(out), FIRST, SECOND, "--json")
    assert failed.code == 3
    assert failed.json["sources"][1] == {"source_id": SECOND, "files": 2, "error": "no answer."}
    assert command("mirror", str(out)).code == 2
