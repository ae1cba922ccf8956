"""trackrecord start: a newcomer sees what was loaded, what was left out, how fresh it is, and what to ask next."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

import db.samples
import ingest.catalog
from cli.main import main
from ingest.catalog import Bounds, Source, find_source

SAMPLES = Path(__file__).parents[1] / "sources"
PHMSA = "us_phmsa_pipeline_enforcement"
Start = Callable[..., tuple[int, str]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Start:
    """Runs `start` on a starter set of PHMSA and sources that no mirror holds; gives exit code and output."""
    for name in ("TRACKRECORD_HOME", "TRACKRECORD_MIRROR", "TRACKRECORD_CONTACT"):
        monkeypatch.delenv(name, raising=False)
    phmsa = replace(find_source(PHMSA), bounds=Bounds())
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "index.json").write_text("[]", encoding="utf-8")

    def run(*absent: str, mirror: Path = SAMPLES / PHMSA / "sample", home: str = "home") -> tuple[int, str]:
        resource = replace(phmsa.resource[0], url="https://agency.example/nothing.txt")
        made: dict[str, Source] = {PHMSA: phmsa}
        made |= {name: replace(phmsa, id=name, resource=(resource,)) for name in absent}
        for module in (ingest.catalog, db.samples):
            monkeypatch.setattr(module, "catalogue", lambda: MappingProxyType(made))
        code = main(["--home", str(tmp_path / home), "start", "--mirror", str(mirror)])
        return code, capsys.readouterr().out

    return run


def test_the_tour_shows_what_was_loaded_withheld_and_how_fresh_it_is(start: Start) -> None:
    code, out = start()
    assert code == 0
    (line,) = [line for line in out.splitlines() if line.startswith(f"{PHMSA} ")]
    records, no_record, withheld, *fresh = line.split()[-8:]
    assert (records, no_record, withheld) == ("4", "0", "1")
    assert fresh[:4] == ["2026-07-01", "2026-07-02", "03:02", "UTC"]
    questions = [line for line in out.splitlines() if line.startswith("  trackrecord --home ")]
    assert len(questions) == 3
    assert "EXAMPLE RIVER PIPELINE COMPANY, LLC" in questions[0]
    assert "SAMPLE" not in out


def test_where_nothing_can_be_loaded_the_tour_is_given_on_invented_companies(start: Start, tmp_path: Path) -> None:
    code, out = start(mirror=tmp_path / "nothing")
    assert code == 3
    assert f"{PHMSA}: failed" in out
    before, after = out.split("SAMPLE: invented companies", 1)
    assert "  trackrecord" not in before
    assert f"trackrecord --home {tmp_path / 'home-sample'} search" in after
    assert after.count("SAMPLE") == 1
    assert (tmp_path / "home-sample" / "SAMPLE").exists()
    assert not (tmp_path / "home" / "SAMPLE").exists()


def test_one_source_that_failed_is_named_and_the_others_are_there(start: Start) -> None:
    code, out = start("xx_absent")
    assert code == 3
    assert "xx_absent: failed" in out
    assert "1 loaded; 1 failed." in out
    assert "SAMPLE" not in out


def test_what_was_loaded_before_is_shown_rather_than_a_sample(start: Start, tmp_path: Path) -> None:
    start()
    code, out = start(mirror=tmp_path / "nothing")
    assert code == 3
    assert "SAMPLE" not in out
    assert "EXAMPLE RIVER PIPELINE COMPANY, LLC" in out


def test_real_records_never_go_where_invented_companies_are(start: Start, tmp_path: Path) -> None:
    start(mirror=tmp_path / "nothing")
    code, out = start(home="home-sample")
    assert (code, out) == (2, "")
