"""Rows from submissions answers: every 8-K of a company with its items, and the pages that hold older filings.

Format: https://www.sec.gov/search-filings/edgar-application-programming-interfaces; a page of older filings is the
object of column arrays alone, without the company it belongs to.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

COLUMNS = (
    "cik", "accession", "items", "report_date", "name", "former_names", "ein", "lei", "page", "page_from", "page_to",
)  # fmt: skip


def rows(path: Path) -> Iterator[dict[str, str | None]]:
    """One row per 8-K, one per older page, and one for the company alone; columns that do not apply are empty."""
    answer = json.loads(path.read_bytes())
    filings = answer.get("filings", {})
    company = _company(answer) if filings else {}
    if company:
        yield _row(company)
    for page in filings.get("files", []):
        yield _row(company, page=page["name"], page_from=page["filingFrom"], page_to=page["filingTo"])
    listed = filings.get("recent", answer)
    for form, accession, items, report_date in zip(
        listed["form"], listed["accessionNumber"], listed["items"], listed["reportDate"], strict=True
    ):
        if form in {"8-K", "8-K/A"}:
            yield _row(company, accession=accession, items=items, report_date=report_date)


def _row(company: Mapping[str, str | None], **more: str | None) -> dict[str, str | None]:
    return {name: more.get(name, company.get(name)) for name in COLUMNS}


def _company(answer: Mapping[str, Any]) -> dict[str, str | None]:
    former = [item["name"] for item in answer.get("formerNames", [])]
    return {
        "cik": str(answer["cik"]).zfill(10),
        "name": answer["name"],
        "former_names": "\n".join(former) or None,
        "ein": _number(answer.get("ein")),
        "lei": _number(answer.get("lei")),
    }


def _number(text: str | None) -> str | None:
    """The number, unless it stands for none: empty or only zeros."""
    return text if text and text.strip("0- ") else None
