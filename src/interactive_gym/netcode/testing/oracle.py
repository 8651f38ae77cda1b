"""Judges a match: do all peers have the same rows, and those of a game that nobody ever predicted?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from interactive_gym.netcode import requests
from interactive_gym.netcode.config import Config
from interactive_gym.netcode.events import Mismatch, Refused, Rejected
from interactive_gym.netcode.requests import SOURCE, Input
from interactive_gym.netcode.testing.games import Game
from interactive_gym.netcode.testing.host import Outcome, Record, Row, step
from interactive_gym.netcode.testing.players import bot_action
from interactive_gym.netcode.testing.report import Report

NOBODY = -1
"""The peer whose game the reference plays: no game is broken on it unless it is broken on all."""

_NOTHING = Outcome(False, False, None)
_OLDEST = 255  # an age from which on it only says "or more"


def judge(report: Report) -> list[str]:
    """Everything that should not have happened, the worst first."""
    episodes = sorted({record.episode for peer in report.processes for record in peer.host.records})
    found = [report.crash] if report.crash else []
    for episode in episodes:
        found += (f"episode {episode}: {text}" for text in _episode(report, episode))
    return [*found, *_events(report), *_ends(report), *_rollbacks(report)]


def first_difference(who: str, left: Sequence[Row], right: Sequence[Row]) -> Iterator[str]:
    """Where two sequences of rows part, if they do before the shorter one ends."""
    for a, b in zip(left, right, strict=False):
        if a != b:
            yield f"{who} differ at frame {a.frame}:\n    {a}\n    {b}"
            return


def play_in_lockstep(game: Game, episode: int, inputs: Sequence[tuple[Input, ...]]) -> list[Row]:
    """The rows of a game that was given these inputs from its beginning; it stops where the game does."""
    game.begin(episode)
    rows: list[Row] = []
    for frame, given in enumerate(inputs):
        rows.append(Row(frame, given, step(game, given)))
        if rows[-1].outcome.is_last:
            break
    return rows


def _episode(report: Report, episode: int) -> Iterator[str]:
    """What is wrong with the committed rows of one episode."""
    records = [(peer.name, record) for peer, record in report.records(episode)]
    name, longest = max(records, key=lambda pair: len(pair[1].rows))
    if report.scenario.is_broken:
        for other, record in records:
            yield from _beginnings(f"{other} and {name}", record, longest)
    else:
        for other, record in records:
            yield from first_difference(f"{other} and {name}", record.rows, longest.rows)
        reference = play_in_lockstep(report.scenario.game(NOBODY), episode, [row.inputs for row in longest.rows])
        yield from first_difference(f"{name} and the reference", longest.rows, reference)
        yield from _sources(report, episode, longest.rows)
    yield from _lengths(records)


def _beginnings(who: str, left: Record, right: Record) -> Iterator[str]:
    """With a broken game: where the inputs part, or what came of them before the first digest that differs."""
    agreed = min((r.ended.agreed for r in (left, right) if r.ended and r.ended.reason == "mismatch"), default=0)
    yield from first_difference(who, left.rows[: max(agreed, 0)], right.rows[: max(agreed, 0)])
    inputs = ([row._replace(outcome=_NOTHING) for row in record.rows] for record in (left, right))
    yield from first_difference(f"the inputs of {who}", *inputs)


def _lengths(records: list[tuple[str, Record]]) -> Iterator[str]:
    for name, record in records:
        early = [row.frame for row, _ in pairwise(record.rows) if row.outcome.is_last]
        if early:
            yield f"{name} has rows after the last one, {early[0]}"
        if record.ended and len(record.rows) != record.ended.last + 1:
            yield f"{name} has {len(record.rows)} rows, and {record.ended}"
        if record.ended and not _is_reason_right(record, record.ended.reason):
            yield f"{name} ended for the wrong reason: {record.ended}, {record.rows[-1:]}"
    by_reason: defaultdict[str, set[int]] = defaultdict(set)
    for _, record in records:
        if record.ended:
            by_reason[record.ended.reason].add(record.ended.last)
    ends = by_reason["over"] or by_reason["failed"]  # who failed alone was cut, and the others came to the end
    if len(ends) > 1:
        yield f"the game ended in different frames: {sorted(ends)}"


def _is_reason_right(record: Record, reason: str) -> bool:
    """Only an episode that is over has a last row; one that failed ends before the frame that raised."""
    is_terminal = bool(record.rows) and record.rows[-1].outcome.terminal
    return is_terminal == (reason == "over")


def _sources(report: Report, episode: int, rows: list[Row]) -> Iterator[str]:
    """The first committed input that nobody gave."""
    config = report.scenario.config
    given: defaultdict[tuple[int, int, int], list[Input]] = defaultdict(list)
    for peer, record in report.records(episode):
        for (frame, player), inputs in record.given.items():
            given[frame, player, peer.number] += inputs
    for row in rows:
        for player, committed in enumerate(row.inputs):
            match committed.flags & SOURCE:
                case requests.DEFAULT:
                    is_right = committed.action == config.default_actions[player]
                case requests.HUMAN:
                    is_right = committed in given[row.frame, player, config.carriers[player]]
                case requests.BOT:
                    is_right = _is_of_bot(rows, row.frame, player)
                case _:
                    is_right = False
            if not is_right and not _is_expected(config, rows, row.frame, player):
                yield f"frame {row.frame}: nobody gave player {player} {committed}"
                return


def _is_of_bot(rows: list[Row], frame: int, player: int) -> bool:
    committed = rows[frame].inputs[player]
    observed = frame - committed.age
    return committed.age >= _OLDEST or (
        -1 <= observed < frame and committed.action == bot_action(player, rows, observed)
    )


def _is_expected(config: Config, rows: list[Row], frame: int, player: int) -> bool:
    """A frame for which the host gave nothing, as several were due at once, has what was predicted."""
    repeats = config.prediction == "repeat" and frame > 0
    expected = rows[frame - 1].inputs[player].action if repeats else config.default_actions[player]
    return rows[frame].inputs[player].action == expected


def _events(report: Report) -> Iterator[str]:
    unwanted = (Rejected, Refused) if report.scenario.is_broken else (Mismatch, Rejected, Refused)
    for peer, seen in report.events(*unwanted):
        yield f"{peer.name} at {seen.at:.3f} s: {seen.event}"


def _ends(report: Report) -> Iterator[str]:
    scenario = report.scenario
    for peer in report.running:
        if not peer.is_through:
            yield f"{peer.name} is not through after {report.took:.1f} s"
        elif (
            not scenario.faults
            and not scenario.is_broken
            and not _is_complete(peer.host.records, scenario.config.episodes)
        ):
            yield f"{peer.name} did not play all to the end, although nothing was wrong: {peer.ended}"


def _is_complete(records: list[Record], episodes: int) -> bool:
    reasons = [record.ended.reason for record in records if record.ended]
    return reasons == ["over"] * episodes or (reasons[-1:] == ["failed"] and set(reasons[:-1]) <= {"over"})


def _rollbacks(report: Report) -> Iterator[str]:
    if report.scenario.must_roll_back and not report.rollbacks:
        yield "nobody rolled back, so this run shows nothing"
    for peer in report.processes:
        if peer.host.idle_rollbacks:
            yield f"{peer.name} rolled back {peer.host.idle_rollbacks} times although all inputs were as predicted"
