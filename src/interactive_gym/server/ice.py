"""The ICE servers of each participant, with credentials of their own where the TURN servers take them.

Credentials are made as coturn's ``use-auth-secret`` expects them (draft-uberti-behave-turn-rest-00): the user name is
the time at which they end and the participant, the password an HMAC of it under a secret that both servers have.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64encode

from interactive_gym.errors import ConfigError
from interactive_gym.protocol import IceServer
from interactive_gym.scenes.webrtc import IceEntry, Webrtc, ice_url

SERVERS = "INTERACTIVE_GYM_ICE_SERVERS"
TURN_SECRET = "INTERACTIVE_GYM_TURN_SECRET"
TURN_USERNAME = "INTERACTIVE_GYM_TURN_USERNAME"
TURN_CREDENTIAL = "INTERACTIVE_GYM_TURN_CREDENTIAL"

LIFETIME_S = 12 * 3600  # longer than anybody takes part; a new match has new ones


class Ice:
    """What the experiment says, and the environment where it says nothing.

    Raises:
        ConfigError: A secret is not set, an address is none, a TURN server has no credentials, or all are to connect by
            TURN servers and there is none.
    """

    def __init__(self, config: Webrtc) -> None:
        self._entries = config.ice_servers or _of_environment()
        self._secret = config.turn_secret.value() if config.turn_secret else os.environ.get(TURN_SECRET, "")
        self._static = os.environ.get(TURN_USERNAME, ""), os.environ.get(TURN_CREDENTIAL, "")
        if config.force_relay and not any(entry.is_turn for entry in self._entries):
            raise _wrong("there is no turn: server, so that nobody could connect", "force_relay")
        self.servers("check", 0)

    def servers(self, participant_id: str, now: float) -> list[IceServer]:
        """For one participant, at Unix time ``now``."""
        return [IceServer(list(entry.urls), *self._user(entry, participant_id, now)) for entry in self._entries]

    def _user(self, entry: IceEntry, participant_id: str, now: float) -> tuple[str | None, str | None]:
        if entry.credential:
            return entry.username, entry.credential.value()
        if not entry.is_turn:
            return None, None
        if self._secret:
            return time_limited(self._secret, participant_id, now)
        if not all(self._static):
            fix = f"give turn_secret or a username and credential here, or set {TURN_SECRET} in the environment"
            raise _wrong(f"{entry.urls[0]} needs credentials; {fix}", "ice_servers")
        return self._static


def time_limited(secret: str, participant_id: str, now: float) -> tuple[str, str]:
    """User name and password that a TURN server with this secret takes until :data:`LIFETIME_S` after ``now``."""
    username = f"{int(now) + LIFETIME_S}:{participant_id}"
    return username, b64encode(hmac.digest(secret.encode(), username.encode(), "sha1")).decode()


def _of_environment() -> tuple[IceEntry, ...]:
    try:
        urls = os.environ.get(SERVERS, "").split(",")
        return tuple(IceEntry((ice_url(url.strip()),)) for url in urls if url.strip())
    except ValueError as problem:
        raise _wrong(f"the environment variable {SERVERS}: {problem}", "ice_servers") from None


def _wrong(problem: str, parameter: str) -> ConfigError:
    return ConfigError(problem, method="webrtc", parameter=parameter)
