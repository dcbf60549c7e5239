"""Lines that are no requests through the proxy: kubelet's probes, scans, and what is sent straight to the shadow."""

from collections.abc import Iterator, Sequence

import numpy as np

from tests.truth.mixes.circumstances import Circumstances
from tests.truth.mixes.clients import Sent, request_id, trace, traceparent
from tests.truth.mixes.lines import Line

_NODE, _SCANNER, _DIRECT = "10.0.0.1", "203.0.113.9", "10.0.3.3"
_PERIODS_S = (1, 2, 5, 10)
_SCANS = 3
_GREETING = r"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03"  # of TLS, as nginx escapes it


def probes(circumstances: Circumstances, until: float, random: np.random.Generator) -> Iterator[Line]:
    """Kubelet's health checks of every pod, each pod's at a period from a moment of its own."""
    period = float(random.choice(_PERIODS_S)) if circumstances.probes else until + 1
    for pod in range(circumstances.pods if circumstances.probes else 0):
        for at in np.arange(random.uniform(0, period), until, period).tolist():
            end = at + random.uniform(0, 0.002)
            yield Line(end, pod, "GET /healthz HTTP/1.1", None, agent="kube-probe/1.29", remote=_NODE, took=0.001)


def scans(circumstances: Circumstances, until: float, random: np.random.Generator) -> Iterator[Line]:
    """What speaks something else than HTTP to the primary's port, and is refused."""
    for _ in range(_SCANS if circumstances.malformed else 0):
        pod = int(random.integers(circumstances.pods))
        yield Line(random.uniform(0, until), pod, _GREETING, None, status=400, agent="-", remote=_SCANNER, took=0.0)


def direct(
    circumstances: Circumstances, sent: Sequence[Sent], chain: str, random: np.random.Generator
) -> Iterator[Line]:
    """Requests of the same kind that nobody mirrored: somebody sent them to the shadow."""
    for _ in range(round(circumstances.direct * len(sent))):
        like = sent[int(random.integers(len(sent)))]
        yield Line(
            like.at + random.uniform(-0.5, 0.5) + 1.0,
            int(random.integers(circumstances.pods)),
            f"GET {like.target} HTTP/1.1",
            None,
            remote=_DIRECT,
            chain=chain,
            request_id=request_id(random),
            traceparent=traceparent(trace(random), random),
        )
