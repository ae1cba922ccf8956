"""Judgements and disputes between teams: authors stay, twice changes nothing, and what is wrong is refused whole."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db.analyst import ERASED, Analyst
from db.decisions.exchange import Imported, export, import_
from db.decisions.kept import Decisions, Dispute, Judgement, Rested, match_id, supplier_key
from ingest.errors import UsageError

MATCH = match_id(supplier_key("Acme", "us", []), "c00000000000000a")
RESTS = [Rested("xx_one:1", "c00000000000000a", "0" * 32), Rested("xx_two:2", "c00000000000000b", "1" * 32)]


@pytest.fixture
def ours(tmp_path: Path) -> Decisions:
    return team(tmp_path / "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Decisions:
    return team(tmp_path / "theirs")


def team(home: Path) -> Decisions:
    home.mkdir()
    (home / "trackrecord.home").touch()
    return Decisions(home, wait=0.2)


def judge(decisions: Decisions, verdict: str = "different", by: str = "ann") -> Judgement:
    return decisions.judge_match(MATCH, verdict, why="other number", by=by, rests_on=RESTS, supplier="Acme Ltd")


def file_of(decisions: Decisions, shape: Any = Judgement) -> Path:
    file = decisions.home.with_suffix(".jsonl")
    export(decisions.home, file, shape)
    return file


def test_authors_times_and_what_it_rests_on_stay(ours: Decisions, theirs: Decisions) -> None:
    made = judge(ours)
    ours.judge_record("xx_one:1", "c00000000000000a", "unsure", why="w", by="bob", rests_on=RESTS[:1])
    file = file_of(ours)
    assert import_(theirs.home, file, Judgement, by="carol") == Imported(2, 0, 0, 0)
    taken = theirs.judgements()[0]
    for name in ("uid", "supplier_key", "company_id", "supplier", "verdict", "why", "made_by", "made_at"):
        assert getattr(taken, name) == getattr(made, name)
    assert (taken.imported_by, taken.imported_at is not None, made.imported_by) == ("carol", True, None)
    assert theirs.rested_on([1]) == {1: RESTS}
    assert import_(theirs.home, file, Judgement, by="dan") == Imported(0, 2, 0, 0)
    assert theirs.judgements()[0] == taken
    assert file_of(theirs).read_text() == file.read_text()


def test_what_contradicts_ours_stays_beside_it(ours: Decisions, theirs: Decisions) -> None:
    judge(ours)
    judge(theirs, "same", by="bob")
    assert import_(theirs.home, file_of(ours), Judgement, by="bob").new == 1
    assert [one.verdict for one in theirs.judgements(match=MATCH, in_force=True)] == ["same", "different"]


def test_one_revoked_there_is_revoked_here(ours: Decisions, theirs: Decisions) -> None:
    judge(ours)
    import_(theirs.home, file_of(ours), Judgement, by="bob")
    ended = ours.revoke(1, why="was the same", by="ann")
    file = file_of(ours)
    assert import_(theirs.home, file, Judgement, by="bob") == Imported(0, 0, 1, 0)
    (found,) = theirs.judgements()
    # the file says that it was ann: who took the file in stands beside her
    assert found.revoked_by == "ann (taken in by bob)"
    assert (found.revoked_at, found.revoked_why) == (ended.revoked_at, "was the same")
    assert import_(theirs.home, file, Judgement, by="bob") == Imported(0, 1, 0, 0)
    # an older export brings nothing back
    judge(ours, "same")
    assert theirs.judgements(in_force=True) == []


def test_what_is_about_purged_records_is_left_out(ours: Decisions, theirs: Decisions) -> None:
    judge(ours)
    ours.dispute("xx_one:1", why="wrong", evidence=None, by="ann")
    ours.dispute("xx_two:2", why="wrong", evidence=None, by="ann")
    Analyst(theirs.home).purge(records=[("xx_one", "1")], names=[], reason="request", by="bob")
    assert import_(theirs.home, file_of(ours, Dispute), Dispute, by="bob") == Imported(1, 0, 0, 1)
    assert import_(theirs.home, file_of(ours), Judgement, by="bob") == Imported(1, 0, 0, 0)
    assert theirs.rested_on([1]) == {1: RESTS[1:]}
    other = team(theirs.home.parent / "other")
    Analyst(other.home).purge(
        records=[("xx_one", "1"), ("xx_two", "2")], names=["Acme Ltd"], reason="request", by="bob"
    )
    assert import_(other.home, file_of(ours), Judgement, by="bob") == Imported(0, 0, 0, 1)
    assert (other.judgements(), other.all_disputes()) == ([], [])


def test_what_was_erased_here_stays_erased(ours: Decisions, theirs: Decisions) -> None:
    judge(ours)
    file = file_of(ours)
    import_(theirs.home, file, Judgement, by="bob")
    assert Analyst(theirs.home).forget(["Acme Ltd"]) == 1
    assert import_(theirs.home, file, Judgement, by="bob") == Imported(0, 1, 0, 0)
    assert theirs.judgements()[0].supplier == ERASED


def drop(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda line: line.pop(name)


def put(**given: Any) -> Callable[[dict[str, Any]], None]:
    return lambda line: line.update(given)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (drop("uid"), "states no uid"), (drop("why"), "states no why"), (drop("made_at"), "states no made_at"),
        (drop("verdict"), "states no verdict"), (drop("company_id"), "states no company_id"),
        (drop("supplier_key"), "does not say what was judged"), (drop("rests_on"), "does not say what was judged"),
        (put(record_id="xx_one:1"), "does not say what was judged"),
        (put(uid="x"), "has a uid that is none"), (put(company_id="x"), "has a company id that is none"),
        (put(supplier_key=7), "a supplier_key that is no text"), (put(supplier_key="s1"), "supplier key that is none"),
        (put(verdict="maybe"), "has a verdict that is none"), (put(reference="x"), "has a reference that is none"),
        (put(made_at="yesterday"), "has a time that is none"), (put(made_at="2026-01-01"), "has a time that is none"),
        (put(made_at="0001-01-01T00:00:00+23:00"), "has a time that is none"),
        (put(why=""), "a ruling needs a reason"), (put(why="\ud800"), "a ruling needs a reason"),
        (put(why="w" * 1001), "a ruling needs a reason"), (put(why="w" * 9_000_000), "a ruling needs a reason"),
        (put(supplier="w" * 9_000_000), "a ruling needs a label"),
        (put(rests_on=[["xx_one:1", "c00000000000000a", "0" * 32]] * 2), "rests on one record twice"),
        (put(made_by=" "), "an analyst's name"),
        (put(why="spoke to Janet Quillfeather"), "seems to name a person"),
        (put(supplier="Roe, Janet Q."), "its label is taken for the name of a person"),
        (put(revoked_by="bob"), "does not say who ended it"), (put(number=1), "has a field that no export writes"),
        (put(format=2), "is of another version"), (put(trackrecord="dispute"), "is no judgement"),
        (put(rests_on={}), "does not say what it rests on"), (put(rests_on=[["a"]]), "does not say what it rests on"),
        (put(rests_on=[["xx_one:1", "p", "0" * 32]]), "does not say what it rests on"),
        (put(rests_on=[["xx_one:1", "c00000000000000a", "0"]]), "does not say what it rests on"),
        (put(rests_on=[["no id", "c00000000000000a", "0" * 32]]), "has a record id that is none"),
        (put(rests_on=[["xx_one:\x1b[0m", "c00000000000000a", "0" * 32]]), "has a record id that is none"),
    ],
)  # fmt: skip
def test_a_file_with_a_wrong_line_is_refused_whole(
    ours: Decisions, theirs: Decisions, spoil: Callable[[dict[str, Any]], None], said: str
) -> None:
    judge(ours)
    file = file_of(ours)
    line = json.loads(file.read_text())
    spoil(line)
    file.write_text(f"{file.read_text()}\n{json.dumps(line)}\n")
    with pytest.raises(UsageError, match="line 3: ") as caught:
        import_(theirs.home, file, Judgement, by="bob")
    assert said in str(caught.value)
    assert not any(name in str(caught.value) for name in ("Quillfeather", "Roe", "other number"))
    assert theirs.judgements() == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "line 1: is no JSON"), (b"[]", "line 1: is no judgement"), (b"\xff", "line 1: is no JSON"),
        (b"[" * 200_000, "line 1: is no JSON"), (b'{"trackrecord": NaN}', "line 1: is no judgement"),
        (b"\n\n7", "line 3: is no judgement"), (b"9" * 5000, "line 1: is no JSON"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_export(theirs: Decisions, content: bytes, said: str) -> None:
    file = theirs.home / "in.jsonl"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        import_(theirs.home, file, Judgement, by="bob")


def test_a_line_without_end(theirs: Decisions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.decisions.exchange.LONGEST_LINE", 10)
    file = theirs.home / "in.jsonl"
    file.write_bytes(b"1\n" + b"x" * 100)
    with pytest.raises(UsageError, match="line 1: is no judgement"):
        import_(theirs.home, file, Judgement, by="bob")
    file.write_bytes(b"\n" + b"x" * 100)
    with pytest.raises(UsageError, match="line 2 is longer"):
        import_(theirs.home, file, Judgement, by="bob")


def test_another_judgement_under_a_known_uid(ours: Decisions, theirs: Decisions) -> None:
    judge(ours)
    file = file_of(ours)
    import_(theirs.home, file, Judgement, by="bob")
    file.write_text(json.dumps({**json.loads(file.read_text()), "verdict": "same"}))
    with pytest.raises(UsageError, match="line 1: contradicts what is known here"):
        import_(theirs.home, file, Judgement, by="bob")
    assert [one.verdict for one in theirs.judgements()] == ["different"]


def test_evidence_of_a_dispute_is_an_address(ours: Decisions, theirs: Decisions) -> None:
    letter = ours.home / "letter.pdf"
    letter.write_bytes(b"1")
    ours.dispute("xx_one:1", why="wrong", evidence=str(letter), by="ann")
    file = file_of(ours, Dispute)
    line = json.loads(file.read_text())
    letter.unlink()
    assert import_(theirs.home, file, Dispute, by="bob").new == 1
    for spoilt, said in (
        ({"evidence": "letter.pdf"}, "no address"), ({"evidence": None}, "has a hash of no evidence"),
        ({"evidence_sha256": "x"}, "has a hash that is none"), ({"record_id": None}, "states no record_id"),
    ):  # fmt: skip
        file.write_text(json.dumps({**line, **spoilt}))
        with pytest.raises(UsageError, match=said):
            import_(theirs.home, file, Dispute, by="bob")


def test_an_output_that_cannot_be_written(ours: Decisions, tmp_path: Path) -> None:
    judge(ours)
    for place in (tmp_path / "nowhere" / "out.jsonl", tmp_path):
        with pytest.raises(UsageError, match=r"cannot be written|no regular file"):
            export(ours.home, place, Judgement)


def test_nothing_is_written_into_a_home(ours: Decisions, theirs: Decisions) -> None:
    judge(ours)
    kept = ours.home / "analyst.sqlite"
    before = kept.read_bytes()
    (theirs.home / "folder").mkdir()
    for file in (kept, theirs.home / "folder" / "out.jsonl"):
        with pytest.raises(UsageError, match="in the home of the database"):
            export(ours.home, file, Judgement)
    assert kept.read_bytes() == before
    assert not list((theirs.home / "folder").iterdir())
