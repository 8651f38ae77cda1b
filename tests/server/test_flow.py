"""From the link to the code: what participants see, and what is stored of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.data import people, tables
from interactive_gym.server import flow
from tests.server.rows import whole_episode
from tests.server.running import DEADLINE_S, Participant, Running, experiment

Serve = Callable[..., Running]
Arrive = Callable[..., Participant]


async def test_a_whole_study(one: Participant, server: Running) -> None:
    await one.join(PROLIFIC_PID="abc")
    page = await one.connect()
    assert (page["kind"], page["header"], page["button"]) == ("start", "Welcome", "Continue")
    assert (await one.advance("welcome"))["kind"] == "static"
    game = await one.advance("questions", age="31", food=["soup", "rice"])
    assert (game["kind"], game["game"]["fps"]) == ("gym", 10)
    assert await one.resume(game["session_id"]) == {"episode": 0, "generation": 0, "chunks": []}
    receipt = await one.upload(*whole_episode(game["session_id"], 25))
    assert receipt == {"accepted": 4, "refused": []}
    end = await one.advance("game")
    assert (end["kind"], end["header"]) == ("end", "Thanks")
    who = server.desk.store.read_now(lambda connection: people.find(connection, one.id))
    assert (who.state, who.outcome) == ("done", "completed")


async def test_a_game_cannot_be_left_before_all_of_it_is_stored(serve: Serve, arrive: Arrive) -> None:
    one = arrive(serve(experiment(episodes=2)))
    session = await one.to_game()
    assert (await one.advance("game"))["reason"] == "episodes_incomplete"
    await one.resume(session)
    await one.upload(*whole_episode(session, 12))
    assert (await one.advance("game"))["reason"] == "episodes_incomplete"
    await one.upload(*whole_episode(session, 12, episode=1)[:-1])
    assert (await one.advance("game"))["kind"] == "end", "the last frame says itself that it is the last"


async def test_saying_it_again_changes_nothing(one: Participant, server: Running) -> None:
    await one.join()
    await one.connect()
    await one.advance("welcome")
    first = await one.advance("questions", age="31")
    assert await one.advance("questions", age="99") == first
    assert await one.advance("welcome") == first
    table = (server.desk.store.read_now(lambda connection: people.visits_of(connection, one.id))).keys()
    assert list(table) == ["welcome", "questions", "game"]


async def test_scenes_are_not_skipped(one: Participant) -> None:
    await one.join()
    await one.connect()
    answer = await one.advance("thanks")
    assert (answer["kind"], answer["reason"]) == ("refused", "wrong_scene")


@pytest.mark.parametrize("where", ["welcome", "questions", "game", "thanks"])
async def test_a_restart_finds_everybody_where_they_were(serve: Serve, arrive: Arrive, where: str) -> None:
    server = serve(experiment(last=ig.CompletionCodeScene("thanks")))
    before = arrive(server)
    await before.join()
    page = await before.connect()
    for scene in ("welcome", "questions", "game"):
        if page["scene_id"] == where:
            break
        if scene == "game":
            await before.resume(page["session_id"])
            await before.upload(*whole_episode(page["session_id"], 5))
        page = await before.advance(scene)
    server.stop()
    after = arrive(serve(experiment(last=ig.CompletionCodeScene("thanks"))))
    after.token = before.token
    assert await after.connect() == page


async def test_every_participant_has_a_code_of_their_own_and_keeps_it(serve: Serve, arrive: Arrive) -> None:
    server = serve(experiment(last=ig.CompletionCodeScene("code")))
    codes = []
    for subject in ("ann", "bob"):
        one = arrive(server, subject=subject)
        session = await one.to_game()
        await one.resume(session)
        await one.upload(*whole_episode(session, 5))
        page = await one.advance("game")
        assert page["kind"] == "completion_code"
        assert await arrive(server, subject=subject, tab="other").join()
        assert (await one.advance("game"))["code"] == page["code"]
        codes.append(page["code"])
    assert len(set(codes)) == 2
    assert all(len(code) == 8 for code in codes)


async def test_a_code_for_all_comes_from_the_environment(
    serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = experiment(last=ig.CompletionCodeScene("code").code(ig.secret("STUDY_CODE")))
    with pytest.raises(ig.ConfigError, match="STUDY_CODE"):
        serve(study)
    monkeypatch.setenv("STUDY_CODE", "C0FFEE")
    one = arrive(serve(study))
    session = await one.to_game()
    await one.resume(session)
    await one.upload(*whole_episode(session, 5))
    assert (await one.advance("game"))["code"] == "C0FFEE"


async def test_a_page_that_cannot_go_on_ends_with_an_outcome(one: Participant, server: Running) -> None:
    await one.to_game()
    detail = "Traceback (most recent call last): kitchen on fire"
    failure = {"scene_id": "game", "reason": "step_failed", "problem": "It burns.", "detail": detail}
    page = await one.say("fail", failure)
    assert (page["kind"], page["outcome"]) == ("outcome", "technical_failure")
    assert "fire" not in str(page)
    assert await one.say("fail", failure) == page
    assert await one.advance("game") == page
    server.stop()
    assert "kitchen on fire" in (server.data / "server.log").read_text()
    assert (server.data / "events.jsonl").read_text().count("kitchen on fire") == 1
    assert "technical_failure" in (server.data / "participants.csv").read_text()


async def test_the_seed_of_the_scene_or_one_per_session(serve: Serve, arrive: Arrive) -> None:
    fixed, drawn = serve(experiment("fixed", seed=7)), serve(experiment("drawn"))
    seeds = {}
    for server in (fixed, drawn):
        for subject in ("ann", "bob"):
            one = arrive(server, subject=subject)
            await one.to_game()
            seeds[server.study.id, subject] = (await one.advance("questions"))["seed"]
    assert seeds["fixed", "ann"] == seeds["fixed", "bob"] == 7
    assert seeds["drawn", "ann"] != seeds["drawn", "bob"]


async def test_a_game_keeps_its_config_when_the_file_changes(serve: Serve, arrive: Arrive) -> None:
    server = serve(experiment(episodes=2))
    before = arrive(server)
    await before.to_game()
    server.stop()
    after = arrive(serve(experiment(episodes=5)))
    after.token = before.token
    assert (await after.connect())["game"]["episodes"] == 2


async def test_a_scene_that_was_moved_keeps_what_was_assigned_in_it(serve: Serve, arrive: Arrive) -> None:
    server = serve()
    before = arrive(server)
    session = await before.to_game()
    await before.resume(session)
    await before.upload(*whole_episode(session, 5))
    server.stop()
    start, questions, game, end = experiment().sequence
    after = arrive(serve(ig.Experiment("study").scenes(start, game, questions, end)))
    after.token = before.token
    await after.connect()
    assert (await after.advance("game"))["scene_id"] == "questions"
    assert (await after.advance("questions"))["kind"] == "end"


async def test_a_scene_that_was_moved_can_be_answered_again(serve: Serve, arrive: Arrive) -> None:
    server = serve()
    before = arrive(server)
    await before.join()
    await before.connect()
    await before.advance("welcome")
    session = (await before.advance("questions", age="31"))["session_id"]
    await before.resume(session)
    await before.upload(*whole_episode(session, 5))
    server.stop()
    start, questions, game, end = experiment().sequence
    server = serve(ig.Experiment("study").scenes(start, game, questions, end))
    after = arrive(server)
    after.token = before.token
    await after.connect()
    await after.advance("game")
    assert (await after.advance("questions", age="32"))["kind"] == "end"
    answers = server.desk.store.read_now(lambda connection: list(tables.responses_table(connection)[1]))
    assert [answer[2:4] for answer in answers] == [["age", "32"]]
    events = server.desk.store.read_now(lambda connection: list(tables.events_lines(connection)))
    (event,) = [event for event in events if event["name"] == "answered_again"]
    assert event["data"] == {"scene_id": "questions", "replaced": {"age": "31"}}


@pytest.mark.parametrize(("there", "next_one"), [(("welcome", "game"), "game"), (("welcome",), "thanks"), ((), "new")])
async def test_whoever_was_in_a_scene_that_is_gone_goes_on_to_the_next(
    serve: Serve, arrive: Arrive, there: tuple[str, ...], next_one: str
) -> None:
    server = serve()
    before = arrive(server)
    await before.join()
    await before.connect()
    if there:
        await before.advance("welcome")
    server.stop()
    start, _, game, end = experiment().sequence
    first = start if there else ig.StartScene("new")
    server = serve(ig.Experiment("study").scenes(first, *([game] if "game" in there else []), end))
    after = arrive(server)
    after.token = before.token
    page = await after.connect()
    assert page["scene_id"] == next_one
    assert (page["kind"] == "gym") == bool(page.get("session_id"))
    lines = server.desk.store.read_now(lambda connection: list(tables.events_lines(connection)))
    (event,) = [line for line in lines if line["name"] == "scene_changed"]
    where = {"scene_id": "questions" if there else "welcome", "to": next_one}
    assert (event["reason"], event["severity"], event["data"]) == ("experiment_changed", "warning", where)
    await after.leave()
    again = arrive(server, tab="tab-2")
    again.token = before.token
    assert await again.connect() == page, "it happens once"


async def test_a_link_with_a_subject_is_one_participant_on_every_device(server: Running, arrive: Arrive) -> None:
    phone, desktop = arrive(server, subject="ann"), arrive(server, subject="ann")
    somebody, somebody_else = arrive(server), arrive(server)
    ids = [(await one.join()).id for one in (phone, desktop, somebody, somebody_else)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


async def test_two_apps_in_one_process_share_nothing(serve: Serve, arrive: Arrive) -> None:
    first, second = serve(experiment("first")), serve(experiment("second"))
    one = await arrive(first, subject="ann").join()
    stranger = arrive(second)
    stranger.token = one.token
    assert (await stranger.refused())["reason"] == "unknown_token"
    two = await arrive(second, subject="ann").join()
    assert (await one.connect())["kind"] == (await two.connect())["kind"] == "start"
    assert one.id != two.id
    assert one.id not in (second.data / "server.log").read_text()


class Hesitant(ig.SceneWrapper):
    """Thinks for too long, once the study runs."""

    thinks = threading.Event()  # clear: it hangs
    calls = 0

    def choose(self, draw: ig.Draw) -> Sequence[Any]:
        Hesitant.calls += 1
        self.thinks.wait(DEADLINE_S)
        return self.parts


async def test_a_wrapper_that_always_hangs_is_given_up(
    serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "CHOOSING_S", 0.05)
    pages = [ig.StaticScene("a"), ig.RandomizeOrder(ig.StaticScene("b"), ig.StaticScene("c"), keep_n=1)]
    Hesitant.thinks.set()
    server = serve(ig.Experiment("study").scenes(ig.StartScene("welcome"), Hesitant(*pages), ig.EndScene("thanks")))

    async def join(subject: str) -> int:
        answer = await arrive(server).http.post("/api/join", json={"subject_id": subject, "query": {}})
        return int(answer.status_code)

    Hesitant.thinks.clear()
    assert [await join("ann") for _ in range(flow.MOST_LATE - 1)] == [503] * (flow.MOST_LATE - 1)
    Hesitant.thinks.set()
    assert await join("bob") == 200, "it is asked as long as it answers now and then"
    Hesitant.thinks.clear()
    assert [await join("ann") for _ in range(flow.MOST_LATE)] == [503] * flow.MOST_LATE
    calls = Hesitant.calls
    one = await arrive(server, subject="ann").join()
    await one.connect()
    assert (await one.advance("welcome"))["scene_id"] == "a"
    assert (await one.advance("a"))["scene_id"] in ("b", "c")
    assert Hesitant.calls == calls
    lines = server.desk.store.read_now(lambda connection: list(tables.events_lines(connection)))
    (event,) = [line for line in lines if line["name"] == "choice_failed"]
    assert (event["participant_id"], event["reason"], event["severity"]) == (one.id, "too_slow", "error")
    assert event["data"] == {"wrapper": "Hesitant", "scenes": ["a", "b", "c"]}
    Hesitant.thinks.set()


async def test_a_wrapper_that_hangs_holds_up_no_store(
    serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "CHOOSING_S", 0.05)
    Hesitant.thinks.set()
    study = ig.Experiment("study").scenes(
        ig.StartScene("welcome"), Hesitant(ig.StaticScene("page")), ig.EndScene("thanks")
    )
    server = serve(study)
    before = await arrive(server).join()
    Hesitant.thinks.clear()
    answer = await arrive(server).http.post("/api/join", json={"subject_id": "late", "query": {}})
    assert (answer.status_code, answer.json()["reason"]) == (503, "server_error")
    assert (await before.connect())["kind"] == "start"
    assert (await before.advance("welcome"))["scene_id"] == "page"
    Hesitant.thinks.set()
    one = await arrive(server, subject="late").join()
    await one.connect()
    assert (await one.advance("welcome"))["scene_id"] == "page"
