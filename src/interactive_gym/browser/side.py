"""One participant's side of a session: fed with time and keys, it says what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Any

from interactive_gym.browser.desertion import PARTNER_LEFT, Desertion
from interactive_gym.browser.matchevents import end_of, shown
from interactive_gym.browser.picture import View
from interactive_gym.browser.scene import Scene
from interactive_gym.browser.spec import Spec
from interactive_gym.browser.tally import Tick
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.host import Host
from interactive_gym.game.recorder import Finished
from interactive_gym.netcode import Begin, Event, Session
from interactive_gym.netcode.events import Ended, EpisodeEnded, Started

LONGEST_SLEEP = 1.0  # seconds; a session that is over may have no deadline any more
DATAGRAM, CONTROL = 0, 1  # FRAME_DATAGRAM and FRAME_CONTROL of protocol.py
_ENVELOPE = Struct(">BBH")

Json = dict[str, Any]


class Side:
    """A session at work.

    Args:
        patience: For how many seconds it waits for others when nobody else is left; None: it plays on.

    Attributes:
        session: It.
        view: The picture of the last packet.
        finished: The chunks of the last packet.
    """

    def __init__(
        self, spec: Spec, world: VirtualWorld, seed: int, host: Host, session: Session, patience: float | None
    ) -> None:
        self.session = session
        self.view = View()
        self.finished: list[Finished] = []
        self._spec, self._world, self._seed, self._host = spec, world, seed, host
        self._me = spec.agents.index(spec.human)
        self._scene: Scene | None = None
        self._desertion = Desertion(session, self._me, patience)
        self._tick = Tick(0)

    def advance(self, now: float, pressed_json: str) -> Json:
        """Let time pass; the packet that says what came of it.

        What was only played again ahead of the next tick is told and shown with that tick: then the picture is drawn
        once, and says what is true until the tick after it.

        Raises:
            EnvError: The game cannot go on here.
        """
        session = self.session
        tick = self._tick = self._tick if session.has_replayed else Tick(session.head)
        delay, due = session.input_delay, session.next_tick
        is_sampled = self._give(now, pressed_json)
        begun = self._work(now, tick)
        self._desertion.watch(now)
        events = [*begun, *self._events()]
        told = Tick(session.head) if session.has_replayed else tick
        self.finished = [] if self._scene is None else self._host.take_chunks()
        acts = tick.live + delay if is_sampled and tick.live is not None else None
        return {
            "next": min(max(now, session.next_deadline()), now + LONGEST_SLEEP),  # at once is -infinity
            **self._place(),
            "acts": acts,
            **self._seen(told),
            "corrected": told.rollback > 0,
            "ticked": told.live is not None,
            "due": min(now, due),
            "step_ms": round(told.step_s * 1000, 3),
            "predicted": max(0, session.head - 1 - session.confirmed),
            "rollback": told.rollback,
            "rollback_ms": round(told.rollback_s * 1000, 3),
            "chunks": self._chunk_heads(),
            "events": events,
        }

    def outgoing(self) -> bytes:
        """What is to be sent: u8 peer, u8 tag, u16 length and as many bytes, again and again."""
        session = self.session
        parts = []
        for tag, out in ((DATAGRAM, session.datagrams_to_send()), (CONTROL, session.control_to_send())):
            for peer, data in out:
                parts += [_ENVELOPE.pack(peer, tag, len(data)), data]
        return b"".join(parts)

    def _give(self, now: float, pressed_json: str) -> bool:
        """Ask everybody who is carried here; whether the participant was asked."""
        session, scene = self.session, self._scene
        wanted = session.wanted_inputs(now) if scene is not None else ()
        frame = session.head + session.input_delay
        for player in wanted:
            assert scene is not None
            given = scene.input_of(player, frame, pressed_json, self._host.episode)
            if given is not None:
                session.add_input(player, *given)
        return self._me in wanted

    def _work(self, now: float, tick: Tick) -> list[Json]:
        """Do what the session asks for; the events of episodes that were made."""
        events: list[Json] = []
        session, host = self.session, self._host
        for request in session.advance(now):
            answer = host.fulfil(request)
            session.done(**answer)
            tick.note(request, answer["cost"])
            if isinstance(request, Begin):
                self._scene = Scene(self._spec, self._world, self._seed, host, session)
                events.append({"type": "prepared", "episode": request.episode})
        if self._scene is not None:
            self._scene.tally.add(tick)
            self._scene.bots.see(host.take_seen())
        return events

    def _events(self) -> Iterator[Json]:
        while (event := self.session.next_event()) is not None:
            told = self._told(event)
            if told is not None:
                yield told

    def _told(self, event: Event) -> Json | None:
        scene = self._scene
        if isinstance(event, EpisodeEnded):
            return None if scene is None else self._ended(event, scene)
        if isinstance(event, Started) and scene is not None:
            scene.tally.start()
        return self._over(event) if isinstance(event, Ended) else shown(event)

    def _over(self, event: Ended) -> Json:
        """Why the session ended, and for the log what is known about that."""
        if self._desertion.is_final:
            return {"type": "ended", "reason": PARTNER_LEFT, "text": "the others did not come back"}
        failure = self._host.failure if event.reason == "failed" else None
        text = event.text if failure is None else f"{failure.problem}\n{failure.detail}"
        return {"type": "ended", "reason": event.reason, "text": text}

    def _ended(self, event: EpisodeEnded, scene: Scene) -> Json | None:
        """The last chunk is made with it. Of an episode that was never made here there is nothing to tell."""
        host = self._host
        if event.episode != host.episode.number:
            return None
        host.end_episode()
        end = {**end_of(event, host), "statistics": scene.tally.statistics()}
        return {"type": "episode_ended", "episode": event.episode, "end": end}

    def _place(self) -> Json:
        if self._scene is None:
            return {"episode": 0, "frame": -1}
        return {"episode": self._host.episode.number, "frame": self._host.episode.frame}

    def _seen(self, tick: Tick) -> Json:
        """The picture, if there is a new one; nobody looks on while this peer plays what was played before."""
        hud = None
        self.view = View()
        if tick.is_changed and self._scene is not None and not self.session.is_catching_up:
            self.view, hud = self._scene.look(self._host.episode)
        return {"draw": self.view.draw, "pixels": self.view.size, "hud": hud}

    def _chunk_heads(self) -> list[Json]:
        if not self.finished:
            return []
        episode = self._host.episode.number
        return [{**finished.head(), "episode": episode} for finished in self.finished]
