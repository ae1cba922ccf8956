"""Which errors mean a full disk or a damaged file, and which are left alone; no engine message is repeated."""

import errno
from pathlib import Path

import duckdb
import pytest

from db.disk import disk_error, unforeseen
from ingest.errors import StoreDamaged, StoreError

HOME = Path("/homes/audit")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError(errno.EFBIG, "File too large"),
        duckdb.IOException('Could not write file "/x/Roe, Jane": No space left on device'),
        duckdb.OutOfMemoryException("failed to offload data block of size 256.0 KiB"),
    ],
)
def test_a_full_disk(error: OSError | duckdb.Error) -> None:
    told = disk_error(error, HOME)
    assert told is not None
    assert told.sentence() == (
        "the disk is full (/homes/audit). Make room and run it again; what was published before stays."
    )
    failed = unforeseen(error, "xx_source", HOME)
    assert failed.sentence().startswith("xx_source: the disk is full. Make room")
    assert "Roe" not in failed.sentence()


@pytest.mark.parametrize("number", [errno.EIO, errno.EROFS])
def test_a_failing_disk(number: int) -> None:
    told = disk_error(OSError(number, "x"), HOME)
    assert type(told) is StoreError
    assert "cannot be read or written" in told.sentence()


@pytest.mark.parametrize("words", ["Corrupt database file: computed checksum 1", "Could not read enough bytes"])
def test_a_damaged_file(words: str) -> None:
    with pytest.raises(StoreDamaged, match="Run `trackrecord doctor`"):
        unforeseen(duckdb.IOException(words), "xx_source", HOME)


def test_others_are_left_alone() -> None:
    assert disk_error(PermissionError(errno.EACCES, "x"), HOME) is None
    assert disk_error(duckdb.BinderException("no column Roe"), HOME) is None
    for error, said in (
        (duckdb.OutOfMemoryException("x"), "not enough memory. Raise TRACKRECORD_MEMORY, for instance to 4GB."),
        (duckdb.BinderException("no column Roe"), "the engine failed (BinderException). Please report it."),
        (ValueError("Roe"), "unexpected ValueError. Please report it."),
    ):
        assert unforeseen(error, "xx_source", HOME).sentence() == f"xx_source: {said}"
