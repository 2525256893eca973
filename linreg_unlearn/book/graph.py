"""The graph of citations: which proof rests on which claim, laid out in layers.

Every claim stands to the right of the claims that its proofs cite. Lines pass between the boxes,
through points that are placed with them, and the order within layers is improved by sweeps of
barycentres: the layered drawing of Sugiyama, Tagawa and Toda. Claims that cite nothing and are
cited by nothing are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from linreg_unlearn.errors import InputError

__all__ = ["Graph", "Line", "Spot", "lay_out"]

_WIDTH, _HEIGHT = 94, 28
_GAP, _REACH = 12, 70
"""Between boxes of one layer, and from layer to layer."""

_POINT = 6
"""The room that a line takes where it passes a layer."""

_SWEEPS = 24

Key = str | tuple[str, str, int]
"""A claim, or the point at which a line from one to another passes a layer."""


@dataclass(frozen=True)
class Spot:
    """A box: the id of a claim, and where its upper left corner is."""

    name: str
    x: float
    y: float
    width: float = _WIDTH
    height: float = _HEIGHT


@dataclass(frozen=True)
class Line:
    """A citation: from the claim that is cited to the one that cites it, as an SVG path."""

    cited: str
    citing: str
    path: str


@dataclass(frozen=True)
class Graph:
    """Boxes and lines, and the size of the picture."""

    spots: tuple[Spot, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


def lay_out(cites: Mapping[str, Iterable[str]]) -> Graph:
    """Place claims that are joined by citations.

    Parameters
    ----------
    cites : mapping of str to iterable of str
        What each claim cites.

    Returns
    -------
    Graph

    Raises
    ------
    InputError
        If claims cite each other in a circle.

    Examples
    --------
    >>> graph = lay_out({"B": ["A"], "A": []})
    >>> [spot.name for spot in sorted(graph.spots, key=lambda spot: spot.x)]
    ['A', 'B']
    """
    edges = [(cited, citing) for citing, those in cites.items() for cited in those]
    depth = _depths(edges)
    if not depth:
        return Graph((), (), 0, 0)
    layers: list[list[Key]] = [[] for _ in range(1 + max(depth.values()))]
    for name in depth:
        layers[depth[name]].append(name)
    links: list[tuple[Key, Key]] = []
    routes: dict[tuple[str, str], list[Key]] = {}
    for cited, citing in edges:
        between = range(depth[cited] + 1, depth[citing])
        points: list[Key] = [(cited, citing, at) for at in between]
        for at, point in zip(between, points, strict=True):
            layers[at].append(point)
        route = [cited, *points, citing]
        routes[cited, citing] = route
        links += pairwise(route)
    _order(layers, links)
    places = _place(layers, links)
    spots = [
        Spot(key, at * (_WIDTH + _REACH), places[key] - _HEIGHT / 2)
        for at, layer in enumerate(layers)
        for key in layer
        if isinstance(key, str)
    ]
    lines = [
        Line(
            cited, citing, _path([(places[key], depth[cited] + at) for at, key in enumerate(route)])
        )
        for (cited, citing), route in routes.items()
    ]
    height = max(spot.y + spot.height for spot in spots)
    return Graph(tuple(spots), tuple(lines), len(layers) * (_WIDTH + _REACH) - _REACH, height)


def _depths(edges: list[tuple[str, str]]) -> dict[str, int]:
    """Return how long the longest chain of citations below each claim is."""
    depth = dict.fromkeys((name for edge in edges for name in edge), 0)
    for _ in range(len(depth) + 1):
        changed = False
        for cited, citing in edges:
            if depth[citing] <= depth[cited]:
                depth[citing], changed = depth[cited] + 1, True
        if not changed:
            return depth
    raise InputError("claims cite each other in a circle: no proof may rest on itself")


def _order(layers: list[list[Key]], links: list[tuple[Key, Key]]) -> None:
    """Sort each layer by where its neighbours are, down and up again, and keep the best order."""
    above: dict[Key, list[Key]] = {}
    below: dict[Key, list[Key]] = {}
    for upper, lower in links:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    best, fewest = [list(layer) for layer in layers], _crossings(layers, links)
    for sweep in range(_SWEEPS):
        near = below if sweep % 2 else above
        for layer in layers[::-1] if sweep % 2 else layers:
            at = {key: place for other in layers for place, key in enumerate(other)}
            layer.sort(key=lambda key: _mean([at[k] for k in near.get(key, [])], at[key]))
        found = _crossings(layers, links)
        if found < fewest:
            best, fewest = [list(layer) for layer in layers], found
    layers[:] = best


def _mean(values: list[int], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(layers: list[list[Key]], links: list[tuple[Key, Key]]) -> int:
    at = {key: place for layer in layers for place, key in enumerate(layer)}
    level = {key: number for number, layer in enumerate(layers) for key in layer}
    by_level: dict[int, list[tuple[int, int]]] = {}
    for upper, lower in links:
        by_level.setdefault(level[upper], []).append((at[upper], at[lower]))
    return sum(
        (a - c) * (b - d) < 0
        for pairs in by_level.values()
        for number, (a, b) in enumerate(pairs)
        for c, d in pairs[:number]
    )


def _place(layers: list[list[Key]], links: list[tuple[Key, Key]]) -> dict[Key, float]:
    """Return the middle of every box and point: near its neighbours, in order, without overlap."""
    sizes = {key: _HEIGHT if isinstance(key, str) else _POINT for layer in layers for key in layer}
    near: dict[Key, list[Key]] = {}
    for upper, lower in links:
        near.setdefault(lower, []).append(upper)
        near.setdefault(upper, []).append(lower)
    places: dict[Key, float] = {}
    for layer in layers:
        x = 0.0
        for key in layer:
            places[key] = x + sizes[key] / 2
            x += sizes[key] + _GAP
        for key in layer:
            places[key] -= x / 2
    for sweep in range(_SWEEPS):
        for layer in layers[::-1] if sweep % 2 else layers:
            wanted = [sum(places[k] for k in near[key]) / len(near[key]) for key in layer]
            placed = _apart(wanted, [sizes[key] for key in layer])
            places.update(zip(layer, placed, strict=True))
    left = min(places[key] - sizes[key] / 2 for key in places)
    return {key: round(place - left, 1) for key, place in places.items()}


def _apart(wanted: list[float], sizes: list[float]) -> list[float]:
    """Return places in the given order, as near as possible to where they are wanted.

    Neighbours that would overlap are joined to blocks, and each block stands where its members
    want to be on average, which is the least sum of squares.
    """
    blocks: list[tuple[float, int]] = []  # the sum of what its members want, and their number
    offsets, x = [], 0.0
    for at, size in enumerate(sizes):
        x += size / 2 if at == 0 else sizes[at - 1] / 2 + _GAP + size / 2
        offsets.append(x)
    for wish, offset in zip(wanted, offsets, strict=True):
        blocks.append((wish - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = (blocks[-1][0] + total, blocks[-1][1] + count)
    shifts = [total / count for total, count in blocks for _ in range(count)]
    return [shift + offset for shift, offset in zip(shifts, offsets, strict=True)]


def _path(points: list[tuple[float, int]]) -> str:
    """Return a smooth line from the right of a box through points to the left of another."""
    step = _WIDTH + _REACH
    ys = [y for y, _ in points]
    first = points[0][1]
    text = f"M{first * step + _WIDTH:g} {ys[0]:g}"
    for at, y in enumerate(ys[1:], start=1):
        # Straight on beside the boxes of a layer, then over to the next place.
        start, end = (first + at - 1) * step + _WIDTH, (first + at) * step
        middle = (start + end) / 2
        text += f"C{middle:g} {ys[at - 1]:g} {middle:g} {y:g} {end:g} {y:g}"
        if at < len(ys) - 1:
            text += f"H{end + _WIDTH:g}"
    return text
