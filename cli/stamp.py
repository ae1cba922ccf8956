"""trackrecord stamp: have an outside authority attest that everything retrieved so far existed now."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json
from cli.home import Json, is_sample, real_store_of, store_of
from cli.render import facts, heading, notice, say, table
from cli.sync import Contact

if TYPE_CHECKING:
    from db.stamp.check import StampState


def run(
    context: typer.Context,
    *,
    timestamp: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="TRACKRECORD_TSA",
            help="The time stamp authority to ask (RFC 3161), yours to choose; public ones are "
            "https://freetsa.org/tsr, http://timestamp.digicert.com and http://timestamp.sectigo.com.",
        ),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the stamps of this home; nobody is asked.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every stamp against the chain and its signature; nobody is asked.")
    ] = False,
    ca: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="PEM file of the root certificates that the authority's must lead to."),
    ] = None,
    private_host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST:PORT", help="An authority inside your own network; may be repeated."),
    ] = None,
    contact: Contact = None,
    json: Json = False,
) -> None:
    """Have an outside authority attest when the head of the retrieval chain existed, and keep its signed time stamp.

    The authority learns one SHA-256 and who asks. The stamp covers every retrieval so far; it shows that what was
    retrieved was retrieved before that time. With --verify exit 1 names what does not fit.
    """
    from ingest.errors import UsageError

    if listing or verify:
        if listing and verify:
            raise UsageError("--list and --verify do not go together", next_step="--verify lists them too.")
        _show(context, ca, verify=verify, json=json)
        return
    from db.stamp.request import Asking, anchor

    if not timestamp:
        step = "Give --timestamp URL or set TRACKRECORD_TSA; `trackrecord stamp --help` names public ones."
        raise UsageError("say which time stamp authority to ask", next_step=step)
    if not timestamp.lower().startswith(("http://", "https://")):
        raise UsageError("--timestamp is a web address", where=timestamp)
    store = real_store_of(context)
    asking = Asking(timestamp, contact or "no contact configured", ca, frozenset(private_host or ()))
    done = anchor(store, asking)
    stamp, checked = done.stamp, done.checked
    if json:
        said = {"new": checked is not None, "seq": stamp.seq, "chain_hash": stamp.chain_hash, "url": stamp.url}
        as_json.report(
            {**said, "stamped_at": stamp.stamped_at, "authority": stamp.authority,
             "certificate": checked and checked.certificate, "trusted": checked and checked.trusted},
            sample=False,
        )  # fmt: skip
        return
    covered = f"{stamp.seq:,} retrieval{'s' * (stamp.seq != 1)}"
    if checked is None:
        heading(f"These {covered} are stamped already; nobody was asked.")
    else:
        heading(f"{covered} stamped")
    facts(
        [
            ("time", f"{stamp.stamped_at:%Y-%m-%d %H:%M:%S} UTC"),
            ("authority", stamp.authority),
            ("certificate", checked and f"SHA-256 {checked.certificate}, issued by {checked.issuer}"),
            ("leads to --ca", checked and checked.trusted),
            ("address", stamp.url),
            ("chain hash", stamp.chain_hash),
        ]
    )
    notice(sample=False)


def _show(context: typer.Context, ca: Path | None, *, verify: bool, json: bool) -> None:
    """The stamps of the home, checked or as they are described."""
    store = store_of(context)
    causes: list[str] = []
    if verify:
        from db.verify import verify_stamps

        states, verdict = verify_stamps(store, ca)
        chain = [found for found in verdict.findings if found.what == "retrieval"]
        causes = [f"retrieval chain: {found.cause} ({found.first})" for found in chain]
    else:
        from db.stamp.check import listed_stamps

        states = listed_stamps(store.home)
    if json:
        as_json.report({"stamps": states, "chain": causes}, sample=is_sample(store.home))
    else:
        _print(states, causes, checked=verify)
        notice(sample=is_sample(store.home))
    if causes or any(state.cause for state in states):
        raise typer.Exit(1)


def _print(states: "list[StampState]", causes: list[str], *, checked: bool) -> None:
    if not states:
        say("No time stamp has been made in this home.")
    elif checked:
        table(
            ("covers", "stamped", "authority", "issuer", "its certificate until", "leads to --ca", "finding"),
            [
                (
                    _covers(s),
                    s.stamped_at,
                    s.authority,
                    s.issuer,
                    s.certificate_until and s.certificate_until.date(),
                    "not asked" if s.trusted is None else s.trusted,
                    s.cause,
                )
                for s in states
            ],
        )
    else:
        columns = ("covers", "stamped", "authority", "address", "finding")
        table(columns, [(_covers(s), s.stamped_at, s.authority, s.url, s.cause) for s in states])
    for cause in causes:
        say(cause)
    if checked and states:
        good = not causes and not any(state.cause for state in states)
        heading("Every stamp fits." if good else "Not every stamp fits.")


def _covers(state: "StampState") -> str:
    return f"retrievals 1–{state.seq:,}" if state.seq else state.file
