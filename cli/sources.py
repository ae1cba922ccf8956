"""trackrecord sources: the catalogue, and what is known of each source."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import as_json
from cli.home import Json, is_sample, store_of
from cli.render import facts, heading, notice, plain, say, table

if TYPE_CHECKING:
    from db.status import SourceState
    from db.store import Store
    from ingest.catalog import Source


def run(
    context: typer.Context,
    *,
    source_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One source, with all it declares.")] = None,
    json: Json = False,
) -> None:
    """List all sources with their state, or show everything declared about one."""
    from ingest.catalog import catalogue, find_source

    store = store_of(context)
    chosen = [find_source(source_id)] if source_id else list(catalogue().values())
    states = {state.source_id: state for state in _states(store, chosen)}
    sample = is_sample(store.home)
    if source_id:
        declared, state = _declared(chosen[0]), states[chosen[0].id]
        if json:
            as_json.report({**declared, "state": state}, sample=sample)
            return
        _print_source(declared, state)
    else:
        if json:
            as_json.report({"sources": list(states.values())}, sample=sample)
            return
        _print_list(list(states.values()))
    notice(sample=sample)


def _states(store: "Store", chosen: "list[Source]") -> "list[SourceState]":
    """The state of the chosen sources; without a database none was ever synced."""
    from db.status import source_states
    from ingest.errors import StoreMissing

    now = datetime.now(UTC)
    try:
        with store.reading() as con:
            states = source_states(con, chosen, now)
    except StoreMissing:
        states = source_states(None, chosen, now)
    if len(chosen) > 1:
        return states
    return [state for state in states if state.source_id == chosen[0].id]


def _declared(source: "Source") -> dict[str, Any]:
    """Every key of source.toml that says something, resources as a list of their own keys."""
    found = {item.name: getattr(source, item.name) for item in fields(source) if item.name != "folder"}
    found["resource"] = [
        {item.name: getattr(resource, item.name) for item in fields(resource)} for resource in source.resource
    ]
    found["bounds"] = {item.name: getattr(source.bounds, item.name) for item in fields(source.bounds)}
    return {**found, "adapter_version": source.adapter_version}


def _print_list(states: "list[SourceState]") -> None:
    table(
        ("source", "title", "publisher", "jurisdiction", "records", "last good retrieval", "data as of", "state"),
        [
            (
                state.source_id,
                state.title,
                state.publisher,
                state.jurisdiction,
                state.records,
                (state.retrieved_at or "unknown") if state.loaded_at else "",
                (state.data_as_of or "unknown") if state.loaded_at else "",
                state.state,
            )
            for state in states
        ],
    )


def _print_source(declared: dict[str, Any], state: "SourceState") -> None:
    heading(f"{declared['id']}: {declared['title']}")
    apart = ("id", "title", "resource", "lookup", "bounds")
    facts((name.replace("_", " "), value) for name, value in declared.items() if name not in apart)
    facts([("bounds", declared["bounds"])])
    for name, codes in declared["lookup"].items():
        facts([(f"lookup {name}", plain(codes))])
    for resource in declared["resource"]:
        say()
        heading(f"Resource {resource['name']}")
        shown = {**resource, "delimiter": {"\t": "tab"}.get(resource["delimiter"], resource["delimiter"])}
        facts((name.replace("_", " "), value) for name, value in shown.items() if name != "name" and value != 0)
    say()
    heading(f"State: {state.state}")
    facts(
        [
            ("why", state.why),
            ("records", state.records),
            ("data as of", state.data_as_of or "unknown"),
            ("retrieved", state.retrieved_at or "unknown"),
            ("last run", state.last_run_at),
            ("error", state.error),
        ]
    )
