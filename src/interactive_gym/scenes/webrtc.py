"""How participants' browsers find a direct way to each other: the parameters of ``Experiment.webrtc``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from interactive_gym.scenes.checks import flag, number, shown
from interactive_gym.scenes.parameters import Parameters
from interactive_gym.scenes.secret import Secret

_URL = re.compile(
    r"(?:stuns?|(?P<turn>turns?)):(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?"
    r"(?(turn)(?:\?transport=(?:udp|tcp))?)"
)  # RFC 7064 and 7065
_FIELDS = ("urls", "username", "credential")


@dataclass(frozen=True)
class IceEntry:
    """Addresses of one STUN or TURN server, and its user where it does not take credentials made of a shared secret."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: Secret | None = None

    @property
    def is_turn(self) -> bool:
        """Whether browsers need credentials for it."""
        return any(url.startswith("turn") for url in self.urls)


def ice_entries(value: object) -> tuple[IceEntry, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise ValueError(f'must be a list of servers, such as ["stun:stun.example.org"], not {shown(value)}')
    return tuple(_entry(item) for item in value)


def ice_url(value: object) -> str:
    """An address as browsers take it."""
    if not isinstance(value, str) or not _URL.fullmatch(value):
        raise ValueError(
            f"{shown(value)} is not the address of an ICE server; write stun:HOST, turn:HOST:PORT or "
            f"turns:HOST:PORT?transport=tcp, without slashes"
        )
    return value


def _entry(item: object) -> IceEntry:
    if isinstance(item, str):
        return IceEntry((ice_url(item),))
    if not isinstance(item, Mapping) or not item.get("urls"):
        # What was given instead is not shown: it may hold a credential.
        raise ValueError("each server is an address, or a dict(urls=[...], username=..., credential=...)")
    unknown = [key for key in item if key not in _FIELDS]
    if unknown:
        raise ValueError(f"a server has {', '.join(_FIELDS)}, and no {', '.join(map(shown, unknown))}")
    urls = [item["urls"]] if isinstance(item["urls"], str) else item["urls"]
    if not isinstance(urls, (list, tuple)):
        raise ValueError(f"urls must be a list of addresses, not {shown(urls)}")
    return IceEntry(tuple(ice_url(url) for url in urls), *_user(item))


def _user(item: Mapping[str, object]) -> tuple[str | None, Secret | None]:
    username, credential = item.get("username"), item.get("credential")
    if (username is None) != (credential is None):
        raise ValueError("username and credential are given together, or neither")
    if username is not None and (not isinstance(username, str) or not username):
        raise ValueError("username must be text")
    if credential is not None and not isinstance(credential, Secret):
        raise ValueError('credential must be ig.secret("NAME_OF_THE_VARIABLE"), as participants may receive this file')
    return username, credential


def _secret(value: object) -> Secret:
    if not isinstance(value, Secret):
        # The wrong value is not repeated: it may well be the secret itself.
        raise ValueError('must be ig.secret("NAME_OF_THE_VARIABLE"), as participants may receive this file')
    return value


@dataclass(frozen=True)
class Webrtc(Parameters):
    ice_servers: Annotated[tuple[IceEntry, ...], ice_entries] = ()
    turn_secret: Annotated[Secret | None, _secret] = None
    force_relay: Annotated[bool, flag] = False
    timeout: Annotated[float, number(1, 300)] = 15.0
