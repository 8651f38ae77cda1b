"""The game: an environment, its picture, who plays it and how."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from interactive_gym.envs.reference import name_of
from interactive_gym.matching import Matcher
from interactive_gym.policies import Human, Policy, TakeOver, roster
from interactive_gym.rendering.colors import Color
from interactive_gym.scenes.assets import Assets, PictureFile, read_files
from interactive_gym.scenes.content import GameContent, body_of
from interactive_gym.scenes.factor import Factor
from interactive_gym.scenes.gym_fit import check_company, check_fit
from interactive_gym.scenes.gym_parameters import (
    Environment,
    Gameplay,
    Multiplayer,
    Policies,
    Rendering,
    Runtime,
)
from interactive_gym.scenes.lost import check_lost
from interactive_gym.scenes.monitoring import Monitoring, check_monitoring
from interactive_gym.scenes.parameters import NOT_GIVEN, NotGiven
from interactive_gym.scenes.passage import Passage
from interactive_gym.scenes.players import humans_of
from interactive_gym.scenes.waitroom import Waitroom, check_waitroom

MAKE_REGISTERED = "gymnasium:make"


@dataclass(frozen=True)
class GymScene(Passage):
    """A game in the participants' browsers. ``environment`` and ``gameplay`` are needed; the rest has defaults.

    Each method returns a new scene and may be called again to change what an earlier call set.
    """

    kind: ClassVar[Literal["gym"]] = "gym"

    _environment: Environment = field(default_factory=Environment, init=False, repr=False)
    _rendering: Rendering = field(default_factory=Rendering, init=False, repr=False)
    _assets: Assets = field(default_factory=Assets, init=False, repr=False)
    _policies: Policies = field(default_factory=Policies, init=False, repr=False)
    _gameplay: Gameplay = field(default_factory=Gameplay, init=False, repr=False)
    _content: GameContent = field(default_factory=GameContent, init=False, repr=False)
    _waitroom: Waitroom = field(default_factory=Waitroom, init=False, repr=False)
    _multiplayer: Multiplayer = field(default_factory=Multiplayer, init=False, repr=False)
    _runtime: Runtime = field(default_factory=Runtime, init=False, repr=False)
    _monitoring: Monitoring = field(default_factory=Monitoring, init=False, repr=False)
    pictures: tuple[PictureFile, ...] = field(default=(), init=False, repr=False)

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
            seed: Every participant, or group of them that plays together, plays the same sequence of episodes, seeded
                from this number (0 to 2**31 - 1). None, the default: each gets their own.
            options: Keyword arguments of the factory, of values that JSON can carry; in the place of a value, an
                ``ig.Factor`` makes it another one in each condition. A factory that has a parameter
                ``attributes`` is given, without being told here, agent -> attributes of the participant who plays it.

        Raises:
            ConfigError: The factory cannot be imported by name, the id is not registered, or a value is not as above.
        """
        return self._refined("environment", factory=factory, seed=seed, options=options)

    def rendering(
        self,
        *,
        draw: Callable[..., object] | NotGiven | None = NOT_GIVEN,
        fps: int | NotGiven = NOT_GIVEN,
        width: int | NotGiven = NOT_GIVEN,
        height: int | NotGiven = NOT_GIVEN,
        background: Color | NotGiven = NOT_GIVEN,
        hud: str | Callable[..., str] | NotGiven | None = NOT_GIVEN,
        interpolate: bool | NotGiven = NOT_GIVEN,
        smooth: bool | NotGiven = NOT_GIVEN,
    ) -> Self:
        """How it looks, and how fast it runs.

        Args:
            draw: ``draw(env, surface)`` describes the whole picture, once for each step that is shown;
                ``draw(env, surface, agent)`` describes that of the agent's player. None, the default: what
                ``env.render()`` returns.
            fps: Steps of the environment per second, 1 to 240; 30 if not given.
            width: Width of the picture in its own pixels, 1 to 4096; 600 if not given. It is scaled to the window.
            height: Height, likewise; 400 if not given.
            background: Color behind everything; white if not given.
            hud: Text above the game: a template such as ``"Score {score:.0f}"`` over ``score, reward, frame, episode,
                episodes, seconds``, or a function ``hud(env)`` or ``hud(env, agent)`` that returns the text. None, the
                default: no text.
            interpolate: Between two steps, show what moves on its way, at the display's own rate; True if not given.
            smooth: Let what a late input of a partner corrects glide to where it belongs, instead of jumping; True if
                not given.

        Raises:
            ConfigError: A value is out of its range, a function cannot be imported by name, or the template is wrong.
        """
        return self._refined(
            "rendering",
            draw=draw,
            fps=fps,
            width=width,
            height=height,
            background=background,
            hud=hud,
            interpolate=interpolate,
            smooth=smooth,
        )

    def assets(
        self,
        *,
        folder: str | Path | NotGiven = NOT_GIVEN,
        images: Mapping[str, str | Path] | NotGiven = NOT_GIVEN,
        sheets: Mapping[str, tuple[str | Path, tuple[int, int]]] | NotGiven = NOT_GIVEN,
        atlases: Mapping[str, tuple[str | Path, str | Path]] | NotGiven = NOT_GIVEN,
    ) -> Self:
        """Picture files (png, jpeg, webp, gif) that ``draw`` names; pages load them before the game starts.

        Participants' browsers import the experiment too, and have no such files: there, nothing is read.

        Args:
            folder: Where the files are, relative to the experiment's file; the folder of that file if not given.
            images: Name -> file. ``surface.image("floor", x, y)``.
            sheets: Name -> (file, (width, height) of its cells). ``surface.image("chef", x, y, frame=3)``.
            atlases: Name -> (file, JSON file of its frames, as TexturePacker exports them).
                ``surface.image("kitchen", x, y, frame="pot")``.

        Raises:
            ConfigError: A file cannot be read or is not a picture, a frame is outside of its picture, or a name is
                given twice.
        """
        if sys.platform == "emscripten":
            return self
        place = "." if folder is NOT_GIVEN and self._assets.folder is None else folder
        changed = self._refined("assets", folder=place, images=images, sheets=sheets, atlases=atlases)
        object.__setattr__(changed, "pictures", read_files(changed._assets, scene=self.id))
        return changed

    def policies(self, agents: Mapping[Any, type[Human] | Policy]) -> Self:
        """Who plays which agent.

        Args:
            agents: The environment's name or number of each agent, with ``ig.Human`` or a function
                ``policy(observation, agent)`` that returns an action. 1 to 16 are human; several play together.
                If this method is not called: ``{0: ig.Human}``, for the one agent of a Gymnasium environment.

        Raises:
            ConfigError: There is no human or too many, or a policy cannot be imported by name.
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
        record_states: bool | NotGiven = NOT_GIVEN,
    ) -> Self:
        """How participants play.

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
            record_states: Store the environment's state after the reset and every step too: what its ``get_state()``
                returns, or else its attributes, as far as they are numbers, text, lists, tuples, sets, dicts or numpy
                arrays. False if not given.

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
            record_states=record_states,
        )

    def content(
        self,
        *,
        header: str | NotGiven = NOT_GIVEN,
        body: str | NotGiven = NOT_GIVEN,
        body_file: str | Path | NotGiven = NOT_GIVEN,
        game_text: str | Mapping[Any, str] | NotGiven = NOT_GIVEN,
        button: str | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """What the page says before the game, while it loads, and beside it.

        Args:
            header: The heading, as text.
            body: HTML shown before the game. It is yours and is shown as it is.
            body_file: A UTF-8 file with that HTML instead, relative to the experiment's file.
            game_text: HTML shown with the running game; or a dict of agents and the text for the player of each.
            button: The text of the button that starts the game; "Start" if not given. None: it begins by itself.

        Raises:
            ConfigError: One of them is not text, empty, or not readable.
        """
        body = body_of(body, body_file, scene=self.id)
        return self._refined("content", header=header, body=body, game_text=game_text, button=button)

    def waitroom(
        self,
        *,
        timeout: float | NotGiven = NOT_GIVEN,
        countdown: float | NotGiven = NOT_GIVEN,
        matcher: Matcher | NotGiven = NOT_GIVEN,
        partners: Literal["any", "same", "new"] | NotGiven = NOT_GIVEN,
        min_group: int | NotGiven = NOT_GIVEN,
        start_smaller_after: float | NotGiven | None = NOT_GIVEN,
        on_timeout: str | NotGiven = NOT_GIVEN,
        extend: float | NotGiven | None = NOT_GIVEN,
        bot: Policy | NotGiven | None = NOT_GIVEN,
        call: bool | NotGiven = NOT_GIVEN,
    ) -> Self:
        """How the participants of a game of several people find each other, and wait until they do.

        Args:
            timeout: Seconds after which something else happens to whoever is still without partners, 1 to 86,400; 300
                if not given.
            countdown: Seconds from the moment in which they are found to the first frame, at least, 0 to 60; 3 if not
                given. They connect meanwhile.
            matcher: Who plays with whom; ``ig.FIFO()``, first come, first served, if not given.
            partners: ``"new"``: nobody plays with somebody with whom they have played before. ``"same"``: only those
                who played their latest game of several people together. ``"any"`` if not given.
            min_group: How many people are enough for a group that is smaller than the game, 1 to 15; 2 if not given.
            start_smaller_after: Seconds after which a group of ``min_group`` or more begins without those who are
                missing. None, the default: never before the timeout.
            on_timeout: What comes then: ``"leave"``, the default: they are done, with the outcome
                ``waitroom_timeout``. ``"extend"``: ``extend`` seconds more. ``"smaller"``: those who are there begin,
                if they are ``min_group``. ``"bot"``: each plays with nobody but ``bot``. Or the id of a later scene,
                which they go on to. Who finds no way that they can take is done.
            extend: Seconds, 1 to 86,400.
            bot: ``policy(observation, agent)`` for the human agents whom nobody is there for.
            call: Call them by sound, title and, where they allow it, a notification when partners are found while they
                look elsewhere; True if not given.

        Raises:
            ConfigError: A value is not as above. What does not fit together is found when the experiment is built.
        """
        return self._refined(
            "waitroom",
            timeout=timeout,
            countdown=countdown,
            matcher=matcher,
            partners=partners,
            min_group=min_group,
            start_smaller_after=start_smaller_after,
            on_timeout=on_timeout,
            extend=extend,
            bot=bot,
            call=call,
        )

    def multiplayer(
        self,
        *,
        input_delay: int | Literal["auto"] | NotGiven | None = NOT_GIVEN,
        relay: Literal["fallback", "never", "always"] | NotGiven = NOT_GIVEN,
        on_disconnect: Literal["pause", "continue"] | NotGiven = NOT_GIVEN,
        reconnection_timeout: float | NotGiven = NOT_GIVEN,
        return_timeout: float | NotGiven = NOT_GIVEN,
        on_leave: Literal["end", "smaller"] | TakeOver | NotGiven = NOT_GIVEN,
        left_behind: str | NotGiven = NOT_GIVEN,
        when_hidden: Literal["default_action", "pause"] | NotGiven = NOT_GIVEN,
        hidden_timeout: float | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """How the browsers of a game of several people play together, and what follows when one of them is lost.

        Args:
            input_delay: Frames from a key to what it does, for all alike, 0 to 10: the longer, the less has to be
                corrected when a partner's key arrives. ``"auto"`` adapts it to the connection between episodes. None,
                the default: 2 at 60 fps and above, else 1.
            relay: Whether inputs go through the server: ``"fallback"``, the default, where two browsers do not reach
                each other; ``"never"``; or ``"always"``, without trying to connect them.

            on_disconnect: What the others do while nothing is heard of a player: ``"pause"``, the default: they wait,
                and see for how long; or ``"continue"``: after a second they play on, and the player who is lost does
                the default action until they are back.
            reconnection_timeout: Seconds that a paused game waits for a player of whom nothing is heard, 1 to 300; 5
                if not given. Then comes what ``on_leave`` says, unless the server hears them: whoever reloads the page
                is waited for.
            return_timeout: Seconds within which a player who was lost, or who reloads, may come back into the game, 1
                to 3600; 30 if not given. Playing again what they have missed does not count.
            on_leave: What follows when somebody is lost: ``"end"``, the default: the game is over for all.
                ``"smaller"``: the rest play on, and the lost player does the default action; the last one is not left
                alone. ``ig.TakeOver(policy)``: ``policy(observation, agent)`` plays for them, to the end if need be.
            left_behind: What becomes of those whose game ended because of somebody else: ``"leave"``, the default:
                they are done, with the outcome ``partner_left``. ``"next"``: they go on to the next scene. Or the id of
                a later scene, which they go on to.
            when_hidden: What happens while a player does not see the game, because its tab is hidden:
                ``"default_action"``, the default: they do the default action, and nobody waits for them. ``"pause"``:
                everybody waits.
            hidden_timeout: Seconds for which a tab may be hidden, 1 to 3600; 30 if not given. Then the game is over for
                its player, with the outcome ``focus_timeout``, and for the others as ``on_leave`` says. None: any time.

        Raises:
            ConfigError: A value is not as above. What does not fit together is found when the experiment is built.
        """
        return self._refined(
            "multiplayer",
            input_delay=input_delay,
            relay=relay,
            on_disconnect=on_disconnect,
            reconnection_timeout=reconnection_timeout,
            return_timeout=return_timeout,
            on_leave=on_leave,
            left_behind=left_behind,
            when_hidden=when_hidden,
            hidden_timeout=hidden_timeout,
        )

    def monitoring(
        self,
        *,
        max_ping: float | NotGiven | None = NOT_GIVEN,
        ping_window: int | NotGiven = NOT_GIVEN,
        ping_violations: int | NotGiven = NOT_GIVEN,
        hidden_warn_after: float | NotGiven | None = NOT_GIVEN,
        hidden_exclude_after: float | NotGiven | None = NOT_GIVEN,
        warning: str | NotGiven | None = NOT_GIVEN,
        partner_text: str | NotGiven | None = NOT_GIVEN,
        callback: Callable[..., object] | NotGiven | None = NOT_GIVEN,
        callback_every: int | NotGiven = NOT_GIVEN,
        callback_timeout: float | NotGiven = NOT_GIVEN,
    ) -> Self:
        """What is watched of each player from the first frames on, and who is taken out of the game for it.

        Args:
            max_ping: Milliseconds that a message to the server and back may take, 1 to 60,000. It is measured every
                five seconds. None, the default: any number.
            ping_window: How many of the latest measurements are looked at, 1 to 20; 5 if not given.
            ping_violations: How many of these above ``max_ping`` take a player out; 3 if not given. At half of them
                there is a warning.
            hidden_warn_after: Seconds, 1 to 3600, after which a player who does not look at the game is warned: the tab
                is hidden, or another window in front. None, the default: never.
            hidden_exclude_after: Seconds after which they are taken out. None, the default: never.
            warning: What warnings say, as text, in place of our own words.
            partner_text: HTML for those who cannot go on because their partner has been taken out.
            callback: ``callback(context)``, async or not, on the server, with a
                ``interactive_gym.callbacks.MonitoringContext``. It returns None or True, or else False or a text for
                the player, who is taken out.
            callback_every: Frames after which it is called again, 1 to 1,000,000; 30 if not given. Frames arrive once
                a second.
            callback_timeout: Seconds that it may take, 0.1 to 60; 5 if not given.

        Raises:
            ConfigError: A value is out of its range, or not a function. What does not fit together is found when the
                experiment is built.
        """
        return self._refined(
            "monitoring",
            max_ping=max_ping,
            ping_window=ping_window,
            ping_violations=ping_violations,
            hidden_warn_after=hidden_warn_after,
            hidden_exclude_after=hidden_exclude_after,
            warning=warning,
            partner_text=partner_text,
            callback=callback,
            callback_every=callback_every,
            callback_timeout=callback_timeout,
        )

    def runtime(
        self,
        *,
        loading_timeout: float | NotGiven = NOT_GIVEN,
        packages: Sequence[str] | NotGiven = NOT_GIVEN,
        min_speed: float | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """What runs the game.

        Args:
            loading_timeout: Seconds without any progress of loading after which the participant is let go, 1 to 3600;
                60 if not given.
            packages: Names of Python packages that the environment needs and that are not found from its imports.
            min_speed: How many times faster than it is played the participant's machine has to step the environment,
                0.1 to 1000, measured before the game; whoever is slower is let go, with the outcome ``screened_out``.
                None, the default: any speed. A game of several people wants about 2.

        Raises:
            ConfigError: A value is out of its range, or a name is not one.
        """
        return self._refined("runtime", loading_timeout=loading_timeout, packages=packages, min_speed=min_speed)

    @property
    def seed(self) -> int | None:
        """The seed of every session; None if each session gets its own."""
        return self._environment.seed

    @property
    def packages(self) -> tuple[str, ...]:
        """Names of Python packages to send along, beyond those that are found from imports."""
        return self._runtime.packages

    @property
    def waiting(self) -> Waitroom:
        """How people come together, of a game of several."""
        return self._waitroom

    @property
    def ends_for_all(self) -> bool:
        """Whether a game of several people is over for all of them when somebody is lost."""
        return self._multiplayer.on_leave == "end"

    @property
    def stand_in(self) -> str | None:
        """``"module:qualname"`` of the policy that plays for people who are not there; None if there is none."""
        return self._waitroom.bot and name_of(self._waitroom.bot)

    @property
    def humans(self) -> tuple[str, ...]:
        """The agents that participants play, in the order of the config."""
        return humans_of(self._policies.agents)

    @property
    def watch(self) -> Monitoring | None:
        """What is watched while this game is played; None: nothing is."""
        return self._monitoring if "monitoring" in self._called else None

    @property
    def min_speed(self) -> float | None:
        """How many times faster than it is played a participant's machine has to step it; None: any."""
        return self._runtime.min_speed

    @property
    def hidden_timeout(self) -> float | None:
        """Seconds for which a player's tab may be hidden; None: any time, or nobody plays along."""
        return self._multiplayer.hidden_timeout if len(self.humans) > 1 else None

    @property
    def left_behind(self) -> str:
        """What becomes of those whose partners are gone: ``"leave"``, ``"next"``, or the id of a later scene."""
        return self._multiplayer.left_behind

    @property
    def takes_attributes(self) -> bool:
        """Whether the environment's factory wants what is known of its players, and the researcher gives it nothing."""
        return self._environment.takes_attributes

    def game_text(self, agent: str) -> str:
        """The HTML that the player of ``agent`` sees with the running game; empty if there is none for them."""
        told = self._content.game_text
        return told if isinstance(told, str) else told.get(agent, "")

    def page(self) -> dict[str, object]:
        """Before a match is made, nobody of several knows yet which agent they will play, so they are told then."""
        told = self.game_text(self.humans[0]) if len(self.humans) == 1 else ""
        is_watched = self.watch is not None or len(self.humans) > 1
        decided = {"is_monitored": is_watched, "game_text": told, "game": self.game()}
        return {**asdict(self._content), **self._way_out(), **decided}

    @property
    def differing(self) -> Mapping[str, Factor]:
        """The options of the environment that are others in other conditions."""
        return {name: value for name, value in self._environment.options.items() if isinstance(value, Factor)}

    @property
    def factors(self) -> tuple[Factor, ...]:
        """What is to be drawn for this game; each factor once."""
        return tuple({factor.id: factor for factor in self.differing.values()}.values())

    def game(self, conditions: Mapping[str, str] | None = None) -> dict[str, object]:
        """This scene as ``protocol_game.Game``: plain JSON, a new copy in each call.

        Args:
            conditions: Factor -> condition. Of a factor that is not given, its first one.

        Raises:
            ConfigError: ``environment`` or ``gameplay`` is not set, or does not fit the rest.
        """
        self.check()
        return deepcopy({"scene_id": self.id, **self._made(conditions or {}), **self._shown(), **self._played()})

    def check(self) -> None:
        """Check what depends on several methods.

        Raises:
            ConfigError: They do not fit each other; the error names both.
        """
        check_fit(self.id, self._environment, self._rendering, self._gameplay)
        check_company(self.id, self._called, self._environment, self._policies, self._content)
        check_monitoring(self.id, self._monitoring)
        if len(self.humans) > 1:
            check_waitroom(self.id, self._waitroom, len(self.humans))
            check_lost(self.id, self._multiplayer, self._monitoring)

    def _made(self, conditions: Mapping[str, str]) -> dict[str, object]:
        factory = self._environment.factory
        options = {name: _in_condition(value, conditions) for name, value in self._environment.options.items()}
        if self.takes_attributes:
            options["attributes"] = {agent: {} for agent in self.humans}  # nobody is seated yet
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
            "interpolate": look.interpolate,
            "smooth": look.smooth,
            "assets": [picture.asset() for picture in self.pictures],
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
            "min_speed": self._runtime.min_speed,
            "record_observations": play.record_observations,
            "record_states": play.record_states,
            "multiplayer": self._together() if len(self.humans) > 1 else None,
        }

    def _together(self) -> dict[str, object]:
        return {
            "group": len(self.humans),
            "wait_s": self._waitroom.timeout,
            "countdown_s": self._waitroom.countdown,
            "input_delay": self._multiplayer.delay_at(self._rendering.fps),
            "relay": self._multiplayer.relay,
            **self._when_lost(),
            "call": self._waitroom.call,
        }

    def _when_lost(self) -> dict[str, object]:
        rules = self._multiplayer
        policy = rules.on_leave.policy if isinstance(rules.on_leave, TakeOver) else None
        return {
            "on_disconnect": rules.on_disconnect,
            "reconnection_timeout_s": rules.reconnection_timeout,
            "return_timeout_s": rules.return_timeout,
            "on_leave": "bot" if policy else rules.on_leave,
            "take_over": policy and name_of(policy),
            "when_hidden": rules.when_hidden,
            "hidden_timeout_s": rules.hidden_timeout,
        }


def _in_condition(value: object, conditions: Mapping[str, str]) -> object:
    if not isinstance(value, Factor):
        return value
    return value.values[conditions.get(value.id, next(iter(value.values)))]
