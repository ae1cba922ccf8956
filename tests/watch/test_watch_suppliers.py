"""What of a suppliers file is kept: organisations alone, and of them no more than matching needs."""

from pathlib import Path
from typing import Any

import pytest

from db.analyst import Analyst
from db.watch import suppliers
from db.watch.suppliers import Read, Supplier, read_suppliers
from ingest.errors import UsageError
from tests.watch.world import ACME, GONE, LIST, NOBODY, World

PERSON, UNSURE = "Janet Q. Roe", "Zalmir Quorvane Traders"


def read(world: World, text: str, **columns: str) -> Read:
    world.file.write_text(text, encoding="utf-8")
    return read_suppliers(world.home.path, world.file, columns, lambda _: None)


def everything(home: Path) -> bytes:
    """All bytes of the analyst database."""
    return (home / "analyst.sqlite").read_bytes()


def test_persons_are_left_out_and_known_by_row_alone(world: Any) -> None:
    world.file.write_text("")
    world.add(ACME, f"V-3,{PERSON},US,", f"V-7,{UNSURE},DE,")
    found = read(world, f"Supplier\nKestrel Foods Ltd\n{PERSON}\n{UNSURE}\n")
    assert ([s.name for s in found.suppliers], found.persons) == (["Kestrel Foods Ltd"], (3,))
    assert [s.row for s in found.unsure] == [4]
    for name in (PERSON, UNSURE, "Quorvane", "Janet"):
        assert name.encode() not in everything(world.home.path)
    assert PERSON not in repr(found)
    assert UNSURE not in repr(found)


@pytest.mark.parametrize(
    ("header", "number", "country", "kept"),
    [
        ("LEI", "5493001KJTIIGC8Y1R12", "de", True),
        ("Company number", "01234567", "gb", True),
        ("Company number", "01234567", "fr", False),
        ("ОГРН", "1027700132195", "ru", True),
        ("LEI", "5493001KJTIIGC8Y1R13", "de", False),
        ("VAT number", "DE136695976", "de", False),
    ],
)
def test_a_number_that_only_organisations_have_lets_an_unclear_name_in(
    world: Any, header: str, number: str, country: str, kept: bool
) -> None:
    found = read(world, f"Supplier,Country,{header}\n{UNSURE},{country},{number}\n")
    assert bool(found.suppliers) is kept
    assert bool(found.unsure) is not kept


@pytest.mark.parametrize(
    "row", [f"{PERSON},us,5493001KJTIIGC8Y1R12,", "Kestrel Comercio Ltda,br,,529.982.247-25", "Estate of Jan Doe,,,"]
)
def test_a_person_stays_out_whatever_else_the_row_says(world: Any, row: str) -> None:
    found = read(world, f"Supplier,Country,LEI,Tax ID\n{row}\n")
    assert (found.suppliers, found.unsure, found.persons) == ((), (), (2,))


def test_a_vouch_is_recorded_and_lasts_as_long_as_the_name(world: Any) -> None:
    unsure = f"V-7,{UNSURE},DE,"
    assert world.add(ACME, unsure).unsure == (3,)
    made = world.add(ACME, unsure, vouched=True, by="Bea")
    assert (made.added, made.vouched, made.unsure) == (1, 1, ())
    (_, kept) = world.lists.suppliers(world.lists.find(LIST))
    assert (kept.supplier.name, kept.vouched_by) == (UNSURE, "Bea")
    since = kept.vouched_at
    assert world.add(ACME, unsure, by="Cy").vouched == 1
    (_, kept) = world.lists.suppliers(world.lists.find(LIST))
    assert (kept.vouched_by, kept.vouched_at) == ("Bea", since)
    assert world.add(ACME, f"V-7,Quorvane {UNSURE},DE,").unsure == (3,)
    assert UNSURE.encode() not in everything(world.home.path)


def test_a_file_of_persons_makes_no_list(world: Any) -> None:
    with pytest.raises(UsageError, match="1 read as persons or sole traders, 0 are unsure"):
        world.add(f"V-3,{PERSON},US,")
    with pytest.raises(UsageError, match="--vouched"):
        world.add(f"V-7,{UNSURE},DE,")
    assert world.lists.all() == []


def test_what_was_purged_is_left_out(world: Any) -> None:
    Analyst(world.home.path).purge(records=[], names=["Kestrel Foods Ltd"], reason="request", by="Ann")
    assert read(world, "Supplier\nKestrel Foods Ltd\n").persons == (2,)


def test_of_a_row_no_more_is_kept_than_matching_needs(world: Any) -> None:
    world.add(
        'V-1,Acme Pipeline Inc,US,5493001KJTIIGC8Y1R12,"1 Main St, c/o Jan Doe",Omaha,68102,Mr Doe 555-0100,n/a',
        header="Vendor No,Supplier,Country,LEI,Street,City,ZIP,Contact,Tax ID",
    )
    (kept,) = world.lists.suppliers(world.lists.find(LIST))
    numbers = (("LEI", "5493001KJTIIGC8Y1R12"),)
    assert kept.supplier == Supplier(
        2, "V-1", "Acme Pipeline Inc", "us", numbers, "1 Main St", "Omaha", "68102"
    )  # fmt: skip
    for text in ("Doe", "555-0100", "Contact"):
        assert text.encode() not in everything(world.home.path)


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("V-1001", True),
        ("0000471100", True),
        ("LIEF 22", True),
        ("Jan Doe 7", False),
        ("j.doe7@kestrel.example", False),
        ("Quorvane1", False),
        ("Acme", False),
        ("123-45-6789", False),
        ("9" * 41, False),
    ],
)
def test_a_reference_is_a_number_or_is_not_kept(world: Any, cell: str, kept: bool) -> None:
    found = read(world, f"Vendor No,Supplier\n{cell},Kestrel Foods Ltd\n")
    assert found.suppliers[0].reference == (cell if kept else "")
    assert found.references_left_out == (() if kept else (2,))


