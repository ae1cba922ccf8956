"""No value of an input row leaves the reader in an error, a log or on the terminal: a marker in every column."""

import logging
import traceback
from pathlib import Path

import pytest

from ingest.errors import ReadError
from tests.read.conftest import Reading
from tests.read.files import ruled_pdf, workbook, zipped

MARKER = "Zyxw Marker"
ROW = f'{MARKER},"{MARKER}",{MARKER}'
BOOK = workbook([["A", "B", "C"], [MARKER, MARKER, MARKER]])
PDF = ruled_pdf([[["A", "B", "C"], [MARKER, MARKER, MARKER]]])
BROKEN: dict[str, tuple[str, bytes, dict[str, object]]] = {
    "csv lacks a column": ("csv", f"X,Y,Z\n{ROW}\n".encode(), {}),
    "csv without its header": ("csv", f"{ROW}\n{ROW}\n".encode(), {"preamble": "A,B"}),
    "csv in a wrong encoding": ("csv", f"{ROW}\n".encode("utf-16-le"), {}),
    "csv line too long": ("csv", b"A,B,C\n" + MARKER.encode() * 2_000_000, {}),
    "fixed without dashes": ("fixed", f"{MARKER} {MARKER}\n".encode(), {"columns": ("A", "B", "C")}),
    "fixed with another header": ("fixed", f"{MARKER}\n-----\n{MARKER}".encode(), {"columns": ("A", "B", "C")}),
    "xlsx cut short": ("xlsx", BOOK[:-200], {}),
    "xlsx that is text": ("xlsx", MARKER.encode(), {}),
    "xlsx lacks a column": ("xlsx", workbook([["X"], [MARKER]]), {}),
    "json cut short": ("json", f'[{{"A": "{MARKER}", "B": "{MARKER}"}}, {{"A": "{MARKER}'.encode(), {}),
    "json with a bad escape": ("json", f'[{{"A": "{MARKER}\\q", "{MARKER}": 5}}]'.encode(), {}),
    "json of texts": ("json", f'["{MARKER}"]'.encode(), {}),
    "xml cut short": ("xml", f"<l><r><A>{MARKER}</A><B>{MARKER}</r></l>".encode(), {"rows_at": "r"}),
    "xml with an entity": ("xml", f"<l><r><A>&{MARKER.replace(' ', '')};</A></r></l>".encode(), {"rows_at": "r"}),
    "html without table": ("html", f"<p>{MARKER}".encode(), {}),
    "html lacks a column": ("html", f"<table><tr><th>X</th></tr><tr><td>{MARKER}</td></tr></table>".encode(), {}),
    "pdf lacks a column": ("pdf", ruled_pdf([[["X", "Y", "Z"], [MARKER, MARKER, MARKER]]]), {}),
    "pdf cut short": ("pdf", PDF[: len(PDF) // 2], {}),
    "zip with a broken member": ("csv", zipped({"x.csv": MARKER.encode() * 50})[:-30], {"member": "*.csv"}),
}


@pytest.mark.parametrize("case", BROKEN)
def test_errors_do_not_quote_the_file(
    case: str, reading: Reading, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    form, content, keys = BROKEN[case]
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ReadError) as caught:
        reading(content, form, ("A", "B", "C"), **keys)
    shown = traceback.format_exception(caught.value)
    said = [str(caught.value), repr(caught.value), *capfd.readouterr(), caplog.text]
    # The traceback of this very test names its own source lines; only the texts of exceptions count.
    said += [line for part in shown for line in part.splitlines() if "Error" in line or "Archive" in line]
    assert not [text for text in said if "Zyxw" in text or "Marker" in text]
    assert "notices" in str(caught.value)


def test_rejected_rows_tell_number_and_reason_only(
    reading: Reading, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = [
        f'1,"{MARKER},x',
        f"{MARKER}",
        f'{MARKER},"{MARKER}"{MARKER},"',
        f"{ROW},{MARKER}",
        "\udcff".encode("utf-8", "surrogatepass").decode("latin-1") + MARKER,
    ]
    (found,) = reading("A,B,C\n" + "\n".join(broken) + f"\n{ROW}\n", "csv", ("A", "B", "C"), multiline=True)
    assert len(found.rows.rejected) == len(broken)
    assert found.rows.rows == 1
    assert "Zyxw" not in "".join([str(found.rows), *capfd.readouterr(), caplog.text])


def test_a_failing_extract_does_not_speak(reading: Reading, tmp_path: Path) -> None:
    code = "def rows(path):\n    yield {}\n    raise ValueError(path.read_text())\n"
    (tmp_path / "extract.py").write_text(code, encoding="utf-8")
    with pytest.raises(ReadError) as caught:
        reading(MARKER, "extract", ())
    assert MARKER not in "".join(traceback.format_exception(caught.value))
