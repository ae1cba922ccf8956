"""One small question by POST and its small answer, with the manners and the limits of the fetcher."""

import time
from collections.abc import Callable

import httpx

from ingest.errors import Blocked, PartialPayload, TooLarge, Unreachable, WrongContent
from ingest.fetch.addresses import host_and_port, plain_url
from ingest.fetch.download import REFUSED, in_words
from ingest.fetch.network import REDIRECTS, Network
from ingest.fetch.pacing import Pacer, Patience

_TRY_LATER = "Check the network and the address, or try again later."


def post(
    url: str,
    body: bytes,
    *,
    sent: str,
    expected: str,
    limit: int,
    contact: str,
    private_hosts: frozenset[str] = frozenset(),
    patience: Patience | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> bytes:
    """The answer's body, of media type `expected` and at most `limit` bytes; `sent` is the media type of `body`.

    One attempt, no redirects, no cookies, no compression. Raises FetchError naming the address.
    """
    url, patience = plain_url(url), patience or Patience(connect=20.0, silence=30.0, total=60.0)
    host_and_port(url)
    headers = {"Content-Type": sent, "Accept": expected, "Accept-Encoding": "identity"}
    network = Network(contact, pacer=Pacer(), patience=patience, private_hosts=private_hosts)
    deadline = clock() + patience.total
    answer = b""
    try:
        with network.post(url, headers, body) as response:
            _refuse(response, url, expected)
            for chunk in response.iter_raw():
                answer += chunk
                if len(answer) > limit:
                    raise TooLarge(f"an answer of more than {limit:,} bytes", where=url)
                if clock() > deadline:
                    raise PartialPayload("the answer is too slow and was given up", where=url, next_step=_TRY_LATER)
    except httpx.TransportError as error:
        raise Unreachable(f"no answer: {in_words(error)}", where=url, next_step=_TRY_LATER) from None
    except (httpx.InvalidURL, UnicodeError):
        raise WrongContent("not a web address", where=url) from None
    finally:
        network.close()
    return answer


def _refuse(response: httpx.Response, url: str, expected: str) -> None:
    """Raises what an answer other than the expected one means."""
    status = response.status_code
    if status in REDIRECTS:
        step = "Look the address up anew at whoever runs it, and give that."
        raise Blocked(f"a redirect to another address (HTTP {status}), not followed", where=url, next_step=step)
    if status in REFUSED:
        raise Blocked(f"refused with HTTP {status}", where=url)
    if status != httpx.codes.OK:
        raise Unreachable(f"answered HTTP {status}", where=url, next_step=_TRY_LATER)
    kind = str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
    if kind != expected:
        raise WrongContent(f"the answer is not {expected}", where=url, next_step="Check the address.")
