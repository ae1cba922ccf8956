"""The figures of the gate stand in the pages as they were measured."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.main import app
from docs import gate_figures, generate
from ingest.catalog import catalogue

FIGURES: dict[str, Any] = json.loads(gate_figures.FIGURES.read_text(encoding="utf-8"))


def row(measure: str, share: float, *, bar: float | None = None, met: bool = True) -> dict[str, Any]:
    """One measured row."""
    return {
        "measure": measure, "rows": 1200, "two_thirds": share, "held_out": share, "all": share, "bar": bar, "met": met,
    }  # fmt: skip


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of its own, and figures of its own."""
    known = {
        "measured": "2026-01-02",
        "machine": "2 cores",
        "persons": [
            row("some persons that pass", 0.0012, bar=0.001, met=False),
            row("worst writing in greek: initial", 0.02),
            row("SOLE_PROPRIETOR at", 0.125),
        ],
        "organisations": [row("some organisations", 0.05, bar=0.06)],
        "sources": [row("a source", 0.5)],
        "loaded": {
            "sources": {"xx_first": {"read": 2000, "not_a_record": 1000, "mapped": 900, "withheld": 100}},
            "persons": 77,
            "persons_stored": 0,
        },
        "speed": {"names_a_minute": 1234567, "main_mb": 200, "worker_mb": 100},
    }
    file = tmp_path / "privacy.md"
    file.write_text(f"before\n\n{gate_figures.BEGIN}\nold\n{gate_figures.END}\n\nbehind\n", encoding="utf-8")
    monkeypatch.setattr(gate_figures, "PAGE", file)
    monkeypatch.setattr(gate_figures, "figures", lambda: known)
    return file


def test_the_figures_replace_the_old_ones_and_nothing_else(page: Path) -> None:
    text = gate_figures.privacy_page()
    assert text.startswith("before\n\n")
    assert text.endswith("\n\nbehind\n")
    assert "old" not in text
    page.write_text(text, encoding="utf-8")
    assert gate_figures.privacy_page() == text


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize(
    "line",
    [
        "Measured on 2026-01-02 by `python bench/gate.py` (2 cores).",
        "| some persons that pass | 1,200 | 0.12% | 0.12% | 0.12% | ≤ 0.1%, missed |",
        "each in its worst writing: greek: initial 2.00% of 1,200.",
        "by country (20 names or more): AT 12.5% of 1,200.",
        "| some organisations | 1,200 | 5.00% | 5.00% | 5.00% | ≤ 6.0% |",
        "| a source | 1,200 | 50.00% | 50.00% | 50.00% | reported |",
        "| xx_first | 2,000 | 1,000 | 900 | 100 | 10.0% |",
        "Of 77 persons by the sources' own type, 0 are stored.",
        "1,234,567 distinct names a minute",
    ],
)
def test_every_figure_is_shown(line: str) -> None:
    assert line in gate_figures.privacy_page()


@pytest.mark.usefixtures("page")
def test_a_source_states_what_is_left_out_once_it_is_measured() -> None:
    assert gate_figures.left_out("xx_first").startswith("100 of 1,000 rows that would be records (10.0%): persons,")
    assert gate_figures.left_out("xx_first").endswith("measured on 2026-01-02")
    assert gate_figures.left_out("xx_new") == ""


def test_every_source_that_was_measured_states_its_loss() -> None:
    text = generate.sources_page()
    for source_id, counts in FIGURES["loaded"]["sources"].items():
        assert source_id in catalogue()
        section = text.split(f"\n## {source_id}\n")[1].split("\n## ")[0]
        assert f"| withheld | {counts['withheld']:,} of " in section


def test_no_person_of_a_typed_source_was_stored_when_it_was_measured() -> None:
    assert FIGURES["loaded"]["persons"] > 1000
    assert FIGURES["loaded"]["persons_stored"] == 0


def test_commands_on_the_page_exist() -> None:
    known = {command.name for command in app.registered_commands}
    blocks = re.findall(r"^```sh\n(.*?)^```", gate_figures.PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"^trackrecord ([a-z]+)", "".join(blocks), re.MULTILINE))
    assert named == {"why", "allow", "purge"}
    assert named <= known
