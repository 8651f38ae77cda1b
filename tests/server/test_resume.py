"""Where a worker goes on, and whose frames count when there were several."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from interactive_gym.data import episode_files, games
from tests.server.rows import FPS, chunk, episode_end, event, second, whole_episode
from tests.server.running import Participant, Running, experiment

Serve = Callable[..., Running]
Arrive = Callable[..., Participant]


def data(number: int, *, reward: float = 1.0) -> str:
    return b64encode(second(number, reward=reward).data).decode()


def rewards(server: Running, session_id: str, episode: int = 0) -> list[float]:
    """Of the frames that count, without row -1."""

    def read(connection: Connection) -> list[float]:
        session = games.sides(connection, session_id)[0]
        rows = [*episode_files.rows(connection, games.line(connection, session, episode))]
        assert [row.frame for row in rows] == list(range(-1, len(rows) - 1))
        return [row.rewards["0"] for row in rows[1:]]

    return list(server.desk.store.read_now(read))


async def test_play_goes_on_after_the_whole_seconds_that_are_here(one: Participant, server: Running) -> None:
    session = await one.to_game()
    assert await one.resume(session) == {"episode": 0, "generation": 0, "chunks": []}
    await one.upload(chunk(session, 0), chunk(session, 1), chunk(session, 3), chunk(session, 2, frames=4))
    resumed = await one.resume(session)
    assert resumed == {"episode": 0, "generation": 1, "chunks": [data(0), data(1)]}


async def test_what_the_earlier_worker_played_beyond_is_kept_and_does_not_count(
    one: Participant, server: Running
) -> None:
    session = await one.to_game()
    await one.resume(session)
    await one.upload(chunk(session, 0), chunk(session, 1))
    await one.resume(session)
    late = await one.upload(chunk(session, 2), episode_end(session, 30))
    assert late["refused"] == []
    mine: dict[str, Any] = {"generation": 1, "reward": 5.0}
    await one.upload(chunk(session, 2, **mine), chunk(session, 3, ends=True, **mine))
    assert (await one.upload(episode_end(session, 4 * FPS, generation=1)))["refused"] == []
    assert rewards(server, session) == [1.0] * 20 + [5.0] * 20
    server.stop()
    table = (server.data / "game" / session / "ep0.csv").read_text().splitlines()
    assert len(table) == 1 + 1 + 40


async def test_a_worker_does_not_send_what_an_earlier_one_played(one: Participant) -> None:
    session = await one.to_game()
    await one.resume(session)
    await one.upload(chunk(session, 0), chunk(session, 1))
    await one.resume(session)
    receipt = await one.upload(chunk(session, 1, generation=1))
    assert receipt["refused"][0]["reason"] == "before_its_generation"


async def test_two_tabs_never_make_one_episode_together(serve: Serve, arrive: Arrive) -> None:
    """The old tab is in episode 1 already, and has not said so, when the new one asks."""
    server = serve(experiment(episodes=2))
    one = arrive(server)
    session = await one.to_game()
    await one.resume(session)
    await one.upload(*whole_episode(session, 10))
    assert await one.resume(session) == {"episode": 1, "generation": 1, "chunks": []}
    await one.upload(*whole_episode(session, 15, episode=1))
    await one.upload(chunk(session, 0, episode=1, generation=1, reward=5.0))
    assert (await one.resume(session))["chunks"] == [data(0, reward=5.0)]
    await one.upload(*whole_episode(session, 20, episode=1, generation=2)[1:])
    assert rewards(server, session, 1) == [5.0] * 10 + [1.0] * 10


async def test_an_end_that_was_lost_is_found_in_the_frames(serve: Serve, arrive: Arrive) -> None:
    one = arrive(serve(experiment(episodes=3)))
    session = await one.to_game()
    await one.resume(session)
    for episode in (0, 1):
        await one.upload(*whole_episode(session, 25, episode=episode)[:-1])
    assert await one.resume(session) == {"episode": 2, "generation": 1, "chunks": []}
    late = await one.upload(episode_end(session, 25))
    assert late["refused"] == []


async def test_a_finished_game_says_so(one: Participant) -> None:
    session = await one.to_game()
    await one.resume(session)
    await one.upload(*whole_episode(session, 25))
    assert (await one.resume(session))["episode"] == 1


async def test_only_the_connected_tab_may_play(one: Participant, server: Running, arrive: Arrive) -> None:
    session = await one.to_game()
    other = arrive(server, tab="tab-2")
    other.token = one.token
    answer = await other.post("/api/resume", {"session_id": session, "tab": other.tab})
    assert (answer.status_code, answer.json()["reason"]) == (409, "other_tab")
    await other.connect(takeover=True)
    assert (await other.resume(session))["generation"] == 0


async def test_there_is_nothing_to_play_in_another_scene(one: Participant) -> None:
    session = await one.to_game()
    await one.resume(session)
    await one.upload(*whole_episode(session, 5))
    await one.advance("game")
    answer = await one.post("/api/resume", {"session_id": session, "tab": one.tab})
    assert (answer.status_code, answer.json()["reason"]) == (409, "not_now")
    assert (await one.upload(event(session_id=session)))["refused"] == [], "what was on the way still arrives"


async def test_a_restart_goes_on_in_the_same_episode(serve: Serve, arrive: Arrive) -> None:
    server = serve()
    before = arrive(server)
    session = await before.to_game()
    await before.resume(session)
    await before.upload(chunk(session, 0))
    server.stop()
    again = serve()
    after = arrive(again)
    after.token = before.token
    assert (await after.upload(chunk(session, 1)))["refused"] == [], "the page had not noticed"
    assert (await after.resume(session))["chunks"] == [data(0), data(1)]
