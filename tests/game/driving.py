"""What a session may ask of a host, asked at will."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from interactive_gym.game.host import Host
from interactive_gym.netcode.requests import BOT, DEFAULT, FOCUSED, HUMAN, Advance, Begin, Commit, Input, Load, Save

WINDOW = 8

Inputs = tuple[Input, ...]


def plan_of(host: Host, frames: int, seed: int = 1) -> list[Inputs]:
    """Inputs of all players by chance, for so many frames."""
    rng = random.Random(seed)
    flags = [FOCUSED | HUMAN, HUMAN, FOCUSED | DEFAULT, BOT]

    def of(player: int) -> Input:
        codec = host.actions.codecs[player]
        return Input(codec.encode(codec.sample(rng)), rng.choice(flags), rng.randrange(3))

    return [tuple(of(player) for player in range(len(host.actions.codecs))) for _ in range(frames)]


@dataclass
class Played:
    """What came of a plan: the digests of the states before each frame, the chunks, and how it ended."""

    digests: list[bytes] = field(default_factory=list)
    chunks: list[tuple[int, str, bytes]] = field(default_factory=list)
    ended: str | None = None
    scores: dict[str, float] = field(default_factory=dict)
    replayed: int = 0
    wrong_failures: int = 0


def straight(host: Host, plan: list[Inputs], episode: int = 0) -> Played:
    """Play the plan frame by frame, without a doubt about anything."""
    played = Played()
    host.fulfil(Begin(episode))
    for frame, inputs in enumerate(plan):
        played.digests.append(host.fulfil(Save(frame, hashed=True))["digest"])
        answer = host.fulfil(Advance(frame, inputs, is_live=True))
        if answer.get("failed"):
            played.ended = "failed"
            break
        host.fulfil(Commit(frame, (inputs,), keep=frame + 1))
        if answer["terminal"]:
            break
    return _finished(host, played)


def rolled_back(host: Host, plan: list[Inputs], seed: int = 2, episode: int = 0) -> Played:
    """Play the plan on guesses, most of them wrong; go back, saving now and then; commit late, several at once."""
    rng = random.Random(seed)
    played = Played()
    host.fulfil(Begin(episode))
    right = committed = 0  # frames that were played with the plan's inputs, and that were committed
    is_over = False
    while right < len(plan) and not is_over:
        host.fulfil(Save(right, hashed=True))
        for ahead in range(right, min(right + rng.randint(1, WINDOW), len(plan))):
            if is_over or host.failure:
                break
            if rng.random() < 0.5:
                host.fulfil(Save(ahead, hashed=False))
            answer = host.fulfil(Advance(ahead, _guessed(plan, ahead, rng), is_live=True))
            is_over = answer.get("terminal", False)
            played.wrong_failures += answer.get("failed", False)
        start = right
        host.fulfil(Load(start))
        is_over = False
        for frame in range(start, min(start + rng.randint(1, WINDOW), len(plan))):
            played.digests[frame:] = [host.fulfil(Save(frame, hashed=True))["digest"]]
            answer = host.fulfil(Advance(frame, plan[frame], is_live=False))
            played.replayed += 1
            if answer.get("failed"):
                is_over, played.ended = True, "failed"
                break
            right = frame + 1
            if answer["terminal"]:
                is_over = True
                break
        if rng.random() < 0.6 or is_over:
            final = right if is_over else rng.randint(committed, right)
            if final > committed:
                host.fulfil(Commit(committed, tuple(plan[committed:final]), keep=final))
            committed = final
    if committed < right:
        host.fulfil(Commit(committed, tuple(plan[committed:right]), keep=right))
    return _finished(host, played)


def _guessed(plan: list[Inputs], frame: int, rng: random.Random) -> Inputs:
    """Some inputs of that frame are as planned, others are those of some other frame."""
    other = plan[rng.randrange(len(plan))]
    return tuple(one if rng.random() < 0.3 else two for one, two in zip(plan[frame], other, strict=True))


def _finished(host: Host, played: Played) -> Played:
    host.end_episode()
    played.ended = played.ended or host.over
    played.scores = dict(host.episode.standing.scores)
    played.chunks = [(chunk.index, chunk.packed.digest, chunk.packed.data) for chunk in host.take_chunks()]
    return played
