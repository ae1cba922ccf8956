"""Transfers from a server that misbehaves: conditions, retries, resuming, time."""

import hashlib
from pathlib import Path

import pytest

from ingest.catalog import Source
from ingest.errors import FetchError, PartialPayload, Unreachable
from ingest.fetch import Fetcher, Known, Patience
from ingest.fetch.stream import Part, store
from tests.fetch.conftest import Agency, Answer, Make, Naps, files_in, make_resource, make_source

CSV = b"NOTICE_NO,EMPLOYER\n" + b"".join(b"%d,Acme Widgets %d Ltd\n" % (at, at) for at in range(2000))
ETAG = {"ETag": '"v1"'}


def test_a_file_arrives_with_its_hash_and_an_honest_user_agent(
    agency: Agency, open_fetcher: Make, source: Source, work: Path
) -> None:
    headers = {"ETag": '"v1"', "Content-Type": "text/csv", "X-Other": "left out"}
    url = agency.plan("/data/notices.csv", Answer(CSV, headers=headers))
    seen: list[tuple[str, int, int | None]] = []
    fetcher = open_fetcher(progress=lambda name, done, total: seen.append((name, done, total)))
    fetched = fetcher.fetch(source, make_resource(url))
    payload, row = fetched.payloads[0], fetched.attempts[0]
    assert payload.path.read_bytes() == CSV
    assert payload.path.parent == work
    assert payload.name == "notices.csv"
    assert payload.retrieval == row
    assert (row.outcome, row.status, row.via, row.final_url) == ("ok", 200, "network", url)
    assert (row.bytes, row.sha256) == (len(CSV), hashlib.sha256(CSV).hexdigest())
    assert row.headers == {"etag": '"v1"', "content-type": "text/csv", "content-length": str(len(CSV))}
    assert row.retrieved_at is not None
    assert row.retrieved_at >= row.attempted_at
    assert agency.requests[-1].headers["user-agent"].startswith("trackrecord/")
    assert agency.requests[-1].headers["user-agent"].endswith(" (+mailto:data@example.org)")
    assert agency.requests[-1].headers["host"] == agency.place
    assert seen[-1] == ("notices.csv", len(CSV), len(CSV))
    assert fetcher.attempts == list(fetched.attempts)


def test_not_modified_gives_no_payload(agency: Agency, open_fetcher: Make, source: Source, work: Path) -> None:
    url = agency.plan("/a.csv", Answer(status=304))
    known = {url: Known('"v1"', "Wed, 01 Jan 2025 00:00:00 GMT", "0" * 64)}
    fetched = open_fetcher(known=known).fetch(source, make_resource(url))
    assert fetched.payloads == ()
    assert [row.outcome for row in fetched.attempts] == ["unchanged"]
    assert agency.asked("/a.csv")[0]["if-none-match"] == '"v1"'
    assert agency.asked("/a.csv")[0]["if-modified-since"] == "Wed, 01 Jan 2025 00:00:00 GMT"
    assert files_in(work) == []


def test_the_same_bytes_again_are_unchanged(agency: Agency, open_fetcher: Make, source: Source, work: Path) -> None:
    url = agency.plan("/a.csv", Answer(CSV))
    known = {url: Known(None, None, hashlib.sha256(CSV).hexdigest())}
    fetched = open_fetcher(known=known).fetch(source, make_resource(url))
    assert fetched.payloads == ()
    assert fetched.attempts[0].outcome == "unchanged"
    assert files_in(work) == []


@pytest.mark.parametrize("per_call", [True, False])
def test_what_is_known_can_be_ignored(agency: Agency, open_fetcher: Make, source: Source, per_call: bool) -> None:
    url = agency.plan("/a.csv", Answer(CSV))
    known = {url: Known('"v1"', None, hashlib.sha256(CSV).hexdigest())}
    fetcher = open_fetcher(known=known, conditional=per_call)
    fetched = fetcher.fetch(source, make_resource(url), conditional=False if per_call else None)
    assert len(fetched.payloads) == 1
    assert "if-none-match" not in agency.asked("/a.csv")[0]


def test_not_modified_without_a_condition_is_a_failure(agency: Agency, open_fetcher: Make, source: Source) -> None:
    url = agency.plan("/a.csv", Answer(status=304))
    with pytest.raises(Unreachable, match="HTTP 304"):
        open_fetcher().fetch(source, make_resource(url))


def test_too_many_requests_waits_as_long_as_asked(
    agency: Agency, open_fetcher: Make, source: Source, naps: Naps
) -> None:
    url = agency.plan("/a.csv", Answer(b"slow down", 429, {"Retry-After": "17"}), Answer(CSV))
    fetched = open_fetcher().fetch(source, make_resource(url))
    assert [row.outcome for row in fetched.attempts] == ["failed", "ok"]
    assert fetched.attempts[0].headers["retry-after"] == "17"
    assert 17.0 in naps.naps


