"""Successive looks come in; events, one JSON object a line, go out.

`type` says which: `status`, with all numbers of a look; `missed`, `uncopied` (a miss while less than 100 % is
expected), `differs`, `orphan`, `duplicate`, `gap`, `rule` and `note`, one for each event, once; `skipped`, for
events that were too many at once to be kept; and `report`, the last of all. Instants (`at`, `to` and the like) are
ISO 8601 in UTC with milliseconds and `Z`. What is not known is null.

A request has its `method`, `target` and `status`, `candidates` (1 is certain, k one of k identical), the `pod` that
logged it, its `client` (the first address of X-Forwarded-For, else the one that it came from) and its `request_id`; one
without a copy has `shadow_pods`, the pods of the shadow that were read when it came and had no copy of it.
"""

import json
from dataclasses import asdict

from mirrorcheck.engine.snapshot import Event, NoSight, Snapshot, StreamHealth
from mirrorcheck.render.live.pace import PrintPace
from mirrorcheck.render.live.panel import moment
from mirrorcheck.render.live.unseen import Skipped, Unseen
from mirrorcheck.report.dump import plain, to_document
from mirrorcheck.report.model import Report

SCHEMA = "mirrorcheck.watch/1"


class JsonLines:
    """Turns looks into events; `interval_s` seconds between two of the type `status`."""

    def __init__(self, interval_s: float) -> None:
        self._pace = PrintPace(interval_s)
        self._unseen = Unseen()

    def lines(self, state: Snapshot) -> list[str]:
        """Return the events that this look adds, each as JSON in ASCII, which any stream can carry."""
        events = [_event(each, state) for each in self._unseen.take(state.events)]
        if self._pace.is_due(state):
            events.append(status_event(state))
        return [json.dumps(plain(event), allow_nan=False) for event in events]

    def last(self, state: Snapshot) -> list[str]:
        """Return the events that the last look adds: a `status` is one of them."""
        self._pace.hurry()
        return self.lines(state)


def status_event(state: Snapshot) -> dict[str, object]:
    """Return the event of a look: ratios are 0 to 1, `expect` is in percent, delays and lags are in milliseconds."""
    silence = state.silence
    return {
        "type": "status",
        "schema": SCHEMA,
        "at": _instant(state.now_us),
        "started": _instant(state.started_us),
        "service": state.service,
        "namespace": state.namespace,
        "rule": state.rule,
        "expect": state.expect,
        "problems": state.problems,
        "verdict": state.verdict,
        "no_copies": silence and {"since": _instant(silence.since_us), "pending": silence.waiting},
        "no_sight": state.no_sight and _no_sight(state.no_sight),
        "decided_to": _instant(state.watermark_us),
        "recent": {"seconds": state.recent_s, **asdict(state.recent)},
        "overall": asdict(state.overall),
        "totals": asdict(state.totals),
        "delay_ms": state.delay_ms,
        "delay_p99_ms": state.delay_p99_ms,
        "mirrored_by": state.proxies,
        "streams": [_stream(stream) for stream in state.streams],
    }


def _no_sight(lost: NoSight) -> dict[str, object]:
    known = {name: value for name, value in asdict(lost).items() if name != "since_us"}
    return {"since": _instant(lost.since_us), **known}


def report_event(report: Report) -> str:
    """Return the last event of all as JSON: the report, as `analyze --json` writes it."""
    return json.dumps({"type": "report", "report": to_document(report)}, allow_nan=False)


def _stream(stream: StreamHealth) -> dict[str, object]:
    known = {name: value for name, value in asdict(stream).items() if name != "lag_us"}
    return {**known, "lag_ms": stream.lag_us / 1000}


def _event(each: Event | Skipped, state: Snapshot) -> dict[str, object]:
    if isinstance(each, Skipped):
        return {"type": "skipped", "at": _instant(state.now_us), "kind": each.kind, "count": each.count}
    event = {"type": each.kind, "at": _instant(each.at_us), "nth": each.nth}
    match each.kind:
        case "gap":
            return {**event, "to": _instant(each.to_us), "pod": each.pod, "reason": each.text}
        case "rule" | "note":
            return {**event, "text": each.text}
        case _:
            return {**event, **_request(each)}


def _request(each: Event) -> dict[str, object]:
    known: dict[str, object] = {
        "method": each.method or None,
        "target": each.target or None,
        "status": None if each.status < 0 else each.status,
        "candidates": each.candidates,
    }
    known |= {"pod": each.pod or None, "client": each.client or None, "request_id": each.request_id or None}
    if each.kind == "differs":
        known["shadow_status"] = None if each.shadow_status < 0 else each.shadow_status
    if each.in_sight is not None:
        known["shadow_pods"] = each.in_sight
    return {**known, **({"text": each.text} if each.text else {})}


def _instant(at_us: int | None) -> str | None:
    return None if at_us is None else moment(at_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")
