"""The game: an environment, its picture, who plays it and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from interactive_gym.envs.reference import name_of
from interactive_gym.policies import Human, Policy, roster
from interactive_gym.rendering.colors import Color
from interactive_gym.scenes.base import Scene
from interactive_gym.scenes.content import GameContent, body_of
from interactive_gym.scenes.gym_fit import check_fit
from interactive_gym.scenes.gym_parameters import Environment, Gameplay, Policies, Rendering, Runtime
from interactive_gym.scenes.parameters import NOT_GIVEN, NotGiven

MAKE_REGISTERED = "gymnasium:make"


@dataclass(frozen=True)
class GymScene(Scene):
    """A game in the participant's browser. ``environment`` and ``gameplay`` are needed; the rest has defaults.

    Each method returns a new scene and may be called again to change what an earlier call set.
    """

    kind: ClassVar[Literal["gym"]] = "gym"

    _environment: Environment = field(default_factory=Environment, init=False, repr=False)
    _rendering: Rendering = field(default_factory=Rendering, init=False, repr=False)
    _policies: Policies = field(default_factory=Policies, init=False, repr=False)
    _gameplay: Gameplay = field(default_factory=Gameplay, init=False, repr=False)
    _content: GameContent = field(default_factory=GameContent, init=False, repr=False)
    _runtime: Runtime = field(default_factory=Runtime, init=False, repr=False)

    def environment(
        self,
        factory: str | Callable[..., Any] | NotGiven = NOT_GIVEN,
        *,
        seed: int | NotGiven | None = NOT_GIVEN,
        options: Mapping[str, object] | NotGiven = NOT_GIVEN,
    ) -> Self:
        """What is played: a Gymnasium environment, or a PettingZoo parallel one, as it is.

        Args:
            factory: A function or class that makes the environment, or an id registered with Gymnasium.
            seed: Every participant plays the same sequence of episodes, seeded from this number (0 to 2**31 - 1).
                None, the default: each participant gets their own.
            options: Keyword arguments of the factory, of values that JSON can carry.

        Raises:
            ConfigError: The factory cannot be imported by name, the id is not registered, or a value is not as above.
        """
        return self._refined("environment", factory=factory, seed=seed, options=options)

    def rendering(
        self,
        *,
        draw: Callable[[Any, Any], object] | NotGiven | None = NOT_GIVEN,
        fps: int | NotGiven = NOT_GIVEN,
        width: int | NotGiven = NOT_GIVEN,
        height: int | NotGiven = NOT_GIVEN,
        background: Color | NotGiven = NOT_GIVEN,
        hud: str | Callable[[Any], str] | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """How it looks, and how fast it runs.

        Args:
            draw: ``draw(env, surface)`` describes the whole picture, once for each step that is shown. None, the
                default: what ``env.render()`` returns.
            fps: Steps of the environment per second, 1 to 240; 30 if not given.
            width: Width of the picture in its own pixels, 1 to 4096; 600 if not given. It is scaled to the window.
            height: Height, likewise; 400 if not given.
            background: Color behind everything; white if not given.
            hud: Text above the game: a template such as ``"Score {score:.0f}"`` over ``score, reward, frame, episode,
                episodes, seconds``, or a function ``hud(env)`` that returns the text. None, the default: no text.

        Raises:
            ConfigError: A value is out of its range, a function cannot be imported by name, or the template is wrong.
        """
        return self._refined(
            "rendering", draw=draw, fps=fps, width=width, height=height, background=background, hud=hud
        )

    def policies(self, agents: Mapping[Any, type[Human] | Policy]) -> Self:
        """Who plays which agent.

        Args:
            agents: The environment's name or number of each agent, with ``ig.Human`` or a function
                ``policy(observation, agent)`` that returns an action. Exactly one is human.
                If this method is not called: ``{0: ig.Human}``, for the one agent of a Gymnasium environment.

        Raises:
            ConfigError: There is not exactly one human, or a policy cannot be imported by name.
        """
        return self._refined("policies", agents=agents)

    def gameplay(
        self,
        *,
        actions: Mapping[Any, object] | NotGiven = NOT_GIVEN,
        default_action: object | NotGiven = NOT_GIVEN,
        episodes: int | NotGiven = NOT_GIVEN,
        max_steps: int | NotGiven | None = NOT_GIVEN,
        input_mode: Literal["pressed_keys", "single_keystroke"] | NotGiven = NOT_GIVEN,
        pause: float | NotGiven = NOT_GIVEN,
        record_observations: bool | NotGiven = NOT_GIVEN,
    ) -> Self:
        """How the participant plays.

        Args:
            actions: Key, or tuple of keys held together, and the action that it means. Keys are named as browsers do:
                ``"ArrowUp"``, ``"Enter"``, ``"w"``, ``" "``. Of several that match, the one with most keys counts.
            default_action: The action of a step without a key.
            episodes: How many are played, 1 to 10,000; 1 if not given.
            max_steps: An episode ends after so many steps if the environment has not ended it before. None, the
                default: only the environment ends it.
            input_mode: ``"pressed_keys"``, the default: a key acts in every step while it is held.
                ``"single_keystroke"``: each press acts once.
            pause: Seconds between two episodes, 0 to 3600; 1 if not given.
            record_observations: Store the observations of every step too; False if not given.

        Raises:
            ConfigError: A key or an input mode is unknown, an action is not JSON, or a number is out of its range.
        """
        return self._refined(
            "gameplay",
            actions=actions,
            default_action=default_action,
            episodes=episodes,
            max_steps=max_steps,
            input_mode=input_mode,
            pause=pause,
            record_observations=record_observations,
        )

    def content(
        self,
        *,
        header: str | NotGiven = NOT_GIVEN,
        body: str | NotGiven = NOT_GIVEN,
        body_file: str | Path | NotGiven = NOT_GIVEN,
        game_text: str | NotGiven = NOT_GIVEN,
        button: str | NotGiven = NOT_GIVEN,
    ) -> Self:
        """What the page says before the game, while it loads, and beside it.

        Args:
            header: The heading, as text.
            body: HTML shown before the game. It is yours and is shown as it is.
            body_file: A UTF-8 file with that HTML instead, relative to the experiment's file.
            game_text: HTML shown with the running game.
            button: The text of the button that starts the game; "Start" if not given.

        Raises:
            ConfigError: One of them is not text, empty, or not readable.
        """
        body = body_of(body, body_file, scene=self.id)
        return self._refined("content", header=header, body=body, game_text=game_text, button=button)

    def runtime(
        self, *, loading_timeout: float | NotGiven = NOT_GIVEN, packages: Sequence[str] | NotGiven = NOT_GIVEN
    ) -> Self:
        """What runs the game.

        Args:
            loading_timeout: Seconds without any progress of loading after which the participant is let go, 1 to 3600;
                60 if not given.
            packages: Names of Python packages that the environment needs and that are not found from its imports.

        Raises:
            ConfigError: A value is out of its range, or a name is not one.
        """
        return self._refined("runtime", loading_timeout=loading_timeout, packages=packages)

    @property
    def seed(self) -> int | None:
        """The seed of every session; None if each session gets its own."""
        return self._environment.seed

    @property
    def packages(self) -> tuple[str, ...]:
        """Names of Python packages to send along, beyond those that are found from imports."""
        return self._runtime.packages

    def page(self) -> dict[str, object]:
        return {**asdict(self._content), "game": self.game()}

    def game(self) -> dict[str, object]:
        """This scene as ``protocol.Game``: plain JSON, a new copy in each call.

        Raises:
            ConfigError: ``environment`` or ``gameplay`` is not set, or does not fit the rest.
        """
        self.check()
        return deepcopy({"scene_id": self.id, **self._made(), **self._shown(), **self._played()})

    def check(self) -> None:
        """Check what depends on several methods.

        Raises:
            ConfigError: They do not fit each other; the error names both.
        """
        check_fit(self.id, self._environment, self._rendering, self._gameplay)

    def _made(self) -> dict[str, object]:
        factory, options = self._environment.factory, dict(self._environment.options)
        if isinstance(factory, str):
            return {"environment": MAKE_REGISTERED, "options": {"id": factory, **options}}
        return {"environment": name_of(factory), "options": options}

    def _shown(self) -> dict[str, object]:
        look = self._rendering
        return {
            "draw": look.draw and name_of(look.draw),
            "hud": look.hud if isinstance(look.hud, str) else None,
            "hud_function": name_of(look.hud) if callable(look.hud) else None,
            "fps": look.fps,
            "width": look.width,
            "height": look.height,
            "background": look.background,
            "interpolate": True,
            "smooth": True,
            "assets": [],
        }

    def _played(self) -> dict[str, object]:
        play = self._gameplay
        return {
            "policies": roster(self._policies.agents),
            "bindings": [{"keys": list(binding.keys), "action": binding.action} for binding in play.actions],
            "default_action": play.default_action,
            "input_mode": play.input_mode,
            "episodes": play.episodes,
            "max_steps": play.max_steps,
            "pause_s": play.pause,
            "loading_timeout_s": self._runtime.loading_timeout,
            "record_observations": play.record_observations,
            "multiplayer": None,
        }
