"""trackrecord allow: an analyst's rule that lets a name pass the privacy gate in one source, on evidence."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json
from cli.home import Json, argument, command, home_of, is_sample
from cli.render import facts, heading, notice, say, table
from cli.ruling import By, given, who

if TYPE_CHECKING:
    from db.analyst import AllowRule, Analyst
    from ingest.catalog import Source

_NEEDED = "A rule needs --source, --evidence and --why."
_OUTRIGHT = "Where the source itself calls a subject a person or sole trader, no rule lifts that."


def run(
    context: typer.Context,
    *,
    name: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]", help="The name, exactly as the agency states it.")
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="SOURCE_ID", help="The one source it is to pass in.")] = None,
    evidence: Annotated[
        str | None, typer.Option(help="What shows that it is an organisation: http(s) address, or a file you keep.")
    ] = None,
    why: Annotated[str | None, typer.Option(help="Your reason, in words.")] = None,
    by: By = None,
    company: Annotated[
        bool, typer.Option("--company", help="Confirm that a name which reads as a person's is an organisation's.")
    ] = False,
    country: Annotated[
        str | None, typer.Option(help="ISO 3166-1 country the source gives for it. Default: that of the agency.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the rules, revoked ones too.")] = False,
    revoke: Annotated[int | None, typer.Option(metavar="N", help="Revoke rule N; it stays on record.")] = None,
    json: Json = False,
) -> None:
    """Let a name that the privacy gate withholds pass in one source, on evidence that it is an organisation.

    Rules are kept beside the database, with analyst, time and evidence. They take effect at the source's next sync.
    Name nobody in --why and --evidence: they are kept as you write them.
    """
    from db.analyst import Analyst
    from ingest.catalog import find_source
    from ingest.errors import UsageError

    home = home_of(context)
    analyst = Analyst(home)
    chosen = find_source(argument(source)) if source else None
    stated = argument(" ".join(name or ()))
    if bool(stated) + list_ + (revoke is not None) != 1:
        raise UsageError("give a name, --list or --revoke", next_step="See `trackrecord allow --help`.")
    if list_:
        _list(analyst, chosen.id if chosen else None, json=json, sample=is_sample(home))
        return
    if revoke is not None:
        rule = analyst.revoke(revoke, why=given(why, "--why", _NEEDED), by=who(by))
        _tell(context, rule, f"Rule {rule.number} is revoked", "What it let pass is erased", json=json)
        return
    if chosen is None:
        raise UsageError("--source is missing", next_step="`trackrecord sources` lists them.")
    _check(stated, chosen, country.strip().lower() if country else None, company=company)
    rule = analyst.allow(
        stated,
        chosen.id,
        evidence=argument(given(evidence, "--evidence", _NEEDED)),
        why=given(why, "--why", _NEEDED),
        by=who(by),
    )
    _tell(context, rule, f"Rule {rule.number} is made", f"{_OUTRIGHT} It takes effect", json=json)


def _check(name: str, source: "Source", country: str | None, *, company: bool) -> None:
    """Raises UsageError where a rule is not needed, cannot help, or needs the analyst's word that it is no person."""
    from ingest.errors import UsageError
    from ingest.privacy.judge import judge_one, withheld_outright
    from ingest.privacy.rulings import exact_name
    from ingest.privacy.verdict import Entity, Subject

    countries = [country] if country else [source.jurisdiction, None]
    subjects = [Subject(exact_name(name), place) for place in countries]
    verdicts = [judge_one(subject) for subject in subjects]
    if any(withheld_outright(subject) for subject in subjects):
        raise UsageError(f"no rule can lift this ({verdicts[0].reason}): the name itself holds a person's number")
    if all(verdict.passes for verdict in verdicts):
        what = f"the gate lets this name pass as it is ({verdicts[0].reason}); no rule is needed"
        raise UsageError(what, next_step=f"If it is withheld all the same: {_OUTRIGHT}")
    read_as = [verdict for verdict in verdicts if verdict.entity in {Entity.PERSON, Entity.SOLE_TRADER}]
    if read_as and not company:
        raise UsageError(
            f"the gate takes this for the name of a {read_as[0].entity} ({read_as[0].reason})",
            next_step="Only where your evidence names it as an organisation: the same command with --company.",
        )


def _list(analyst: "Analyst", source_id: str | None, *, json: bool, sample: bool) -> None:
    rules, tombstones = analyst.allow_rules(source_id=source_id), analyst.tombstones()
    if json:
        as_json.report({"rules": rules, "tombstones": tombstones}, sample=sample)
        return
    if rules:
        titles = ("rule", "name", "source", "made", "by", "why", "evidence", "revoked")
        table(titles, [_row(rule) for rule in rules])
    else:
        say("No rules.")
    notice(sample=sample)


def _row(rule: "AllowRule") -> tuple[object, ...]:
    gone = f"{rule.revoked_at:%Y-%m-%d} by {rule.revoked_by}: {rule.revoked_why}" if rule.revoked_at else None
    made = f"{rule.made_at:%Y-%m-%d}"
    return rule.number, rule.company_name, rule.source_id, made, rule.made_by, rule.why, rule.evidence, gone


def _tell(context: typer.Context, rule: "AllowRule", title: str, effect: str, *, json: bool) -> None:
    sync = command(context, "sync", rule.source_id)
    sample = is_sample(home_of(context))
    if json:
        as_json.report({"rule": rule, "next": sync}, sample=sample)
        return
    heading(title)
    facts(
        [
            ("name", rule.company_name),
            ("source", rule.source_id),
            ("evidence", rule.evidence),
            ("why", rule.why),
            ("made", f"{rule.made_at:%Y-%m-%d %H:%M} UTC by {rule.made_by}"),
            ("revoked", rule.revoked_at and f"{rule.revoked_at:%Y-%m-%d %H:%M} UTC by {rule.revoked_by}"),
            ("because", rule.revoked_why),
        ]
    )
    say(f"{effect} at the next sync of this source: {sync}")
    notice(sample=sample)
