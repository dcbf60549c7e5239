"""A scenario and ports come in; its Envoys and nginxes run, and what was done to them goes out."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.lab import programs
from tests.lab.configs import envoy
from tests.lab.configs.nginx import nginx_config
from tests.lab.configs.ports import LOOPBACK, Ports
from tests.lab.process import Process
from tests.lab.scenario import Event, Scenario

_DRAIN_S = 20.0
_QUIET_LOOKS = 2
_ENDINGS = {"stop": signal.SIGTERM, "kill": signal.SIGKILL, "drain": signal.SIGQUIT}
_GROUP_SIGNALS = {"freeze": signal.SIGSTOP, "thaw": signal.SIGCONT}


@dataclass(slots=True)
class Mesh:
    """The running parts of one recording; `began` is epoch seconds, `events_s` seconds after it."""

    scenario: Scenario
    ports: Ports
    folder: Path
    processes: dict[str, Process] = field(default_factory=dict)
    began: float = 0.0
    events_s: list[tuple[float, str]] = field(default_factory=list)
    stats: dict[str, int] = field(default_factory=dict)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start every part, and end every part whatever happens."""
        try:
            for pod in self.scenario.pods:
                await self._start_pod(pod)
            if self.ports.inbound:
                first = next(iter(self.ports.inbound.values()))
                await self._start_envoy("inbound", envoy.inbound(self.scenario, self.ports), first)
            for number, proxy in enumerate(self.ports.proxies):
                await self._start_envoy(
                    f"envoy-{number}", envoy.mirroring(self.scenario, self.ports, number), proxy.traffic
                )
            yield
        finally:
            # The proxies first, so that no request under way meets a server that is gone.
            for process in reversed(self.processes.values()):
                await process.end()

    async def act(self, event: Event) -> None:
        """Wait for an event's moment, do it, and note when it was done."""
        await asyncio.sleep(max(0.0, self.began + event.at_s - time.time()))
        subject, verb = event.what.split()
        begun_s = time.time() - self.began
        if subject == "mirror":
            await asyncio.gather(*(self._set_mirroring(number, verb) for number in range(len(self.ports.proxies))))
        else:
            pods = [pod for pod in self.scenario.pods if pod.startswith(subject)]
            await asyncio.gather(*(self._act_on(pod, verb) for pod in pods))
        # What ends has its effect when it begins to, everything else when it is done.
        at_s = begun_s if verb in _ENDINGS else time.time() - self.began
        self.events_s.append((round(at_s, 3), event.what))

    async def drain(self) -> None:
        """Wait until no proxy has a request under way, and keep their counters."""
        if self.scenario.workers > 1:
            await asyncio.sleep(1.5)  # the buffered lines are written after a second
        deadline = time.time() + _DRAIN_S
        quiet = 0
        while time.time() < deadline and quiet < _QUIET_LOOKS:
            await asyncio.sleep(0.3)
            self.stats = await self._counters()
            busy = self.stats.get("v1.upstream_rq_active", 0) + self.stats.get("v2.upstream_rq_active", 0)
            quiet = 0 if busy else quiet + 1

    async def _start_pod(self, pod: str) -> None:
        home = self.folder / pod
        home.mkdir(exist_ok=True)
        config = home / "nginx.conf"
        config.write_text(nginx_config(self.scenario, pod, self.ports, home), encoding="utf-8")
        self.processes[pod] = await Process.start(
            *(str(programs.nginx()), "-p", str(home), "-c", str(config), "-e", str(home / "error.log")),
            port=self.ports.pods[pod],
            environment={"TZ": self.scenario.v2_zone if pod.startswith("v2") else "UTC"},
        )

    async def _start_envoy(self, name: str, bootstrap: str, port: int) -> None:
        config = self.folder / f"{name}.json"
        config.write_text(bootstrap, encoding="utf-8")
        arguments = ("-c", str(config), "--disable-hot-restart", "--concurrency", "2", "-l", "warning")
        self.processes[name] = await Process.start(
            *(str(programs.envoy()), *arguments, "--log-path", str(self.folder / f"{name}.log")),
            port=port,
            environment={},
        )

    async def _act_on(self, pod: str, verb: str) -> None:
        if verb == "start":
            await self._start_pod(pod)
        elif verb in _GROUP_SIGNALS:
            self.processes[pod].tell(_GROUP_SIGNALS[verb])
        elif verb == "kill":
            self.processes[pod].tell(signal.SIGKILL)
            await self.processes.pop(pod).end()
        else:
            await self.processes.pop(pod).end(_ENDINGS[verb])

    async def _set_mirroring(self, proxy: int, percentage: str) -> None:
        """Override the percentage of every mirror policy of a proxy."""
        count = len(envoy.policies(self.scenario, proxy))
        settings = {f"{envoy.RUNTIME_KEY}{index}": percentage for index in range(count)}
        url = f"http://{LOOPBACK}:{self.ports.proxies[proxy].admin}/runtime_modify"
        async with aiohttp.ClientSession() as session, session.post(url, params=settings) as response:
            response.raise_for_status()

    async def _counters(self) -> dict[str, int]:
        """Read the proxies' counters of the two clusters, added up, by names like `v2.upstream_rq_total`."""
        found: dict[str, int] = {}
        async with aiohttp.ClientSession() as session:
            for proxy in self.ports.proxies:
                url = f"http://{LOOPBACK}:{proxy.admin}/stats"
                async with session.get(url, params={"format": "json"}) as response:
                    document = await response.json(content_type=None)
                for stat in document["stats"]:
                    name = str(stat.get("name", ""))
                    if name.startswith(("cluster.v1.", "cluster.v2.")):
                        short = name.removeprefix("cluster.")
                        found[short] = found.get(short, 0) + int(stat["value"])
        return found
