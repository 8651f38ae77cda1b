"""Whole games of several peers in virtual time, on a network that loses, delays and breaks, judged by an oracle.

    from interactive_gym.netcode.testing import Conditions, Freeze, Links, Scenario, config_of, run_match

    report = run_match(Scenario(
        config_of(peers=2, fps=30),
        seed=1,
        links=Links(Conditions(delay=0.1, loss=0.05)),
        faults=(Freeze(at=4.0, duration=0.3, peer=1),),
    ))
    assert not report.problems, report

A run depends on its scenario alone. ``print(report)`` shows what was played, what went wrong and where the first
difference is. ``random_scenario(seed)`` makes scenarios by chance.
"""

from interactive_gym.netcode.testing.computer import Computer
from interactive_gym.netcode.testing.faults import (
    Burst,
    Change,
    Deploy,
    Down,
    Exclude,
    Fault,
    Freeze,
    Hide,
    Kill,
    Leave,
    Reload,
    ReloadAll,
    all_of,
    both_ways,
)
from interactive_gym.netcode.testing.games import IDLE, Game, ToyGame, is_action
from interactive_gym.netcode.testing.links import SERVER, Conditions, Links
from interactive_gym.netcode.testing.match import Match, run_match
from interactive_gym.netcode.testing.network import VirtualNetwork
from interactive_gym.netcode.testing.report import Report
from interactive_gym.netcode.testing.scenario import Scenario, config_of
from interactive_gym.netcode.testing.soak import random_scenario
from interactive_gym.netcode.testing.virtual_time import PeerClock, VirtualTime

__all__ = [
    "IDLE",
    "SERVER",
    "Burst",
    "Change",
    "Computer",
    "Conditions",
    "Deploy",
    "Down",
    "Exclude",
    "Fault",
    "Freeze",
    "Game",
    "Hide",
    "Kill",
    "Leave",
    "Links",
    "Match",
    "PeerClock",
    "Reload",
    "ReloadAll",
    "Report",
    "Scenario",
    "ToyGame",
    "VirtualNetwork",
    "VirtualTime",
    "all_of",
    "both_ways",
    "config_of",
    "is_action",
    "random_scenario",
    "run_match",
]
