"""One connection, seen from two ends with two clocks."""

from __future__ import annotations

from typing import Any, cast

from interactive_gym.data.flat import moment
from interactive_gym.data.link_reports import MAX_CHANGES, REPORT, Report, reports
from interactive_gym.protocol import LinkRow

T0 = 1_700_000_000_000.0


def row(second: float, path: Any = "direct", end: str = "host udp", *, partner: str = "b", **seen: Any) -> LinkRow:
    values = {"rtt_ms": 20.0, "jitter_ms": 2.0, "lost": 0.1, "sent": 30, "received": 27, **seen}
    return LinkRow(T0 + 1000 * second, partner, path, end, **values)


def both(mine: list[LinkRow], theirs: list[LinkRow]) -> tuple[Report, Report]:
    """The reports of a and b."""
    one, *others = reports({"a": mine, "b": [LinkRow(**{**_fields(row), "partner": "a"}) for row in theirs]})
    return one, others[0] if others else {}


def _fields(row: LinkRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def test_a_quiet_link() -> None:
    one, other = both([row(n, rtt_ms=float(n)) for n in range(1, 101)], [row(n) for n in range(1, 101)])
    assert tuple(one) == tuple(other) == REPORT
    assert (one["player"], one["partner"], other["player"], other["partner"]) == ("a", "b", "b", "a")
    assert (one["connection"], one["own_end"], one["changes"], one["change_times"]) == ("direct", "host udp", 0, [])
    assert [one[f"rtt_ms_{name}"] for name in ("min", "median", "mean", "p95", "max")] == [1, 50.5, 50.5, 95, 100]
    assert (one["jitter_ms_mean"], one["lost"], one["server_share"], one["silent_share"]) == (2.0, 0.1, 0.0, 0.0)
    assert (one["seconds"], one["sent"], one["received"], other["rtt_ms_max"]) == (100, 3000, 2700, 20.0)


def test_either_end_may_have_the_relay() -> None:
    one, other = both([row(n) for n in range(5)], [row(n, end="relay tls") for n in range(5)])
    assert one["connection"] == other["connection"] == "relay tls"
    assert (one["own_end"], one["partner_end"], other["own_end"]) == ("host udp", "relay tls", "relay tls")


def test_the_server_for_a_while_whoever_needs_it() -> None:
    mine = [row(n, "server" if 4 <= n < 6 else "direct") for n in range(10)]
    theirs = [row(n + 0.4, "server" if 4 <= n < 7 else "direct") for n in range(10)]
    one, other = both(mine, theirs)
    changes = [[moment((T0 + 4000) / 1000), "server"], [moment((T0 + 7400) / 1000), "direct"]]
    assert one["change_times"] == other["change_times"] == changes
    assert (one["connection"], one["changes"], one["server_share"], other["server_share"]) == ("direct", 2, 0.2, 0.3)


def test_a_cell_holds_no_more_changes_than_one_can_read() -> None:
    one, _ = both([row(n, "server" if n % 2 else "direct") for n in range(3_000)], [])
    assert (one["changes"], len(cast("list[Any]", one["change_times"]))) == (2_999, MAX_CHANGES)


def test_a_second_without_anything_is_no_change_of_the_connection() -> None:
    one, _ = both([row(n, "none" if n == 3 else "direct", rtt_ms=None, lost=None) for n in range(10)], [])
    assert (one["connection"], one["changes"], one["silent_share"]) == ("direct", 0, 0.1)
    assert (one["rtt_ms_min"], one["rtt_ms_p95"], one["lost"]) == (None, None, None)


def test_a_link_by_which_nothing_ever_came() -> None:
    one, _ = both([row(n, "none", "") for n in range(3)], [row(0, "none", "")])
    assert (one["connection"], one["own_end"], one["silent_share"]) == ("none", "", 1.0)


def test_rows_count_in_the_order_of_their_clock() -> None:
    mine = [row(n, "server" if n >= 8 else "direct") for n in (9, 8, 3, 2, 1, 0)]
    (one,) = reports({"a": mine, "b": []})
    assert (one["connection"], one["changes"]) == ("direct", 1)


def test_of_three_each_pair_has_its_own() -> None:
    found = reports({"a": [row(0), row(0, "server", partner="c")], "b": [], "c": [row(0, partner="a")]})
    assert [(one["player"], one["partner"], one["connection"]) for one in found] == [
        ("a", "b", "direct"),
        ("a", "c", "server"),
        ("c", "a", "server"),
    ]
