"""One episode of a match as one participant has it: keys and bots on the way in, picture and costs on the way out."""

from __future__ import annotations

import json

from interactive_gym.browser.controls import Controls
from interactive_gym.browser.hud import Hud
from interactive_gym.browser.picture import Picture, View
from interactive_gym.browser.spec import Spec
from interactive_gym.browser.tally import Tally
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.bots import Bots
from interactive_gym.game.episode import Episode
from interactive_gym.game.host import Host
from interactive_gym.netcode import DEFAULT, FOCUSED, HUMAN, Input, Session


class Scene:
    """Lives from one ``Begin`` to the next.

    Attributes:
        tally: The statistics of the episode.
        bots: Who plays the agents that are no humans, or whose humans are lost, wherever they are carried.

    Raises:
        EnvError: The config binds a key to what is no action.
    """

    def __init__(self, spec: Spec, world: VirtualWorld, seed: int, host: Host, session: Session) -> None:
        native = host.episode.adapter.native(spec.human)
        players = {agent: player for player, agent in enumerate(spec.agents)}
        self.tally = Tally(session)
        self.bots = Bots({**spec.policies, **spec.understudies}, players, host.actions)
        self._me = players[spec.human]
        self._controls = Controls(spec, lambda action: host.actions.encode(self._me, action))
        self._picture = Picture(spec, native)
        self._hud = Hud(spec, spec.human, native)
        self._world, self._seed = world, seed

    def input_of(self, player: int, frame: int, pressed_json: str, episode: Episode) -> Input | None:
        """What ``player`` does in ``frame``; None for what is expected of it.

        Args:
            pressed_json: What the participant does, as ``Match.advance`` gets it.

        Raises:
            EnvError: A policy failed.
        """
        if player != self._me and player in self.bots.players:
            return self.bots.choose(player, frame, episode)
        pressed = json.loads(pressed_json)
        chosen = self._controls.choose(pressed)
        source = DEFAULT if chosen.is_default else HUMAN
        return Input(chosen.action, source | (FOCUSED if pressed["focused"] else 0))

    def look(self, episode: Episode) -> tuple[View, str | None]:
        """The picture of the newest frame, and the line of text above it.

        Raises:
            EnvError: The researcher's code raised, or rendered something that cannot be shown.
        """
        with self._world.drawing(self._seed, episode.number, episode.frame):
            return self._picture.take(episode.env), self._hud.text(episode)
