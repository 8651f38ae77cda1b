"""ICE servers: what the config and the environment say, and credentials as coturn computes them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.protocol import IceServer
from interactive_gym.server.app import create_app
from interactive_gym.server.ice import Ice
from interactive_gym.server.settings import Settings
from tests.server.running import built, experiment

NOW = 1_800_000_000.5


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ICE_SERVERS", "TURN_SECRET", "TURN_USERNAME", "TURN_CREDENTIAL"):
        monkeypatch.delenv(f"INTERACTIVE_GYM_{name}", raising=False)
    monkeypatch.setenv("SHARED", "s3cret of both")
    monkeypatch.setenv("PASSWORD", "p4ssword")


def servers(study: ig.Experiment) -> list[IceServer]:
    return Ice(study.connections).servers("p-1", NOW)


def by_openssl(secret: str, username: str) -> str:
    """The password of coturn's REST scheme, as its documentation makes it in a shell."""
    command = 'printf %s "$2" | openssl dgst -binary -sha1 -hmac "$1" | openssl base64'
    return subprocess.run(
        ["sh", "-c", command, "sh", secret, username], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_without_a_word_there_are_none() -> None:
    assert servers(experiment()) == []
    assert experiment().connections.timeout == 15
    assert not experiment().connections.force_relay


def test_addresses_are_handed_on() -> None:
    urls = ["stun:stun.example.org", "stuns:[2001:db8::1]:5349", "stun:192.0.2.1:3478"]
    assert servers(experiment().webrtc(ice_servers=urls)) == [IceServer([url]) for url in urls]


def test_credentials_of_a_turn_secret_are_those_that_coturn_computes() -> None:
    study = experiment().webrtc(ice_servers=["turn:t.example.org?transport=udp", "stun:s.example.org"])
    turn, stun = servers(study.webrtc(turn_secret=ig.secret("SHARED")))
    assert turn.username == "1800043200:p-1"
    assert turn.credential == by_openssl("s3cret of both", turn.username)
    assert (stun.username, stun.credential) == (None, None)


def test_a_user_of_its_own_counts_more_than_the_shared_secret() -> None:
    own = {"urls": "turns:t.example.org:443?transport=tcp", "username": "lab", "credential": ig.secret("PASSWORD")}
    study = experiment().webrtc(ice_servers=[own], turn_secret=ig.secret("SHARED"))
    assert servers(study) == [IceServer(["turns:t.example.org:443?transport=tcp"], "lab", "p4ssword")]


def test_the_environment_counts_where_the_config_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERACTIVE_GYM_ICE_SERVERS", "stun:s.example.org, turn:t.example.org,")
    monkeypatch.setenv("INTERACTIVE_GYM_TURN_USERNAME", "lab")
    monkeypatch.setenv("INTERACTIVE_GYM_TURN_CREDENTIAL", "p4ssword")
    expected = [IceServer(["stun:s.example.org"]), IceServer(["turn:t.example.org"], "lab", "p4ssword")]
    assert servers(experiment()) == expected
    monkeypatch.setenv("INTERACTIVE_GYM_TURN_SECRET", "of the environment")
    turn = servers(experiment())[1]
    assert turn.username and turn.credential == by_openssl("of the environment", turn.username)
    turn = servers(experiment().webrtc(turn_secret=ig.secret("SHARED")))[1]
    assert turn.username and turn.credential == by_openssl("s3cret of both", turn.username)
    assert servers(experiment().webrtc(ice_servers=["stun:mine.example.org"])) == [IceServer(["stun:mine.example.org"])]


def test_calls_refine_each_other() -> None:
    study = experiment().webrtc(ice_servers=["stun:s.example.org"], timeout=30)
    assert study.webrtc(force_relay=True).connections.ice_servers == study.connections.ice_servers
    assert study.webrtc(force_relay=True).connections.timeout == 30
    assert not study.connections.force_relay


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"ice_servers": "stun:s.example.org"}, "must be a list"),
        ({"ice_servers": ["stun://s.example.org"]}, "not the address of an ICE server"),
        ({"ice_servers": ["stun:s.example.org?transport=udp"]}, "not the address of an ICE server"),
        ({"ice_servers": ["http://s.example.org"]}, "not the address of an ICE server"),
        ({"ice_servers": [7]}, "each server is an address"),
        ({"ice_servers": [{"urls": []}]}, "each server is an address"),
        ({"ice_servers": [{"urls": 7}]}, "urls must be a list"),
        ({"ice_servers": [{"urls": ["turn:t"], "password": "x"}]}, "and no 'password'"),
        ({"ice_servers": [{"urls": ["turn:t"], "username": "lab"}]}, "given together"),
        ({"ice_servers": [{"urls": ["turn:t"], "username": 7, "credential": ig.secret("X")}]}, "must be text"),
        ({"ice_servers": [{"urls": ["turn:t"], "username": "lab", "credential": "hunter2"}]}, "must be ig.secret"),
        ({"turn_secret": "hunter2"}, "must be ig.secret"),
        ({"force_relay": 1}, "must be True or False"),
        ({"timeout": 0}, "must be a number from 1 to 300"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_repeated(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ig.ConfigError, match=problem) as caught:
        experiment().webrtc(**given)
    assert (caught.value.method, caught.value.parameter) == ("webrtc", next(iter(given)))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("configure", "problem"),
    [
        (lambda study: study.webrtc(turn_secret=ig.secret("NOT_THERE")), "NOT_THERE is not set"),
        (lambda study: study.webrtc(ice_servers=["turn:t.example.org"]), "needs credentials"),
        (lambda study: study.webrtc(force_relay=True), "there is no turn: server"),
        (lambda study: study.webrtc(ice_servers=["stun:s"], force_relay=True), "there is no turn: server"),
    ],
)
def test_what_is_missing_is_found_before_anybody_comes(
    tmp_path: Path, configure: Callable[[ig.Experiment], ig.Experiment], problem: str
) -> None:
    client, runtime = built(tmp_path)
    settings = Settings(data_dir=tmp_path / "data", client_dir=client)
    with pytest.raises(ig.ConfigError, match=problem):
        create_app(configure(experiment()), settings, runtime=runtime)
    assert not (tmp_path / "data").exists()


def test_a_wrong_address_in_the_environment_is_found_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERACTIVE_GYM_ICE_SERVERS", "stun:s.example.org stun:t.example.org")
    with pytest.raises(ig.ConfigError, match="INTERACTIVE_GYM_ICE_SERVERS"):
        servers(experiment())
