"""trackrecord doctor: what is wrong with the database, and how to get it back."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json
from cli.home import Json, is_sample, store_of
from cli.render import facts, heading, notice, progress, say

if TYPE_CHECKING:
    from db.doctor.trouble import Diagnosis, Trouble

UNUSABLE = 4


def run(
    context: typer.Context,
    *,
    mend: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Do what is safe: rebuild a damaged database from the evidence store, build the name index, erase "
            "leftovers. Evidence and what analysts wrote are never touched, a damaged file is set aside.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Say in plain words what is wrong with the home, what is lost by it, and what to do next.

    Reads every page of the database and every evidence file. Exit 1 for findings, 4 where nothing can be asked.
    """
    store = store_of(context)
    deeds: list[str] = []
    with progress() as tell:
        if mend:
            from db.doctor.repair import repair

            deeds, found = repair(store, tell)
        else:
            from db.doctor.examine import examine

            found = examine(store, tell)
    if json:
        said = {"home": found.home, "generation": found.generation, "healthy": not found.troubles}
        as_json.report(
            {**said, "troubles": found.troubles, "notes": found.notes, "done": deeds}, sample=is_sample(store.home)
        )
    else:
        _print(found, deeds)
        notice(sample=is_sample(store.home))
    if found.troubles:
        raise typer.Exit(UNUSABLE if found.unusable else 1)


def _print(found: "Diagnosis", deeds: list[str]) -> None:
    if deeds:
        heading("Done")
        for deed in deeds:
            say(f"  {deed}")
        say()
    facts([("home", found.home), ("generation", found.generation)])
    say()
    n = len(found.troubles)
    heading("Nothing is wrong." if not n else f"{n:,} thing{' is' if n == 1 else 's are'} wrong")
    for trouble in found.troubles:
        _tell(trouble)
    for note in found.notes:
        say(f"Note: {note}.")


def _tell(trouble: "Trouble") -> None:
    say()
    say(trouble.what[0].upper() + trouble.what[1:])
    facts([("where", trouble.where), ("lost", trouble.lost), ("do", trouble.step)])
