"""trackrecord evidence: a pack that proves records without the database, and its check."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json
from cli.home import Json, argument, home_of, is_sample, store_of
from cli.render import facts, heading, notice, progress, say, size, table

if TYPE_CHECKING:
    from db.evidence_pack.pack import Made
    from db.evidence_pack.verify import PackVerdict

_VERIFY = "verify"


def run(
    context: typer.Context,
    *,
    ids: Annotated[
        list[str], typer.Argument(metavar="ID…|verify FILE", help="Company or record ids; or `verify` and a pack.")
    ],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The pack to write, a .zip.")] = None,
    payloads: Annotated[
        int, typer.Option(min=0, help="Most MB of agencies' whole files in the pack; 0 leaves them out.")
    ] = 50,
    ca: Annotated[
        Path | None, typer.Option(help="With verify: PEM file of the time stamp authorities you trust.")
    ] = None,
    json: Json = False,
) -> None:
    """Write everything that proves these records into one file, or check such a file.

    Of a check, exit 1 means that something differs, or that something is not proven: records that only an adapter in
    the pack reads so, not the installed one, rows without their text, a dossier of another version.
    """
    from ingest.errors import UsageError

    wanted = [argument(text.strip()) for text in ids]
    if wanted[0] == _VERIFY:
        if len(wanted) != 2 or output is not None:
            raise UsageError("verify takes one file", next_step="For example: trackrecord evidence verify pack.zip")
        _verify(context, Path(ids[1]).expanduser(), ca, json=json)
        return
    if output is None or ca is not None:
        step = "For example: trackrecord evidence c0123456789abcde -o pack.zip"
        what = "--ca goes with verify" if output else "say where to write the pack: -o FILE"
        raise UsageError(what, next_step=step)
    _make(context, wanted, output.expanduser(), payloads, json=json)


def _make(context: typer.Context, ids: list[str], output: Path, payloads: int, *, json: bool) -> None:
    from db.evidence_pack.pack import make_pack
    from ingest.catalog import catalogue

    store = store_of(context)
    sample = is_sample(store.home)
    with progress() as tell:
        made = make_pack(
            store, ids, output, catalogue(), now=datetime.now(UTC), most_payload=payloads * 1_000_000, sample=sample,
            tell=tell,
        )  # fmt: skip
    if json:
        as_json.report(made, sample=sample)
        return
    _print_made(made)
    notice(sample=sample)


def _print_made(made: "Made") -> None:
    heading(f"{made.file}, {size(made.bytes)}")
    counts = made.counts
    facts(
        [
            ("records", f"{counts['records']:,}, {counts['versions']:,} versions"),
            ("no longer published", counts["tombstones"]),
            ("original rows", f"{counts['rows']:,}, {counts['rows_withheld']:,} without their text"),
            ("time stamps", made.stamps),
            *(("cannot be derived again", f"{n:,} versions: {why}") for why, n in sorted(made.underivable.items())),
            *(("left out", text) for text in made.left_out),
            ("SHA-256", made.sha256),
        ]
    )
    say()
    say("Note the SHA-256 in your audit file: with it nobody can exchange the pack unseen.")


def _verify(context: typer.Context, path: Path, ca: Path | None, *, json: bool) -> None:
    from db.evidence_pack.verify import verify_pack

    sample = is_sample(home_of(context))
    with progress() as tell:
        verdict = verify_pack(path, ca=ca.expanduser() if ca else None, tell=tell)
    if json:
        counts = {"differences": verdict.differences, "unproven": verdict.unproven}
        as_json.report({**_plain(verdict), **counts}, sample=sample)
    else:
        _print_verdict(verdict)
        notice(sample=sample)
    if verdict.differences or verdict.unproven:
        raise typer.Exit(1)


def _plain(verdict: "PackVerdict") -> dict[str, object]:
    return {name: getattr(verdict, name) for name in ("file", "sha256", "packed_at", "trackrecord_version", "checks")}


def _print_verdict(verdict: "PackVerdict") -> None:
    heading(verdict.file)
    facts(
        [("SHA-256", verdict.sha256), ("packed at", verdict.packed_at), ("by trackrecord", verdict.trackrecord_version)]
    )
    say()
    table(
        ("check", "checked", "of what", "differences", "not proven"),
        [(c.what, c.n, c.unit, c.differences or "none", c.unproven or "") for c in verdict.checks],
    )
    for check in verdict.checks:
        for text in (*check.causes, *check.remarks):
            say(f"  {check.what}: {text}")
    say()
    if verdict.differences:
        n = verdict.differences
        heading(
            f"{n:,} difference{'' if n == 1 else 's'}: this is not what was packed, or it does not prove what it says."
        )
    elif verdict.unproven:
        heading(f"Nothing differs, but {verdict.unproven:,} of what it says is not proven: its maker's word alone.")
        say("What that is stands above. Of another adapter or dossier: check it with the trackrecord that made it, or")
        say("compare the adapter with one you trust, rule by rule.")
    else:
        heading("Everything agrees.")
        say("Compare the SHA-256 with the one noted when the pack was made: only that, and time stamps, tell a pack")
        say("from one made anew. Times of syncs, removals, links, coverage and what is said of sources stand on its")
        say("maker's word.")
