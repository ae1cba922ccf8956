"""Connected parts of a graph of parties, and parts that no contradiction may join. Whole arrays, no loop over nodes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Nodes = npt.NDArray[np.int64]


def connected(size: int, one: Nodes, other: Nodes) -> Nodes:
    """The smallest node of the connected part of each of the nodes 0 … size-1, given edges from `one` to `other`.

    Cost: edges times the logarithm of the longest path.
    """
    part = np.arange(size, dtype=np.int64)
    while True:
        low = np.minimum(part[one], part[other])
        np.minimum.at(part, part[one], low)
        np.minimum.at(part, part[other], low)
        while not np.array_equal(part[part], part):
            part = part[part]
        if np.array_equal(part[one], part[other]):
            return part


def joined(part: Nodes, node: Nodes, hub: Nodes, colours: Sequence[tuple[Nodes, Nodes]]) -> Nodes:
    """Parts joined further by nodes that meet at a hub, unless this brings two colours of one kind together.

    `part`: part of each node, named by a node. Each of `colours`: nodes, and the colour they have of one kind; a part's
    colour is its smallest. A part without colour that leads to two colours, by any path of parts without, joins
    nothing here, and no more does a hub: which of the two it belongs to is not known.
    """
    size = len(part)
    hubs = int(hub.max()) + 1 if len(hub) else 0
    start, meet = part[node], hub + size
    doubtful = np.zeros(size + hubs, dtype=bool)
    whole = connected(size + hubs, start, meet)
    for coloured, value in colours:
        colour = np.full(size, np.iinfo(np.int64).max, dtype=np.int64)
        np.minimum.at(colour, part[coloured], value)
        bearing = np.zeros(size + hubs, dtype=bool)
        bearing[part[coloured]] = True
        bearers = np.unique(part[coloured])
        if not _several(whole[bearers], colour[bearers]).size:
            continue
        bare = ~bearing[start]
        reach = connected(size + hubs, start[bare], meet[bare])
        doubtful |= np.isin(reach, _several(reach[meet[~bare]], colour[start[~bare]])) & ~bearing
    kept = ~(doubtful[start] | doubtful[meet])
    return connected(size + hubs, start[kept], meet[kept])[part]


def _several(group: Nodes, colour: Nodes) -> Nodes:
    """Groups with more than one colour."""
    pairs = np.unique(np.stack([group, colour], axis=1), axis=0)
    groups, counts = np.unique(pairs[:, 0], return_counts=True)
    found: Nodes = groups[counts > 1]
    return found
