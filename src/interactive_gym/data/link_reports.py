"""What the link between two players was like, from what each of them saw of it, second by second."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, groupby, pairwise
from statistics import fmean, median

from interactive_gym.data.flat import moment
from interactive_gym.protocol import LinkRow

MAX_CHANGES = 1_000  # whose times are listed; a side that says that its connection changes all the time fills no disk

Report = dict[str, object]
REPORT = (
    "player",
    "partner",
    "connection",
    "own_end",
    "partner_end",
    "changes",
    "change_times",
    "rtt_ms_min",
    "rtt_ms_median",
    "rtt_ms_mean",
    "rtt_ms_p95",
    "rtt_ms_max",
    "jitter_ms_mean",
    "lost",
    "server_share",
    "silent_share",
    "seconds",
    "sent",
    "received",
)


def reports(rows: Mapping[str, Sequence[LinkRow]]) -> list[Report]:
    """One for each player and partner.

    Args:
        rows: Player -> what they saw of all their links.
    """
    ways: dict[tuple[str, str], list[LinkRow]] = {}
    for player, seen in rows.items():
        for row in sorted(seen, key=lambda row: row.at):
            ways.setdefault((player, row.partner), []).append(row)
    return [
        {"player": player, "partner": partner, **_report(mine, ways.get((partner, player), []))}
        for (player, partner), mine in ways.items()
    ]


def _report(mine: Sequence[LinkRow], theirs: Sequence[LinkRow]) -> Report:
    spans = _spans(mine, theirs)
    return {
        "connection": _longest(spans, until=max(row.at for row in chain(mine, theirs))),
        "own_end": _usual_end(mine),
        "partner_end": _usual_end(theirs),
        "changes": max(len(spans) - 1, 0),
        "change_times": [[moment(at / 1000), connection] for at, connection in spans[1 : MAX_CHANGES + 1]],
        **_spread([row.rtt_ms for row in mine if row.rtt_ms is not None]),
        "jitter_ms_mean": _mean(row.jitter_ms for row in mine),
        "lost": _mean(row.lost for row in mine),
        "server_share": round(sum(row.path == "server" for row in mine) / len(mine), 4),
        "silent_share": round(sum(row.path == "none" for row in mine) / len(mine), 4),
        "seconds": len(mine),
        "sent": sum(row.sent for row in mine),
        "received": sum(row.received for row in mine),
    }


def judged(ends: Iterable[LinkRow]) -> str:
    """How a pair is connected, by what both ends say last: by the server or a relay if either of them is."""
    known = list(ends)
    if any(row.path == "server" for row in known):
        return "server"
    relays = sorted(row.connection for row in known if row.connection.startswith("relay"))
    return relays[0] if relays else "direct"


def _spans(mine: Sequence[LinkRow], theirs: Sequence[LinkRow]) -> list[tuple[float, str]]:
    """From when on the pair was connected how. A second in which nothing came says nothing of that."""
    latest: dict[int, LinkRow] = {}
    moments: dict[float, str] = {}
    seen = [(row.at, end, row) for end, rows in enumerate((mine, theirs)) for row in rows if row.path != "none"]
    for at, end, row in sorted(seen, key=lambda one: one[:2]):
        latest[end] = row
        moments[at] = judged(latest.values())
    return [next(span) for _, span in groupby(moments.items(), key=lambda moment: moment[1])]


def _longest(spans: Sequence[tuple[float, str]], *, until: float) -> str:
    """The connection that the pair had for the longest time; "none" if nothing ever came."""
    lengths: Counter[str] = Counter()
    for (begin, connection), (end, _) in pairwise([*spans, (until, "")]):
        lengths[connection] += round(end - begin)
    return lengths.most_common(1)[0][0] if lengths else "none"


def _usual_end(rows: Sequence[LinkRow]) -> str:
    """What this end of the direct connection was in most seconds."""
    ends = Counter(row.connection for row in rows if row.connection)
    return ends.most_common(1)[0][0] if ends else ""


def _spread(values: Sequence[float]) -> Report:
    names = ("min", "median", "mean", "p95", "max")
    if not values:
        return {f"rtt_ms_{name}": None for name in names}
    ordered = sorted(values)
    nearest_rank = ordered[math.ceil(0.95 * len(ordered)) - 1]
    found = (ordered[0], median(ordered), fmean(ordered), nearest_rank, ordered[-1])
    return {f"rtt_ms_{name}": round(value, 3) for name, value in zip(names, found, strict=True)}


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(fmean(known), 4) if known else None
