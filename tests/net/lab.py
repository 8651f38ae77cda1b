"""Homes on a network of our own: namespaces, a switch whose lines can be made bad, routers, and what runs in them.

Needs root, and ``ip`` and ``nft``. All of it lives inside namespaces that are made here and removed in the end.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.e2e.harness import Server
from tests.net.shaping import CLEAN, Network
from tests.net.switch import DEVICE

SERVER_ADDRESS = "10.77.0.1"
REALM = "lab"
ROUTER_RULES = f"""
table ip nat {{
    chain out {{
        type nat hook postrouting priority srcnat;
        oifname "{DEVICE}" masquerade random,fully-random;
    }}
}}
table ip filter {{
    chain pass {{
        type filter hook forward priority filter;
        policy drop;
        iifname "lan" accept;
        ct state established,related accept;
    }}
}}
"""


def unavailable() -> str | None:
    """Why there can be no lab on this machine; None if there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun"
    missing = [tool for tool in ("ip", "nft") if shutil.which(tool) is None]
    return f"{missing[0]} is not installed" if missing else None


@dataclass(frozen=True)
class Home:
    """A place with a browser. ``port`` is that of the switch; behind a router it is the router's."""

    namespace: str
    port: int
    address: str


class Lab:
    """``with Lab(homes=2) as lab``: a server's namespace and so many homes.

    Args:
        homes: How many.
        nat: Each home is behind a router of its own that gives every connection another port ("symmetric").
    """

    def __init__(self, homes: int = 2, *, nat: bool = False) -> None:
        self._prefix = f"ig{os.getpid() % 100_000}"
        self._nat = nat
        self._count = homes
        self._opened = ExitStack()
        self.server_namespace = f"{self._prefix}s"
        self.homes: list[Home] = []

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            outside = [self.server_namespace, *(f"{self._prefix}h{k}" for k in range(self._count))]
            for namespace in outside:
                self._make(namespace, opened)
            self._switch = self._plug(outside, opened)
            for position, namespace in enumerate(outside):
                _ip(namespace, "addr", "add", f"10.77.0.{position + 1}/24", "dev", DEVICE)
                _ip(namespace, "link", "set", DEVICE, "up")
            for namespace in outside[1:]:  # Chromium offers the address of the default route, and no other one
                _ip(namespace, "route", "add", "default", "via", SERVER_ADDRESS)
            self.homes = [self._home(namespace, k, opened) for k, namespace in enumerate(outside[1:])]
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._opened.close()

    def between(self, one: Home | None, other: Home | None, network: Network = CLEAN) -> None:
        """Both directions between two homes, or a home and the server (None), are like this from now on."""
        for start, end in ((one, other), (other, one)):
            self._command({"from": _port(start), "to": _port(end), **asdict(network)})

    def cut(self, one: Home | None, other: Home | None, seconds: float) -> None:
        """Nothing passes between the two for so long."""
        for start, end in ((one, other), (other, one)):
            self._command({"from": _port(start), "to": _port(end), "dead": seconds})

    def report(self) -> dict[str, Any]:
        """How late the switch was since the last report."""
        self._command({"report": True})
        assert self._switch.stdout is not None
        found: dict[str, Any] = json.loads(self._switch.stdout.readline())
        return found

    def start_turn(self, secret: str) -> None:
        """coturn beside the server, with time-limited credentials of ``secret``."""
        # Candidates of homes behind routers are swallowed by this route. An error instead, as a blackhole gives, would
        # make coturn give up the whole allocation.
        _ip(self.server_namespace, "route", "add", "192.168.0.0/16", "dev", "lo")
        command = ["turnserver", "-n", "--use-auth-secret", f"--static-auth-secret={secret}", f"--realm={REALM}"]
        command += [f"--listening-ip={SERVER_ADDRESS}", f"--relay-ip={SERVER_ADDRESS}", "--no-tls", "--no-dtls"]
        command += ["--no-cli", "--log-file=stdout", "--pidfile=/dev/null"]
        self._start(self.server_namespace, command)

    def browser(self, home: Home, executable: str, folder: Path) -> str:
        """A program that starts ``executable`` in ``home``; Playwright's pipe or socket passes through."""
        path = folder / f"browser-{home.namespace}"
        inside = f'"{sys.executable}" "{Path(__file__).parent / "inside.py"}"'  # a pipe needs no help
        way = inside if "firefox" in executable else "ip netns exec"
        path.write_text(f'#!/bin/sh\nexec {way} {home.namespace} "{executable}" "$@"\n')
        path.chmod(0o755)
        return str(path)

    def _make(self, namespace: str, opened: ExitStack) -> None:
        subprocess.run(["ip", "netns", "add", namespace], check=True)
        opened.callback(subprocess.run, ["ip", "netns", "del", namespace], check=False)
        _ip(namespace, "link", "set", "lo", "up")

    def _plug(self, namespaces: Sequence[str], opened: ExitStack) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.net.switch", *namespaces]
        switch = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        opened.callback(_end, switch)
        assert switch.stdout is not None
        if switch.stdout.readline() != "ready\n":
            raise RuntimeError("the switch did not start")
        return switch

    def _home(self, outside: str, number: int, opened: ExitStack) -> Home:
        if not self._nat:
            return Home(outside, number + 1, f"10.77.0.{number + 2}")
        inside, network = f"{self._prefix}i{number}", f"192.168.{number + 1}"
        self._make(inside, opened)
        _run("ip", "-n", outside, "link", "add", "lan", "type", "veth", "peer", "name", "eth0", "netns", inside)
        _ip(outside, "addr", "add", f"{network}.1/24", "dev", "lan")
        _ip(outside, "link", "set", "lan", "up")
        _ip(inside, "addr", "add", f"{network}.2/24", "dev", "eth0")
        _ip(inside, "link", "set", "eth0", "up")
        _ip(inside, "route", "add", "default", "via", f"{network}.1")
        _run("ip", "netns", "exec", outside, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        _run("ip", "netns", "exec", outside, "nft", "-f", "-", text=ROUTER_RULES)
        return Home(inside, number + 1, f"{network}.2")

    def _start(self, namespace: str, command: list[str]) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(["ip", "netns", "exec", namespace, *command], **quiet)  # type: ignore[call-overload]
        self._opened.callback(_end, process)

    def _command(self, command: dict[str, Any]) -> None:
        assert self._switch.stdin is not None
        self._switch.stdin.write(json.dumps(command) + "\n")
        self._switch.stdin.flush()


@dataclass
class LabServer(Server):
    """A server inside a namespace."""

    namespace: str = ""

    @property
    def url(self) -> str:
        return f"http://{SERVER_ADDRESS}:{self.port}"

    def command(self) -> list[str]:
        return ["ip", "netns", "exec", self.namespace, *super().command(), "--host", SERVER_ADDRESS]

    def _answers(self) -> bool:
        ask = f"import urllib.request as u; u.urlopen('{self.url}/healthz', timeout=2)"
        inside = ["ip", "netns", "exec", self.namespace, sys.executable, "-c", ask]
        return subprocess.run(inside, capture_output=True, check=False).returncode == 0


def _port(home: Home | None) -> int:
    return 0 if home is None else home.port


def _ip(namespace: str, *arguments: str) -> None:
    _run("ip", "-n", namespace, *arguments)


def _run(*command: str, text: str | None = None) -> None:
    subprocess.run(command, check=True, input=text, text=True)


def _end(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=5)  # closes the pipes, too
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
