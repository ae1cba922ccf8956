"""README, CHANGELOG and LICENSE keep the promises made about them."""

import re
import tomllib
from pathlib import Path

from cli.main import app

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    """The text of a page in the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_changelog_starts_with_the_version_of_the_project() -> None:
    version = tomllib.loads(page("pyproject.toml"))["project"]["version"]
    versions = re.findall(r"^## \[([^\]]+)\]", page("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == version
    assert len(versions) == len(set(versions))


def test_the_readme_answers_in_the_order_in_which_newcomers_ask() -> None:
    wanted = [
        "What it answers", "Two commands", "A session", "What it will never do", "Adding a source", "How to cite",
    ]  # fmt: skip
    headings = re.findall(r"^## (.+)$", page("README.md"), re.MULTILINE)
    assert [heading for heading in headings if heading in wanted] == wanted


def test_commands_on_the_pages_exist() -> None:
    known = {verb.name for verb in app.registered_commands} | {group.name for group in app.registered_groups}
    for name in ("README.md", "CONTRIBUTING.md", "docs/audit.md"):
        lines = re.findall(r"^(?:\$ )?(?:\S*/)?trackrecord (?:--home \S+ )?([a-z]+)", page(name), re.MULTILINE)
        assert lines, name
        assert set(lines) <= known, name


def test_make_targets_on_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        assert set(re.findall(r"`?\bmake ([a-z]+)`", page(name))) <= targets, name


def test_ci_runs_make_test_and_nothing_else() -> None:
    commands = [line for line in page(".ci/run").splitlines() if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["make test"]


def test_the_licence_is_apache_2() -> None:
    assert "Apache License\n                           Version 2.0, January 2004" in page("LICENSE")
    assert "END OF TERMS AND CONDITIONS" in page("LICENSE")
