"""`trackrecord stamp`: asked once, kept, listed, checked; what is wrong is said in one line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Ran
from tests.cli.homes import Home
from tests.stamp.authority import Authority, authority, issue


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "TRACKRECORD_TSA"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(name="authority")
def _authority() -> Iterator[Authority]:
    with authority() as made:
        yield made


@pytest.fixture
def stamp(home: Home, command: Command, authority: Authority) -> Callable[..., Ran]:
    """Stamps the home with the local authority, which must be allowed as it is a private address."""

    def run(*words: str) -> Ran:
        return command("stamp", "--timestamp", authority.url, "--private-host", authority.place, *words)

    return run


def test_it_stamps_once_and_says_what_is_covered(stamp: Callable[..., Ran], authority: Authority) -> None:
    first, again = stamp(), stamp()
    assert (first.code, again.code) == (0, 0), first.err
    assert "2 retrievals stamped" in first.out
    assert "Throwaway Stamps" in first.out
    assert authority.url in first.out
    assert "stamped already; nobody was asked" in again.out
    assert len(authority.asked) == 1


def test_status_shows_the_last_stamp(stamp: Callable[..., Ran], command: Command) -> None:
    assert "time stamp" not in command("status").out
    assert command("status", "--json").json["stamped_up_to"] is None
    stamp()
    assert "by Throwaway Stamps, over the retrievals up to 2" in command("status").out
    said = command("status", "--json").json
    assert (said["stamped_up_to"], said["stamped_by"]) == (2, "Throwaway Stamps")


def test_json_of_a_stamp(stamp: Callable[..., Ran], authority: Authority, tmp_path: Path) -> None:
    said = stamp("--json", "--ca", str(authority.root.pem(tmp_path / "root.pem"))).json
    assert (said["new"], said["seq"], said["trusted"], said["authority"]) == (True, 2, True, "Throwaway Stamps")
    assert len(said["chain_hash"]) == len(said["certificate"]) == 64
    assert stamp("--json").json["new"] is False


def test_stamps_are_listed_and_checked(
    stamp: Callable[..., Ran], command: Command, authority: Authority, tmp_path: Path
) -> None:
    stamp()
    listed = command("stamp", "--list")
    assert listed.code == 0
    assert "retrievals 1–2" in listed.out
    assert authority.url in listed.out
    checked = command("stamp", "--verify", "--ca", str(authority.root.pem(tmp_path / "root.pem")))
    assert checked.code == 0, checked.out
    assert "Every stamp fits." in checked.out
    assert "Throwaway Root" in checked.out
    said = command("stamp", "--verify", "--json").json
    assert said["chain"] == []
    assert [(state["trusted"], state["cause"]) for state in said["stamps"]] == [(None, None)]


def test_findings_are_exit_1(stamp: Callable[..., Ran], command: Command, home: Home, tmp_path: Path) -> None:
    stamp()
    other = command("stamp", "--verify", "--ca", str(issue("Other Root").pem(tmp_path / "other.pem")))
    assert other.code == 1
    assert "does not lead to those asked for" in other.out
    assert "Not every stamp fits." in other.out
    with home.changing() as con:
        con.execute("UPDATE retrieval SET url = 'https://other.example' WHERE seq = 1")
    rewritten = command("stamp", "--verify")
    assert rewritten.code == 1
    assert "retrieval chain: differs from its chain hash" in rewritten.out
    next((home.path / "stamps").glob("*.json")).unlink()
    assert command("stamp", "--list").code == 1
    assert "stamps/2-" in command("verify").out


def test_a_home_without_stamps(home: Home, command: Command) -> None:
    for how in ("--list", "--verify"):
        ran = command("stamp", how)
        assert ran.code == 0
        assert "No time stamp has been made in this home." in ran.out


def test_whom_to_ask_must_be_said(home: Home, command: Command) -> None:
    ran = command("stamp")
    assert ran.code == 2
    assert "TRACKRECORD_TSA" in ran.err
    assert ran.err.count("\n") == 1
    assert command("stamp", "--timestamp", "stamps.example").code == 2
    assert command("stamp", "--list", "--verify").code == 2
    assert "freetsa.org" in command("stamp", "--help").out


def test_the_address_may_come_from_the_environment(
    home: Home, command: Command, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKRECORD_TSA", authority.url)
    assert command("stamp", "--private-host", authority.place).code == 0


def test_an_authority_that_fails_is_exit_3(stamp: Callable[..., Ran], command: Command, authority: Authority) -> None:
    authority.status = 503
    ran = stamp()
    assert ran.code == 3
    assert "answered HTTP 503" in ran.err
    assert ran.err.count("\n") == 1
    assert command("stamp", "--timestamp", authority.url).code == 3


def test_an_empty_home_has_nothing_to_stamp(command: Command, tmp_path: Path) -> None:
    ran = command("stamp", "--timestamp", "https://stamps.example/tsr", home=tmp_path / "none")
    assert ran.code == 4
    assert "nothing has been synced yet" in ran.err


def test_a_sample_is_never_stamped(home: Home, command: Command) -> None:
    (home.path / "SAMPLE").write_text("")
    assert command("stamp", "--timestamp", "https://stamps.example/tsr").code == 2
