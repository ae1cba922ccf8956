"""XML row elements, streamed: no DTD, no entities, no network."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from ingest.catalog import Resource
from ingest.errors import ReadError
from ingest.read.json_rows import compact
from ingest.read.rows import Fields, Rows, Target, load_fields


def read_xml(target: Target, resource: Resource, path: Path, _work: Path) -> Rows:
    """The elements at the path `rows_at` below the root; numbered by position from 1.

    A simple child is its text. A child with children or attributes of its own, or a repeated one, is JSON text:
    always a list, of objects or of strings. Attributes of the row element are `@name`. Namespaces are left out.
    """
    at = tuple(part for part in resource.rows_at.split("/") if part)
    if not at:
        raise ReadError("`rows_at` has to name the row element", where=target.where)
    seen = 0

    def rows() -> Iterator[tuple[int, Fields]]:
        nonlocal seen
        for element in _elements(path, at, target.where):
            seen += 1
            yield seen, _fields(element)

    try:
        return load_fields(target, resource, rows())
    except (etree.LxmlError, RecursionError, OSError):
        raise ReadError("not readable as XML", where=f"{target.where}, row {seen + 1}") from None


def _elements(path: Path, at: Sequence[str], where: str) -> Iterator[Any]:
    """Row elements one by one; everything read before is cleared from memory."""
    trail: list[str] = []
    parent_seen = False
    with path.open("rb") as file:
        steps = etree.iterparse(
            file,
            events=("start", "end"),
            load_dtd=False,
            no_network=True,
            resolve_entities=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in steps:
            if event == "start":
                if not trail and element.getroottree().docinfo.internalDTD is not None:
                    raise ReadError("the XML declares a document type of its own", where=where)
                trail.append(_name(element.tag))
                parent_seen = parent_seen or trail[1:] == list(at[:-1])
                continue
            if trail[1:] == list(at):
                yield element
            trail.pop()
            if len(trail) <= len(at):
                element.clear(keep_tail=False)
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
    if not parent_seen:
        raise ReadError(f"no element `{'/'.join(at[:-1])}`", where=where)


def _name(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def _fields(element: Any) -> dict[str, str | None]:
    fields: dict[str, str | None] = {f"@{_name(name)}": str(value) for name, value in element.attrib.items()}
    for name, children in _grouped(element).items():
        value = _value(children)
        fields[name] = value if value is None or isinstance(value, str) else compact(value)
    return fields


def _grouped(element: Any) -> dict[str, list[Any]]:
    children: dict[str, list[Any]] = {}
    for child in element:
        if isinstance(child.tag, str):
            children.setdefault(_name(child.tag), []).append(child)
    return children


def _value(children: list[Any]) -> str | list[Any] | None:
    """What same-named children hold: a text, or a list of objects or of texts; None when they are all empty."""
    nested = any(len(child) or _attributes(child) for child in children)
    if not nested and len(children) == 1:
        return _text(children[0])
    found = [_object(child) if nested else _text(child) for child in children]
    return [value for value in found if value] or None


def _object(element: Any) -> dict[str, Any]:
    inner: dict[str, Any] = {f"@{name}": value for name, value in _attributes(element).items()}
    inner |= {name: _value(children) for name, children in _grouped(element).items()}
    text = _text(element)
    return inner | {"#text": text} if text else inner


def _attributes(element: Any) -> dict[str, str]:
    """Attributes that carry data; those of XML Schema itself (xsi:nil, xsi:type) do not."""
    return {_name(name): str(value) for name, value in element.attrib.items() if "XMLSchema-instance" not in str(name)}


def _text(element: Any) -> str | None:
    """The text as published; None for white space between elements."""
    text = element.text
    return None if text is None or not text.strip() else str(text)
