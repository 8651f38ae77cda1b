"""Everything at once: four games for ten minutes with random faults, and then a server that has forgotten them."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from tests.net.eyes import Watched
from tests.net.faults import Stage
from tests.net.observing import holes, write_down
from tests.net.playing import full
from tests.net.test_faults import opened_stage

SEED = int(os.environ.get("MIX_SEED", "1"))
SECONDS = float(os.environ.get("MIX_SECONDS", "600"))
FPS, EPISODES = 10, 10  # slow, for eight browsers on one machine
BETWEEN_S = 5, 20  # from one fault to the next
PLAY = {"fps": FPS, "episodes": EPISODES, "steps": round(SECONDS * FPS / EPISODES), "pause": 1}
RULES = {"on_disconnect": "continue", "return_timeout": 90}

Fault = Callable[[Stage, int, float], object]  # to whom, and for how many seconds

FAULTS: dict[str, Fault] = {
    "cut": lambda stage, who, seconds: stage.cut(who, seconds),
    "cut from the partner": lambda stage, who, seconds: stage.cut_direct(seconds, who, who ^ 1),
    "cut from the server": lambda stage, who, seconds: stage.cut_server(who, seconds=seconds),
    "hidden": lambda stage, who, seconds: stage.hide(who, seconds),
    "frozen": lambda stage, who, seconds: stage.freeze(who, seconds),
    "reload": lambda stage, who, _: stage.reload(who),
    "reload of both": lambda stage, who, _: stage.reload(who, who ^ 1),
    "server killed": lambda stage, _, seconds: stage.without_server(seconds),
}


@full
@pytest.mark.timeout(round(3 * SECONDS) + 600)
def test_ten_minutes_of_everything(driver: Playwright, tmp_path: Path) -> None:
    environ = {"LOST_RULES": json.dumps(RULES), "LOST_PLAY": json.dumps(PLAY)}
    with opened_stage(driver, tmp_path, environ, ["chromium"] * 8, "mix") as stage:
        stage.enter()
        stage.until(lambda: all(one.diary.painted for one in stage.people), "the first frames", 240)
        happened = mixed(stage)
        stage.until_over(2 * SECONDS + 240)
        found = {"seed": SEED, "seconds": SECONDS, "faults": happened, **came_of_it(stage)}
        for number in range(8):
            stage.close(number)
        found["left behind"] = nothing_left(stage)
        for _ in range(2):
            stage.join(Watched.opened(stage.people[0].browser, stage.server.url))
        stage.until_frame(100)
    write_down("mix", {"as_expected": True, **found})
    assert found["holes"] == 0
    assert set(found["parity"]) <= {"identical", "incomplete"}
    assert set(found["outcomes"]) <= {"completed", "partner_left", "connection_failed"}
    assert found["parity"]["identical"] > 2 * EPISODES, "most of it was played by two"


def mixed(stage: Stage) -> list[str]:
    """Random faults, until the games should be over."""
    draw = random.Random(SEED)
    end, happened = time.monotonic() + SECONDS - 30, []
    while time.monotonic() < end:
        stage.wait(draw.uniform(*BETWEEN_S))
        name, who, seconds = draw.choice(sorted(FAULTS)), draw.randrange(8), round(draw.uniform(0.5, 8), 1)
        if stage.people[who].diary.page == stage.people[who ^ 1].diary.page == "playing":
            FAULTS[name](stage, who, seconds)
            happened.append(f"player {who}: {name}, {seconds} s")
    return happened


def came_of_it(stage: Stage) -> dict[str, Any]:
    """Of all games; once the frames of all have been compared, or do not come any more."""
    server = stage.server
    stage.wait(30)  # as long as frames of somebody who has gone are waited for, and more
    episodes = server.table("episodes.csv")
    paths = [(server.folder / row["scene_id"] / row["session_id"] / f"ep{row['episode']}.csv", row) for row in episodes]
    events = Counter(event["name"] for event in server.events())
    return {
        "outcomes": Counter(row["outcome"] for row in server.table("participants.csv")),
        "parity": Counter(row["parity"] for row in episodes),
        "ends": Counter(row["end_reason"] for row in episodes),
        "holes": sum(holes(path, row) for path, row in paths),
        "events": {name: events[name] for name in sorted(events) if name.startswith(("match_", "cut", "restarted"))},
    }


def nothing_left(stage: Stage) -> dict[str, int]:
    """What the server says that is alive, when it says that there is no game and no connection."""
    log = stage.server.folder / "server.log"

    def quiet() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        told = [line for line in lines if line["event"] == "alive"][-1:]
        return [line for line in told if (line["connections"], line["games"]) == (0, 0)]

    deadline = time.monotonic() + 240
    while not quiet():
        assert time.monotonic() < deadline, "games or connections were left behind"
        time.sleep(1)
    (line,) = quiet()
    return {name: line[name] for name in ("connections", "games", "tasks")}
