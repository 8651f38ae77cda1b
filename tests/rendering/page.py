"""What a page makes of packets: the objects in drawing order. The renderer in TypeScript follows the same rules."""

from typing import Any


class Page:
    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}

    def apply(self, packet: dict[str, Any]) -> None:
        if packet["full"]:
            self.objects = {}
        for id in packet["drop"]:
            del self.objects[id]
        for drawn in packet["set"]:
            self.objects[drawn["id"]] = drawn  # a known object keeps its place
        if "order" in packet:
            assert sorted(packet["order"]) == sorted(self.objects)
            self.objects = {id: self.objects[id] for id in packet["order"]}

    @property
    def picture(self) -> list[dict[str, Any]]:
        return list(self.objects.values())
