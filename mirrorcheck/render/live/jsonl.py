"""Writes snapshots as events, one JSON object a line.

`type` says which: `status`, with all numbers of a snapshot; `missed`, `uncopied` (a miss while less than 100 % is
expected), `differs`, `orphan`, `duplicate`, `gap`, `rule` and `note`, one for each event, once; `skipped`, for
events that were too many at once to be kept; and `report`, the last of all. Where several shadows are watched, each
event has the `shadow_name` of the one that it is about. Instants (`at`, `to` and the like) are ISO 8601 in UTC with
milliseconds and `Z`. What is not known is null.

A request has its `method`, `target` and `status`, `candidates` (1 is certain, k one of k identical), the `pod` that
logged it, its `client` (the first address of X-Forwarded-For, else the one that it came from) and its `request_id`; one
without a copy has `shadow_pods`, the pods of the shadow that were read when it came and had no copy of it.
"""

import json
from dataclasses import asdict

from mirrorcheck.engine.snapshot import Event, NoSight, Snapshot, StreamHealth
from mirrorcheck.render.live.lines import LineWriter, Skipped
from mirrorcheck.render.live.panel import iso
from mirrorcheck.report.dump import plain, to_document
from mirrorcheck.report.model import Ratio, Report
from mirrorcheck.report.several import Reports

SCHEMA = "mirrorcheck.watch/1"


class JsonLines(LineWriter):
    """Turns snapshots into events; `interval_s` seconds between two of the type `status`."""

    def lines(self, snapshot: Snapshot) -> list[str]:
        """Return the events that this snapshot adds, each as JSON in ASCII, which any stream can carry."""
        events = [_event(each, snapshot) for each in self._new(snapshot.events)]
        if self._is_status_due(snapshot):
            events.append(status_event(snapshot))
        named = {"shadow_name": snapshot.shadow} if snapshot.shadow else {}
        return [json.dumps(plain(event | named), allow_nan=False) for event in events]


def status_event(snapshot: Snapshot) -> dict[str, object]:
    """Return the event `status`: ratios are 0 to 1, `expect` is in percent, delays and lags are in milliseconds."""
    silence = snapshot.silence
    return {
        "type": "status",
        "schema": SCHEMA,
        "at": _instant(snapshot.now_us),
        "started": _instant(snapshot.started_us),
        "service": snapshot.service,
        "namespace": snapshot.namespace,
        "rule": snapshot.rule,
        "expect": snapshot.expect,
        "problems": snapshot.problems,
        "verdict": snapshot.verdict,
        "no_copies": silence and {"since": _instant(silence.since_us), "pending": silence.waiting},
        "no_sight": snapshot.no_sight and _no_sight(snapshot.no_sight),
        "decided_to": _instant(snapshot.watermark_us),
        "recent": {"seconds": snapshot.recent_s, **_without(snapshot.recent, "confidence")},
        "overall": _without(snapshot.overall, "confidence"),
        "totals": asdict(snapshot.totals),
        "delay_ms": snapshot.delay_ms,
        "delay_p99_ms": snapshot.delay_p99_ms,
        "mirrored_by": snapshot.proxies,
        "streams": [_stream(stream) for stream in snapshot.streams],
    }


def _no_sight(lost: NoSight) -> dict[str, object]:
    return {"since": _instant(lost.since_us), **_without(lost, "since_us")}


def report_events(found: Report | Reports) -> list[str]:
    """Return the last events of all as JSON: the report, as `analyze --json` writes it, or that of each shadow."""
    if isinstance(found, Reports):
        events = [{"type": "report", "report": to_document(each), "shadow_name": name} for name, each in found.items()]
    else:
        events = [{"type": "report", "report": to_document(found)}]
    return [json.dumps(event, allow_nan=False) for event in events]


def _stream(stream: StreamHealth) -> dict[str, object]:
    return {**_without(stream, "lag_us"), "lag_ms": stream.lag_us / 1000}


def _without(noun: Ratio | NoSight | StreamHealth, field: str) -> dict[str, object]:
    return {name: value for name, value in asdict(noun).items() if name != field}


def _event(each: Event | Skipped, snapshot: Snapshot) -> dict[str, object]:
    if isinstance(each, Skipped):
        return {"type": "skipped", "at": _instant(snapshot.now_us), "kind": each.kind, "count": each.count}
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
    if each.shadow_pods is not None:
        known["shadow_pods"] = each.shadow_pods
    return {**known, **({"text": each.text} if each.text else {})}


def _instant(at_us: int | None) -> str | None:
    return None if at_us is None else iso(at_us)
