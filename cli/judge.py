"""trackrecord judge: an analyst's word on whether a match is the supplier, or a record is about its company."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json
from cli.home import Json, argument, command, home_of, is_sample, store_of
from cli.render import facts, heading, notice, say, table
from cli.ruling import By, Export, Import, Why, exported, given, imported, one_of, who

if TYPE_CHECKING:
    from db.decisions.kept import Judgement
    from db.decisions.standing import Standing

_NEEDED = "A judgement needs a match or record, `same`, `different` or `unsure`, and --why."
_EFFECT = {
    "same": "The match is marked as judged the same wherever it is reported.",
    "different": "It stays dismissed until the record or the supplier changes; then it comes back, marked.",
    "unsure": "It is marked as unsure wherever it is reported.",
}


def run(
    context: typer.Context,
    *,
    about: Annotated[
        str | None,
        typer.Argument(metavar="[MATCH|RECORD]", help="Id of a match (s…-c…, as reports show it) or record."),
    ] = None,
    verdict: Annotated[
        str | None, typer.Argument(metavar="[same|different|unsure]", help="Whether it is the company.")
    ] = None,
    why: Why = None,
    by: By = None,
    supplier: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A label for lists: what you call the supplier."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List judgements, revoked ones too.")] = False,
    record: Annotated[str | None, typer.Option(metavar="RECORD_ID", help="With --list: on this record.")] = None,
    company: Annotated[str | None, typer.Option(metavar="COMPANY_ID", help="With --list: on this company.")] = None,
    match: Annotated[str | None, typer.Option(metavar="MATCH_ID", help="With --list: on this match.")] = None,
    revoke: Annotated[int | None, typer.Option(metavar="N", help="Revoke judgement N; it stays on record.")] = None,
    export: Export = None,
    import_: Import = None,
    json: Json = False,
) -> None:
    """Say whether a supplier is the company it was matched with, or a record is about the company it stands under.

    A match judged different is dismissed: it stays in reports, marked and last, and counts as no hit, until a record
    that was there says something else, a respondent is there that was not, or the supplier is stated otherwise. Then
    it returns as “changed since dismissed”. A record judged different stays where it is, marked; screening and watch
    lists do not count it for its company.

    Judgements are kept beside the database with analyst and time; what agencies published stays as it is. When two
    analysts disagree, both judgements stay and nothing is dismissed. Name nobody in --why.
    """
    from db.decisions.kept import Judgement

    home, what = home_of(context), "a match or record, --list, --revoke, --export or --import"
    one_of(about, list_, revoke is not None, export, import_, what=what, verb="judge")
    if list_:
        _list(context, record=record, company=company, match=match, json=json)
    elif export is not None:
        exported(home, export, Judgement, json=json)
    elif import_ is not None:
        imported(home, import_, Judgement, who(by), json=json)
    elif revoke is not None:
        from db.decisions.judging import revoke as end

        ended = end(store_of(context), revoke, why=given(why, "--why", _NEEDED), by=who(by))
        _tell(context, ended, f"Judgement {ended.number} is revoked", "It stays on record.", json=json)
    else:
        from db.decisions.judging import judge

        word = given(verdict, "same, different or unsure", _NEEDED).strip().lower()
        made = judge(
            store_of(context),
            argument(about or "").strip(),
            word,
            why=given(why, "--why", _NEEDED),
            by=who(by),
            supplier=argument(supplier) if supplier else None,
        )
        _tell(context, made, f"Judgement {made.number} is made", _EFFECT[made.verdict], json=json)


def _list(context: typer.Context, *, record: str | None, company: str | None, match: str | None, json: bool) -> None:
    from db.decisions.kept import Decisions

    home = home_of(context)
    found = Decisions(home).judgements(
        records=[argument(record)] if record else None, companies=[argument(company)] if company else None, match=match
    )
    stands = _standings(context, found)
    if json:
        listed = [{"judgement": one, "match": one.match, "stands": stands.get(one.number)} for one in found]
        as_json.report({"judgements": listed}, sample=is_sample(home))
        return
    if found:
        titles = ("no", "judged", "match or record", "supplier", "made", "by", "why", "stands")
        table(titles, [_row(one, stands.get(one.number)) for one in found])
    else:
        say("No judgements.")
    notice(sample=is_sample(home))


def _standings(context: typer.Context, found: "list[Judgement]") -> "dict[int, Standing]":
    """Number of a judgement in force → where its match or record stands today; nothing before the first sync."""
    from db.decisions.kept import Decisions
    from db.decisions.standing import Match, record_standing, standing
    from ingest.errors import StoreMissing

    holding = [one for one in found if one.revoked_at is None]
    if not holding:
        return {}
    decisions = Decisions(home_of(context))
    matches = [Match(one.supplier_key, one.company_id, one.reference or "") for one in holding if one.supplier_key]
    try:
        with store_of(context).reading() as con:
            on_matches = standing(con, decisions, matches)
            on_records = record_standing(con, decisions, [one.record_id for one in holding if one.record_id])
    except StoreMissing:
        return {}
    by_number = {one.number: on_records.get(one.record_id) for one in holding if one.record_id}
    by_number |= {one.number: on_matches.get((one.supplier_key, one.company_id)) for one in holding if one.supplier_key}
    return {number: stands for number, stands in by_number.items() if stands is not None}


def _row(one: "Judgement", stands: "Standing | None") -> tuple[object, ...]:
    made, about = f"{one.made_at:%Y-%m-%d}", one.match or one.record_id
    # who made it stands in the file it came with: whoever took that in vouches for it
    by = f"{one.made_by} (taken in by {one.imported_by})" if one.imported_by else one.made_by
    return one.number, one.verdict, about, one.supplier, made, by, one.why, _state(one, stands)


def _state(one: "Judgement", stands: "Standing | None") -> str:
    if one.revoked_at is not None:
        return f"revoked on {one.revoked_at:%Y-%m-%d} by {one.revoked_by}: {one.revoked_why}"
    if stands is None:
        return "nothing here is judged by it"
    if stands.verdict == "contested":
        return "contested: another analyst judged otherwise"
    if stands.changed is not None:
        return f"changed since dismissed: {stands.changed}"
    more = f", {stands.new_records:,} new beside" if stands.new_records else ""
    return f"dismissed{more}" if stands.dismissed else "in force"


def _tell(context: typer.Context, one: "Judgement", title: str, effect: str, *, json: bool) -> None:
    home = home_of(context)
    if json:
        as_json.report({"judgement": one, "match": one.match}, sample=is_sample(home))
        return
    heading(title)
    facts(
        [
            ("match", one.match),
            ("record", one.record_id),
            ("company", one.company_id),
            ("supplier", one.supplier),
            ("judged", one.verdict),
            ("why", one.why),
            ("made", f"{one.made_at:%Y-%m-%d %H:%M} UTC by {one.made_by}"),
            ("revoked", one.revoked_at and f"{one.revoked_at:%Y-%m-%d %H:%M} UTC by {one.revoked_by}"),
            ("because", one.revoked_why),
        ]
    )
    say(f"{effect} See it: {command(context, 'judge', '--list')}")
    notice(sample=is_sample(home))
