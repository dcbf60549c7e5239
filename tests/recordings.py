"""The recordings of testdata: their logs by side, and the requests that were truly made and copied."""

import json
from dataclasses import dataclass
from pathlib import Path

from mirrorcheck.sources.feed import Side

TESTDATA = Path(__file__).parents[1] / "testdata"
RECORDINGS = TESTDATA / "recordings"
NAMES = sorted(path.name for path in RECORDINGS.iterdir() if path.is_dir())


@dataclass(frozen=True, slots=True)
class Truth:
    """The request of each line, by log and number; the requests that were up for mirroring, and those copied."""

    request_of: dict[tuple[str, int], int]
    requests: set[int]
    copied: set[int]


def sides(name: str) -> dict[Side, list[Path]]:
    """The logs of each side, one for each pod."""
    folder = RECORDINGS / name
    return {"primary": sorted(folder.glob("v1*.log")), "shadow": sorted(folder.glob("v2*.log"))}


def side_options(name: str) -> list[str]:
    """The options that name the logs."""
    return [word for side, logs in sides(name).items() for log in logs for word in (f"--{side}", str(log))]


def truth(name: str) -> Truth:
    """What the proxy's ids say, which were recorded beside the logs."""
    told = json.loads((RECORDINGS / name / "truth.json").read_text())
    request_of = {
        (f"{log}.log", line): request
        for log, requests in told["request_of_line"].items()
        for line, request in enumerate(requests, start=1)
    }
    never_mirrored = {*told.get("direct_requests", []), *told.get("probe_requests", []), -1}
    primary, shadow = (
        {request for (log, _), request in request_of.items() if log.startswith(version)} - never_mirrored
        for version in ("v1", "v2")
    )
    return Truth(request_of, primary, primary & shadow)
