"""Every verdict can be explained: no reason without a sentence, no step out of order."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import ingest.privacy
from ingest.privacy import by_name
from ingest.privacy.explain import REASONS, STEPS, explain, known_as, meaning_of
from ingest.privacy.judge import judge_one
from ingest.privacy.verdict import Entity, Subject

MODULES = Path(ingest.privacy.__path__[0])


def beginnings(node: ast.expr, function: ast.AST, module: str) -> set[str]:
    """How the texts begin that an expression can give, as far as function or module say so."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return beginnings(node.body, function, module) | beginnings(node.orelse, function, module)
    if isinstance(node, ast.JoinedStr):
        first = node.values[0]
        return beginnings(first.value if isinstance(first, ast.FormattedValue) else first, function, module)
    assert isinstance(node, ast.Name), f"line {node.lineno}: a reason that cannot be followed"
    assigned = [
        part.value
        for part in ast.walk(function)
        if isinstance(part, ast.Assign) and any(isinstance(t, ast.Name) and t.id == node.id for t in part.targets)
    ]
    if not assigned:
        return {getattr(import_module(f"ingest.privacy.{module}"), node.id)}
    return set().union(*(beginnings(value, function, module) for value in assigned))


def reasons() -> Iterator[tuple[str, str]]:
    """(module, beginning of a reason) of every `Verdict(…)` in the modules of the gate."""
    for path in sorted(MODULES.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Verdict":
                    given = call.args[1] if len(call.args) > 1 else call.keywords[-1].value
                    for text in beginnings(given, function, path.stem):
                        yield path.name, text.rstrip()


FOUND = sorted(set(reasons()))


def test_the_walk_finds_the_reasons() -> None:
    assert len(FOUND) > 30
    assert {"no evidence", "acronym", "trade word", "organisation word", "source type:", "identifier: rfc 13"} <= {
        reason for _, reason in FOUND
    }


@pytest.mark.parametrize(("module", "reason"), FOUND)
def test_every_reason_has_a_sentence(module: str, reason: str) -> None:
    step, meaning = meaning_of(reason)
    assert step in {*STEPS, ""}, module
    assert meaning.endswith(".")
    assert len(meaning) > 20


def test_no_sentence_explains_what_no_module_gives() -> None:
    given = {reason.rstrip(": ") for _, reason in FOUND}
    idle = [
        known for known in REASONS if not any(reason.startswith(known) or known.startswith(reason) for reason in given)
    ]
    assert idle == []


def test_a_reason_without_a_sentence_is_an_error() -> None:
    with pytest.raises(KeyError):
        meaning_of("the moon")


def test_the_steps_are_those_of_the_gate_in_its_order() -> None:
    names = [getattr(evidence, "__name__", "") for evidence in by_name.EVIDENCE]
    assert list(STEPS)[-len(names) :] == names


@pytest.mark.parametrize(
    ("subject", "verdict", "evidence", "decided_by"),
    [
        (Subject("Kestrel Ridge LLC", "us"), "company", "llc", "a legal form"),
        (Subject("Bank of Zalmirin"), "company", "bank", "organisation words"),
        (Subject("John Quorvane"), "person", None, "the orders in which persons are named"),
        (Subject("Quorvane", declared="person"), "person", None, "the type that the source states"),
        (Subject("Quorvane", identifiers=(("rfc", "QUO010203AB1"),)), "company", "rfc 12", "what its identifiers say"),
        (Subject("M/V Zalmirin"), "vessel", None, "a ship's prefix"),
        (Subject("Quorvane Zalmirin"), "unsure", None, None),
    ],
)  # fmt: skip
def test_an_explanation_names_what_decided(
    subject: Subject, verdict: str, evidence: str | None, decided_by: str | None
) -> None:
    found = explain(subject)
    judged = judge_one(subject)
    assert (found.verdict, found.reason, found.passes) == (judged.entity, judged.reason, judged.passes)
    assert (found.verdict, found.evidence, found.decided_by) == (verdict, evidence, decided_by)
    assert found.decided_by not in found.before


def test_what_was_looked_at_before_comes_in_order() -> None:
    before = explain(Subject("Kestrel Ridge LLC", "us")).before
    assert before[0] == "the type that the source states"
    assert list(before) == list(STEPS.values())[: list(STEPS).index("legal_form")]
    assert len(explain(Subject("Quorvane Zalmirin")).before) == len(STEPS)


def test_every_verdict_comes_with_advice() -> None:
    cases = {
        Entity.PERSON: Subject("John Quorvane"),
        Entity.SOLE_TRADER: Subject("John Quorvane", declared="sole trader"),
        Entity.SUPPRESSED: Subject("x", identifiers=(("rfc", "XXXXXXXXXXXX"),)),
        Entity.UNSURE: Subject("Quorvane Zalmirin"),
    }
    for entity, subject in cases.items():
        found = explain(subject)
        assert found.verdict == entity
        assert ("trackrecord allow" in found.advice) is (entity is not Entity.SUPPRESSED)
    assert "trackrecord purge" in explain(Subject("Kestrel Ridge LLC")).advice


@pytest.mark.parametrize("name", ["Quorvane Zalmirin", "Quorvane, John", "ИП Синицын", "John Quorvane dba Zalmirin"])
def test_the_sentence_quotes_nothing_of_what_is_withheld(name: str) -> None:
    for word in ("quorvane", "zalmirin", "синицын", "john"):
        assert word not in explain(Subject(name)).sentence.lower()


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("john", ("given name, telling by itself", "surname")),
        ("j", ("initial",)),
        ("zalmirin", ()),
        ("bank", ("organisation word, even beside a person's name", "surname")),
    ],
)
def test_words_are_known_as_what_the_tables_hold(word: str, kinds: tuple[str, ...]) -> None:
    assert known_as(word) == kinds


def test_the_words_of_a_name_come_once_each() -> None:
    assert [word for word, _ in explain(Subject("Bank Bank of Zalmirin")).words] == ["bank", "of", "zalmirin"]


def test_letters_that_grow_when_folded_do_not_shift_a_legal_form() -> None:
    assert explain(Subject("KALELİSİ Zalmirin JP株式会社", "jp")).evidence == "株式会社"
