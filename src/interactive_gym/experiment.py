"""An experiment: an id and a sequence of scenes."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.base import Scene, check_identifier
from interactive_gym.scenes.flow import check_sequence


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

    def run(self, *, host: str = "127.0.0.1", port: int = 8000, data_dir: str | Path = "data") -> None:
        """Serve the experiment until the process is stopped.

        Args:
            host: Address to listen on; "0.0.0.0" lets other machines in.
            port: TCP port to listen on.
            data_dir: Folder in which ``<experiment id>/`` is written.

        Raises:
            ConfigError: The experiment has no scenes.
        """
        if not self.sequence:
            raise ConfigError("the experiment has no scenes; add them with .scenes(...)", method="run")
        # Participants' browsers import this module, and have no server.
        from interactive_gym.server.run import serve
        from interactive_gym.server.settings import Settings

        serve(self, Settings(host=host, port=port, data_dir=Path(data_dir)))
