"""Fetching, politely: `with Fetcher(work, contact=…) as fetcher: fetcher.fetch(source, resource)`."""

from ingest.fetch.client import Fetcher
from ingest.fetch.mirror import Mirror, write_mirror
from ingest.fetch.pacing import Pacer, Patience
from ingest.fetch.retrieval import Fetched, Known, Payload, Progress, Retrieval, chain_hash

__all__ = [
    "Fetched",
    "Fetcher",
    "Known",
    "Mirror",
    "Pacer",
    "Patience",
    "Payload",
    "Progress",
    "Retrieval",
    "chain_hash",
    "write_mirror",
]
