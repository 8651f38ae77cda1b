"""Those whose partners are lost: where they go on, and what is known of who left, when and why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.data import departures
from interactive_gym.server import gathering
from tests.server.matched import on_loop
from tests.server.meeting import Player, end_reason, events, gym, playing, session_state, state_of, study
from tests.server.rows import FPS, chunk, episode_end, whole_episode
from tests.server.running import Running, until

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]
SURVEY, FORM = ig.StaticScene("survey"), ig.StaticScene("form")


def departed(server: Running, session: str) -> dict[str, str]:
    found = server.desk.store.read_now(lambda connection: departures.of_session(connection, session))
    return {player: one.reason for player, one in found.items()}


def lossy(left_behind: str, **rules: Any) -> ig.GymScene:
    scene: ig.GymScene = gym("game").multiplayer(left_behind=left_behind, **rules)
    return scene


@pytest.mark.parametrize(("way", "scene"), [("next", "form"), ("survey", "survey")])
async def test_who_is_left_behind_goes_on(serve: Serve, come: Come, way: str, scene: str) -> None:
    said = lossy(way).outcome("partner_left", header="Gone", body="<p>You are paid.</p>")
    server = serve(study(said, FORM, SURVEY))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await bob.upload(chunk(session, 0))
    await ann.failed("draw_failed")
    page = await bob.failed("partner_left")
    assert (page["kind"], page["scene_id"]) == ("static", scene)
    assert state_of(server, bob) == ("in_scene", None)
    assert (session_state(server, session), end_reason(server, session)) == ("ended", "draw_failed")
    (event,) = events(server, "left_behind")
    assert (event["participant_id"], event["session_id"], event["reason"]) == (bob.id, session, "draw_failed")
    assert event["severity"] == "warning"
    assert event["data"] == {"scene_id": "game", "to": scene, "gone": {"human-0": "draw_failed"}}
    assert departed(server, session) == {"human-0": "draw_failed"}
    again = await bob.failed("partner_left")
    assert again["scene_id"] == scene, "it was a word about a scene that is over"
    assert (await bob.upload(*whole_episode(session, 5)))["accepted"], "what was on its way counts"


@pytest.mark.parametrize("end", ["interrupted", "failed"])
async def test_a_game_is_not_completed_by_its_interruption(serve: Serve, come: Come, end: str) -> None:
    """Also where both have told of that before it is known why."""
    server = serve(study(lossy("next"), FORM))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    for one in (ann, bob):
        told = {**episode_end(session, FPS), "end_reason": end}
        assert (await one.upload(chunk(session, 0), told))["accepted"] == 2
    await ann.failed("draw_failed")
    await bob.failed("partner_left")
    assert (session_state(server, session), end_reason(server, session)) == ("ended", "draw_failed")


async def test_the_page_knows_what_will_stand_there(serve: Serve, come: Come) -> None:
    said = lossy("next").outcome("partner_left", header="Gone", body="<p>You are paid.</p>")
    server = serve(study(said, FORM))
    ann = await come(server)
    page = await ann.advance("welcome")
    assert page["left_behind"] == {"title": "Gone", "body": "<p>You are paid.</p>", "button": "Continue"}


async def test_without_words_of_the_researchers_it_has_ours(serve: Serve, come: Come) -> None:
    server = serve(study(lossy("next"), FORM))
    ann = await come(server)
    page = await ann.advance("welcome")
    assert page["left_behind"]["title"] == "Your partner is gone"
    assert "not your fault" in page["left_behind"]["body"]


async def test_where_nobody_goes_on_the_last_page_says_it(serve: Serve, come: Come) -> None:
    server = serve(study(lossy("leave")))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    assert (await bob.advance("welcome"))["left_behind"] is None
    await ann.failed("worker_crashed")
    page = await bob.failed("partner_left")
    assert (page["kind"], page["outcome"], page["header"]) == ("outcome", "partner_left", "Your partner is gone")
    assert events(server, "left_behind") == []
    assert departed(server, session) == {"human-0": "worker_crashed"}, "bob did not leave anybody"


def test_the_scene_to_go_to_comes_for_everybody() -> None:
    parts = (lossy("survey"), ig.Conditions("asked", {"yes": SURVEY, "no": []}))
    with pytest.raises(ig.ConfigError, match=r"does not come after 'game' for everybody.*'survey'") as raised:
        ig.Experiment("together").scenes(ig.StartScene("welcome"), *parts, ig.EndScene("thanks"))
    assert (raised.value.method, raised.value.parameter) == ("multiplayer", "left_behind")


async def test_who_comes_back_to_an_ended_game_is_told_so(
    serve: Serve, come: Come, again: Come, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ann's tab is closed for good; the game ends for bob, who goes on; then she opens the link again."""
    monkeypatch.setattr(gathering, "AWAY_S", 0.0)  # she has been silent for long enough to be believed away
    server = serve(study(lossy("next"), FORM))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await ann.socket.disconnect()
    await bob.failed("partner_left")
    assert state_of(server, bob) == ("in_scene", None)
    assert session_state(server, session) == "playing", "ann may be on her way"
    back = await again(server, ann)
    await back.enlist()
    assert (await back.sees())["scene_id"] == "form", "nobody is there any more for her either"
    assert (session_state(server, session), end_reason(server, session)) == ("ended", "partner_left")


@pytest.mark.parametrize("said", ["", "<p>So sorry.</p>"])
async def test_who_comes_back_too_late_is_told_so(serve: Serve, come: Come, again: Come, said: str) -> None:
    scene = lossy("next")
    server = serve(study(scene.outcome("connection_failed", body=said) if said else scene, FORM))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await ann.socket.disconnect()
    on_loop(server, server.app.state.matches.exclude, ann.id, "return_timeout")
    await until(lambda: departed(server, session), "the referee's word to be stored")
    back = await again(server, ann)
    await back.enlist()
    page = await back.sees()
    assert page["outcome"] == "connection_failed"
    assert (said or "away for too long") in page["body"]
    assert (await bob.failed("partner_left"))["scene_id"] == "form"
    assert departed(server, session) == {"human-0": "return_timeout"}
    (event,) = events(server, "left_behind")
    assert (event["reason"], event["data"]["gone"]) == ("return_timeout", {"human-0": "return_timeout"})


async def test_of_three_nobody_has_left_as_long_as_all_are_there(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game", 3).multiplayer(left_behind="next"), FORM))
    ann, bob, cem = [await come(server) for _ in range(3)]
    await playing(ann, bob, cem)
    assert (await ann.failed("partner_left"))["outcome"] == "connection_failed"
    assert events(server, "left_behind") == []


async def test_of_three_all_who_stay_go_on(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game", 3).multiplayer(left_behind="next"), FORM))
    ann, bob, cem = [await come(server) for _ in range(3)]
    session = await playing(ann, bob, cem)
    await cem.failed("worker_crashed")
    for one in (ann, bob):
        assert (await one.failed("partner_left"))["scene_id"] == "form"
    assert (session_state(server, session), end_reason(server, session)) == ("ended", "worker_crashed")
    assert [event["data"]["gone"] for event in events(server, "left_behind")] == [{"human-2": "worker_crashed"}] * 2


async def test_nobody_goes_on_who_has_no_partners(serve: Serve, come: Come) -> None:
    server = serve(study(lossy("next"), FORM))
    ann = await come(server)
    await ann.enlist()
    page = await ann.failed("partner_left")
    assert page["outcome"] == "technical_failure", "a page that waits has nobody to lose"
