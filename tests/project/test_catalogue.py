"""The catalogue reads what a source declares, and names file and key of what breaks its rules."""

import re
import shutil
from pathlib import Path

import pytest

from ingest import catalog
from ingest.catalog import SOURCES, Bounds, catalogue, find_source, load_source
from ingest.errors import CatalogError, UsageError

TOML = """\
title = "Notices"
publisher = "Invented Agency"
jurisdiction = "xx"
subject_area = "consumer"
homepage = "https://agency.example"
licence = "CC0"
legal_basis = "Invented Act"
means = "A notice."
means_not = "Not a finding."
correction_channel = "https://agency.example/errors"
cadence = "weekly"
retention = "permanent"
snapshot = "full"
company_only = false

[[resource]]
name = "notice"
pattern = "file"
format = "csv"
url = "https://agency.example/notices.csv"
key = ["NO"]
used = ["NO", "NAME"]
parsed = ["REMARKS"]
personal = ["CONTACT"]

[resource.extracts]
revoked = "contains(REMARKS, 'revoked')"

[bounds]
min_rows = 10
max_jump = 2

[lookup.state]
"F" = "final"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a source that keeps every rule."""
    made = tmp_path / "xx_agency_notices"
    made.mkdir()
    (made / "source.toml").write_text(TOML, encoding="utf-8")
    (made / "records.sql").write_text("SELECT _row FROM notice", encoding="utf-8")
    return made


def change(folder: Path, old: str, new: str) -> None:
    """Replaces one text of source.toml, which must be there."""
    file = folder / "source.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(folder: Path) -> str:
    """The one sentence with which the catalogue refuses the source."""
    with pytest.raises(CatalogError) as caught:
        load_source(folder)
    sentence = caught.value.sentence()
    assert str(folder / "source.toml") in sentence
    assert "\n" not in sentence
    return sentence


def test_a_source_is_read_as_declared(folder: Path) -> None:
    source = load_source(folder)
    (resource,) = source.resource
    assert (source.id, source.title, source.company_only) == ("xx_agency_notices", "Notices", False)
    assert source.bounds == Bounds(min_rows=10, max_drop=0.10, max_jump=2.0)
    assert source.lookup == {"state": {"F": "final"}}
    assert (resource.relation, resource.role, resource.delimiter) == ("notice", "primary", ",")
    assert resource.known_columns == {"NO", "NAME", "REMARKS", "CONTACT"}
    assert resource.extracts == {"revoked": "contains(REMARKS, 'revoked')"}
    assert source.records_sql == "SELECT _row FROM notice"


def test_alternatives_fill_one_relation_in_their_order(folder: Path) -> None:
    more = (
        '[[resource]]\nname = "api"\nrelation = "notice"\npattern = "file"\nformat = "json"\nurl = "https://a.example"'
    )
    change(folder, "[bounds]", f"{more}\n\n[bounds]")
    assert {name: [r.name for r in found] for name, found in load_source(folder).relations.items()} == {
        "notice": ["notice", "api"]
    }


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('title = "Notices"', 'title = "Notices"\nflavour = "sweet"', "unknown key `flavour`"),
        ('name = "notice"', 'name = "notice"\nflavour = "sweet"', "unknown key `resource[0].flavour`"),
        ("min_rows = 10", "min_row = 10", "unknown key `bounds.min_row`"),
        ('title = "Notices"', 'title = "Notices"\nfolder = "elsewhere"', "unknown key `folder`"),
        ('licence = "CC0"\n', "", "missing key `licence`"),
        ('pattern = "file"\n', "", "missing key `resource[0].pattern`"),
        ('title = "Notices"', "title = 7", "key `title`"),
        ("company_only = false", 'company_only = "no"', "key `company_only`"),
        ('cadence = "weekly"', 'cadence = "sometimes"', "key `cadence`"),
        ("min_rows = 10", "min_rows = true", "key `bounds.min_rows`"),
        ("min_rows = 10", "min_rows = 10.5", "key `bounds.min_rows`"),
        ("max_jump = 2", 'max_jump = "much"', "key `bounds.max_jump`"),
        ('used = ["NO", "NAME"]', 'used = "NO"', "key `resource[0].used`"),
        ('used = ["NO", "NAME"]', 'used = ["NO", 5]', "key `resource[0].used[1]`"),
        ("revoked = \"contains(REMARKS, 'revoked')\"", "revoked = 1", "key `resource[0].extracts.revoked`"),
        ('[lookup.state]\n"F" = "final"', 'lookup = "state"', "bounds.lookup"),
        ('[lookup.state]\n"F" = "final"', '[lookup]\nstate = "final"', "key `lookup.state`"),
        ('title = "Notices"', 'title = "Notices"\nid = "xx_other"', "key `id` differs from the name of its folder"),
        ('jurisdiction = "xx"', 'jurisdiction = "Xland"', "key `jurisdiction`"),
        ('subject_area = "consumer"', 'subject_area = "gossip"', "key `subject_area`"),
        ('snapshot = "full"', 'snapshot = "window"', "key `window_months`"),
        ('snapshot = "full"', 'snapshot = "full"\nwindow_months = 3', "key `window_months`"),
        ("max_jump = 2", "max_drop = 1.5", "key `bounds.max_drop`"),
        ('title = "Notices"', 'title = "Notices"\nrequests_per_second = 0', "key `requests_per_second`"),
        ('name = "notice"', 'name = "Notice!"', "key `resource.Notice!.name`"),
        ('name = "notice"', 'name = "notice"\nrelation = "a b"', "key `resource.notice.relation`"),
        ('personal = ["CONTACT"]', 'personal = ["NAME"]', "column named twice: NAME"),
        ('url = "https://agency.example/notices.csv"\n', "", "key `resource.notice.url`"),
        ('pattern = "file"', 'pattern = "link"', "key `resource.notice.link`"),
        ('pattern = "file"', 'pattern = "keyed"', "key `resource.notice.keys`"),
        ('pattern = "file"', 'pattern = "file"\nrole = "joined"', "key `resource.notice.joined_to`"),
        ('key = ["NO"]', 'key = ["NUMBER"]', "key `resource.notice.key`"),
        ('format = "csv"', 'format = "extract"', "key `resource.notice.format`"),
    ],
)  # fmt: skip
def test_one_error_names_file_and_key(folder: Path, old: str, new: str, key: str) -> None:
    change(folder, old, new)
    assert key in refusal(folder)


