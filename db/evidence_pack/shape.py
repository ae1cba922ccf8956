"""The form of every JSON file in a pack. A stranger's file is looked at only when it has exactly this form."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ingest.model import SQL_COLUMNS

Shape = Callable[[Any], bool]


def text(pattern: str = "", most: int = 1_000_000) -> Shape:
    """Text, of which the whole has to match the pattern if there is one."""
    whole = re.compile(pattern) if pattern else None
    return lambda value: (
        isinstance(value, str) and len(value) <= most and (whole is None or bool(whole.fullmatch(value)))
    )


def listed(item: Shape) -> Shape:
    """A list of such items."""
    return lambda value: isinstance(value, list) and all(map(item, value))


def mapped(item: Shape) -> Shape:
    """An object with any names and such values."""
    return lambda value: isinstance(value, dict) and all(map(item, value.values()))


def maybe(item: Shape) -> Shape:
    """Null, or such a value."""
    return lambda value: value is None or item(value)


def objects(needed: Mapping[str, Shape], more: Mapping[str, Shape] | None = None) -> Shape:
    """An object with these names and no others; those of `more` may be absent."""
    known = {**needed, **(more or {})}

    def fits(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and needed.keys() <= value.keys() <= known.keys()
            and all(known[name](part) for name, part in value.items())
        )

    return fits


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


TEXT: Final = text()
DAY: Final = text(r"\d{4}-\d\d-\d\d")
TIME: Final = text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
HASH: Final = text(r"[0-9a-f]{64}")
SHORT: Final = text(r"[0-9a-f]{16}")
ID: Final = text(r"[A-Za-z0-9_.:+-]+", 300)
_AMOUNT: Final = text(r"-?\d{1,18}(\.\d{1,2})?")
_PLACE: Final = objects({"retrieval_id": SHORT, "row": _number}, {"member": TEXT})
_PART: Final = maybe(lambda value: isinstance(value, str | bool))
_LISTS: Final[Mapping[str, Shape]] = {
    "names": listed(objects({"name": TEXT, "kind": maybe(TEXT)})),
    "addresses": listed(mapped(_PART)),
    "identifiers": listed(objects({"scheme": TEXT, "value": TEXT, "valid": maybe(_flag)})),
    "events": listed(objects({"date": maybe(DAY), "type": maybe(TEXT), "note": maybe(TEXT)})),
    "amounts": listed(objects({"kind": maybe(TEXT), "value": _AMOUNT, "currency": maybe(TEXT)})),
}
_SAYS: Final[Mapping[str, Shape]] = {
    column.name: _LISTS.get(column.name, DAY if column.type == "DATE" else TEXT) for column in SQL_COLUMNS
}
_ALWAYS: Final = ("native_id", "company_name", "entity_type", "kind", "subject_area", "status")
_VERSION: Final = objects(
    {
        "version": _number, "changed_at": TIME, "adapter_version": SHORT, "gate_reason": TEXT, "row_hash": HASH,
        "run_id": ID, "rows": listed(_PLACE),
        "says": objects({name: _SAYS[name] for name in _ALWAYS}, _SAYS),
    },
    {"superseded_at": TIME, "removed_at": TIME, "removal": TEXT, "last_run_id": ID, "underivable": TEXT},
)  # fmt: skip
_HEAD: Final[Mapping[str, Shape]] = {"record_id": TEXT, "source_id": ID, "first_seen": TIME, "last_seen": TIME}
SHOWN: Final = objects(
    {**_HEAD, "company_id": ID, "versions": lambda value: listed(_VERSION)(value) and bool(value)},
    {"removed_at": TIME, "removal": TEXT},
)
STONE: Final = objects({**_HEAD, "hidden": TEXT}, {"removed_at": TIME, "removal": TEXT, "publication_ends": DAY})
RETRIEVAL: Final = objects(
    {
        "seq": _number, "retrieval_id": SHORT, "run_id": ID, "source_id": ID, "resource": TEXT, "url": TEXT,
        "final_url": maybe(TEXT), "attempted_at": TIME, "retrieved_at": maybe(TIME), "status": maybe(_number),
        "headers": mapped(TEXT), "bytes": _number, "sha256": maybe(HASH), "outcome": TEXT, "error": maybe(TEXT),
        "via": TEXT, "chain_hash": HASH,
    }
)  # fmt: skip
_NAMED: Final = listed(objects({"name": TEXT, "kind": maybe(TEXT)}))
DOSSIER: Final = objects(
    {
        "companies": listed(
            objects(
                {"company_id": ID},
                {
                    "asked": ID, "country": TEXT, "entity_type": TEXT, "name": TEXT, "names": _NAMED,
                    "identifiers": _LISTS["identifiers"], "places": listed(TEXT), "links": listed(TEXT),
                },
            )
        ),
        "coverage": listed(
            objects(
                {
                    "source_id": ID, "title": TEXT, "publisher": TEXT, "state": TEXT, "data_as_of": maybe(DAY),
                    "retrieved_at": maybe(TIME), "loaded_at": maybe(TIME), "last_run_at": maybe(TIME),
                    "searched": _flag, "remarks": listed(TEXT),
                }
            )
        ),
        "sources": mapped(mapped(TEXT)),
        "disputes": mapped(listed(TEXT)),
        "judgements": mapped(listed(TEXT)),
    }
)  # fmt: skip
_RUN: Final = objects(
    {"run_id": ID, "source_id": ID, "started_at": TIME, "outcome": TEXT, "adapter_version": SHORT},
    {"gate_version": TEXT, "data_as_of": DAY},
)
_FILE: Final = objects({"bytes": _number, "sha256": HASH})
MANIFEST: Final = objects(
    {
        "format": TEXT, "packed_at": TIME, "day": DAY, "sample": _flag, "asked": listed(TEXT), "generation": TEXT,
        "trackrecord_version": TEXT, "gate_version": TEXT, "dossier_version": TEXT, "counts": mapped(_number),
        "runs": mapped(_RUN),
        "chain": maybe(objects({"first": _number, "last": _number, "previous": text("([0-9a-f]{64})?"), "head": HASH})),
        "retrievals": listed(
            objects(
                {"retrieval_id": SHORT, "seq": _number, "source_id": ID, "url": TEXT, "retrieved_at": maybe(TIME),
                 "sha256": maybe(HASH), "bytes": _number}
            )
        ),
        "stamps": listed(
            objects({"file": TEXT, "seq": _number, "chain_hash": HASH, "stamped_at": TIME, "url": TEXT,
                     "authority": TEXT})
        ),
        "left_out": listed(TEXT), "files": mapped(_FILE),
    }
)  # fmt: skip
