"""A recording's folder comes in; what truly happened to each of its lines goes out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Line = tuple[str, int]
"""A line: the log's stem ("v1", "v2-b") and its 1-based number."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a recording was made with, and when (YYYY-MM-DD); empty where it is not recorded."""

    seed: int
    day: str
    envoy: str
    nginx: str


@dataclass(frozen=True, slots=True)
class Truth:
    """Each line's request (None where none is known) and its moment, and the requests set apart.

    end_ms: after the start, by the clock of the line's pod. events_s: seconds after the start, and what was done.
    """

    request_of: Mapping[Line, int | None]
    end_ms: Mapping[Line, int]
    began_s: float
    direct: frozenset[int]
    probes: frozenset[int]
    events_s: tuple[tuple[float, str], ...]
    made: Made

    def requests(self, side: str) -> list[int]:
        """Return the mirrored requests of one side's lines, one entry a line, in the order of the files."""
        apart = self.direct | self.probes
        return [
            request
            for (stem, _), request in self.request_of.items()
            if stem.startswith(side) and request is not None and request not in apart
        ]

    @property
    def missed(self) -> set[int]:
        """Requests that the primary logged and the shadow did not."""
        return set(self.requests("v1")) - set(self.requests("v2"))


def read(folder: Path) -> Truth:
    """Read truth.json of a recording."""
    document = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return Truth(
        request_of={line: None if request < 0 else request for line, request in _by_line(document["request_of_line"])},
        end_ms=dict(_by_line(document["end_ms"])),
        began_s=document.get("began_epoch_s", 0.0),
        direct=frozenset(document.get("direct_requests", ())),
        probes=frozenset(document.get("probe_requests", ())),
        events_s=tuple((at_s, what) for at_s, what in document.get("events_s", ())),
        made=Made(document.get("seed", 0), *(document.get(name, "") for name in ("recorded_on", "envoy", "nginx"))),
    )


def _by_line(columns: Mapping[str, list[int]]) -> list[tuple[Line, int]]:
    return [((stem, number), value) for stem, values in columns.items() for number, value in enumerate(values, start=1)]
