"""The waiting room of one scene: who is matched with whom, and who has waited too long. No clock, store or network.

The order is that of first enlisting, so that whoever comes back from a match that came to nothing, or from a short loss
of the connection, has the old place. Who fits whom is said by the scene's matcher. People who could not connect meet
each other again only if nobody else is there, and then less and less often: what was in the way may be gone after a
while.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from types import MappingProxyType
from typing import NamedTuple

from interactive_gym.matching import FIFO, Attribute, Candidate, Matcher, Queue, companies_of
from interactive_gym.matching import Group as Proposal
from interactive_gym.protocol import Room
from interactive_gym.scenes import GymScene
from interactive_gym.scenes.waitroom import BOT, EXTEND, LEAVE, SMALLER
from interactive_gym.server.acquaintances import Acquaintances

KEPT_S = 60  # who is away for longer begins to wait anew
RETRY_S = 5  # before two try a third time to connect; doubled from then on
LOOK_EVERY_S = 1  # where what a matcher says depends on the time
MOST_LOGGED = 100  # of those who waited, beside the members of a group; a crowd would fill the log with itself
ALONE = "alone"  # the reason of a group of one, with bots

_NOBODY: Mapping[str, Collection[str]] = MappingProxyType({})

Pair = frozenset[str]


class BadAnswer(ValueError):
    """A matcher has said what cannot be."""


@dataclass(frozen=True)
class Rules:
    """What ``GymScene.waitroom`` says, as far as it decides who plays; see there."""

    group: int
    wait_s: float
    matcher: Matcher = field(default_factory=FIFO)
    partners: str = "any"
    min_group: int = 2
    smaller_after_s: float | None = None
    on_timeout: str = LEAVE
    extend_s: float = 0.0

    @property
    def patience_s(self) -> float:
        """Seconds after which nobody waits any longer."""
        return self.wait_s + self.extend_s

    @property
    def steps_s(self) -> list[float]:
        """Seconds after which something else comes next, though nothing happens yet."""
        smaller = [] if self.smaller_after_s is None else [self.smaller_after_s]
        return smaller + ([self.wait_s] if self.extend_s else [])

    @property
    def smaller_sizes(self) -> Iterable[int]:
        """Of the groups that may begin without those who are missing, the largest first."""
        return range(self.group - 1, self.min_group - 1, -1)

    def outlook(self, waited_s: float) -> tuple[float, str]:
        """Seconds until something changes for whoever has waited for so long; and what that is, for their page."""
        if self.smaller_after_s is not None and waited_s < self.smaller_after_s:
            return self.smaller_after_s - waited_s, self._said(SMALLER)
        if waited_s < self.wait_s:
            return self.wait_s - waited_s, self._said(self.on_timeout)
        return max(0.0, self.patience_s - waited_s), self._said(LEAVE if self.on_timeout == EXTEND else self.on_timeout)

    def _said(self, way: str) -> str:
        enough = f", if they are at least {self.min_group}" if self.min_group > 1 else ""
        said = {
            LEAVE: "",  # the page has its own words for it
            EXTEND: "we go on looking for others for a while",
            SMALLER: f"the game begins with those who are here{enough}",
            BOT: "the game begins without them",
        }
        return said.get(way, "you go on without this game")


def rules_for(scene: GymScene) -> Rules:
    """Of a game of several people."""
    room = scene.waiting
    return Rules(
        group=len(scene.humans),
        wait_s=room.timeout,
        matcher=room.matcher,
        partners=room.partners,
        min_group=room.min_group,
        smaller_after_s=room.start_smaller_after,
        on_timeout=room.on_timeout,
        extend_s=room.extend or 0.0,
    )


@dataclass(frozen=True)
class Profile:
    """What is known of somebody who comes to wait; see ``matching.Candidate``."""

    partners: tuple[str, ...] = ()
    latest_partners: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict, hash=False)


_UNKNOWN = Profile()


class Waiting(NamedTuple):
    participant_id: str
    since: float  # seconds of a clock that only goes forward: when they enlisted first
    profile: Profile = _UNKNOWN
    server_rtt_ms: float | None = None

    def candidate(self, now: float) -> Candidate:
        known = self.profile
        return Candidate(
            self.participant_id,
            now - self.since,
            self.server_rtt_ms,
            known.partners,
            known.latest_partners,
            known.attributes,
        )


@dataclass(frozen=True)
class Refused:
    """Two who could not connect, ``times`` in a row, at ``last`` for the last time."""

    times: int
    last: float

    @property
    def again_at(self) -> float:
        return float(self.last + RETRY_S * (2 ** (self.times - 1) - 1))


@dataclass(frozen=True)
class Group:
    """These play together, in this order. ``candidates``: the first of those who waited, and the members."""

    members: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    reason: str = "first_come"

    @property
    def chosen_from(self) -> tuple[str, ...]:
        """Who the candidates are."""
        return tuple(one.participant_id for one in self.candidates)


@dataclass(frozen=True)
class GiveUp:
    """This one has waited for as long as anybody has to."""

    participant_id: str
    waited_s: float


Decision = Group | GiveUp


def decide(
    waiting: Sequence[Waiting],
    now: float,
    rules: Rules,
    refused: Mapping[Pair, Refused],
    far: Collection[Pair] = (),
    acquainted: Mapping[str, Collection[str]] = _NOBODY,
) -> list[Decision]:
    """What is to happen now, in this order. Whoever can be matched is not sent away, however long it took.

    Args:
        acquainted: Participant -> with whom they must not be matched, having met before.

    Raises:
        BadAnswer: The matcher has said what cannot be.
        Exception: What the matcher raises.
    """
    return _Deciding(waiting, now, rules, refused, far, acquainted).decisions()


class _Deciding:
    """One decision. ``left`` are those for whom nothing has been decided yet, in the order of the queue."""

    def __init__(
        self,
        waiting: Sequence[Waiting],
        now: float,
        rules: Rules,
        refused: Mapping[Pair, Refused],
        far: Collection[Pair],
        acquainted: Mapping[str, Collection[str]],
    ) -> None:
        queue = [one.candidate(now) for one in sorted(waiting, key=lambda one: one.since)]
        self._left = {one.participant_id: one for one in queue}
        self._front = {one.participant_id: one for one in queue[:MOST_LOGGED]}  # the first of these
        self._behind = iter(queue[MOST_LOGGED:])
        self._now, self._rules = now, rules
        self._groups: list[Group] = []
        never = _also(acquainted, filter(self._matters, far))
        self._strangers = _also(never, refused)
        self._patient = _also(never, (pair for pair, one in refused.items() if one.again_at > now))

    def decisions(self) -> list[Decision]:
        rules = self._rules
        self._match(rules.group, self._strangers)
        if self._patient != self._strangers:
            self._match(rules.group, self._patient)
        if rules.smaller_after_s is not None:
            self._match_smaller(rules.smaller_after_s)
        if rules.on_timeout == SMALLER:
            self._match_smaller(rules.patience_s)
        late = [one for one in self._left.values() if one.waited_s >= rules.patience_s]
        if rules.on_timeout == BOT:
            for one in late:
                self._seat((one,), ALONE)
            late = []
        return [*self._groups, *(GiveUp(one.participant_id, one.waited_s) for one in late)]

    def _match_smaller(self, after_s: float) -> None:
        """Groups that are not complete, each with somebody who has waited for so long."""
        for size in self._rules.smaller_sizes:
            if any(one.waited_s >= after_s for one in self._left.values()):
                self._match(size, self._patient, after_s)

    def _match(self, size: int, apart: Mapping[str, Collection[str]], after_s: float = 0.0) -> None:
        people = list(self._left.values())
        for queue in companies_of(people) if self._rules.partners == "same" else [people]:
            if len(queue) < size:
                continue
            for proposal in self._proposals(Queue(tuple(queue), size, apart)):
                members = [self._left[one.participant_id] for one in proposal.members]
                if not after_s or max(one.waited_s for one in members) >= after_s:
                    self._seat(members, proposal.reason)

    def _proposals(self, queue: Queue) -> list[Proposal]:
        if queue.group == 1:
            return [Proposal([one], ALONE) for one in queue]
        matcher = self._rules.matcher
        proposals = matcher.decide(queue, self._now)
        check(proposals, queue)
        return proposals

    def _seat(self, members: Sequence[Candidate], reason: str) -> None:
        seated = {one.participant_id: one for one in members}
        candidates = self._front if self._front.keys() >= seated.keys() else self._front | seated
        named = reason or type(self._rules.matcher).__name__
        self._groups.append(Group(tuple(seated), tuple(candidates.values()), named))
        for one in seated:
            del self._left[one]
            if self._front.pop(one, None):
                self._move_up()

    def _move_up(self) -> None:
        """Somebody has left the front of the queue."""
        for one in self._behind:
            if one.participant_id in self._left:
                self._front[one.participant_id] = one
                break

    def _matters(self, far: Pair) -> bool:
        """Of two who are too far from each other: until one of them has waited for long enough."""
        relaxed = self._rules.matcher.relax_after
        known = [self._left[one] for one in far if one in self._left]
        return relaxed is None or not any(one.waited_s >= relaxed for one in known)


def _also(apart: Mapping[str, Collection[str]], pairs: Iterable[Pair]) -> Mapping[str, Collection[str]]:
    """``apart``, and these pairs too."""
    more: dict[str, set[str]] = {}
    for one, other in pairs:
        more.setdefault(one, set()).add(other)
        more.setdefault(other, set()).add(one)
    return {**apart, **{one: others.union(apart.get(one, ())) for one, others in more.items()}} if more else apart


def check(proposals: object, queue: Queue) -> None:
    """
    Raises:
        BadAnswer: These are no groups of the people in ``queue``, or not as they have to be.
    """
    if not isinstance(proposals, list) or not all(isinstance(one, Proposal) for one in proposals):
        raise BadAnswer(f"is no list of ig.Group: {proposals!r:.200}")
    free = {one.participant_id for one in queue}
    for proposal in proposals:
        _check_members(proposal, queue, free)


def _check_members(proposal: Proposal, queue: Queue, free: set[str]) -> None:
    if len(proposal.members) != queue.group:
        raise BadAnswer(f"{proposal!r:.200} is not of {queue.group}")
    for one in proposal.members:
        if not isinstance(one, Candidate) or one.participant_id not in free:
            raise BadAnswer(f"{proposal!r:.200}: {one!r:.100} does not wait, or is seated twice")
        free.remove(one.participant_id)
    if not queue.may_meet(*proposal.members):
        raise BadAnswer(f"{proposal!r:.200}: they may not meet")


@dataclass(frozen=True)
class Moment:
    """A waiting room as it is at a moment, for whoever decides elsewhere."""

    waiting: tuple[Waiting, ...]
    now: float
    rules: Rules
    refused: Mapping[Pair, Refused]
    far: frozenset[Pair]
    acquainted: Mapping[str, Collection[str]]

    def decide(self) -> list[Decision]:
        """See the function."""
        return decide(self.waiting, self.now, self.rules, self.refused, self.far, self.acquainted)


@dataclass
class Pool:
    """Everybody of one scene from enlisting until they play, or go. Those who have been matched keep their place."""

    rules: Rules
    _since: dict[str, float] = field(default_factory=dict)  # of all whose place is kept
    _profiles: dict[str, Profile] = field(default_factory=dict)  # of these
    _present: set[str] = field(default_factory=set)  # of these, who may be matched now
    _left: dict[str, float] = field(default_factory=dict)  # whose connection is gone, and when that was
    _refused: dict[Pair, Refused] = field(default_factory=dict)
    _far: dict[Pair, float | None] = field(default_factory=dict)  # and the round trip that was too long, in ms
    _acquaintances: Acquaintances = field(default_factory=Acquaintances)  # where only new partners count

    def enter(self, participant_id: str, now: float, profile: Profile | None = None, waited_s: float = 0.0) -> None:
        """They can be matched from now on; said again, nothing changes, but what is known of them.

        Args:
            waited_s: Since they enlisted first, of somebody who did so before this pool was made.
        """
        if now - self._left.pop(participant_id, now) > KEPT_S:
            self.forget(participant_id)
        self._since.setdefault(participant_id, now - waited_s)
        if profile is not None:
            self._profiles[participant_id] = profile
            if self.rules.partners == "new":
                self._acquaintances.add(participant_id, profile.partners)
        self._present.add(participant_id)

    def know(self, attributes: Mapping[str, Mapping[str, Attribute]]) -> None:
        """Participant -> their attributes, which are others now. Of whoever is not here it does not matter."""
        for one in attributes.keys() & self._profiles.keys():
            self._profiles[one] = replace(self._profiles[one], attributes=attributes[one])

    def leave(self, participant_id: str, now: float) -> None:
        """Their connection is gone. The place is kept for a while."""
        for gone in [one for one, left in self._left.items() if now - left > KEPT_S]:
            self.forget(gone)
        if participant_id in self._since:
            self._present.discard(participant_id)
            self._left[participant_id] = now

    def forget(self, participant_id: str) -> None:
        """They play, or do not wait any more for another reason."""
        self._since.pop(participant_id, None)
        self._profiles.pop(participant_id, None)
        self._left.pop(participant_id, None)
        self._present.discard(participant_id)
        self._refused = {pair: refused for pair, refused in self._refused.items() if participant_id not in pair}
        self._far = {pair: rtt for pair, rtt in self._far.items() if participant_id not in pair}

    def refuse(self, members: Iterable[str], unable: Iterable[str], now: float) -> None:
        """Of these members of a group, the ``unable`` ones could not connect with the others."""
        known = [one for one in members if one in self._since]
        for pair in map(Pair, combinations(known, 2)):
            if pair & set(unable):
                before = self._refused.get(pair)
                self._refused[pair] = Refused(before.times + 1 if before else 1, now)

    def keep_apart(self, pairs: Mapping[Pair, float | None]) -> None:
        """These are too far from each other, with the round trips in ms that were measured."""
        self._far.update({pair: rtt for pair, rtt in pairs.items() if pair <= self._since.keys()})

    def too_far(self, members: Iterable[str], rtts_ms: Mapping[Pair, float], now: float) -> dict[Pair, float | None]:
        """The pairs of a group between whom a round trip is too long, or was not measured, where that matters."""
        limit, relaxed = self.rules.matcher.max_p2p_rtt, self.rules.matcher.relax_after
        if limit is None:
            return {}
        patient = [one for one in members if relaxed is None or now - self._since.get(one, now) < relaxed]
        pairs = map(Pair, combinations(patient, 2))
        return {pair: rtts_ms.get(pair) for pair in pairs if not rtts_ms.get(pair, limit + 1) <= limit}

    def moment(self, now: float, rtts_ms: Mapping[str, float | None] | None = None) -> Moment:
        """Nothing changes here until what is decided is done: see ``take`` and ``forget``."""
        known = rtts_ms or {}
        waiting = tuple(
            Waiting(one, since, self._profiles.get(one, _UNKNOWN), known.get(one))
            for one, since in self._since.items()
            if one in self._present
        )
        apart = self._refused.copy(), frozenset(self._far), self._acquaintances.now()
        return Moment(waiting, now, self.rules, *apart)

    def decide(self, now: float) -> list[Decision]:
        return self.moment(now).decide()

    def has(self, people: Collection[str]) -> bool:
        """Whether all of these can be matched."""
        return self._present.issuperset(people)

    def take(self, members: Iterable[str]) -> None:
        """They have partners, or are asked whether they are there."""
        self._present -= set(members)

    def next_deadline(self, now: float) -> float | None:
        """When there may be something to decide though nobody has come."""
        rules, since = self.rules, [self._since[one] for one in self._present]
        patience, steps = rules.patience_s, rules.steps_s
        at = [start + patience for start in since]
        later = [start + step for start in since for step in steps]
        later += [refused.again_at for pair, refused in self._refused.items() if pair <= self._present]
        if not isinstance(rules.matcher, FIFO) and len(since) > 1:
            later.append(now + LOOK_EVERY_S)
        return min([*at, *(moment for moment in later if moment > now)], default=None)

    def changes_outlook(self, before: float, now: float) -> bool:
        """Whether what comes next for somebody who waits is something else than it was ``before``."""
        steps = self.rules.steps_s
        return any(before < self._since[one] + step <= now for one in self._present for step in steps)

    def waiting(self) -> list[str]:
        return [one for one in self._since if one in self._present]

    def room(self, participant_id: str, now: float) -> Room:
        """What somebody who waits here sees, or who is about to."""
        waited = max(0.0, now - self._since.get(participant_id, now))
        left, note = self.rules.outlook(waited)
        return Room(len(self._present), self.rules.group, round(waited, 1), round(left, 1), note)