def test_columns_are_found_or_given(world: Any) -> None:
    found = read(world, "Konto,Firma X,ID\n7,Kestrel Foods Ltd,9\n", reference="konto", name="Firma X")
    assert (found.reference, found.suppliers[0].reference) == ("Konto", "7")
    assert [item.role for item in found.columns] == ["name"]
    assert read(world, "Supplier,ID\nKestrel Foods Ltd,9\n").reference == "ID"
    assert read(world, "Supplier,Note\nKestrel Foods Ltd,9\n").reference is None


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"reference": "Nowhere"}, "no column called `Nowhere`"),
        ({"reference": "Supplier"}, "cannot be that of references"),
        ({"colour": "Supplier"}, "knows no `colour`"),
    ],
)
def test_columns_that_are_none_are_refused(world: Any, columns: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(world, "Supplier,Note\nKestrel Foods Ltd,9\n", **columns)


def test_rows_that_say_the_same_are_one_and_rows_without_a_name_are_told(world: Any) -> None:
    found = read(world, "Supplier,Country\nKestrel Foods Ltd,GB\n,GB\nKestrel Foods Ltd,GB\n???,GB\n")
    assert (len(found.suppliers), found.same) == (1, (4,))
    assert found.unreadable == {3: "no name in this row", 5: "the name has no letter and no digit"}


def test_a_file_without_rows_or_with_too_many_is_refused(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="a header and no row"):
        read(world, "Supplier,Country\n")
    monkeypatch.setattr(suppliers, "MOST", 1)
    with pytest.raises(UsageError, match="holds 1 suppliers at most"):
        read(world, "Supplier\nKestrel Foods Ltd\nHarrow Mills Ltd\n")


def test_a_new_file_replaces_the_list_by_difference(world: Any) -> None:
    made = world.add(ACME, GONE, NOBODY)
    assert (made.made, made.added, made.gone, made.changed, made.unchanged) == (True, 3, 0, 0, 0)
    before = {w.supplier.reference: w.number for w in world.lists.suppliers(made.list_)}
    made = world.add(GONE, "V-1,Acme Pipeline Incorporated,US,", "V-8,Kestrel Foods Ltd,GB,", by="Bea")
    assert (made.made, made.added, made.gone, made.changed, made.unchanged) == (False, 1, 1, 1, 1)
    assert (made.list_.made_by, made.list_.changed_by, made.list_.suppliers) == ("Ann", "Bea", 3)
    after = {w.supplier.reference: (w.number, w.supplier.row) for w in world.lists.suppliers(made.list_)}
    assert after["V-1"] == (before["V-1"], 3)
    assert after["V-6"] == (before["V-6"], 2)


def test_without_references_name_and_country_tell_which_row_is_which(world: Any) -> None:
    header = "Supplier,Country,City"
    world.add("Kestrel Foods Ltd,GB,Leeds", "Kestrel Foods Ltd,GB,York", "Kestrel Foods Ltd,US,", header=header)
    made = world.add("KESTREL FOODS LTD,GB,Hull", "Kestrel Foods Ltd,GB,Leeds", "Harrow Mills Ltd,GB,", header=header)
    assert (made.added, made.gone, made.changed, made.unchanged) == (1, 1, 1, 1)


def test_names_of_lists_are_plain_and_found_whatever_their_case(world: Any) -> None:
    world.add(ACME)
    assert world.lists.find("TIER 1").name == LIST
    with pytest.raises(UsageError, match="no watch list `tier 2`"):
        world.lists.find("tier 2")
    with pytest.raises(UsageError, match="cannot be the name"):
        world.lists.put("../tier", read(world, "Supplier\nAcme Ltd\n"), threshold=None, by="Ann", vouched=False)


def test_a_list_that_is_removed_leaves_who_removed_it_and_why(world: Any) -> None:
    world.add(ACME)
    world.run()
    assert world.lists.remove("Tier 1", why="not ours any more", by="Bea").suppliers == 1
    assert world.lists.all() == []
    assert b"Acme Pipeline" not in everything(world.home.path)
    assert b"not ours any more" in everything(world.home.path)
    with pytest.raises(UsageError, match="no watch list"):
        world.lists.remove(LIST, why="again", by="Bea")
    world.add(GONE)
    assert world.run().news == {"new match": 1}


def test_looking_makes_no_file(world: Any) -> None:
    assert world.lists.all() == []
    with pytest.raises(UsageError, match="no watch list"):
        world.run()
    assert not (world.home.path / "analyst.sqlite").exists()
