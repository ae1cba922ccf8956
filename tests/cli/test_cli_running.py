"""The process: exit codes, closed pipes, terminals, and what an unexpected fault may say."""

import errno
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

import cli.main
import db.query
from cli.render import NOTICE, ReaderGone
from tests.cli.conftest import Command
from tests.cli.homes import ESCAPED, FIRST, Home, company_id

ROOT = Path(cli.main.__file__).parent.parent
TRACKRECORD = [sys.executable, "-c", "from cli.main import run; run()"]


def start(home: Home, *words: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "TRACKRECORD_HOME": str(home.path), "PYTHONPATH": str(ROOT), **changes}
    return subprocess.run(
        [*TRACKRECORD, *words], env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_the_process_prints_and_exits(home: Home) -> None:
    ran = start(home, "sql", "SELECT company_name FROM record WHERE native_id = '5'")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "東亜配管株式会社" in ran.stdout
    assert "\x1b" not in ran.stdout
    assert start(home, "sql", "DROP TABLE record").returncode == 2
    assert start(home, "verify").returncode == 0


def test_an_output_that_cannot_write_every_letter_still_tells_everything(home: Home) -> None:
    question = "SELECT company_name FROM record WHERE native_id = '5'"
    assert "\\u6771\\u4e9c" in start(home, "sql", question, PYTHONIOENCODING="ascii").stdout
    assert '"\\u6771\\u4e9c' in start(home, "sql", question, "--json", PYTHONIOENCODING="ascii").stdout


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_reader_that_leaves_is_no_error(home: Home, option: list[str]) -> None:
    query = (
        "SELECT repeat('x', 100) AS text FROM range(200000)" if option else "SELECT repeat('x', 9999) FROM range(200)"
    )
    environment = {**os.environ, "TRACKRECORD_HOME": str(home.path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*TRACKRECORD, "sql", query, *option], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_a_reader_that_leaves_before_the_last_flush_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Closed:
        def reconfigure(self, **_: Any) -> None:
            pass

        def flush(self) -> None:
            raise BrokenPipeError

        def fileno(self) -> int:
            return spare

    with (tmp_path / "spare").open("wb") as file:
        spare = file.fileno()
        monkeypatch.setattr(cli.main, "main", lambda _: 0)
        monkeypatch.setattr(sys, "stdout", Closed())
        monkeypatch.setattr(sys, "stderr", Closed())
        with pytest.raises(SystemExit) as left:
            cli.main.run()
    assert left.value.code == 141


def on_terminal(home: Home, *words: str) -> str:
    """What the command writes to a terminal 60 columns wide, stderr included."""
    leader, follower = pty.openpty()
    environment = {
        **os.environ, "TRACKRECORD_HOME": str(home.path), "PYTHONPATH": str(ROOT), "COLUMNS": "60", "TERM": "xterm",
    }  # fmt: skip
    with subprocess.Popen([*TRACKRECORD, *words], env=environment, stdout=follower, stderr=follower) as process:
        os.close(follower)
        written = b""
        try:
            while part := os.read(leader, 4096):
                written += part
        except OSError as error:
            if error.errno != errno.EIO:
                raise
        finally:
            os.close(leader)
        assert process.wait() == 0
    return written.decode()


def test_a_terminal_gets_folded_lines_and_nothing_is_cut_off(home: Home) -> None:
    text = "word " * 40
    out = on_terminal(home, "sql", f"SELECT '{text}' AS long, 1 AS n")
    assert out.count("word") == 2 * 40 - 40
    assert "…" not in out


def test_a_terminal_gets_bars_while_it_waits_and_no_raw_controls(home: Home) -> None:
    assert "Everything agrees." in on_terminal(home, "verify")
    shown = on_terminal(home, "show", company_id(ESCAPED, "us"))
    assert "\x1b[31mAlert" not in shown
    assert "\\u001b[31mAlert" in shown


def broken(*_: Any) -> None:
    raise ValueError("Somebody Private, 1 Main St")


@pytest.mark.usefixtures("home")
def test_an_unexpected_fault_names_its_place_and_never_its_message(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.query, "ask", broken)
    ran = command("sql", "SELECT 1")
    assert ran.code == 70
    assert ran.err.startswith("unexpected ValueError at ")
    assert "please report" in ran.err
    assert "Private" not in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.usefixtures("home")
def test_debugging_shows_where_errors_come_from(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKRECORD_DEBUG", "1")
    assert "Traceback" in command("show", "Acme").err
    monkeypatch.setattr(db.query, "ask", broken)
    assert "Traceback" in command("sql", "SELECT 1").err


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "Interrupted. What was published before stays.\n"),
        (typer.Abort(), 130, "Interrupted. What was published before stays.\n"),
        (ReaderGone(), 141, ""),
    ],
)
def test_interruptions_have_codes_of_their_own(
    command: Command, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, said: str
) -> None:
    def interrupted(*_: Any) -> None:
        raise raised

    monkeypatch.setattr(db.query, "ask", interrupted)
    ran = command("sql", "SELECT 1")
    assert ran.code == code
    assert ran.err.lstrip() == said


def test_a_failed_source_and_other_known_errors_have_their_codes(
    command: Command, monkeypatch: pytest.MonkeyPatch, home: Home
) -> None:
    from ingest.errors import SourceError, TrackrecordError  # noqa: PLC0415

    for error, code in ((SourceError("gone", source=FIRST), 3), (TrackrecordError("odd"), 70)):

        def fail(*_: Any, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(db.query, "ask", fail)
        assert command("sql", "SELECT 1").code == code


def test_help_is_printed(command: Command) -> None:
    ran = command("--help", home=None)
    assert ran.code == 0
    for verb in ("sync", "sources", "search", "show", "status", "verify", "sql", "sample"):
        assert verb in ran.out
    assert "--since" in command("search", "--help", home=None).out


def test_the_module_of_every_verb_can_be_imported_without_an_engine() -> None:
    code = (
        "import sys, cli.main; sys.exit(any(n in sys.modules for n in ('duckdb', 'httpx', 'pyarrow', 'numpy', 'rich')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_a_search_waits_for_no_library_it_does_not_need(home: Home) -> None:
    code = (
        "import sys; from cli.main import main; main(['search', 'acme']); "
        "sys.exit(any(n in sys.modules for n in ('httpx', 'pyarrow', 'pdfplumber', 'lxml', 'stamina')))"
    )
    environment = {**os.environ, "TRACKRECORD_HOME": str(home.path)}
    ran = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT, env=environment, capture_output=True)
    assert ran.returncode == 0


def test_notice_is_one_line() -> None:
    assert "\n" not in NOTICE
