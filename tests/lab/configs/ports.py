"""A scenario comes in; free ports on loopback for each of its parts go out."""

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from tests.lab.scenario import Scenario

LOOPBACK = "127.0.0.1"
SIDECAR_SOURCE = "127.0.0.6"
"""Istio's sidecars connect to the application from here, so every $remote_addr is the same."""


@dataclass(frozen=True, slots=True)
class ProxyPorts:
    """Where one mirroring proxy listens."""

    traffic: int
    admin: int


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each part listens: `pods` are the servers themselves, `inbound` the sidecars in front of them."""

    proxies: tuple[ProxyPorts, ...]
    backend: int
    pods: Mapping[str, int]
    inbound: Mapping[str, int]
    inbound_admin: int

    def doors(self, side: str) -> dict[str, int]:
        """Return the port by pod through which a side is reached: the sidecar's where there is one."""
        return {pod: self.inbound.get(pod, port) for pod, port in self.pods.items() if pod.startswith(side)}


def find(scenario: Scenario) -> Ports:
    """Find ports nobody listens on; all are held open together, so they differ."""
    pods = scenario.pods
    proxies = 1 if scenario.second_proxy is None else 2
    inbound = () if scenario.server_sidecars == "none" else pods
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(2 * proxies + 2 + len(pods) + len(inbound))]
        for each in held:
            each.bind((LOOPBACK, 0))
        free = iter([each.getsockname()[1] for each in held])
    return Ports(
        proxies=tuple(ProxyPorts(next(free), next(free)) for _ in range(proxies)),
        backend=next(free),
        pods={pod: next(free) for pod in pods},
        inbound={pod: next(free) for pod in inbound},
        inbound_admin=next(free),
    )
