"""The process: its port, its sockets, its log, and its end."""

from __future__ import annotations

import json
import logging
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import interactive_gym as ig
from interactive_gym.server.run import link, serve
from interactive_gym.server.settings import Settings
from tests.server.rows import whole_episode
from tests.server.running import Participant, Running, built, experiment


async def test_small_messages_are_not_held_back(server: Running, one: Participant) -> None:
    """Nagle's algorithm would add 8 ms to each relayed message."""
    await one.join()
    await one.connect()
    sockets = [connection.transport.get_extra_info("socket") for connection in server.server.server_state.connections]
    assert sockets
    for sock in sockets:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings = Settings(port=other.getsockname()[1], data_dir=tmp_path)
        with pytest.raises(ig.ServerError, match="is taken") as error:
            serve(experiment(), settings)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir()), "nothing was begun"


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ig.ServerError, match="--host"):
        serve(experiment(), Settings(host="192.0.2.1", data_dir=tmp_path))


def test_a_data_folder_that_cannot_be_made_is_said_in_one_line(serve: Callable[..., Running], tmp_path: Path) -> None:
    built(tmp_path)
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(ig.ServerError, match="data-dir"):
        serve()


@pytest.mark.usefixtures("in_a_file")
def test_a_database_that_is_none_is_said_in_one_line(serve: Callable[..., Running], tmp_path: Path) -> None:
    folder = tmp_path / "data" / "study"
    folder.mkdir(parents=True)
    (folder / "study.db").write_bytes(b"this is no database, and long enough to be sure of it" * 100)
    with pytest.raises(ig.ServerError, match=r"study\.db cannot be opened"):
        serve()


@pytest.mark.parametrize(
    ("host", "dev", "expected"),
    [("127.0.0.1", False, "http://127.0.0.1:{}/"), ("0.0.0.0", True, "http://127.0.0.1:{}/dev")],
)
def test_the_link(host: str, dev: bool, expected: str) -> None:
    with socket.create_server((host, 0)) as listener:
        shown = link(Settings(host=host, dev=dev), listener)
        assert shown == expected.format(listener.getsockname()[1])


async def test_the_log_says_whose_each_line_is(server: Running, one: Participant) -> None:
    session = await one.to_game()
    await one.resume(session)
    await one.upload(*whole_episode(session, 5))
    server.stop()
    lines = [json.loads(line) for line in (server.data / "server.log").read_text().splitlines()]
    by_event = {line["event"]: line for line in lines}
    assert by_event["joined"]["participant_id"] == one.id
    assert by_event["advanced"]["participant_id"] == one.id
    assert (by_event["resumed"]["participant_id"], by_event["resumed"]["session_id"]) == (one.id, session)
    assert "participant_id" not in by_event["stopped"]
    assert all({"timestamp", "level"} <= line.keys() for line in lines)


async def test_a_refusal_in_the_log_says_whose_it_is(server: Running, one: Participant) -> None:
    session = await one.to_game()
    await one.advance("thanks")
    await one.post("/api/resume", {"session_id": session, "tab": "another"})
    await one.resume(session)
    server.stop()
    lines = [json.loads(line) for line in (server.data / "server.log").read_text().splitlines()]
    wrong, other = [line for line in lines if line["event"] == "refused"]
    assert (wrong["reason"], wrong["participant_id"], "session_id" in wrong) == ("wrong_scene", one.id, False)
    assert (other["reason"], other["participant_id"], other["session_id"]) == ("other_tab", one.id, session)


async def test_a_bug_of_ours_is_in_the_log_and_not_in_the_answer(
    server: Running, one: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the kitchen sink is leaking")

    await one.join()
    await one.connect()
    monkeypatch.setattr("interactive_gym.server.study.Study.advance", broken)
    answer = await one.advance("welcome")
    assert (answer["reason"], "sink" in str(answer)) == ("server_error", False)
    log = (server.data / "server.log").read_text()
    assert "RuntimeError: the kitchen sink is leaking" in log
    assert "Traceback" in log


@pytest.mark.usefixtures("in_a_file")
def test_secrets_are_for_their_owner(server: Running) -> None:
    server.stop()
    for name in ("secret.key", "platform_ids.csv", "study.db"):
        assert stat.S_IMODE((server.data / name).stat().st_mode) == 0o600


def test_what_libraries_log_arrives_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from interactive_gym.server.logs import Bridge, LogFile

    with (tmp_path / "console").open("w") as console:
        file = LogFile(tmp_path / "log", console)
        bridge = Bridge(file.logger("warning"))
        logging.getLogger("a.library").addHandler(bridge)
        logging.getLogger("a.library").warning("mind the %s", "gap")
        logging.getLogger("a.library").removeHandler(bridge)
        file.logger("warning").info("not important")
        file.close()
        file.logger("warning").error("too late, and nobody is stopped")
    (line,) = (tmp_path / "log").read_text().splitlines()
    assert (json.loads(line)["event"], json.loads(line)["logger"]) == ("mind the gap", "a.library")


def test_nobody_commands_the_terminal_of_the_researcher(tmp_path: Path) -> None:
    from interactive_gym.server.logs import LogFile

    with (tmp_path / "console").open("w") as console:
        file = LogFile(tmp_path / "log", console)
        file.logger("warning").warning("page_event", reason="\x1b[2Jgone\x07\x9b1m", problem="two\nlines")
        file.close()
    shown = (tmp_path / "console").read_text()
    assert "\\x1b[2Jgone\\x07\\x9b1m" in shown
    assert not set(shown) & {"\x1b", "\x07", "\x9b"}
    assert len(shown.splitlines()) == 1
    assert json.loads((tmp_path / "log").read_text())["reason"] == "\x1b[2Jgone\x07\x9b1m"
