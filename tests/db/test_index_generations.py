"""The index belongs to its generation: built where it is missing, taken over where it holds, refused where damaged."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from db.index import opening, refresh
from db.index.candidates import finder
from db.index.generation import FORMAT, NameIndex, open_index, reopened
from db.index.opening import opened, warm
from db.index.place import folder_of
from db.index.refresh import names_version
from db.search import search
from db.store import Store
from ingest.errors import StoreBusy, StoreDamaged, StoreError
from tests.cli.homes import NOW, company_id
from tests.db.indexed import add, alias, publish, remove

MANY = [f"Kelmar {chr(97 + a)}{chr(97 + b)}vo Trading" for a in range(10) for b in range(10)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return publish(tmp_path / "home", [*MANY, "Zorvexa Pipeline Inc"])


def ask(store: Store, query: str) -> list[str]:
    with store.reading() as con:
        return [result.name for result in search(con, query, [], NOW).results]


def change(store: Store) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(store.current))


def built(store: Store, folder: Path, previous: Path | None = None) -> NameIndex:
    refresh.refresh(store.current, folder, previous)
    found = open_index(folder, store.current)
    assert found is not None
    return found


def found_in(index: NameIndex, text: str) -> list[str]:
    return [index.text(candidate.name) for candidate in finder(index).best(text, 3)]


def test_a_home_without_index_gets_one_with_the_first_question(store: Store) -> None:
    shutil.rmtree(folder_of(store.current), ignore_errors=True)
    assert ask(store, "zorvexa pipline") == ["Zorvexa Pipeline Inc"]
    folder = folder_of(store.current)
    before = (folder / "about.json").stat().st_mtime_ns
    opening._opened.clear()
    assert ask(store, "zorvexa pipline") == ["Zorvexa Pipeline Inc"]
    assert (folder / "about.json").stat().st_mtime_ns == before
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(folder.name)] == [folder.name]


def test_an_index_of_another_state_of_the_file_is_built_again(store: Store) -> None:
    ask(store, "zorvexa")
    with change(store) as con:
        add(con, "Norbank Trading SA")
    assert ask(store, "norbnk trading") == ["Norbank Trading SA"]


def test_an_index_of_another_format_is_built_again(store: Store) -> None:
    ask(store, "zorvexa")
    about = folder_of(store.current) / "about.json"
    about.write_text(json.dumps({**json.loads(about.read_text()), "format": 0}))
    opening._opened.clear()
    assert ask(store, "zorvexa pipline") == ["Zorvexa Pipeline Inc"]
    assert json.loads(about.read_text())["format"] == FORMAT


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("part-1/posting.npy", lambda file: file.write_bytes(file.read_bytes()[:-4])),
        ("part-1/word.npy", lambda file: file.unlink()),
        ("part-1/word.npy", lambda file: file.write_bytes(b"x" * file.stat().st_size)),
        ("cards/company/text.npy", lambda file: file.unlink()),
        ("links/start.npy", lambda file: file.write_bytes(b"x" * file.stat().st_size)),
        ("about.json", lambda file: file.write_text("{")),
        ("about.json", lambda file: file.write_text("[]")),
        ("about.json", lambda file: file.unlink()),
    ],
)
def test_a_damaged_index_is_refused_with_what_to_do(store: Store, file: str, damage: Any) -> None:
    ask(store, "zorvexa")
    folder = folder_of(store.current)
    damage(folder / file)
    opening._opened.clear()
    with pytest.raises(StoreDamaged, match=r"name index is damaged .*Delete that folder"):
        ask(store, "zorvexa")
    later = built(store, store.home / "later", folder)
    assert found_in(later, "zorvexa pipline") == ["zorvexa pipeline"]
    shutil.rmtree(folder)
    assert ask(store, "zorvexa") == ["Zorvexa Pipeline Inc"]


def test_another_process_needs_the_index_it_was_told_of(tmp_path: Path) -> None:
    with pytest.raises(StoreDamaged):
        reopened(tmp_path / "none.index")


def test_a_home_that_cannot_be_written_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(folder_of(store.current), ignore_errors=True)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(refresh, "refresh_over", refuse)
    with pytest.raises(StoreError, match=r"cannot be built: Permission denied .*writable"):
        ask(store, "zorvexa")


def test_a_sync_that_publishes_meanwhile_is_asked_again_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(folder_of(store.current), ignore_errors=True)
    opening._opened.clear()

    def erased(*_: object) -> None:
        raise FileNotFoundError(2, "No such file")

    monkeypatch.setattr(refresh, "refresh_over", erased)
    with pytest.raises(StoreBusy, match="Ask again"):
        ask(store, "zorvexa")


def test_a_generation_that_changes_all_the_time_is_not_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(folder_of(store.current), ignore_errors=True)
    opening._opened.clear()
    real = refresh.refresh_over

    def disturbed(con: Any, generation: Path, target: Path, previous: Path | None = None) -> None:
        real(con, generation, target, previous)
        os.utime(generation, ns=(1, 1))

    monkeypatch.setattr(refresh, "refresh_over", disturbed)
    with pytest.raises(StoreBusy, match="Ask again"):
        ask(store, "zorvexa")


def test_a_reader_keeps_the_index_of_a_generation_that_is_gone(store: Store) -> None:
    with store.reading() as con:
        index = opened(con)
        store.current.unlink()
        assert opened(con) is index
        opening._opened.clear()
        with pytest.raises(StoreBusy, match="just published"):
            opened(con)


def test_warming_changes_nothing(store: Store) -> None:
    with store.reading() as con:
        index = opened(con)
        warm(index)
        assert found_in(index, "zorvexa pipline") == ["zorvexa pipeline"]


def test_what_has_not_changed_is_taken_over_and_what_is_new_is_found(store: Store, tmp_path: Path) -> None:
    built(store, tmp_path / "1.index")
    with change(store) as con:
        add(con, "Norbank Trading SA")
        remove(con, company_id("Zorvexa Pipeline Inc", "us"))
    second = built(store, tmp_path / "2.index", tmp_path / "1.index")
    assert [len(part) for part in second.parts] == [101, 1]
    assert (tmp_path / "1.index/part-1/word.npy").stat().st_ino == (tmp_path / "2.index/part-1/word.npy").stat().st_ino
    assert found_in(second, "norbnk") == ["norbank trading"]
    assert found_in(second, "zorvexa pipline") == []
    with change(store) as con:
        alias(con, company_id("Norbank Trading SA", "us"), "Quonset Vale Bank", "former")
        add(con, "Zorvexa Pipeline Inc")
    third = built(store, tmp_path / "3.index", tmp_path / "2.index")
    assert [len(part) for part in third.parts] == [101, 2]
    assert [found_in(third, text)[0] for text in ("norbank", "quonst vale", "zorvexa", "kelmar abvo")] == [
        "norbank trading", "quonset vale bank", "zorvexa pipeline", "kelmar abvo trading",
    ]  # fmt: skip
    fourth = built(store, tmp_path / "4.index", tmp_path / "3.index")
    assert [len(part) for part in fourth.parts] == [101, 2]
    whole = built(store, tmp_path / "5.index")
    for text in ("norbank trading", "kelmar abvo", "trading kelmar", "quonset vale bnk"):
        assert sorted(found_in(fourth, text)) == sorted(found_in(whole, text))


def test_files_are_copied_where_there_are_no_hard_links(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(store, tmp_path / "1.index")

    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    assert found_in(built(store, tmp_path / "2.index", tmp_path / "1.index"), "zorvexa") == ["zorvexa pipeline"]


def test_when_much_has_changed_all_is_built_again(store: Store, tmp_path: Path) -> None:
    built(store, tmp_path / "1.index")
    with change(store) as con:
        for number in range(12):
            add(con, f"Ovrita {chr(97 + number)}lo Farms")
    index = built(store, tmp_path / "2.index", tmp_path / "1.index")
    assert [len(part) for part in index.parts] == [113]


def test_parts_made_by_other_rules_are_not_taken_over(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(store, tmp_path / "1.index")
    monkeypatch.setattr(refresh, "names_version", lambda: "other")
    built(store, tmp_path / "2.index", tmp_path / "1.index")
    assert (tmp_path / "1.index/part-1/word.npy").stat().st_ino != (tmp_path / "2.index/part-1/word.npy").stat().st_ino


def test_the_rules_have_one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names_version() == names_version()
    assert len(names_version()) == 64


def test_an_index_built_without_the_one_before_holds_no_byte_of_what_is_gone(store: Store, tmp_path: Path) -> None:
    def holds(folder: Path) -> bool:
        return any(b"zorvexa" in file.read_bytes() for file in folder.rglob("*.npy"))

    built(store, tmp_path / "1.index")
    with change(store) as con:
        remove(con, company_id("Zorvexa Pipeline Inc", "us"))
    built(store, tmp_path / "kept.index", tmp_path / "1.index")
    built(store, tmp_path / "purged.index")
    assert holds(tmp_path / "kept.index")
    assert not holds(tmp_path / "purged.index")


def test_a_home_without_companies_finds_nothing(tmp_path: Path) -> None:
    store = publish(tmp_path / "home", [])
    assert ask(store, "acme") == []
    with change(store) as con:
        add(con, "Zorvexa Pipeline Inc")
    assert ask(store, "acme") == []
    assert ask(store, "zorvexa") == ["Zorvexa Pipeline Inc"]
