"""Plays a scenario from the beginning to the end, in virtual time."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from interactive_gym.netcode.config import Restart
from interactive_gym.netcode.referee import Referee
from interactive_gym.netcode.session import Session
from interactive_gym.netcode.testing.computer import Computer
from interactive_gym.netcode.testing.host import Host, Record
from interactive_gym.netcode.testing.links import SERVER
from interactive_gym.netcode.testing.machine import Machine
from interactive_gym.netcode.testing.network import VirtualNetwork
from interactive_gym.netcode.testing.oracle import judge
from interactive_gym.netcode.testing.peer import Peer
from interactive_gym.netcode.testing.report import Report
from interactive_gym.netcode.testing.scenario import Scenario
from interactive_gym.netcode.testing.server import Server
from interactive_gym.netcode.testing.virtual_time import VirtualTime

MakeSession = Callable[..., Session]

_WATCH_EVERY = 0.25  # seconds between two looks at who gets on


class Match:
    """A scenario at work.

    Attributes:
        time: The one true clock.
        network: All links.
        machines: The computers, by peer.
        server: The referee's.
    """

    def __init__(self, scenario: Scenario, make_session: MakeSession = Session, is_logging: bool = False) -> None:
        self.scenario = scenario
        self.time = VirtualTime()
        self.network = VirtualNetwork(self.time, scenario.seed, self._deliver, scenario.links, is_logging)
        config = scenario.config
        self.server = Server(
            lambda boot, grants: Referee(config, boot, grants),
            self.time,
            self.network,
            lambda peer: self.network.is_open(peer, SERVER) and self.machines[peer].answers,
            config.pause_timeout,
        )
        self._make_session = make_session
        self._stuck = ""
        self._generation = 0
        computers = [scenario.computer_of(peer) for peer in config.peers]
        self.machines = {
            c.number: Machine(c, self.time, self.network, self._start_process, scenario.lingers) for c in computers
        }

    def run(self) -> Report:
        """Play it, and judge it."""
        crash = ""
        try:
            self._play()
        except Exception:
            crash = traceback.format_exc()
        processes = [peer for machine in self.machines.values() for peer in machine.processes]
        running = [machine.peer for machine in self.machines.values() if machine.peer]
        report = Report(self.scenario, processes, running, self.time.now, crash or self._stuck)
        report.problems = judge(report)
        return report

    def _play(self) -> None:
        for machine in self.machines.values():
            machine.boot()
        for fault in sorted(self.scenario.faults, key=lambda fault: fault.at):
            self.time.at(fault.at, lambda fault=fault: fault.happen(self))  # type: ignore[misc]
        self.time.at(_WATCH_EVERY, self._watch)
        self.time.run(self.scenario.until, lambda: bool(self._stuck) or self._is_over())

    def restart(self) -> None:
        """All processes are gone: start new ones, which go on after what the server was sent of the game."""
        self._generation += 1
        restart = self._where_to_go_on()
        for machine in self.machines.values():
            machine.boot(restart=restart)

    def _where_to_go_on(self) -> Restart:
        """After the last frame that anybody committed, in an epoch that was not used before."""
        config = self.scenario.config
        records = [record for machine in self.machines.values() for p in machine.processes for record in p.host.records]
        newest = max(records, key=lambda record: (record.episode, len(record.rows)), default=Record(0))
        is_over = bool(newest.rows) and newest.rows[-1].outcome.is_last
        rows = [] if is_over else newest.rows
        inputs = tuple(tuple(row.inputs[player] for row in rows) for player in config.players)
        return Restart(self._generation * config.episodes, newest.episode + is_over, inputs)

    def _start_process(
        self, computer: Computer, boot: int, now: float, returning: bool, restart: Restart | None
    ) -> Peer:
        scenario = self.scenario
        number = computer.number
        session = self._make_session(
            scenario.config,
            number,
            boot,
            now,
            returning=returning,
            restart=restart,
            frame_cost=computer.step_cost + computer.save_cost,
        )
        host = Host(scenario.game(computer.number), len(scenario.config.players))
        return Peer(scenario.config, boot, session, host, computer, scenario.seed)

    def _deliver(self, source: int, target: int, data: bytes, is_control: bool) -> None:
        if target == SERVER:
            self.server.arrive(source, data)
        else:
            self.machines[target].arrive(source, data, is_control)

    def _watch(self) -> None:
        """See who does not get on although nothing is wrong any more."""
        for machine in self.machines.values():
            if machine.peer and not machine.is_through:
                self._look_after(machine.peer)
        self.time.at(self.time.now + _WATCH_EVERY, self._watch)

    def _look_after(self, peer: Peer) -> None:
        healed = self.scenario.quiet_from
        if self.time.now - max(peer.progressed_at, healed) > self.scenario.progress_within:
            self._stuck = (
                f"{peer.name} does not get on: nothing since {peer.progressed_at:.3f}, all well since {healed}"
            )

    def _is_over(self) -> bool:
        machines = self.machines.values()
        nobody_plays = all(machine.is_through for machine in machines if machine.peer)
        nobody_is_coming = self.time.now > self.scenario.quiet_from or any(machine.is_through for machine in machines)
        return nobody_plays and nobody_is_coming


def run_match(scenario: Scenario, make_session: MakeSession = Session) -> Report:
    """Play ``scenario``; the report says what happened, and its ``problems`` what should not have."""
    return Match(scenario, make_session).run()
