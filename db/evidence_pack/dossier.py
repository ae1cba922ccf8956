"""The dossier of a pack: one HTML file that opens without a network, made of nothing but what else is in the pack.

Who verifies a pack makes it again and compares. Every text of an agency or analyst is escaped by the template.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined

from db.citation import paragraph, parts_of
from db.evidence_pack.plain import day, moment
from db.evidence_pack.timeline import LEFT, TOP, WIDTH, Moment, timeline
from db.history import NOTHING, differences
from db.in_force import in_words
from db.remarks import remarks, tombstone_words
from ingest.model import AMOUNT_KINDS, NOT_ADVERSE, SQL_COLUMNS

_TEMPLATE: Final = "dossier.html.j2"
_MADE_BY: Final = (
    *(("db.evidence_pack", name) for name in (_TEMPLATE, "dossier.py", "timeline.py", "plain.py")),
    *(("db", name) for name in ("citation.py", "remarks.py", "in_force.py", "history.py")),
    ("ingest", "model.py"),
)
"""All that words of a dossier come from."""
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\U000e0000-\U000e007f]"
)
"""Controls and direction marks, with which a text could pretend to be another."""
_FACTS: Final = (
    ("agency_type", "Type, in the agency's words"), ("agency_code", "Code of the agency"), ("summary", "Summary"),
    ("legal_basis", "Legal basis"), ("role", "Role"), ("subject_area", "Field"), ("country", "Country"),
    ("case_id", "Case"), ("decision_id", "Decision"), ("list_id", "List"), ("violation_start", "Violation from"),
    ("violation_end", "Violation to"), ("opened_on", "Opened"), ("issued_on", "Issued"), ("final_on", "Final"),
    ("effective_from", "In force from"), ("effective_to", "In force until"), ("published_on", "Published"),
    ("publication_ends", "Publication ends"), ("data_as_of", "Data as of"), ("document_url", "Document"),
    ("source_url", "Page of the agency"),
)  # fmt: skip
Row = Mapping[str, Any]


def render(head: Row, dossier: Row, records: Sequence[Row], retrievals: Mapping[str, Row]) -> bytes:
    """The file. `head`: the manifest without its list of files; `dossier`: dossier.json; `records`: records.jsonl;
    `retrievals`: those of the chain by id. Raises KeyError, TypeError or ValueError for what has another form.
    """
    told = _Told(head, dossier, retrievals)
    shown = [told.record(at, record) for at, record in enumerate(records, 1) if "versions" in record]
    moments = [record["moment"] for record in shown if record["moment"]]
    names = [company["name"] for company in dossier["companies"] if "name" in company]
    listed = dossier["coverage"]
    return (
        _environment()
        .get_template(_TEMPLATE)
        .render(
            title=f"Public records about {', '.join(names[:3])}{' and others' * (len(names) > 3)}" if names else
            "Public records no longer published",
            head=head,
            companies=[_Company(company) for company in dossier["companies"]],
            drawing=timeline(moments, date.fromisoformat(head["day"])),
            drawing_width=WIDTH,
            drawing_left=LEFT,
            drawing_top=TOP,
            undated=len(shown) - len(moments),
            amounts=_by_kind(shown),
            records=shown,
            gone=[told.stone(record) for record in records if "versions" not in record],
            searched=[source for source in listed if source["searched"]],
            not_searched=[source for source in listed if not source["searched"]],
            sources=sorted(dossier["sources"].values(), key=lambda source: str(source["id"])),
            stamped=_stamped(head),
        )
        .encode("utf-8", "backslashreplace")
    )  # fmt: skip


@cache
def dossier_version() -> str:
    """16 hex digits over what makes the dossier of its data: with the same version it can be made again."""
    found = hashlib.sha256()
    for package, name in _MADE_BY:
        found.update(resources.files(package).joinpath(name).read_bytes())
    return found.hexdigest()[:16]


class _Company(dict[str, Any]):
    """A company whose absent values are empty."""

    def __missing__(self, name: str) -> None:
        return None


class _Told:
    """What the records of one dossier have in common."""

    def __init__(self, head: Row, dossier: Row, retrievals: Mapping[str, Row]) -> None:
        self._day = date.fromisoformat(head["day"])
        self._dossier, self._retrievals, self._runs = dossier, retrievals, head["runs"]

    def record(self, number: int, record: Row) -> dict[str, Any]:
        """A record as the template wants it."""
        latest = record["versions"][0]
        says = typed(latest["says"])
        state = says | {name: moment(record.get(name)) for name in ("removed_at", "last_seen")}
        state["removal"] = record.get("removal")
        source = self._dossier["sources"][record["source_id"]]
        matter = _day_of(says)
        held = says["status"] not in NOT_ADVERSE and state["removed_at"] is None
        anchor = f"r{number}"
        said, disputes = remarks(state), self._dossier["disputes"].get(record["record_id"], [])
        own = {"record_id": record["record_id"], "changed_at": moment(latest["changed_at"])}
        own |= {name: latest[name] for name in ("version", "row_hash")}
        retrieved = [self._retrievals[name] for name in dict.fromkeys(p["retrieval_id"] for p in latest["rows"])]
        return {
            "anchor": anchor,
            "record_id": record["record_id"],
            "date": matter,
            **{name: says[name] for name in ("kind", "status", "status_on", "status_as_published", "company_name")},
            "held": held,
            "remarks": said,
            "in_force": in_words(state, self._day),
            "facts": [*((label, str(says[name])) for name, label in _FACTS if says[name] is not None), *_lists(says)],
            "amounts": says["amounts"],
            "disputes": disputes,
            "judgements": self._dossier["judgements"].get(record["record_id"], []),
            "history": self._history(record["versions"]),
            "source_id": record["source_id"],
            "source_title": source["title"],
            "publisher": source["publisher"],
            "retrievals": retrieved,
            "rows": _rows(latest),
            "derivation": latest.get("underivable", f"adapter {latest['adapter_version']}, re-derived when packed"),
            "citation": paragraph(
                parts_of(
                    says | own, authority=source["publisher"], title=source["title"],
                    retrievals=[{**found, "retrieved_at": moment(found["retrieved_at"])} for found in retrieved],
                    rows=latest["rows"], remarks=said, disputes=disputes,
                )
            ),
            "moment": None if matter is None else Moment(
                says["kind"], matter, says["effective_from"], says["effective_to"], held,
                f"{matter}: {says['kind']}, {says['status']}, {record['record_id']}", anchor,
            ),
        }  # fmt: skip

    def stone(self, record: Row) -> dict[str, Any]:
        """A tombstone as the template wants it."""
        source = self._dossier["sources"].get(record["source_id"], {"publisher": record["source_id"]})
        dated = {**record, "removed_at": moment(record.get("removed_at"))}
        return {
            "record_id": record["record_id"],
            "first_seen": record["first_seen"],
            "last_seen": record["last_seen"],
            "why": tombstone_words(dated, source["publisher"]),
        }

    def _history(self, versions: Sequence[Row]) -> list[dict[str, Any]]:
        """Versions, latest first, with what each changed; none for a record that never changed."""
        if len(versions) < 2:
            return []
        found = []
        for at, version in enumerate(versions):
            before = versions[at + 1] if at + 1 < len(versions) else None
            changes = differences(typed(before["says"]), typed(version["says"])) if before else []
            found.append(
                {
                    "version": version["version"],
                    "span": self._span(version),
                    "changes": [{"field": c.field, "before": _shown(c.before), "after": _shown(c.after)}
                                for c in changes],
                    "remark": _remark(before, changed=bool(changes)),
                }
            )  # fmt: skip
        return found

    def _span(self, version: Row) -> str:
        """From the first run that showed a version to the last."""
        ends = [version.get("run_id"), version.get("last_run_id")]
        moments = [self._runs[run]["started_at"][:16].replace("T", " ") + " UTC" for run in ends if run in self._runs]
        first = version["rows"][0]["retrieval_id"]
        return f"{' to '.join(dict.fromkeys(moments))}, first by {first}"


def _remark(before: Row | None, *, changed: bool) -> str:
    """What else lies between a version and the one before it; empty where its changes say all."""
    if before is None:
        return "the first version"
    if before.get("removed_at"):
        gone = f"came back after it was {before.get('removal', 'removed at source')}"
        return f"{gone}, seen on {before['removed_at'][:10]}{'' if changed else '; says the same'}"
    return "" if changed else "says the same: another row, or read with another adapter"


def typed(says: Row) -> dict[str, Any]:
    """What a record says with every column of the model; days as dates, amounts as decimals, empty lists."""
    found: dict[str, Any] = {}
    for column in SQL_COLUMNS:
        value = says.get(column.name)
        if column.type == "DATE":
            value = day(value)
        elif column.name == "amounts":
            value = [{**amount, "value": Decimal(amount["value"])} for amount in value or ()]
        elif column.type.endswith("[]"):
            value = value or []
        found[column.name] = value
    return found


def _day_of(says: Row) -> date | None:
    """The day by which a record stands in time order; as ingest.model.DAY_SQL."""
    order = ("issued_on", "final_on", "published_on", "effective_from", "opened_on", "status_on")
    found: date | None = next((says[name] for name in order if says[name] is not None), None)
    return found


def _lists(says: Row) -> list[tuple[str, str]]:
    names = [("Also called", f"{name['name']} ({name['kind']})") for name in says["names"]]
    numbers = [("Number", _number(number)) for number in says["identifiers"]]
    places = [("Address", _shown([place])) for place in says["addresses"]]
    events = [("Event", _shown([event])) for event in says["events"]]
    return [*names, *numbers, *places, *events]


def _shown(value: Any) -> str:
    """A value of a record in words."""
    if value is None or value == []:
        return NOTHING
    if not isinstance(value, list):
        return str(value)
    return "; ".join(
        ", ".join(str(part) for part in item.values() if part is not None and not isinstance(part, bool))
        for item in value
    )


def _rows(version: Row) -> str:
    places = [
        f"row {place['row']}{' of ' + place['member'] if place.get('member') else ''}" for place in version["rows"]
    ]
    more = f" and {len(places) - 20:,} more" if len(places) > 20 else ""
    return f"{', '.join(places[:20])}{more}; SHA-256 {version['row_hash']}"


def _by_kind(records: Sequence[Row]) -> list[tuple[str, list[dict[str, Any]]]]:
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in AMOUNT_KINDS}
    for record in records:
        for amount in record["amounts"]:
            line = {name: record[name] for name in ("date", "status", "anchor", "record_id")}
            found.setdefault(amount["kind"], []).append({**amount, **line})
    return [(kind, lines) for kind, lines in found.items() if lines]


def _stamped(head: Row) -> str:
    if not head["stamps"]:
        return "No time stamp covers this pack: it shows when it was packed by its maker's word alone."
    return f"{len(head['stamps'])} time stamp(s) in the folder stamps/ cover retrievals of this pack."


def _number(number: Row) -> str:
    return f"{number['scheme']} {number['value']}{' (not valid)' if number.get('valid') is False else ''}"


@cache
def _environment() -> Environment:
    text = resources.files(__package__).joinpath(_TEMPLATE).read_text(encoding="utf-8")
    loader = DictLoader({_TEMPLATE: text})
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, finalize=_visible)
    made.filters |= {
        "is_web": lambda url: bool(re.fullmatch(r"https?://[^\s\"'<>\\]{3,2000}", str(url))),
        "minute": lambda text: f"{text[:10]} {text[11:16]} UTC",
        "day": lambda text: text[:10],
        "thousands": lambda value: f"{value:,}",
        "number": _number,
        "upper_code": lambda text: text.upper() if len(text) == 2 else text,
    }
    return made


def _visible(value: Any) -> Any:
    """Text with its unseen characters shown as such."""
    return _UNSEEN.sub("\ufffd", value) if type(value) is str else value
