"""What a member of a match is told, so that their page finds the others."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from interactive_gym.data.games import Session
from interactive_gym.experiment import Experiment
from interactive_gym.game.matchconfig import human_peers
from interactive_gym.protocol import IceServer, Match
from interactive_gym.protocol_game import Game, Restart
from interactive_gym.scenes import GymScene

MESH = 4  # humans; each of more would send to so many others that a home's upload line is the limit


ROUND_TRIPS = 7  # whose median is compared with a limit; half a second of them, at ten a second


@dataclass(frozen=True)
class Invitations:
    """``archive`` is the address of what the pages of this server run; empty where no scene needs it."""

    experiment: Experiment
    archive: str

    @property
    def validate_s(self) -> float:
        """Seconds in which all have to be connected."""
        return self.experiment.connections.timeout

    def match(
        self,
        session: Session,
        ice_servers: list[IceServer],
        *,
        generation: int,
        returning: bool,
        restart: Restart | None = None,
    ) -> Match:
        """For the member who sees ``session`` so. Generations and boots of a player are counted alike, from 0 and 1."""
        peers, relay = human_peers(session.game), session.game["multiplayer"]["relay"]
        return Match(
            session_id=session.id,
            seed=session.seed,
            peer=session.peer,
            agent=session.player,
            peers=list(peers),
            boot=generation + 1,
            generation=generation,
            returning=returning,
            archive=self.archive,
            is_mesh=relay == "never" or (relay == "fallback" and len(peers) <= MESH),
            may_relay=relay != "never",
            ice_servers=ice_servers,
            force_relay=self.experiment.connections.force_relay,
            validate_s=self.validate_s,
            game_text=self._game_text(session),
            game=msgspec.convert(session.game, Game),
            round_trips=self._round_trips(session),
            restart=restart,
        )

    def _game_text(self, session: Session) -> str:
        scene = self._scene(session)
        return scene.game_text(session.player) if scene else ""

    def _round_trips(self, session: Session) -> int:
        """One shows that there is a way. How long it takes, a single one does not tell."""
        scene = self._scene(session)
        return ROUND_TRIPS if scene and scene.waiting.matcher.max_p2p_rtt is not None else 1

    def _scene(self, session: Session) -> GymScene | None:
        scene = next((scene for scene in self.experiment.sequence if scene.id == session.scene_id), None)
        return scene if isinstance(scene, GymScene) else None