def test_a_very_long_retry_after_ends_the_fetch(agency: Agency, open_fetcher: Make, source: Source, naps: Naps) -> None:
    url = agency.plan("/a.csv", Answer(b"", 503, {"Retry-After": "86400"}))
    with pytest.raises(Unreachable, match="asks to wait 86,400 seconds"):
        open_fetcher().fetch(source, make_resource(url))
    assert max(naps.naps) < 10
    assert len(agency.asked("/a.csv")) == 1


def test_service_unavailable_then_good(agency: Agency, open_fetcher: Make, source: Source, naps: Naps) -> None:
    url = agency.plan("/a.csv", Answer(b"", 503), Answer(b"", 502), Answer(CSV))
    fetched = open_fetcher().fetch(source, make_resource(url))
    assert [(row.outcome, row.status) for row in fetched.attempts] == [("failed", 503), ("failed", 502), ("ok", 200)]
    assert fetched.payloads[0].path.read_bytes() == CSV


def test_attempts_come_to_an_end(agency: Agency, open_fetcher: Make, source: Source, work: Path) -> None:
    url = agency.plan("/a.csv", Answer(b"secret body", 500))
    fetcher = open_fetcher()
    with pytest.raises(Unreachable, match="HTTP 500") as caught:
        fetcher.fetch(source, make_resource(url))
    assert len(fetcher.attempts) == 4
    assert caught.value.source == source.id
    assert caught.value.where == url
    assert "secret body" not in str(caught.value)
    assert files_in(work) == []


def test_a_cut_connection_is_resumed(agency: Agency, open_fetcher: Make, source: Source) -> None:
    url = agency.plan("/a.csv", Answer(CSV, headers=ETAG, cut=10_000), Answer(CSV, headers=ETAG, ranges=True))
    fetched = open_fetcher().fetch(source, make_resource(url))
    assert [(row.outcome, row.status, row.bytes) for row in fetched.attempts] == [
        ("partial", 200, 10_000),
        ("ok", 206, len(CSV)),
    ]
    assert fetched.payloads[0].path.read_bytes() == CSV
    assert fetched.payloads[0].retrieval.sha256 == hashlib.sha256(CSV).hexdigest()
    resumed = agency.asked("/a.csv")[1]
    assert (resumed["range"], resumed["if-range"], resumed["accept-encoding"]) == ("bytes=10000-", '"v1"', "identity")


def test_a_date_can_be_resumed_from_when_it_is_old_enough(agency: Agency, open_fetcher: Make, source: Source) -> None:
    date = {"Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT"}
    url = agency.plan("/a.csv", Answer(CSV, headers=date, cut=500), Answer(CSV, headers=date, ranges=True))
    fetched = open_fetcher().fetch(source, make_resource(url))
    assert fetched.attempts[-1].status == 206
    assert fetched.payloads[0].path.read_bytes() == CSV


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"v1"', "Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT"}])
def test_without_a_strong_validator_it_starts_over(
    agency: Agency, open_fetcher: Make, source: Source, headers: dict[str, str]
) -> None:
    url = agency.plan("/a.csv", Answer(CSV, headers=headers, cut=500), Answer(CSV, headers=headers))
    fetched = open_fetcher().fetch(source, make_resource(url))
    assert "range" not in agency.asked("/a.csv")[1]
    assert fetched.payloads[0].path.read_bytes() == CSV


def test_an_ignored_range_starts_over(agency: Agency, open_fetcher: Make, source: Source) -> None:
    newer = CSV.replace(b"Acme", b"Apex")
    url = agency.plan("/a.csv", Answer(CSV, headers=ETAG, cut=10_000), Answer(newer, headers={"ETag": '"v2"'}))
    fetched = open_fetcher().fetch(source, make_resource(url))
    assert "range" in agency.asked("/a.csv")[1]
    assert fetched.payloads[0].path.read_bytes() == newer
    assert fetched.payloads[0].retrieval.sha256 == hashlib.sha256(newer).hexdigest()


@pytest.mark.parametrize(
    "wrong",
    [
        Answer(CSV[9000:], 206, {"Content-Range": f"bytes 9000-{len(CSV) - 1}/{len(CSV)}"}),
        Answer(CSV[10_000:], 206, {"Content-Range": f"bytes 10000-{len(CSV) - 1}/99"}),
        Answer(CSV[10_000:], 206, {"Content-Range": f"bytes 10000-{len(CSV) - 1}/{len(CSV)}", "ETag": '"v2"'}),
        Answer(CSV[10_000:], 206),
        Answer(b"", 416),
    ],
    ids=["other start", "other total", "other version", "no content-range", "not satisfiable"],
)
def test_a_wrong_continuation_is_thrown_away(agency: Agency, open_fetcher: Make, source: Source, wrong: Answer) -> None:
    url = agency.plan("/a.csv", Answer(CSV, headers=ETAG, cut=10_000), wrong, Answer(CSV, headers=ETAG))
    fetched = open_fetcher().fetch(source, make_resource(url))
    assert [row.outcome for row in fetched.attempts] == ["partial", "failed", "ok"]
    assert fetched.payloads[0].path.read_bytes() == CSV


