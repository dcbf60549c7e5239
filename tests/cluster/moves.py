"""A watching of a service on a cluster, whose requests and changes of the rule a test makes.

It runs in the test's own process, so that a request can be sent when a change was seen, however busy the machine is.
"""

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from mirrorcheck.cluster.api.client import Client
from mirrorcheck.cluster.discover.discovery import discover
from mirrorcheck.cluster.live_source import ClusterSource, RulePace
from mirrorcheck.cluster.logs.constants import FollowPace
from mirrorcheck.engine.decided import decided
from mirrorcheck.engine.live import Engine
from mirrorcheck.engine.snapshot import Snapshot
from mirrorcheck.engine.watch.loop import now_us
from mirrorcheck.engine.watch.snapshots import Snapshots, Subject
from mirrorcheck.mesh.model import Overrides
from mirrorcheck.report.model import Report
from mirrorcheck.settings import Options, complete
from mirrorcheck.sources.feed import FeedEvent, RuleKnown, RuleSeen, Text
from mirrorcheck.sources.recording import Recorder
from mirrorcheck.totals import rule_absent
from tests.cluster.traffic import line
from tests.kube.cluster import Cluster

OPTIONS = Options(horizon="5s")  # a stream that a busy machine does not read for twice as long would be a gap
REREAD_S, AROUND_S = 0.1, 0.6  # around a change: before it is seen, and until proxies have taken it over
AROUND_US = timedelta(seconds=AROUND_S) // timedelta(microseconds=1)
PACE = RulePace(reread=REREAD_S, cached=0.0, follow=FollowPace(seen_late=AROUND_S))
_PATIENCE_S = 180.0  # a busy machine may be slow
_PAUSE_S = 0.3  # between looks, each of which costs a tenth of that
_APART_US, _LATE_US = 10_000, 1_000


class Watch:
    """Watches the service; its test sends requests, and says when the rule changes."""

    def __init__(self, cluster: Cluster, client: Client, folder: Path, expect: float | None) -> None:
        self.cluster = cluster
        self.events: list[FeedEvent] = []
        self.target = discover(client, "target", Overrides(expect=expect))
        self.states: list[Snapshot] = []
        self.where: dict[str, str] = {}  # namespaces of pods that are not in the default one
        self.sent = 0
        self._last_us = 0
        self._queue: queue.Queue[FeedEvent] = queue.Queue()
        self._source = ClusterSource(client, self.target, self._queue, 100, PACE)
        self._recorder = Recorder(folder / "kept", OPTIONS)
        self._engine = Engine(complete(OPTIONS), self._recorder.path)
        self._painter = Snapshots(Subject("target", "default", expect), now_us())
        self._source.start()

    def send(self, primary: str, shadow: str | None, count: int = 20, after_us: int = 0) -> None:
        """Send requests that a pod of the primary logs, and their copies one of the shadow, a moment apart.

        They are stamped from now on, or from an instant on; how fast this machine is does not matter.
        """
        at_us = max(self._last_us, after_us or now_us())
        for _ in range(count):
            self.sent += 1
            at_us += _APART_US
            self._log(primary, f"/{self.sent}", "-", at_us)
            if shadow is not None:
                self._log(shadow, f"/{self.sent}", "192.0.2.2", at_us + _LATE_US)
        self._last_us = at_us

    def until(self, holds: Callable[[], object], pause_s: float = 0.05) -> None:
        """Take what is told until something holds, which is asked again and again."""
        end = time.monotonic() + _PATIENCE_S
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError([event for event in self.events if not isinstance(event, Text)])
            self.wait(pause_s)
            self._take_all()

    def changed(self, deed: Callable[[], object], text: str) -> RuleSeen:
        """Change the rule when what was sent before is beyond doubt, and wait until one of this text is seen.

        A busy machine rereads the rule late: what was sent since the last reading would be in doubt, too.
        """
        self.until(lambda: self._known_us() > self._last_us + 2 * AROUND_US)
        before = len(self.rules)
        deed()
        self.until(lambda: any(text in rule.text or text in rule.problems for rule in self.rules[before:]))
        return self.rules[-1]

    def wait(self, seconds: float) -> None:
        """Take what is told for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._take(0.02)

    def look(self) -> Snapshot:
        """What is known now."""
        found = self._engine.look(now_us())
        self.states.append(self._painter.take(found, decided(found), now_us()))
        return self.states[-1]

    @property
    def rules(self) -> list[RuleSeen]:
        """The rules that were told so far."""
        return [event for event in self.events if isinstance(event, RuleSeen)]

    def _known_us(self) -> int:
        """Up to when the rule is known to be what was told last."""
        return max((event.through_us for event in self.events if isinstance(event, RuleKnown)), default=0)

    def decide(self) -> Snapshot:
        """Wait until all that was sent is decided, and look."""
        self.until(lambda: (self.look().watermark_us or 0) > self._last_us, _PAUSE_S)
        return self.states[-1]

    def end(self) -> Report:
        """End it, and report."""
        self._source.stop()
        self._take_all()
        self._recorder.close()
        return self._engine.end(now_us()).report(complete(OPTIONS))

    def stop(self) -> None:
        """End every thread."""
        self._source.stop()

    def _take_all(self) -> None:
        """Take what is there: a look costs more than an event, and may not be behind for ever."""
        while not self._queue.empty():
            self._take(0.0)

    def _take(self, seconds: float) -> None:
        try:
            event = self._queue.get(timeout=seconds) if seconds else self._queue.get_nowait()
        except queue.Empty:
            return
        self._recorder.take(event)
        self._engine.take(event, now_us())
        self.events.append(event)

    def _log(self, pod: str, path: str, xff: str, at_us: int) -> None:
        namespace = self.where.get(pod, "default")
        self.cluster.log(pod, "nginx", line(path, xff), at=at_us * 1000, namespace=namespace)


@contextmanager
def watching(cluster: Cluster, client: Client, folder: Path, expect: float | None = None) -> Iterator[Watch]:
    """A watching for which changes of the rule take a moment only."""
    with (
        patch.object(rule_absent, "SEEN_LATE_US", AROUND_US),
        patch.object(rule_absent, "TAKEN_OVER_US", AROUND_US),
    ):
        made = Watch(cluster, client, folder, expect)
        try:
            yield made
        finally:
            made.stop()
