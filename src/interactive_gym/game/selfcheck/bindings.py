"""Whether what keys mean is what the environment takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interactive_gym.envs.codec import ActionCodec, DiscreteCodec
from interactive_gym.game.selfcheck.findings import Findings, Json, listed
from interactive_gym.game.selfcheck.rehearsal import Rehearsal
from interactive_gym.policies.roster import HUMAN_NAME

MANY = 100  # actions; nobody binds a key to each of so many


def check_bindings(game: Mapping[str, Any], rehearsal: Rehearsal, findings: Findings) -> Json:
    """Map every bound action of the human to what ``step`` will get; of several, those of the first are told.

    All have the same keys. A human with another action space than the first is tried, too, for what does not fit.
    """
    humans = [agent for agent, player in game["policies"].items() if player == HUMAN_NAME]
    tried: dict[str, Json] = {}
    for human in humans:
        space = str(rehearsal.adapter.action_space(human))
        if space not in tried:
            tried[space] = _mapped(game, human, space, rehearsal.codecs[human], findings)
    return next(iter(tried.values()))


def _mapped(game: Mapping[str, Any], human: str, space: str, codec: ActionCodec, findings: Findings) -> Json:
    bound = [_bound(binding["action"], binding["keys"], codec, findings) for binding in game["bindings"]]
    default = _bound(game["default_action"], [], codec, findings)
    return {
        "agent": human,
        "space": space,
        "bindings": bound,
        "default": default,
        "unbound": _unbound(codec, [*bound, default], findings),
    }


def _bound(action: object, keys: list[str], codec: ActionCodec, findings: Findings) -> Json:
    found: Json = {"keys": keys, "action": action, "native": None, "problem": None}
    try:
        found["native"] = repr(codec.native(action))
    except ValueError as error:
        found["problem"] = str(error)
        what = f"the action of {' + '.join(keys)}" if keys else "the default action"
        parameter = "actions" if keys else "default_action"
        fix = "give an action that the environment's action space has"
        findings.add("error", f"{what} is none of the environment's: {error}", fix, "gameplay", parameter)
    return found


def _unbound(codec: ActionCodec, bound: list[Json], findings: Findings) -> list[int]:
    """The actions of a Discrete space that no key means."""
    if not isinstance(codec, DiscreteCodec) or len(codec.actions) > MANY:
        return []
    meant = {found["native"] for found in bound}
    missing = [action for action in codec.actions if repr(action) not in meant]
    if missing:
        what = f"no key means the actions {listed([str(action) for action in missing])}"
        findings.add("info", what, "bind them if participants are to have them", "gameplay", "actions")
    return missing