def test_the_name_of_the_folder_may_be_repeated_as_id(folder: Path) -> None:
    change(folder, 'title = "Notices"', 'title = "Notices"\nid = "xx_agency_notices"')
    assert load_source(folder).id == "xx_agency_notices"


def test_two_resources_of_one_name_are_refused(folder: Path) -> None:
    change(folder, "[bounds]", '[[resource]]\nname = "notice"\npattern = "handed-in"\nformat = "csv"\n[bounds]')
    assert "key `resource.name`" in refusal(folder)


def test_a_source_without_resources_is_refused(folder: Path) -> None:
    text = TOML[: TOML.index("[[resource]]")] + "resource = []\n"
    (folder / "source.toml").write_text(text, encoding="utf-8")
    assert "key `resource`" in refusal(folder)


def test_a_resource_that_is_no_table_is_refused(folder: Path) -> None:
    text = TOML[: TOML.index("[[resource]]")] + 'resource = ["notice"]\n'
    (folder / "source.toml").write_text(text, encoding="utf-8")
    assert "key `resource[0]`" in refusal(folder)


@pytest.mark.parametrize("broken", [b"title = ", b'title = "\xff"'], ids=["no TOML", "no UTF-8"])
def test_a_file_that_is_not_toml_is_refused(folder: Path, broken: bytes) -> None:
    (folder / "source.toml").write_bytes(broken)
    assert "not readable as TOML" in refusal(folder)


@pytest.mark.parametrize("name", ["source.toml", "records.sql"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name in refusal(folder)


def test_the_adapter_version_changes_with_each_of_its_files(folder: Path) -> None:
    versions = [load_source(folder).adapter_version]
    (folder / "records.sql").write_text("SELECT _row, NO AS native_id FROM notice", encoding="utf-8")
    versions.append(load_source(folder).adapter_version)
    change(folder, 'title = "Notices"', 'title = "All notices"')
    versions.append(load_source(folder).adapter_version)
    (folder / "extract.py").write_text('"""Rows."""\n', encoding="utf-8")
    versions.append(load_source(folder).adapter_version)
    assert len(set(versions)) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", version) for version in versions)
    assert load_source(folder).adapter_version == versions[-1]


def test_the_catalogue_is_every_folder_in_alphabetical_order(folder: Path) -> None:
    shutil.copytree(folder, folder.parent / "aa_agency_notices")
    (folder.parent / "__pycache__").mkdir()
    (folder.parent / ".hidden").mkdir()
    assert list(catalogue(folder.parent)) == ["aa_agency_notices", "xx_agency_notices"]


def test_the_catalogue_of_this_checkout_keeps_its_rules() -> None:
    assert list(catalogue()) == sorted(path.name for path in SOURCES.iterdir() if (path / "source.toml").exists())
    for source in catalogue().values():
        assert source.id.startswith(source.jurisdiction.replace("-", "_") + "_")
        assert all(text.strip() == text and text.endswith(".") for text in (source.means, source.means_not)), source.id


def test_a_source_is_found_whatever_state_the_others_are_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = folder.parent / "xx_broken"
    broken.mkdir()
    (broken / "source.toml").write_text("title =", encoding="utf-8")
    monkeypatch.setattr(catalog, "SOURCES", folder.parent)
    assert find_source("xx_agency_notices").title == "Notices"


@pytest.mark.parametrize("asked", ["agency", "zz_nothing"])
def test_an_unknown_source_is_a_wrong_question_that_names_the_known_ones(
    folder: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setattr(catalog, "SOURCES", folder.parent)
    with pytest.raises(UsageError, match=f"no source `{asked}`.*Known: xx_agency_notices"):
        find_source(asked)
