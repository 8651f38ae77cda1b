"""A browser in a namespace whose driver is outside: ``python inside.py NAMESPACE PROGRAM ARGUMENT...``.

Firefox is driven over a socket of the loopback device, and each namespace has one of its own. So the port that the
browser names is opened outside as well, and what comes there is passed on.
"""

from __future__ import annotations

import ctypes
import os
import re
import socket
import subprocess
import sys
import threading

_CLONE_NEWNET = 0x40000000
_LISTENS = re.compile(r"listening on ws://127\.0\.0\.1:(\d+)")


def connected(namespace: str, port: int) -> socket.socket:
    """A connection to a port inside; namespaces are a thread's own, and so is this one."""
    made: list[socket.socket] = []

    def connect() -> None:
        with open(f"/run/netns/{namespace}", "rb") as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"no way into {namespace}")
        made.append(socket.create_connection(("127.0.0.1", port)))

    thread = threading.Thread(target=connect)
    thread.start()
    thread.join()
    return made[0]


def pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:  # one of them is gone, and so is the other
        source.close()
        target.close()


def serve(door: socket.socket, namespace: str, port: int) -> None:
    while True:
        outside, _ = door.accept()
        inside = connected(namespace, port)
        for ends in ((outside, inside), (inside, outside)):
            threading.Thread(target=pass_on, args=ends, daemon=True).start()


def run(namespace: str, command: list[str]) -> int:
    inside = ["ip", "netns", "exec", namespace, *command]
    browser = subprocess.Popen(inside, stderr=subprocess.PIPE, text=True)
    assert browser.stderr is not None
    for line in browser.stderr:
        if found := _LISTENS.search(line):
            port = int(found[1])
            door = socket.create_server(("127.0.0.1", port))
            threading.Thread(target=serve, args=(door, namespace, port), daemon=True).start()
        sys.stderr.write(line)
        sys.stderr.flush()
    return browser.wait()


if __name__ == "__main__":
    os._exit(run(sys.argv[1], sys.argv[2:]))  # with threads that may still wait
