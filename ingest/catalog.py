"""The catalogue: every `sources/<id>/source.toml` as frozen dataclasses. Unknown or missing keys are errors."""

import re
import tomllib
import types
from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ingest.adapter_files import ADAPTER_FILES, macro_files, version_of
from ingest.errors import CatalogError

SOURCES = Path(__file__).parent / "sources"

Pattern = Literal["file", "link", "dated", "keyed", "handed-in"]
Format = Literal["csv", "fixed", "xlsx", "json", "xml", "html", "pdf", "extract"]
Snapshot = Literal["full", "increment", "window"]
Retention = Literal["permanent", "mirror-source", "term"]
Cadence = Literal["daily", "weekly", "monthly", "quarterly", "yearly", "irregular"]

RESERVED_RELATIONS = (
    "address_check", "alias", "bare", "concerned", "fate", "first_said", "form", "fresh", "incoming", "keyed", "line",
    "linked", "missing", "norm_word", "number", "number_check", "number_of", "numbers", "other_name", "other_norm",
    "outcome", "output", "place", "profile", "ready", "respondent", "said", "sharing", "stored_row", "subject",
    "touched", "verdict", "withheld",
)  # fmt: skip
"""Names of the pipeline's own tables, which a relation cannot have."""

SUBJECT_AREAS = (
    "environment", "workplace-safety", "wages-labour", "consumer", "product-safety", "food-drugs", "finance",
    "competition", "procurement-integrity", "trade-sanctions", "data-protection", "tax", "corporate-filings",
    "health-care", "transport",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resource:
    """One file, or one family of files, of a source and the relation its rows fill."""

    name: str
    pattern: Pattern
    format: Format
    used: tuple[str, ...] = ()
    """Columns that records.sql sees and the evidence store keeps."""
    parsed: tuple[str, ...] = ()
    """Columns visible to `extracts` only; their text is never stored."""
    ignored: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    extracts: Mapping[str, str] = field(default_factory=dict)
    """Column name → SQL expression over used, parsed and personal columns: what may be kept of them."""
    key: tuple[str, ...] = ()
    relation: str = ""
    """The relation of records.sql these rows fill; the resource's own name unless given."""
    role: Literal["primary", "joined"] = "primary"
    joined_to: str = ""
    """For joined resources: `relation.column` that `key` refers to; decides joined or orphan."""
    one_of: str = ""
    """Alternatives share this word: they are tried in order and the first that answers is enough."""
    optional: bool = False
    url: str = ""
    """Address. `link`: the landing page. `dated`: with {YYYY} {QTR} {YYYYMMDD}. `keyed`: with {key}."""
    link: str = ""
    """For `link`: regular expression over the landing page; its groups fill `link_url`, or group 1 is the address."""
    link_url: str = ""
    """For `link`: address made of the groups, as `https://…/{0}{1}{2}`."""
    keys: str = ""
    """For `keyed`: SELECT over relations read before, giving one text column of keys."""
    member: str = ""
    """For archives: glob of the member to read."""
    accepts: tuple[str, ...] = ()
    """File endings that `--file` hands to this resource; the format's own ending unless given."""
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    multiline: bool = False
    """Quoted cells may hold line breaks. Without it a stray quote costs one row, never the rows behind it."""
    columns: tuple[str, ...] = ()
    """Column names of files without a header row."""
    preamble: str = ""
    """The header is the first line that starts with this text; what stands above it is skipped."""
    tail: int = 0
    """Fixed width: how many fields at the right end never hold blanks."""
    rows_at: str = ""
    """JSON: dotted path of the array. XML: path of the row element. HTML: CSS selector. XLSX: sheet name."""
    as_of_pattern: str = ""
    """Regular expression over the first 64 KiB of the payload; group 1 is the agency's own date stamp."""
    as_of_sql: str = ""
    """SQL expression giving the agency's stamp as DATE: over `stamp` (with as_of_pattern) or the columns."""
    content_types: tuple[str, ...] = ()
    robots_reason: str = ""
    """Why a documented bulk address is fetched although robots.txt disallows it."""
    max_bytes: int = 4_000_000_000

    @property
    def known_columns(self) -> frozenset[str]:
        """Every column this resource declares, whatever becomes of it."""
        return frozenset((*self.used, *self.parsed, *self.ignored, *self.personal))

    @property
    def endings(self) -> tuple[str, ...]:
        """File endings by which a handed-in file is recognised as this resource."""
        return self.accepts or (f".{self.format}",)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a plausible refresh looks like: rows in all primary relations together."""

    min_rows: int = 1
    max_drop: float = 0.10
    max_jump: float = 1.0


@dataclass(frozen=True, slots=True)
class Source:
    """One data set of one agency: what it is, how it is fetched, what becomes of every column."""

    id: str
    title: str
    publisher: str
    jurisdiction: str
    subject_area: str
    homepage: str
    licence: str
    legal_basis: str
    means: str
    means_not: str
    correction_channel: str
    cadence: Cadence
    retention: Retention
    snapshot: Snapshot
    company_only: bool
    resource: tuple[Resource, ...]
    attribution: str = ""
    window_months: int = 0
    starter: bool = False
    verified: bool = True
    requests_per_second: float = 1.0
    redirect_hosts: tuple[str, ...] = ()
    """Hosts of other sites to which the agency's addresses may redirect."""
    bounds: Bounds = field(default_factory=Bounds)
    lookup: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name → the agency's code → our term; used in SQL as lookup('name', COLUMN)."""
    folder: Path = SOURCES

    @property
    def relations(self) -> dict[str, tuple[Resource, ...]]:
        """Relation name → the resources that can fill it, in order."""
        found: dict[str, tuple[Resource, ...]] = {}
        for resource in self.resource:
            found[resource.relation] = (*found.get(resource.relation, ()), resource)
        return found

    @property
    def records_sql(self) -> str:
        """The text of records.sql."""
        return (self.folder / "records.sql").read_text(encoding="utf-8")

    @property
    def adapter_version(self) -> str:
        """First 16 hex digits of SHA-256 over TOML, SQL, extract.py and the shared macros."""
        parts = (self.folder / name for name in ADAPTER_FILES)
        paths = (*(path for path in parts if path.exists()), *macro_files())
        return version_of((path.name, path.read_bytes()) for path in paths)


def load_source(folder: Path) -> Source:
    """The source declared in `folder`. Raises CatalogError naming file and key."""
    file = folder / "source.toml"
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise CatalogError("source.toml is missing", where=str(file)) from None
    return parse_source(content, folder, {path.name for path in folder.iterdir()})


def parse_source(content: bytes, folder: Path, present: Collection[str]) -> Source:
    """The source that source.toml declares; its folder, which need not exist, holds the files `present`."""
    file = folder / "source.toml"
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"not readable as TOML: {error}", where=str(file)) from None
    if table.pop("id", folder.name) != folder.name:
        raise CatalogError("key `id` differs from the name of its folder", where=str(file))
    if "folder" in table:
        raise CatalogError("unknown key `folder`", where=str(file))
    source: Source = _build(Source, {**table, "id": folder.name, "folder": folder}, file, "")
    _check(source, file, present)
    return source


