"""trackrecord dispute: what an analyst holds to be wrong with a record, shown beside it everywhere."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json
from cli.home import Json, argument, command, home_of, is_sample, store_of
from cli.render import facts, heading, notice, say, table
from cli.ruling import By, Export, Import, Why, exported, given, imported, one_of, who

if TYPE_CHECKING:
    from db.decisions.kept import Dispute

_NEEDED = "A dispute needs a record and --why."


def run(
    context: typer.Context,
    *,
    record: Annotated[str | None, typer.Argument(metavar="[RECORD_ID]", help="The record that is disputed.")] = None,
    why: Why = None,
    evidence: Annotated[
        str | None, typer.Option(metavar="FILE|URL", help="What shows it: http(s) address, or a file you keep.")
    ] = None,
    by: By = None,
    list_: Annotated[bool, typer.Option("--list", help="List disputes, withdrawn ones too.")] = False,
    withdraw: Annotated[int | None, typer.Option(metavar="N", help="Withdraw dispute N; it stays on record.")] = None,
    export: Export = None,
    import_: Import = None,
    json: Json = False,
) -> None:
    """Say what is wrong with a record. It is shown beside the record everywhere, in reports and exports too.

    What the agency published stays as it is: only the agency can correct it, and its own channel for that is named
    with every dispute. Of a file given as evidence the address and SHA-256 are kept, nothing of what it says. Name
    nobody in --why: it is kept and shown as you write it.
    """
    from db.decisions.kept import Decisions, Dispute

    home, what = home_of(context), "a record, --list, --withdraw, --export or --import"
    one_of(record, list_, withdraw is not None, export, import_, what=what, verb="dispute")
    if list_:
        _list(Decisions(home).all_disputes(), json=json, sample=is_sample(home))
    elif export is not None:
        exported(home, export, Dispute, json=json)
    elif import_ is not None:
        imported(home, import_, Dispute, who(by), json=json)
    elif withdraw is not None:
        from db.decisions.judging import withdraw as end

        ended = end(store_of(context), withdraw, why=given(why, "--why", _NEEDED), by=who(by))
        _tell(context, ended, f"Dispute {ended.number} is withdrawn", json=json)
    else:
        from db.decisions.judging import dispute

        made = dispute(
            store_of(context),
            argument(record or "").strip(),
            why=given(why, "--why", _NEEDED),
            evidence=argument(evidence) if evidence else None,
            by=who(by),
        )
        _tell(context, made, f"Dispute {made.number} is made", json=json)


def _list(found: "list[Dispute]", *, json: bool, sample: bool) -> None:
    if json:
        as_json.report({"disputes": found}, sample=sample)
        return
    if found:
        titles = ("no", "record", "made", "by", "why", "evidence", "withdrawn")
        table(titles, [_row(one) for one in found])
    else:
        say("No disputes.")
    notice(sample=sample)


def _row(one: "Dispute") -> tuple[object, ...]:
    ended = f"{one.withdrawn_at:%Y-%m-%d} by {one.withdrawn_by}: {one.withdrawn_why}" if one.withdrawn_at else None
    by = f"{one.made_by} (taken in by {one.imported_by})" if one.imported_by else one.made_by
    return one.number, one.record_id, f"{one.made_at:%Y-%m-%d}", by, one.why, one.evidence, ended


def _tell(context: typer.Context, one: "Dispute", title: str, *, json: bool) -> None:
    from ingest.catalog import catalogue

    home, source = home_of(context), catalogue().get(one.record_id.partition(":")[0])
    channel = source.correction_channel if source else None
    if json:
        as_json.report({"dispute": one, "correction_channel": channel}, sample=is_sample(home))
        return
    heading(title)
    facts(
        [
            ("record", one.record_id),
            ("why", one.why),
            ("evidence", one.evidence),
            ("SHA-256 of the evidence", one.evidence_sha256),
            ("made", f"{one.made_at:%Y-%m-%d %H:%M} UTC by {one.made_by}"),
            ("withdrawn", one.withdrawn_at and f"{one.withdrawn_at:%Y-%m-%d %H:%M} UTC by {one.withdrawn_by}"),
            ("because", one.withdrawn_why),
            ("to have the agency correct it", channel),
        ]
    )
    say(f"It is shown beside the record: {command(context, 'show', one.record_id)}" if not one.withdrawn_at else "")
    notice(sample=is_sample(home))
