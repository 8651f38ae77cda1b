"""Round trips of UDP packets: ``python -m tests.net.echo ADDRESS`` asks, ``python -m tests.net.echo`` answers."""

from __future__ import annotations

import json
import socket
import sys
import time

PORT, INTERVAL_S = 7007, 0.01
PATIENCE_S = 3.0  # with a machine that is busy elsewhere; what is not back by then is lost


def answer() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("", PORT))
        print("ready", flush=True)
        while True:
            data, sender = own.recvfrom(64)
            own.sendto(data, sender)


def ask(address: str, count: int) -> dict[str, float]:
    """Sends ``count`` packets; how many came back, and after which time."""
    trips = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        began = time.monotonic()
        sent, end = 0, began + count * INTERVAL_S + PATIENCE_S
        while (now := time.monotonic()) < end and len(trips) < count:
            due = began + sent * INTERVAL_S if sent < count else end
            if now >= due:
                own.sendto(str(now).encode(), (address, PORT))
                sent += 1
                continue
            own.settimeout(due - now)
            try:
                data = own.recv(64)
                trips.append(time.monotonic() - float(data))
            except TimeoutError:
                continue
    trips.sort()
    return {"back": len(trips) / count, "median_s": trips[len(trips) // 2] if trips else float("nan")}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(ask(sys.argv[1], int(sys.argv[2]))))
    else:
        answer()