@cache
def catalogue(sources: Path = SOURCES) -> Mapping[str, Source]:
    """Every source by id, in alphabetical order."""
    folders = sorted(path for path in sources.iterdir() if path.is_dir() and not path.name.startswith(("_", ".")))
    return types.MappingProxyType({folder.name: load_source(folder) for folder in folders})


def find_source(source_id: str) -> Source:
    """The source of that id, whatever state the others are in. Raises CatalogError naming the closest ids."""
    ids = sorted(path.name for path in SOURCES.iterdir() if (path / "source.toml").exists())
    if source_id not in ids:
        near = [known for known in ids if source_id.lower() in known] or ids
        raise CatalogError(f"no source `{source_id[:80]}`", next_step=f"Known: {', '.join(near[:12])}.")
    return load_source(SOURCES / source_id)


def _build(cls: Any, table: Mapping[str, Any], file: Path, prefix: str) -> Any:
    declared: dict[str, Field[Any]] = {item.name: item for item in fields(cls)}
    unknown = [key for key in table if key not in declared]
    if unknown:
        raise CatalogError(f"unknown key `{prefix}{unknown[0]}`", where=str(file), next_step="See CONTRIBUTING.md.")
    hints = get_type_hints(cls)
    values = {}
    for name, item in declared.items():
        if name in table:
            values[name] = _value(hints[name], table[name], file, f"{prefix}{name}")
        elif item.default is MISSING and item.default_factory is MISSING:
            raise CatalogError(f"missing key `{prefix}{name}`", where=str(file), next_step="See CONTRIBUTING.md.")
    if cls is Resource:
        values.setdefault("relation", values["name"])
    return cls(**values)


