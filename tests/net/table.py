"""``python -m tests.net.table`` writes docs/explanation/what-happens-when.md, of the cases that came out well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.net.cases import CUTS, IDENTICAL, LEAVING, SERVER, TABS, Case, States
from tests.net.observing import results

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "what-happens-when.md"
HEAD = """# What happens when

What comes of lost connections, hidden tabs, reloads and crashes in a game of two people. Every row was tried in two
real browsers with networks of their own, and is tried again by `make e2e-full`. A parameter of
[`multiplayer`](../reference/scenes.md#gymscenemultiplayer) that is not named has its default;
[When players are lost](../how-to/when-players-are-lost.md) tells what they are for.

*The player* is the one to whom it happens, *the partner* the other one. "All frames" are those of the whole episode,
none of them missing or twice; "the same" is `parity` `identical` in [`episodes.csv`](../reference/data.md#episodescsv).
"""
COLUMNS = "| when | what they see | what happens | data |\n|---|---|---|---|\n"
GROUPS = {
    "Connections": CUTS,
    "Tabs and machines": TABS,
    "Reloading, crashing, leaving": LEAVING,
    "The server": SERVER,
}
SEEN = {
    "silence": "“Waiting for your partner”, what is tried, and a countdown",
    "deciding": "“Finding out whether your partner is still there”",
    "absence": "“Waiting for your partner to come back”, and a countdown",
    "offline": "“The connection is interrupted”, and what to do",
    "away": "“You were disconnected”, and a countdown",
    "hidden": "“Your partner is away from the game”",
    "was_hidden": "“Welcome back”",
    "catching_up": "“Catching up”",
}
EDITED = (
    "| The experiment's file is edited and the server restarted, while some play and somebody waits | Who waits: the "
    "page of the waiting room. Who plays: the game goes on. | They play to the end, by the parameters with which they "
    "began, and whoever waits is matched. All read the new words. | All frames, the same of both. |\n"
)
NOTHING = "The game goes on."


def written(observed: Mapping[str, Any]) -> str:
    """The page."""
    return (
        HEAD
        + "".join(
            f"\n## {title}\n\n{COLUMNS}" + "".join(_row(case) for case in cases if _is_well(case.id, observed))
            for title, cases in GROUPS.items()
        )
        + (EDITED if _is_well("edited", observed) else "")
    )


def _is_well(name: str, observed: Mapping[str, Any]) -> bool:
    return name in observed and bool(observed[name]["as_expected"])


def _row(case: Case) -> str:
    rules = ", ".join(f"`{name}={_shown(value)}`" for name, value in case.rules.items())
    when = f"{case.fault}; {rules}" if rules else case.fault
    return f"| {when} | {_seen(case)} | {_follows(case)} | {_data(case)} |\n"


def _shown(value: object) -> str:
    if value == "bot":
        return "ig.TakeOver(policy)"
    return f'"{value}"' if isinstance(value, str) else f"{value}"


def _seen(case: Case) -> str:
    if case.sees:
        return case.sees
    partner, player = map(_words, case.expected.states)
    if partner == player:
        return f"Both: {partner}." if partner else NOTHING
    told = [("The partner", partner), ("The player", player)]
    return " ".join(f"{who}: {words}." for who, words in told if words)


def _words(states: States) -> str:
    return "; ".join(SEEN[state] for state in SEEN if state in states)


def _follows(case: Case) -> str:
    partner, player = case.expected.outcomes
    if (partner, player) == ("completed", "completed"):
        return "They play to the end."
    if partner == "completed":
        return "A policy plays for the player, and the partner to the end."
    told = f"The game is over. The partner: `{partner}`."
    return f"{told} The player: `{player}`." if player else told


def _data(case: Case) -> str:
    expected = case.expected
    if not expected.ends:
        return "No frames: the game had not begun."
    begun = "interrupted" in expected.ends
    which = "The frames up to the last one that both agreed on" if begun else "All frames"
    told = [
        f"{which}, the same of both."
        if expected.parity == IDENTICAL
        else f"{which}, of the partner; of the player those that were sent."
    ]
    if expected.has_bot:
        told.append("`source.<agent>` is `bot` from there on.")
    if expected.has_hidden:
        told.append("`is_focused.<agent>` says when.")
    told += [f"`left_reason` is `{reason}`." for reason in expected.left.values()]
    return " ".join(told)


if __name__ == "__main__":
    PAGE.write_text(written(results()))
