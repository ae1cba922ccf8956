"""A screening that is killed goes on; what it keeps meanwhile is closed to others and goes with its end."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import duckdb
import pytest

from db.screen import parallel, run, work
from db.screen.matching import Matcher
from db.screen.run import Screened, Wish, screen
from db.screen.work import Supplier
from db.store import Store
from ingest.errors import StoreBusy, StoreError, UsageError
from tests.cli.homes import SOURCES, make_home

NOW = datetime(2026, 1, 10, tzinfo=UTC)
KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from db.screen import work
from db.screen.run import Wish, screen
from db.store import Store
work.TOGETHER = 5
keep, kept = work.Work.keep, []
def counted(self, batch, found):
    keep(self, batch, found)
    kept.append(batch)
    if len(kept) == 3:
        os.kill(os.getpid(), 9)
work.Work.keep = counted
home, given, report = map(Path, sys.argv[1:])
screen(Store(home), Wish(given, report), [], datetime(2026, 1, 10, tzinfo=UTC), lambda *_: None)
"""


@dataclass
class Desk:
    """A list of forty suppliers, every second of which is in the home."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def given(self) -> Path:
        return self.folder / "suppliers.csv"

    @property
    def report(self) -> Path:
        return self.folder / "out" / "report.jsonl"

    @property
    def work(self) -> Path:
        return self.folder / "out" / ".report.jsonl.work"

    def run(self, progress: Callable[..., None] = lambda *_: None, **more: Any) -> Screened:
        return screen(Store(self.home), Wish(self.given, self.report, **more), SOURCES, NOW, progress)

    def kill_in_the_middle(self) -> None:
        words = [sys.executable, "-c", KILLED, str(self.home), str(self.given), str(self.report)]
        ended = subprocess.run(words, check=False, capture_output=True, timeout=120)
        assert ended.returncode == -signal.SIGKILL, ended.stderr

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.report.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    make_home(made.home)
    made.report.parent.mkdir()
    names = [
        f"{n:03},Acme Pipeline {'Inc.' if n % 4 else 'LLC'} {n}" if n % 2 else f"{n:03},Zzyq {n}" for n in range(40)
    ]
    made.given.write_text("\n".join(["Nr,Vendor", *names]) + "\n", encoding="utf-8")
    return made


def test_after_a_kill_the_next_run_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.kill_in_the_middle()
    assert not desk.report.exists()
    assert desk.work.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(work, "TOGETHER", 5)
    told: list[tuple[str, int, int | None]] = []
    done = desk.run(lambda *step: told.append(step))
    assert done.resumed
    assert next(step for step in told if step[0] != "rows written") == ("suppliers", 15, 40)
    assert [line["row"] for line in desk.lines()] == list(range(2, 42))
    assert not desk.work.exists()
    resumed = desk.lines()
    assert not desk.run().resumed
    assert desk.lines() == resumed


@pytest.mark.parametrize("change", ["input", "option", "generation", "version"])
def test_another_question_starts_anew(desk: Desk, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.kill_in_the_middle()
    more: dict[str, Any] = {}
    if change == "input":
        desk.given.write_text("Vendor\nAcme Pipeline Inc.\n", encoding="utf-8")
    elif change == "option":
        more["threshold"] = "same"
    elif change == "version":
        monkeypatch.setattr(work, "FORMAT", work.FORMAT + 1)
    else:
        (desk.home / "generations" / "gen-000001.duckdb").rename(desk.home / "generations" / "gen-000002.duckdb")
        (desk.home / "CURRENT").write_text("gen-000002.duckdb\n", encoding="ascii")
    done = desk.run(**more)
    assert (done.resumed, desk.work.exists()) == (False, False)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 1000])
def test_a_work_file_that_is_damaged_is_begun_anew(desk: Desk, content: bytes) -> None:
    (desk.work / "spill").mkdir(parents=True)
    (desk.work / "work.duckdb").write_bytes(content)
    assert not desk.run().resumed
    assert not desk.work.exists()


def test_a_report_that_another_screening_writes(desk: Desk) -> None:
    desk.work.mkdir()
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", code, str(desk.work / "work.duckdb")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StoreBusy, match="another screening"):
            desk.run()
        other.communicate()


def test_two_processes_find_what_one_finds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = (desk.run(), desk.lines())
    monkeypatch.setattr(parallel, "WORTH_PROCESSES", 1)
    monkeypatch.setattr(work, "TOGETHER", 4)
    assert (desk.run(), desk.lines()) == alone


def test_processes_end_with_the_one_that_started_them(desk: Desk) -> None:
    """The starting process is killed while its helper waits; the helper closes its end of the pipe by ending."""
    code = (
        "import multiprocessing, os, time\nfrom db.screen.parallel import end_with_parent\n"
        "def wait(pipe):\n    end_with_parent()\n    pipe.send(os.getpid())\n    time.sleep(60)\n"
        "if __name__ == '__main__':\n    c = multiprocessing.get_context('spawn')\n    a, b = c.Pipe()\n"
        "    c.Process(target=wait, args=(b,)).start()\n    print(a.recv(), flush=True)\n    os.kill(os.getpid(), 9)\n"
    )
    (desk.folder / "starts.py").write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, str(desk.folder / "starts.py")], check=False, capture_output=True, timeout=50, env=environment
    )
    # its output is open until the helper has ended too
    assert int(ended.stdout)
    assert time.monotonic() - started < 50


def test_a_helper_that_finds_another_generation_says_so(desk: Desk) -> None:
    asked = parallel.Asked(desk.home, "gen-000007.duckdb", 2, ())
    assert parallel.find(asked, []) is None


def test_a_helper_keeps_its_connection(desk: Desk) -> None:
    asked = parallel.Asked(desk.home, "gen-000001.duckdb", 2, ())
    suppliers = [Supplier(3, "Acme Pipeline", "us", (), "", "", "")]
    try:
        found = parallel.find(asked, suppliers)
        assert found is not None
        assert parallel.find(asked, suppliers) == found
        assert found[3][0].met.casefold().startswith("acme pipeline")
    finally:
        parallel._opened.close()
        parallel._held.clear()


@pytest.mark.parametrize(
    ("result", "error", "says"),
    [(BrokenProcessPool("ended"), StoreError, "goes on where it stopped"), (None, StoreBusy, "new generation")],
)
def test_helpers_that_fail_are_told_plainly(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, result: Any, error: type[StoreError], says: str
) -> None:
    class Pool:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

        def submit(self, *_: Any) -> Any:
            future: Future[Any] = Future()
            if result is None:
                future.set_result(None)
            else:
                future.set_exception(result)
            return future

    monkeypatch.setattr(parallel, "WORTH_PROCESSES", 1)
    monkeypatch.setattr(work, "TOGETHER", 5)
    monkeypatch.setattr(parallel, "ProcessPoolExecutor", Pool)
    with pytest.raises(error, match=says):
        desk.run()
    assert desk.work.exists()


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".xlsx"])
def test_a_full_disk_keeps_the_old_report_and_what_was_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    report = desk.report.with_suffix(ending)
    report.write_text("old")
    full = OSError(errno.ENOSPC, "No space left on device")

    def refuse(*_: Any) -> None:
        raise full

    with monkeypatch.context() as patched:
        patched.setattr(Path, "chmod", refuse)
        with pytest.raises(UsageError, match="No space left"):
            screen(Store(desk.home), Wish(desk.given, report), SOURCES, NOW, lambda *_: None)
    assert report.read_text() == "old"
    assert [path.name for path in report.with_name(f".{report.name}.work").iterdir()] == ["work.duckdb"]
    assert screen(Store(desk.home), Wish(desk.given, report), SOURCES, NOW, lambda *_: None).resumed


def test_no_room_for_the_workbook(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("xlsxwriter.workbook.ZipFile", refuse)
    with pytest.raises(UsageError, match="No space left"):
        screen(Store(desk.home), Wish(desk.given, desk.report.with_suffix(".xlsx")), SOURCES, NOW, lambda *_: None)


def test_no_room_for_the_work_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise duckdb.IOException("No space left")

    monkeypatch.setattr(work.Work, "keep", refuse)
    with pytest.raises(StoreError, match="no room left"):
        desk.run()


def test_a_folder_that_cannot_be_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UsageError, match="Permission denied"):
        desk.run()


def test_a_supplier_in_many_rows_is_looked_up_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.given.write_text("Vendor\n" + "Acme Pipeline Inc.\n" * 30 + "Zzyq\n", encoding="utf-8")
    seen: list[int] = []
    find = Matcher.find

    def counted(self: Matcher, suppliers: Any) -> Any:
        seen.append(len(suppliers))
        return find(self, suppliers)

    monkeypatch.setattr(Matcher, "find", counted)
    monkeypatch.setattr(work, "ROWS", 7)
    done = desk.run()
    assert seen == [2]
    assert (sum(done.rows.values()), done.rows["none"]) == (31, 1)
    assert [line["row"] for line in desk.lines()] == list(range(2, 33))
    assert run.summary(done, "nil")[0] == ("input", "text in utf-8")


def test_a_helper_leaves_interrupts_to_its_parent_and_ends_when_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    monkeypatch.setattr("signal.signal", lambda *given: done.append(given))
    monkeypatch.setattr("atexit.register", lambda given: done.append(given.__name__))
    monkeypatch.setattr("os._exit", done.append)

    class Parent:
        def join(self) -> None:
            done.append("waited")

    monkeypatch.setattr("multiprocessing.parent_process", Parent)
    parallel.end_with_parent()
    while len(done) < 4:
        time.sleep(0.01)
    parallel._end()
    assert sorted(map(str, done)) == sorted(map(str, [(signal.SIGINT, signal.SIG_IGN), "_end", "waited", 1, 0]))
