"""An Ethernet switch in user space, whose lines can be made bad: ``python -m tests.net.switch NAMESPACE...``.

Not every kernel has netem. Each namespace gets a TAP device that was opened here and moved there; its descriptor stays
attached. Frames are held until they are due. Commands come as lines of JSON on the standard input::

    {"from": 0, "to": 1, "delay": 0.1, "jitter": 0.03, "loss": 0.05}      one direction between two ports
    {"from": 0, "to": 1, "dead": 3.0}                                     nothing passes for so many seconds
    {"report": true}                                                      answered with a line of JSON

The report says how late frames left; a machine that is too busy makes a network worse than it is meant to be.
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import json
import os
import random
import select
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from tests.net.shaping import Line, Network

_TUNSETIFF = 0x400454CA
_TAP_WITHOUT_HEADER = 0x0002 | 0x1000
_LONGEST_FRAME = 65_536
_GROUP = 1  # bit of a MAC address's first byte: for many
DEVICE = "wire"  # what the device is called in each namespace


class Switch:
    """Learns who is where, and passes frames on when their line lets them."""

    def __init__(self, namespaces: Sequence[str]) -> None:
        self._ports = [_open_port(namespace) for namespace in namespaces]
        everybody = range(len(self._ports))
        seeds = random.Random(1)
        self._lines = {
            (one, other): Line(draw=random.Random(seeds.random())) for one in everybody for other in everybody
        }
        self._known: dict[bytes, int] = {}
        self._held: list[tuple[float, int, int, bytes]] = []
        self._order = itertools.count()
        self._typed = b""
        self._lateness: list[float] = []

    def run(self) -> None:
        """Until the standard input ends."""
        poll = select.poll()
        for descriptor in (*self._ports, sys.stdin.fileno()):
            poll.register(descriptor, select.POLLIN)
        numbers = {descriptor: port for port, descriptor in enumerate(self._ports)}
        while True:
            for descriptor, _ in poll.poll(self._patience_ms()):
                if descriptor in numbers:
                    self._take(numbers[descriptor])
                elif not self._read_commands():
                    return
            self._release(time.monotonic())

    def _patience_ms(self) -> float | None:
        return max(0.0, (self._held[0][0] - time.monotonic()) * 1000) if self._held else None

    def _take(self, port: int) -> None:
        frame = os.read(self._ports[port], _LONGEST_FRAME)
        now = time.monotonic()
        target, source = frame[:6], frame[6:12]
        self._known[source] = port
        known = None if target[0] & _GROUP else self._known.get(target)
        for other in range(len(self._ports)) if known is None else (known,):
            due = self._lines[port, other].arrival(now) if other != port else None
            if due is not None:
                heapq.heappush(self._held, (due, next(self._order), other, frame))

    def _release(self, now: float) -> None:
        while self._held and self._held[0][0] <= now:
            due, _, port, frame = heapq.heappop(self._held)
            self._lateness.append(now - due)
            try:
                os.write(self._ports[port], frame)
            except OSError:  # the device is down, or full: so it is in life
                continue

    def _read_commands(self) -> bool:
        """False at the end of the input. Read without a buffer of Python's, of which ``poll`` would know nothing."""
        typed = os.read(sys.stdin.fileno(), _LONGEST_FRAME)
        *lines, self._typed = (self._typed + typed).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))
        return bool(typed)

    def _obey(self, command: dict[str, Any]) -> None:
        if command.pop("report", False):
            print(json.dumps(self._report()), flush=True)
            return
        shaped = self._lines[command.pop("from"), command.pop("to")]
        dead = command.pop("dead", None)
        if dead is not None:
            shaped.dead_until = time.monotonic() + dead
        else:
            shaped.network = Network(**command)

    def _report(self) -> dict[str, float]:
        late = sorted(self._lateness)
        self._lateness = []
        if not late:
            return {"frames": 0}
        return {
            "frames": len(late),
            "late_ms_p50": round(late[len(late) // 2] * 1000, 3),
            "late_ms_p99": round(late[len(late) * 99 // 100] * 1000, 3),
            "late_ms_max": round(late[-1] * 1000, 3),
        }


def _open_port(namespace: str) -> int:
    """The descriptor of a TAP device that is in ``namespace``."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    name = f"{namespace}t"[:15]
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _TAP_WITHOUT_HEADER))
    subprocess.run(["ip", "link", "set", name, "netns", namespace, "name", DEVICE], check=True)
    return descriptor


if __name__ == "__main__":
    switch = Switch(sys.argv[1:])
    print("ready", flush=True)
    switch.run()
