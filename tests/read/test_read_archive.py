"""Zip and gzip payloads: what is read, and what is refused."""

import gzip
import struct

import pytest

from ingest.errors import ReadError, UnsafeArchive
from ingest.read import archive
from tests.read.conftest import Reading
from tests.read.files import zipped

GOOD = b"NO,EMPLOYER\n1,Acme\n"


def test_each_matching_member_becomes_a_table(reading: Reading) -> None:
    content = zipped({"b/20240102_CNEP.csv": b"NO\n2\n", "a/20240101_cnep.csv": b"NO\n1\n", "readme.txt": b"x"})
    found = reading(content, "csv", ("NO",), member="*_CNEP.csv")
    assert [(one.rows.table, one.rows.member, one.cells) for one in found] == [
        ("notice_1", "a/20240101_cnep.csv", [("1",)]),
        ("notice_2", "b/20240102_CNEP.csv", [("2",)]),
    ]
    (single,) = reading(zipped({"x.csv": GOOD}), "csv", ("NO",), member="*.csv")
    assert single.rows.table == "notice"


def test_a_plain_file_or_gzip_is_read_although_a_member_is_declared(reading: Reading) -> None:
    assert reading(GOOD, "csv", ("NO",), member="*.csv")[0].cells == [("1",)]
    assert reading(gzip.compress(GOOD), "csv", ("NO",), as_of_pattern=r"\d,(\w+)")[0].rows.stamp == "Acme"


def test_an_error_names_the_member(reading: Reading) -> None:
    with pytest.raises(ReadError, match=r"\(notices, x\.csv\)"):
        reading(zipped({"x.csv": b"A\n1\n"}), "csv", ("NO",), member="*.csv")


@pytest.mark.parametrize("name", ["../x.csv", "/x.csv", "a/../../x.csv", "..\\x.csv", "C:\\x.csv"])
def test_paths_outside_are_refused(reading: Reading, name: str) -> None:
    with pytest.raises(UnsafeArchive, match="outside"):
        reading(zipped({name: b"x", "good.csv": GOOD}), "csv", ("NO",), member="good.csv")


def test_bombs_are_refused(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"x.csv": b"0" * 5_000_000})
    with pytest.raises(UnsafeArchive, match="200 times"):
        reading(bomb, "csv", ("NO",), member="*.csv")
    with pytest.raises(UnsafeArchive, match="200 times"):
        reading(gzip.compress(b"0" * 5_000_000), "csv", ("NO",))
    with pytest.raises(UnsafeArchive, match="more than the source may have"):
        reading(zipped({"x.csv": GOOD}), "csv", ("NO",), member="*.csv", max_bytes=5)
    with pytest.raises(UnsafeArchive, match="more than the source may have"):
        reading(gzip.compress(GOOD), "csv", ("NO",), max_bytes=5)
    with pytest.raises(UnsafeArchive, match="200 times"):
        reading(zipped({"xl/worksheets/sheet1.xml": b"0" * 5_000_000}), "xlsx", ("NO",))
    monkeypatch.setattr(archive, "MOST_ENTRIES", 1)
    with pytest.raises(UnsafeArchive, match="entries"):
        reading(zipped({"a": b"", "b": b""}), "csv", ("NO",), member="*")


def test_a_bomb_that_lies_about_its_size_is_refused(reading: Reading) -> None:
    content = bytearray(zipped({"x.csv": b"0" * 5_000_000}))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 100)
    with pytest.raises(UnsafeArchive):
        reading(bytes(content), "csv", ("NO",), member="*.csv")


def test_broken_archives_are_refused(reading: Reading) -> None:
    content = zipped({"x.csv": GOOD * 1000})
    damaged = bytearray(content)
    damaged[60] ^= 0xFF
    for broken in (content[: len(content) // 2], bytes(damaged), content[:-10]):
        with pytest.raises(UnsafeArchive, match="broken"):
            reading(broken, "csv", ("NO",), member="*.csv")
    packed = gzip.compress(GOOD * 1000)
    for broken in (packed[: len(packed) // 2], packed[:-4] + b"\0\0\0\1"):
        with pytest.raises(UnsafeArchive, match="broken"):
            reading(broken, "csv", ("NO",))


def test_encrypted_nested_and_too_many_members_are_refused(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(zipped({"x.csv": GOOD}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    with pytest.raises(UnsafeArchive, match="encrypted"):
        reading(bytes(content), "csv", ("NO",), member="*.csv")
    for inner in (zipped({"y.csv": GOOD}), gzip.compress(GOOD)):
        with pytest.raises(UnsafeArchive, match="inside of the archive"):
            reading(zipped({"x.csv": inner}), "csv", ("NO",), member="*.csv")
        with pytest.raises(UnsafeArchive, match="inside of the archive"):
            reading(gzip.compress(inner), "csv", ("NO",))
    monkeypatch.setattr(archive, "MOST_MEMBERS", 1)
    with pytest.raises(UnsafeArchive, match="more than 1 members"):
        reading(zipped({"a.csv": GOOD, "b.csv": GOOD}), "csv", ("NO",), member="*.csv")


def test_no_member_declared_or_none_matching_is_told(reading: Reading) -> None:
    with pytest.raises(ReadError, match="no `member` is declared"):
        reading(zipped({"x.csv": GOOD}), "csv", ("NO",))
    with pytest.raises(ReadError, match=r"no member matches `\*\.tsv`"):
        reading(zipped({"x.csv": GOOD}), "csv", ("NO",), member="*.tsv")
