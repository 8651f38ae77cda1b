"""A whole study by keyboard, in a real browser, and what it leaves on the disk."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from tests.e2e.harness import EXAMPLES, STUDIES, Participant, Server
from tests.e2e.pixels import colour_share, column_of
from tests.e2e.steps import assert_painted, click_through, end_episodes, into_counting


def test_a_study_from_the_link_to_the_code(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "counting.py", COUNTING_STEPS="100000")
    ada = participant(f"{served.url}/?debug=latency&PROLIFIC_PID=p1")
    ada.sees("start")
    into_counting(ada)
    ada.until_played(0, 0)  # a key that goes down before the game listens is not its business
    ada.page.keyboard.down("ArrowRight")
    ada.until_played(0, 20)
    ada.page.keyboard.up("ArrowRight")
    end_episodes(ada)
    ada.sees("completion_code")

    code = ada.page.inner_text("[data-code]")
    served.stop()  # what follows is read from the files
    (person,) = served.table("participants.csv")
    assert (person["outcome"], person["state"]) == ("completed", "done")
    assert [row["code"] for row in served.table("completion_codes.csv")] == [code]
    answers = {row["name"]: row["value"] for row in served.table("responses.csv")}
    assert answers["name"] == "Ada <b>L</b>"
    assert answers["hobby"] == '["go"]'

    episodes = [served.episode("count", number) for number in (0, 1)]
    for number, rows in enumerate(episodes):
        frames = int(rows[-1]["infos.0.count"])
        assert [int(row["frame"]) for row in rows] == list(range(-1, frames))
        assert_painted(ada, number, frames)
        assert rows[-1]["terminated.0"] == "true"
        assert float(rows[-1]["rewards.0"]) == 10
        assert all(float(row["rewards.0"]) == 0 for row in rows[1:-1])
        assert [row["infos.0.action"] for row in rows[1:]] == [row["actions.0"] for row in rows[1:]]
    assert "1" in {row["actions.0"] for row in episodes[0]}
    assert episodes[0][0]["infos.0.start"] != episodes[1][0]["infos.0.start"], "another episode has another seed"

    summary = served.table("episodes.csv")
    assert [(row["episode"], row["frames"], row["end_reason"]) for row in summary] == [
        (str(number), str(len(rows) - 1), "terminated") for number, rows in enumerate(episodes)
    ]
    assert not [event for event in served.events() if event["severity"] == "error"]


def test_the_input_path_of_every_key_press_is_in_the_data(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "counting.py", COUNTING_STEPS="100000")
    ada = participant(f"{served.url}/?debug=latency")
    into_counting(ada)
    for frame in (5, 12, 19):
        ada.until_played(0, frame)
        ada.press("ArrowRight")
    end_episodes(ada)
    ada.sees("completion_code")
    served.stop()
    (rows,) = served.episode_files("count/*/ep0.*.experience.csv").values()
    keys = [row for row in rows if row["row"] == "key"]
    assert [key["key"] for key in keys] == [*["ArrowRight"] * 3, "e"]
    for key in keys[:3]:  # the last picture of an episode is not waited for long
        stamps = [float(key[name]) for name in ("event_ms", "sampled_ms", "executed_ms", "painted_ms")]
        assert stamps == sorted(stamps), key
    (first, _) = served.table("episodes.csv")
    assert len([row for row in rows if row["row"] == "tick"]) == int(first["frames"])
    assert first["keys"] == "4"
    assert float(first["event_to_painted_ms_median"]) > 0


def test_pixels_of_the_car_move(server: Callable[..., Server], participant: Callable[..., Participant]) -> None:
    served = server(STUDIES / "counting.py", COUNTING_STEPS="100000")
    ada = participant(f"{served.url}/?debug=latency")
    into_counting(ada)
    canvas = ada.page.locator("canvas").first
    ada.until_played(0, 0)
    before = column_of(canvas.screenshot(), red)
    ada.page.keyboard.down("ArrowRight")
    ada.until(lambda: column_of(canvas.screenshot(), red) > before, "the car further to the right")
    ada.page.keyboard.up("ArrowRight")


def red(pixel: tuple[int, ...]) -> bool:
    return pixel[0] > 200 and pixel[1] < 60 and pixel[2] < 60


# Of a game that may be over soon.
KEEP_A_PICTURE = """() => { const log = console.log;
    console.log = (...said) => {
        if (/^frame 0.5:/.test(said[0])) window.kept = document.querySelector("canvas").toDataURL();
        log(...said);
    };
}"""


@pytest.mark.parametrize("example", ["mountain_car", "cart_pole", "grid"])
def test_every_example_draws_and_answers_the_keyboard(
    example: str, server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(EXAMPLES / f"{example}.py")
    ada = participant(f"{served.url}/?debug=latency")
    ada.page.evaluate(KEEP_A_PICTURE)
    click_through(ada)
    ada.until_played(0, 0)
    ada.page.keyboard.down("ArrowRight")
    kept = ada.until(lambda: ada.page.evaluate("window.kept"), "the picture of the fifth frame")
    ada.page.keyboard.up("ArrowRight")
    picture = base64.b64decode(kept.partition(",")[2])
    assert colour_share(picture) < 0.98, "nothing is drawn: one colour fills the canvas"
