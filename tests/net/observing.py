"""What came of a fault: what players saw, and what the data have of it. Kept in ``benchmarks/results/faults.json``."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.common import RESULTS
from tests.e2e.harness import Server
from tests.net.faults import Stage

FILE = RESULTS / "faults.json"
TOLD = {
    *("cut", "unmatched", "left_behind", "finished", "page_failed", "restarted", "warned", "deserted", "frozen"),
    *("game_paused", "game_resumed", "items_refused", "link_repair", "hidden", "visible"),
}


@dataclass(frozen=True)
class Player:
    """One player of a game: their outcome and what they saw. Times in seconds."""

    outcome: str
    page: str  # where they ended
    text: str
    states: list[str]  # in which the game stood, for them
    saw: list[str]  # what stood there when; seconds from what happened on
    said: list[str]
    longest_freeze_s: float
    pauses_s: list[float]
    painted: int  # frames
    unfocused: list[int]  # frames of each episode


@dataclass(frozen=True)
class Episode:
    """One episode in the data."""

    frames: int
    end_reason: str
    parity: str
    of_players: list[int]  # frames that are here of each
    holes: int  # frames that are missing or doubled in ep<k>.csv
    bot_frames: list[int]


@dataclass(frozen=True)
class Observation:
    """All that came of a fault."""

    players: list[Player]
    episodes: list[Episode]
    left: dict[str, str]  # player -> why they were gone before the end
    ended: str  # the session
    connections: list[str]
    events: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def observe(stage: Stage) -> Observation:
    """What is there now; the tables follow what happens by seconds."""
    server = stage.server
    sessions = server.table("sessions.csv")
    events = server.events()
    episodes = server.table("episodes.csv")
    seats = {row["participant_id"]: row["player"] for row in sessions}
    held: dict[str, list[float]] = {player: [] for player in ["", *seats.values()]}
    for event in events:
        if event["name"] == "match_unheld":
            held[seats.get(event["participant_id"], "")].append(round(event["data"]["ms"] / 1000, 1))
    return Observation(
        [_player(stage, k, sessions, held) for k in range(len(stage.people))],
        [_episode(server, row) for row in sorted(episodes, key=lambda row: int(row["episode"]))],
        {row["player"]: row["left_reason"] for row in sessions if row["left_reason"]},
        ", ".join(sorted({row["end_reason"] for row in sessions})),
        sorted({row["connection"].split()[0] for row in server.table("links.csv")}),
        dict(sorted(Counter(_name(event) for event in events if _is_told(event)).items())),
    )


def _player(stage: Stage, number: int, sessions: list[dict[str, str]], held: dict[str, list[float]]) -> Player:
    diary, name = stage.people[number].diary, f"player{number}"
    ids = {row["participant_id"] for row in sessions if row["player"] == name}
    outcomes = [row["outcome"] for row in stage.server.table("participants.csv") if row["participant_id"] in ids]
    rows = [row for row in stage.server.table("players.csv") if row["player"] == name]
    return Player(
        outcome=", ".join(outcomes),
        page="closed" if number in stage.gone else diary.page,
        text="" if number in stage.gone else diary.last,
        states=diary.states,
        saw=diary.since(stage.struck_at),
        said=diary.said,
        longest_freeze_s=round(diary.longest_freeze_s, 2),
        pauses_s=held.get(name, []),
        painted=len(diary.painted),
        unfocused=[int(row["unfocused_frames"] or 0) for row in rows],
    )


def _episode(server: Server, row: dict[str, str]) -> Episode:
    rows = [one for one in server.table("players.csv") if (one["session_id"], one["episode"]) == _key(row)]
    rows.sort(key=lambda one: one["player"])
    return Episode(
        frames=int(row["frames"]),
        end_reason=row["end_reason"],
        parity=row["parity"],
        of_players=[int(one["frames"] or 0) for one in rows],
        holes=holes(server.folder / row["scene_id"] / row["session_id"] / f"ep{row['episode']}.csv", row),
        bot_frames=[int(one["bot_frames"] or 0) for one in rows],
    )


def _key(row: dict[str, str]) -> tuple[str, str]:
    return row["session_id"], row["episode"]


def holes(path: Path, episode: dict[str, str]) -> int:
    """How many frames are not there exactly once, in their order."""
    numbers = []
    if path.exists():  # else it is still to be written
        with path.open(newline="") as file:
            numbers = [int(row["frame"]) for row in csv.DictReader(file)]
    wanted = [*range(-1, int(episode["frames"]))]
    return len(set(wanted) ^ set(numbers)) + len(numbers) - len(set(numbers)) + (numbers != sorted(numbers))


def _is_told(event: dict[str, Any]) -> bool:
    return event["name"] in TOLD or event["name"].startswith("match_") or event["severity"] == "error"


def _name(event: dict[str, Any]) -> str:
    return f"{event['name']}: {event['reason']}" if event["reason"] else str(event["name"])


def results() -> dict[str, Any]:
    """Name of a case -> what was observed when it was last tried."""
    return dict(json.loads(FILE.read_text())["cases"]) if FILE.exists() else {}


def write_down(name: str, found: dict[str, Any]) -> None:
    """Put what was observed in the place of what was observed of this case before."""
    when = datetime.now(UTC).isoformat(timespec="minutes")
    cases = results() | {name: {"observed_at": when, **found}}
    text = json.dumps({"benchmark": "faults", "cases": dict(sorted(cases.items()))}, indent=2, ensure_ascii=False)
    FILE.write_text(text + "\n")
