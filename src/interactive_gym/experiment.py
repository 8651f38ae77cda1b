"""An experiment: an id and a sequence of scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.base import Scene, check_identifier
from interactive_gym.scenes.checks import shown, text, whole
from interactive_gym.scenes.flow import check_sequence
from interactive_gym.scenes.parameters import NOT_GIVEN, NotGiven, Parameters, refine
from interactive_gym.scenes.secret import Secret
from interactive_gym.scenes.webrtc import Webrtc


def _folder(value: object) -> Path:
    if not isinstance(value, (str, Path)) or value == "":
        raise ValueError(f"must be the path of a folder, not {shown(value)}")
    return Path(value)


@dataclass(frozen=True)
class Hosting(Parameters):
    host: Annotated[str, text] = "127.0.0.1"
    port: Annotated[int, whole(0, 65_535)] = 8000
    data_dir: Annotated[Path, _folder] = Path("data")


@dataclass(frozen=True)
class Experiment:
    """An experiment, ready to be served once it has scenes.

    Args:
        id: Names the experiment and its data folder: 1 to 64 letters, digits, ``-`` and ``_``.

    Raises:
        ConfigError: ``id`` is something else.
    """

    id: str
    sequence: tuple[Scene, ...] = field(default=(), init=False)
    connections: Webrtc = field(default=Webrtc(), init=False)

    def __post_init__(self) -> None:
        check_identifier(self.id, type(self).__name__)

    def scenes(self, *scenes: Scene) -> Experiment:
        """The experiment with these scenes, in this order, in place of earlier ones.

        Args:
            scenes: A StartScene, what the participant does, and an EndScene or CompletionCodeScene.

        Raises:
            ConfigError: The order, an id, or a scene as a whole is wrong.
        """
        changed = copy(self)
        object.__setattr__(changed, "sequence", check_sequence(scenes))
        return changed

    def webrtc(
        self,
        *,
        ice_servers: Sequence[str | Mapping[str, object]] | NotGiven = NOT_GIVEN,
        turn_secret: Secret | NotGiven = NOT_GIVEN,
        force_relay: bool | NotGiven = NOT_GIVEN,
        timeout: float | NotGiven = NOT_GIVEN,
    ) -> Experiment:
        """How the browsers of participants who play with each other connect.

        Args:
            ice_servers: STUN and TURN servers: addresses, or ``dict(urls=[...], username="...", credential=secret)``.
            turn_secret: What the server shares with the TURN servers (coturn's ``static-auth-secret``), as
                ``ig.secret("NAME")``; every participant gets credentials of their own, for a limited time.
            force_relay: Connect by way of the TURN servers only, so that nobody learns a partner's address.
            timeout: Seconds within which a whole group has to be connected; else its members wait for partners again.

        Raises:
            ConfigError: A value is not as above.
        """
        given = {
            "ice_servers": ice_servers,
            "turn_secret": turn_secret,
            "force_relay": force_relay,
            "timeout": timeout,
        }
        changed = copy(self)
        table = refine(self.connections, given, scene=None, method="webrtc")
        object.__setattr__(changed, "connections", table)
        return changed

    def run(
        self,
        *,
        host: str | NotGiven = NOT_GIVEN,
        port: int | NotGiven = NOT_GIVEN,
        data_dir: str | Path | NotGiven = NOT_GIVEN,
    ) -> None:
        """Serve the experiment until the process is stopped.

        Args:
            host: Address to listen on; "127.0.0.1", this machine only, if not given. "0.0.0.0" lets other machines in.
            port: TCP port to listen on; 8000 if not given, and any that is free if 0.
            data_dir: Folder in which ``<experiment id>/`` is written; "data" if not given.

        Raises:
            ConfigError: The experiment has no scenes, or a value is not as above.
        """
        hosting = refine(Hosting(), {"host": host, "port": port, "data_dir": data_dir}, scene=None, method="run")
        if not self.sequence:
            raise ConfigError("the experiment has no scenes; add them with .scenes(...)", method="run")
        # Participants' browsers import this module, and have no server.
        from interactive_gym.server.run import serve
        from interactive_gym.server.settings import Settings

        serve(self, Settings(**asdict(hosting)))
