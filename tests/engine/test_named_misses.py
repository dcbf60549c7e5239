"""A miss is told with what finds it again: its pod, its client, its id, and where its copy was looked for."""

from pathlib import Path

import pytest

from mirrorcheck.engine.snapshot import Event
from mirrorcheck.engine.watch.excerpt import excerpt
from mirrorcheck.render.live.events import searched_pods
from mirrorcheck.render.live.plain import PlainLines
from mirrorcheck.settings import Options
from mirrorcheck.sources.feed import Closed, Gap, Proof, Text
from tests.engine.play import SECOND_US, Watcher, opened

FORMAT = (
    '$remote_addr [$time_iso8601] "$request" $status "$http_user_agent" "$http_x_forwarded_for" "$http_x_request_id"'
)
OPTIONS = Options(log_format=FORMAT, horizon="10s")
START_US = 1_795_370_400 * SECOND_US  # 2026-11-22T18:00:00Z
IDS = "8f14e45f-ceea-467f-9c2b-1f2e3d4c5b6a"


def line(second: int, chain: str, request_id: str = "-", target: str = "") -> bytes:
    """A line of the format above."""
    at = f"2026-11-22T18:{second // 60:02}:{second % 60:02}+00:00"
    request = f"GET {target or f'/page/{second}'} HTTP/1.1"
    return f'127.0.0.6 [{at}] "{request}" 200 "curl/8" "{chain}" "{request_id}"\n'.encode()


@pytest.fixture
def missed(tmp_path: Path) -> list[Event]:
    """The misses of a mirror whose third pod of the shadow had ended before, whose second one has a gap."""
    watcher = Watcher(tmp_path, OPTIONS)
    primaries, shadows = ("v1-a", "v1-b"), ("v2-a", "v2-b", "v2-c", "v2-d")
    watcher.tell(*(opened(pod, "primary", START_US) for pod in primaries))
    watcher.tell(*(opened(pod, "shadow", START_US) for pod in shadows[:3]))
    watcher.tell(opened("v2-d", "shadow", START_US + 50 * SECOND_US))
    for second in range(60):
        originals, copies = (
            line(second, f"10.0.0.{second},10.9.9.9"),
            line(second, f"10.0.0.{second},10.9.9.9,192.0.2.2"),
        )
        watcher.tell(Text(primaries[second % 2], originals))
        if second != 40:
            watcher.tell(Text("v2-a", copies))
    lost = line(31, "-", IDS, "/alone")
    watcher.tell(
        Text("v1-a", lost), Gap("v2-b", "v2-b", "nginx", START_US + 5 * SECOND_US, START_US + 9 * SECOND_US, "lost")
    )
    watcher.tell(Proof("v2-c", START_US + 20 * SECOND_US), Closed("v2-c", "its pod is gone"))
    watcher.tell(*(Proof(pod, START_US + 90 * SECOND_US) for pod in (*primaries, "v2-a", "v2-b", "v2-d")))
    watcher.now_us = START_US + 90 * SECOND_US
    state = watcher.look()[1]
    words = [each for each in PlainLines(10.0).lines(state) if "  MISSED  " in each]
    assert words[0].endswith(f"v1-a  200  GET /alone  certain  client 127.0.0.6  id {IDS}  no copy in v2-a, v2-b")
    return [each for each in state.events if each.kind == "missed"]


def test_a_miss_names_who_asked_whom_and_where_it_was_searched_pods(missed: list[Event]) -> None:
    """The client is the first of the chain, or else the peer; a pod that was not read then is not named."""
    named = [(each.target, each.pod, each.client, each.request_id, each.shadow_pods) for each in missed]
    assert named == [
        ("/alone", "v1-a", "127.0.0.6", IDS, ("v2-a", "v2-b")),
        ("/page/40", "v1-a", "10.0.0.40", "", ("v2-a", "v2-b")),
    ]
    assert missed[0].shadow_pods is missed[1].shadow_pods  # thousands of them hold one tuple


def test_its_line_stands_where_the_miss_says(missed: list[Event]) -> None:
    """Between the lines of the same pod, whatever other pods logged meanwhile."""
    place = missed[1].place
    assert place
    found = excerpt(place)
    assert found
    assert found.line == line(40, "10.0.0.40,10.9.9.9").decode().rstrip("\n")
    assert "/page/38" in found.before[-1]
    assert "/page/42" in found.after[0]


def test_many_pods_are_counted() -> None:
    """A line names three pods, and says how many more there were, or that there was none."""
    event = Event(0, "missed")

    def said(count: int | None) -> str:
        pods = None if count is None else tuple(f"v2-{number}" for number in range(count))
        return searched_pods(Event(0, event.kind, shadow_pods=pods))

    assert said(None) == ""
    assert said(0) == "no pod of the shadow was there"
    assert said(1) == "no copy in v2-0"
    assert said(4) == "no copy in v2-0, v2-1, v2-2, v2-3"
    assert said(40) == "no copy in v2-0, v2-1, v2-2 and 37 more"
