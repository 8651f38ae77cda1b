"""What follows for those who stay when somebody is gone: where the config says so, the game is over for all.

Each peer that learns of it says up to which frame it has all inputs, and has nothing more to say: the smallest of these
is the last frame. Everybody can play it and knows it to be final, and nobody can have committed a later one.
"""

from __future__ import annotations

from interactive_gym.netcode.cuts import Cuts
from interactive_gym.netcode.ending import Ending
from interactive_gym.netcode.lifecycle import Cause, Phase
from interactive_gym.netcode.messages import EpisodeEnd
from interactive_gym.netcode.pausing import Pausing
from interactive_gym.netcode.returning import CATCHING_UP
from interactive_gym.netcode.shared import Shared


class Leaving:
    """One peer's part in it."""

    def __init__(self, shared: Shared, cuts: Cuts, pausing: Pausing, ending: Ending) -> None:
        self._shared = shared
        self._cuts, self._pausing, self._ending = cuts, pausing, ending

    def advance(self, confirmed: int) -> None:
        """See who is gone. ``confirmed`` is the last frame of which this peer has said that it has all inputs."""
        shared = self._shared
        for peer in sorted(shared.gone.intersection(shared.others)):
            self._cuts.want(peer, "gone")  # it came back while that was decided
        if shared.config.on_leave == "end" and shared.phase is not Phase.ENDED:
            self._give_up()
            if shared.gone - {shared.me} or self._ending.is_deserted:
                self._end(confirmed)

    def _give_up(self) -> None:
        """The server says who is gone; but it may be gone itself."""
        shared = self._shared
        patience = CATCHING_UP * shared.config.return_timeout + shared.config.server_timeout
        shared.gone |= {peer for peer in shared.awaited if self._pausing.waited_for(peer) > patience}

    def _end(self, confirmed: int) -> None:
        shared = self._shared
        match shared.phase:
            case Phase.PLAYING:
                self._ending.stop_after(confirmed)
            case Phase.ENDING:
                pass  # the episode was played to its end, and no other one follows
            case Phase.AWAY:
                shared.end("partner_left")
            case Phase.GREETING if self._has_more():
                shared.enter(Cause.GREETED)  # nobody is to be played with
            case Phase.PREPARING if self._has_more():
                pass
            case _:
                shared.broadcast(EpisodeEnd(shared.epoch, shared.timeline.committed, b"", "partner_left"))
                shared.end("partner_left")

    def _has_more(self) -> bool:
        """Whether this process has still to play, for the record, what was played before it began."""
        timeline = self._shared.timeline
        return timeline.committed < timeline.final
