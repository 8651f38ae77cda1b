"""A game as pages and workers get it; part of ``protocol``."""

from __future__ import annotations

from typing import Literal

from interactive_gym.protocol_fields import Base, Count, Frame


class KeyBinding(Base, frozen=True):
    """``keys`` held together (``KeyboardEvent.key`` names) mean ``action``."""

    keys: list[str]
    action: object


class Multiplayer(Base, frozen=True):
    """How several humans come together and play."""

    group: int  # humans in one game
    wait_s: float  # after so long without a partner the participant is let go
    countdown_s: float  # from the match to the first frame, at least
    input_delay: int | Literal["auto"]  # frames
    relay: Literal["fallback", "never", "always"]  # through the server
    on_disconnect: Literal["pause", "continue"] = "pause"
    reconnection_timeout_s: float = 5.0  # of silence after which a paused game is decided about
    return_timeout_s: float = 30.0  # after which whoever is away cannot come back
    on_leave: Literal["end", "smaller", "bot"] = "end"  # "bot": take_over plays
    take_over: str | None = None  # "module:qualname" of a policy
    when_hidden: Literal["default_action", "pause"] = "default_action"
    hidden_timeout_s: float | None = None  # for which a tab may be hidden; None: any time
    call: bool = True  # by sound and notification, whoever looks elsewhere when partners are found


class GameAsset(Base, frozen=True):
    """A picture file that ``draw`` names, or the cells of one."""

    name: str
    url: str  # content-hashed
    bytes: int
    size: tuple[int, int]  # width and height in pixels
    cell: tuple[int, int] | None  # width and height of the cells of a sprite sheet, counted from the top left
    atlas: dict[str, tuple[int, int, int, int]] | None  # frame name -> x, y, width, height


class Game(Base, frozen=True):
    """One Gym scene as its participants' pages and workers see it; built by ``GymScene.game()``, plain JSON.

    Functions are named ``"module:qualname"`` and imported from the archive; ``environment(**options)`` makes the
    environment, so a registered id is ``"gymnasium:make"`` with ``{"id": "MountainCar-v0"}``.
    """

    scene_id: str
    environment: str
    options: dict[str, object]
    draw: str | None
    hud: str | None  # format string over score, reward, frame, episode, episodes, seconds
    hud_function: str | None  # "module:qualname" of hud(env) -> str
    policies: dict[str, str]  # agent -> "human" or "module:qualname"
    bindings: list[KeyBinding]
    default_action: object
    input_mode: Literal["pressed_keys", "single_keystroke"]
    fps: int
    width: int
    height: int
    background: str
    interpolate: bool  # between ticks, at the display's rate
    smooth: bool  # what a rollback corrects
    assets: list[GameAsset]
    episodes: int
    max_steps: int | None
    pause_s: float
    loading_timeout_s: float
    record_observations: bool
    multiplayer: Multiplayer | None  # None: one human
    min_speed: float | None = None  # times real time
    record_states: bool = False


class Restart(Base, frozen=True):
    """Nobody is left who has played. All play ``episode`` again up to ``frame`` (-1: the reset), and go on together."""

    epoch: Count  # for the netcode
    episode: Count
    frame: Frame
    gone: list[int]  # peers who do not come back