def test_a_continuation_of_unknown_total_is_taken(agency: Agency, open_fetcher: Make, source: Source) -> None:
    rest = Answer(CSV[10_000:], 206, {"Content-Range": f"bytes 10000-{len(CSV) - 1}/*"})
    url = agency.plan("/a.csv", Answer(CSV, headers=ETAG, cut=10_000), rest)
    assert open_fetcher().fetch(source, make_resource(url)).payloads[0].path.read_bytes() == CSV


def test_fewer_bytes_than_announced_are_never_a_payload(
    agency: Agency, open_fetcher: Make, source: Source, work: Path
) -> None:
    url = agency.plan("/a.csv", Answer(CSV, length=len(CSV) + 100))
    fetcher = open_fetcher()
    with pytest.raises(PartialPayload, match="ended early"):
        fetcher.fetch(source, make_resource(url))
    assert {row.outcome for row in fetcher.attempts} == {"partial"}
    assert {row.sha256 for row in fetcher.attempts} == {None}
    assert files_in(work) == []


def test_a_continuation_that_is_too_short_is_partial(agency: Agency, open_fetcher: Make, source: Source) -> None:
    span = {"Content-Range": f"bytes 10000-{len(CSV) - 1}/{len(CSV)}"}
    url = agency.plan("/a.csv", Answer(CSV, headers=ETAG, cut=10_000), Answer(CSV[10_000:10_500], 206, span))
    with pytest.raises(PartialPayload):
        open_fetcher(patience=Patience(attempts=2)).fetch(source, make_resource(url))


def test_a_connection_that_is_cut_before_a_byte(agency: Agency, open_fetcher: Make, source: Source) -> None:
    url = agency.plan("/a.csv", Answer(CSV, cut=0))
    fetcher = open_fetcher()
    with pytest.raises(Unreachable, match="connection broke"):
        fetcher.fetch(source, make_resource(url))
    assert [row.outcome for row in fetcher.attempts] == ["failed"] * 4


def test_a_slow_drip_is_given_up(agency: Agency, work: Path) -> None:
    url = agency.plan("/a.csv", Answer(CSV, drip=0.02))
    patience = Patience(attempts=1, slow_after=0.2, least_bytes_per_second=1000)
    hosts = frozenset({agency.place})
    with (
        Fetcher(work, contact="https://example.org", private_hosts=hosts, patience=patience) as fetcher,
        pytest.raises(PartialPayload, match="too slow"),
    ):
        fetcher.fetch(make_source(requests_per_second=1000.0), make_resource(url))
    assert [row.outcome for row in fetcher.attempts] == ["partial"]


def test_the_time_for_one_address_is_limited(agency: Agency, work: Path) -> None:
    url = agency.plan("/a.csv", Answer(CSV, drip=0.02))
    patience = Patience(total=0.3, least_bytes_per_second=0)
    hosts = frozenset({agency.place})
    with (
        Fetcher(work, contact="https://example.org", private_hosts=hosts, patience=patience) as fetcher,
        pytest.raises(PartialPayload, match="too slow"),
    ):
        fetcher.fetch(make_source(requests_per_second=1000.0), make_resource(url))
    assert len(fetcher.attempts) == 1


def test_silence_is_a_timeout(agency: Agency, open_fetcher: Make, source: Source) -> None:
    url = agency.plan("/a.csv", Answer(b"ab", drip=0.6))
    with pytest.raises(PartialPayload, match="did not answer in time"):
        open_fetcher(patience=Patience(attempts=1, silence=0.2)).fetch(source, make_resource(url))


def test_nobody_listens(agency: Agency, open_fetcher: Make, source: Source) -> None:
    url = agency.url("/a.csv")
    fetcher = open_fetcher()
    agency.close()
    with pytest.raises(Unreachable, match=r"robots\.txt of the host cannot be read"):
        fetcher.fetch(source, make_resource(url))
    with pytest.raises(Unreachable, match="no answer"):
        fetcher.fetch(source, make_resource(url, robots_reason="documented bulk address"))


def test_an_interrupted_transfer_leaves_nothing(agency: Agency, open_fetcher: Make, source: Source, work: Path) -> None:
    def interrupt(name: str, done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    url = agency.plan("/a.csv", Answer(CSV))
    with pytest.raises(KeyboardInterrupt):
        open_fetcher(progress=interrupt).fetch(source, make_resource(url))
    assert files_in(work) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_so() -> None:
    with pytest.raises(FetchError, match="could not be written: No space left on device"):
        store([b"a"], Part(Path("/dev/full")), 10, lambda done: None)