def _value(kind: Any, value: Any, file: Path, key: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    wrong = CatalogError(f"key `{key}` has the wrong type or value", where=str(file), next_step=f"Expected {kind}.")
    if origin is Literal:
        if value not in arguments:
            raise wrong
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise wrong
        return tuple(_value(arguments[0], part, file, f"{key}[{at}]") for at, part in enumerate(value))
    if origin in {Mapping, Union} or kind is Mapping or (origin is not None and issubclass(origin, Mapping)):
        if not isinstance(value, dict):
            raise wrong
        return {name: _value(arguments[1], part, file, f"{key}.{name}") for name, part in value.items()}
    if kind in {Resource, Bounds}:
        if not isinstance(value, dict):
            raise wrong
        return _build(kind, value, file, f"{key}.")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise wrong
    return value


def _check(source: Source, file: Path, present: Collection[str]) -> None:
    """Rules between keys, each reported with the key that breaks it."""

    def require(condition: object, key: str, rule: str) -> None:
        if not condition:
            raise CatalogError(f"key `{key}`: {rule}", where=str(file), next_step="See CONTRIBUTING.md.")

    require(re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{1,3})?", source.jurisdiction), "jurisdiction", "ISO 3166, as us-ne")
    require(source.subject_area in SUBJECT_AREAS, "subject_area", f"one of {', '.join(SUBJECT_AREAS)}")
    require(source.resource, "resource", "at least one [[resource]] is needed")
    require((source.snapshot == "window") == (source.window_months > 0), "window_months", "goes with snapshot = window")
    require(0 <= source.bounds.max_drop <= 1, "bounds.max_drop", "a share between 0 and 1")
    require(source.requests_per_second > 0, "requests_per_second", "more than 0")
    require("records.sql" in present, "records.sql", "the file is missing beside source.toml")
    names = [resource.name for resource in source.resource]
    require(len(names) == len(set(names)), "resource.name", "names of resources are unique")
    for resource in source.resource:
        at = f"resource.{resource.name}"
        require(re.fullmatch(r"[a-z][a-z0-9_]{0,40}", resource.name), f"{at}.name", "lower case letters, digits, _")
        require(re.fullmatch(r"[a-z][a-z0-9_]{0,40}", resource.relation), f"{at}.relation", "a plain SQL name")
        require(
            not (source.company_only and (resource.personal or resource.parsed)),
            f"{at}.personal",
            "a source whose payload is kept whole (company_only) has no personal or parsed columns",
        )
        require(resource.relation not in RESERVED_RELATIONS, f"{at}.relation", "a name the pipeline uses itself")
        listed = [*resource.used, *resource.parsed, *resource.ignored, *resource.personal, *resource.extracts]
        twice = sorted({name for name in listed if listed.count(name) > 1})
        require(not twice, f"{at}.used", f"column named twice: {', '.join(twice)}")
        require(resource.pattern == "handed-in" or resource.url, f"{at}.url", "missing")
        require(resource.pattern != "link" or resource.link, f"{at}.link", "missing for pattern = link")
        require(resource.pattern != "keyed" or resource.keys, f"{at}.keys", "missing for pattern = keyed")
        require(resource.role == "primary" or resource.joined_to, f"{at}.joined_to", "missing for role = joined")
        require(set(resource.key) <= resource.known_columns | set(resource.extracts), f"{at}.key", "unknown column")
        require(resource.format != "extract" or "extract.py" in present, f"{at}.format", "no extract.py")
