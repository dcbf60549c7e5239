"""The same recording in every wrapper is analyzed as it is without; and what only wrappers and ids can tell."""

import json
import os
import re
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from queue import Queue

import pytest

import mirrorcheck
from mirrorcheck.engine.growing_stream import GrowingStream
from mirrorcheck.reading.detection import Formats
from mirrorcheck.reading.readers import read_streams
from mirrorcheck.sources import files
from mirrorcheck.sources.feed import Closed, FeedEvent, Text
from mirrorcheck.sources.files import open_sources
from mirrorcheck.sources.pipe import Pipe
from tests.engine.play import opened
from tests.logs import Request, requests
from tests.program import call
from tests.sample import sampled
from tests.streams import NOTHING, read_log

RECORDING = Path(__file__).parents[2] / "testdata" / "recordings" / "shadow-restarted"
TIME = re.compile(r"\[([^\]]+)\]")
MAIN = re.compile(r'(\S+) - - \[[^]]+\] "(\S+) (\S+) (\S+)" (\d+) (\d+) "[^"]*" "([^"]*)" "([^"]*)"')
Wrap = Callable[[str, str, str], str]  # pod, stamp, line


def as_json(**values: object) -> str:
    """Write an object in one line, as most exporters do."""
    return json.dumps(values, separators=(",", ":"))


def version(pod: str) -> str:
    """Give the version in a pod's name."""
    return pod.split("-")[1]


def micros(stamp: str) -> int:
    """Give a stamp as microseconds since 1970."""
    return round(datetime.fromisoformat(f"{stamp[:26]}+00:00").timestamp() * 1_000_000)


WRAPPERS: dict[str, Wrap] = {
    "kubetail": lambda pod, _, line: f"[{pod} nginx] {line}",
    "kubetail in colours": lambda pod, _, line: f"\x1b[93m[{pod}]\x1b(B\x1b[m \x1b[93m{line}\x1b(B\x1b[m",
    "kubectl": lambda pod, stamp, line: f"[pod/{pod}/nginx] {stamp} {line}",
    "stern": lambda pod, _, line: f"{pod} nginx {line}",
    "kail": lambda pod, _, line: f"default/{pod}[nginx]: {line}",
    "logcli": lambda pod, stamp, line: f'{stamp[:19]}Z {{app="web", pod="{pod}"}} {line}',
    "stern json": lambda pod, _, line: as_json(message=line, podName=pod, labels={"version": version(pod)}),
    "logcli jsonl": lambda pod, stamp, line: as_json(labels={"pod": pod}, line=line, timestamp=stamp),
    "Fluent Bit": lambda pod, stamp, line: as_json(log=f"{line}\n", time=stamp, kubernetes={"pod_name": pod}),
    "Vector": lambda pod, stamp, line: as_json(
        kubernetes={"pod_name": pod}, message=line, source_type="kubernetes_logs", timestamp=stamp
    ),
    "syslog": lambda pod, _, line: f"<190>Nov 22 18:00:00 {pod} nginx: {line}",
    "syslog by tag": lambda pod, stamp, line: f"<190>1 {stamp} web1 {pod} - - - {line}",
    "rsyslog": lambda pod, stamp, line: f"{stamp[:26]}+00:00 {pod} nginx[7]: {line}",
    "journald": lambda pod, stamp, line: as_json(
        MESSAGE=line, __REALTIME_TIMESTAMP=str(micros(stamp)), _HOSTNAME=pod, SYSLOG_IDENTIFIER="nginx"
    ),
    "Filebeat": lambda pod, stamp, line: as_json(**{"@timestamp": stamp, "message": line, "kubernetes.pod.name": pod}),
    "Elasticsearch": lambda pod, stamp, line: as_json(
        _index="logs", _source={"@timestamp": stamp, "event": {"original": line}, "kubernetes": {"pod": {"name": pod}}}
    ),
    "Grafana": lambda pod, stamp, line: as_json(line=line, timestamp=f"{micros(stamp)}000", fields={"pod": pod}),
    "docker in Fluent Bit": lambda pod, stamp, line: as_json(
        log=as_json(log=f"{line}\n", stream="stdout", time=stamp), kubernetes={"pod_name": pod}
    ),
}


def stamped(log: Path) -> Iterator[tuple[str, str]]:
    """Give each line of a log with a stamp: its own second, and its place in that as the rank among its lines."""
    lines = log.read_text().splitlines()
    seconds = [datetime.strptime(TIME.findall(line)[0], "%d/%b/%Y:%H:%M:%S %z") for line in lines]
    rank: dict[datetime, int] = {}
    for second, line in zip(seconds, lines, strict=True):
        rank[second] = rank.get(second, -1) + 1
        micros = (2 * rank[second] + 1) * 1_000_000 // (2 * seconds.count(second))
        yield f"{second.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{micros:06d}000Z", line


def as_istio(stamp: str, line: str) -> str:
    """Give what a sidecar would have logged of a request in JSON, its clock being the stamp's milliseconds."""
    values = (None if value == "-" else value for value in MAIN.findall(line)[0])
    remote, method, target, protocol, status, sent, agent, chain = values
    return as_json(
        start_time=f"{stamp[:23]}Z",
        method=method,
        path=target,
        protocol=protocol,
        response_code=int(status or 0),
        response_flags="-",
        bytes_sent=int(sent or 0),
        duration=1,
        x_forwarded_for=chain,
        user_agent=agent,
        request_id=None,
        upstream_cluster="inbound|80||",
        downstream_remote_address=f"{remote}:0",
    )


def capture(wrap: Wrap, payload: Callable[[str, str], str] = lambda _, line: line) -> list[str]:
    """Give the recording as one capture, the lines of both pods in the order of their stamps."""
    pods = {"web-v1-7d9f-abcde": "v1.log", "web-v2-66c5-xyz12": "v2.log"}
    lines = [
        (stamp, wrap(pod, stamp, payload(stamp, line)))
        for pod, name in pods.items()
        for stamp, line in stamped(RECORDING / name)
    ]
    return [line for _, line in sorted(lines, key=lambda each: each[0])]


def counts(report: mirrorcheck.Report) -> tuple[object, ...]:
    """Give what was decided of the lines."""
    return report.originals, report.shadow, report.verdict.word, report.primary.lines.parsed


@pytest.fixture(scope="module")
def plain() -> mirrorcheck.Report:
    """The recording without any wrapper."""
    return mirrorcheck.analyze(primary=RECORDING / "v1.log", shadow=RECORDING / "v2.log")


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", sampled(WRAPPERS, 10))
def test_the_same_outcomes_in_every_wrapper(name: str, plain: mirrorcheck.Report, tmp_path: Path) -> None:
    """A capture of both pods in a wrapper gives the counts of the two plain logs."""
    path = tmp_path / "capture.log"
    path.write_text("".join(f"{line}\n" for line in capture(WRAPPERS[name])))
    assert counts(mirrorcheck.analyze(path)) == counts(plain)


@pytest.fixture(scope="module")
def istio(tmp_path_factory: pytest.TempPathFactory) -> mirrorcheck.Report:
    """The recording as two sidecars' logs in JSON, without any wrapper."""
    paths = {}
    for side in ("v1", "v2"):
        paths[side] = tmp_path_factory.mktemp("istio") / f"{side}.log"
        lines = (as_istio(stamp, line) for stamp, line in stamped(RECORDING / f"{side}.log"))
        paths[side].write_text("".join(f"{line}\n" for line in lines))
    return mirrorcheck.analyze(primary=paths["v1"], shadow=paths["v2"])


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", sampled(WRAPPERS, 6))
def test_json_in_every_wrapper(name: str, plain: mirrorcheck.Report, istio: mirrorcheck.Report, tmp_path: Path) -> None:
    """A sidecar's JSON gives the same counts in every wrapper, those that are JSON themselves included."""
    path = tmp_path / "capture.log"
    path.write_text("".join(f"{line}\n" for line in capture(WRAPPERS[name], as_istio)))
    report = mirrorcheck.analyze(path)
    assert counts(report) == counts(istio)
    assert counts(istio)[:2] == counts(plain)[:2]
    assert report.primary.format.endswith(", Istio JSON")


@pytest.mark.parametrize("name", ["logcli", "logcli jsonl"])
def test_newest_first(name: str, plain: mirrorcheck.Report, tmp_path: Path) -> None:
    """An export that begins with its newest line gives the same counts."""
    path = tmp_path / "export.log"
    path.write_text("".join(f"{line}\n" for line in reversed(capture(WRAPPERS[name]))))
    report = mirrorcheck.analyze(path)
    assert counts(report) == counts(plain)
    assert set(report.table["target"]) == set(plain.table["target"])


Line = tuple[str, str, str]  # pod, stamp, line
Export = Callable[[list[Line]], str]


def of_loki(lines: list[Line]) -> str:
    """Give the answer of Loki's API in one line."""
    result = [
        {"stream": {"pod": pod}, "values": [[f"{micros(stamp)}000", line] for own, stamp, line in lines if own == pod]}
        for pod in sorted({pod for pod, _, _ in lines})
    ]
    return as_json(status="success", data={"resultType": "streams", "result": result, "stats": {}})


def of_elasticsearch(lines: list[Line]) -> str:
    """Give the answer of a search, laid out."""
    hits = [json.loads(WRAPPERS["Elasticsearch"](*line)) for line in lines]
    return json.dumps({"took": 1, "timed_out": False, "hits": {"total": {"value": 1}, "hits": hits}}, indent=2)


def of_kibana(lines: list[Line]) -> str:
    """Give Kibana's table, whose dates are for people."""
    rows = ['"@timestamp";message;"kubernetes.pod.name"']
    rows += ['"Nov 22, 2026 @ 18:00:00.123";"{}\n";"{}"'.format(line.replace('"', '""'), pod) for pod, _, line in lines]
    return "\r\n".join([*rows, ""])


def by_tail(lines: list[Line]) -> str:
    """Give what `tail -f` writes of two files."""
    written, last = [], ""
    for pod, _, line in lines:
        if pod != last:
            written.append(
                f"\n==> /var/log/{version(pod)}.log <==\n" if last else f"==> /var/log/{version(pod)}.log <==\n"
            )
            last = pod
        written.append(f"{line}\n")
    return "".join(written)


EXPORTS: dict[str, tuple[str, Export]] = {
    "Grafana's JSON": ("Grafana", lambda lines: "[" + ",".join(WRAPPERS["Grafana"](*line) for line in lines) + "]"),
    "CloudWatch's events": (
        "CloudWatch",
        lambda lines: as_json(
            events=[{"logStreamName": pod, "timestamp": micros(at) // 1000, "message": line} for pod, at, line in lines]
        ),
    ),
    "Loki's answer": ("Loki", of_loki),
    "Elasticsearch's answer": ("Elasticsearch", of_elasticsearch),
    "Kibana's table": ("Kibana CSV", of_kibana),
    "tail": ("tail", by_tail),
}


@cache
def recorded() -> list[Line]:
    """Give the lines of both pods of the recording in the order of their stamps."""
    pods = {"web-v1-7d9f-abcde": "v1.log", "web-v2-66c5-xyz12": "v2.log"}
    lines = [(pod, stamp, line) for pod, name in pods.items() for stamp, line in stamped(RECORDING / name)]
    return sorted(lines, key=lambda each: each[1])


@pytest.mark.parametrize("newest_first", sampled([True, False], 1))
@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_in_one_piece(
    name: str,
    newest_first: bool,  # noqa: FBT001  # a case
    plain: mirrorcheck.Report,
    tmp_path: Path,
) -> None:
    """An export of both pods gives the counts of the two plain logs, be its newest line its first."""
    if newest_first and name == "tail":
        return
    around, export = EXPORTS[name]
    path = tmp_path / "export"
    path.write_text(export(recorded()[:: -1 if newest_first else 1]), newline="")
    report = mirrorcheck.analyze(path)
    assert report.primary.format == f"{around}, nginx main"
    assert counts(report) == counts(plain)
    assert report.other_lines is not None
    assert (report.other_lines.parsed, report.other_lines.unparsed) == (0, 0)
    assert set(report.table["target"]) == set(plain.table["target"])


@pytest.mark.parametrize("name", sampled(EXPORTS, 3))
def test_an_export_that_comes_through_a_pipe(name: str, tmp_path: Path) -> None:
    """What is read as it comes is what the file holds."""
    path = tmp_path / "export"
    path.write_text(EXPORTS[name][1](recorded()[:200]), newline="")
    queue: Queue[FeedEvent] = Queue()
    read, write = os.pipe()
    Pipe(read, queue).start()
    with open(write, "wb") as stream:  # noqa: PTH123  # a descriptor
        stream.write(path.read_bytes())
    saved = tmp_path / "saved"
    live = GrowingStream(opened("x", None), "x", saved, Formats(), NOTHING)
    while not isinstance(event := queue.get(timeout=60), Closed):
        if isinstance(event, Text):
            with saved.open("ab") as kept:
                kept.write(event.data)
            live.take(event.data)
    os.close(read)
    live.finish()
    whole, again = read_log(path), read_log(saved)
    for found in (live.stream(), again):
        assert (found.format, found.counts) == (whole.format, whole.counts)
        assert found.table.equals(whole.table)


@pytest.mark.unmeasured
def test_a_bomb_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an export in one line no more is held at once than a few chunks, however long the line is."""
    monkeypatch.setattr(files, "CHUNK", 1 << 18)
    line = as_json(
        line=ORIGINALS[0].line(), timestamp="1795341600123456789", fields={"pod": "web-v1-a", "x": "y" * 900}
    )
    peaks = []
    for count in (1000, 4000):
        path = tmp_path / f"{count}.json"
        path.write_text("[" + ",".join([line] * count) + "]")
        source = open_sources([str(path)])[0]
        tracemalloc.start()
        (stream,) = read_streams([source], Formats(), NOTHING)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert stream.counts.parsed == count
    assert peaks[1] < 1.5 * peaks[0]


def test_two_files_whose_hosts_tell_nothing(tmp_path: Path) -> None:
    """Where the names are no side's, the marker tells whose of two logs is the shadow's, unless names were given."""
    for name, sent in (("a.log", ORIGINALS), ("b.log", COPIES)):
        (tmp_path / name).write_text("".join(f"Nov 22 18:00:00 web1 nginx: {r.line()}\n" for r in sent))
    report = mirrorcheck.analyze(tmp_path / "a.log", tmp_path / "b.log")
    assert (report.originals.paired, report.primary.pods) == (6, ("web1 nginx",))
    with pytest.raises(mirrorcheck.InputError, match=r"no pod matches web2; .* web1 nginx"):
        mirrorcheck.analyze(tmp_path / "a.log", tmp_path / "b.log", primary_pods="web2", shadow_pods="web3")


@pytest.mark.parametrize("names", [("web1", "web2"), ("/log/v1/access.log", "/log/v2/access.log"), ("a v1", "a v2")])
def test_names_that_are_no_pods(names: tuple[str, str], tmp_path: Path) -> None:
    """Hosts, tags and files tell the sides by the usual words or by the globs that are given."""
    wrap = "==> {} <==\n{}\n" if "/" in names[0] else "<13>Nov 22 18:00:00 {}: {}\n"
    if names[0] == "web1":
        wrap = "<13>Nov 22 18:00:00 {} nginx[7]: {}\n"
    path = tmp_path / "capture.log"
    sent = zip(names, (ORIGINALS, COPIES), strict=True)
    path.write_text("".join(wrap.format(name, each.line()) for name, requests in sent for each in requests))
    given = {"primary_pods": "web1", "shadow_pods": "web2"} if names[0] == "web1" else {}
    assert mirrorcheck.analyze(path, **given).originals.paired == 6


def test_each_side_in_its_own_wrapper(plain: mirrorcheck.Report, tmp_path: Path) -> None:
    """One side may come from kubetail and the other from Loki."""
    v1, v2 = tmp_path / "v1.log", tmp_path / "v2.log"
    v1.write_text("".join(f"[web-v1 nginx] {line}\n" for _, line in stamped(RECORDING / "v1.log")))
    v2.write_text(
        "".join(as_json(labels={}, line=line, timestamp=at) + "\n" for at, line in stamped(RECORDING / "v2.log"))
    )
    report = mirrorcheck.analyze(primary=v1, shadow=v2)
    assert counts(report) == counts(plain)
    assert (report.primary.format, report.shadow_side.format) == (
        "kubetail, nginx main",
        "logcli -o jsonl, nginx main",
    )


ORIGINALS = requests(6)
COPIES = [request.copy() for request in ORIGINALS]


def stern(path: Path, sent: dict[tuple[str, str], list[Request]]) -> Path:
    """Write a capture by stern in JSON, by pod and version."""
    lines = (
        as_json(message=request.line(), podName=pod, containerName="nginx", labels={"version": label})
        for (pod, label), each in sent.items()
        for request in each
    )
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_labels_tell_the_sides(tmp_path: Path) -> None:
    """Where pods have telling labels but no telling names, labels tell; and the message says that they can."""
    path = stern(tmp_path / "all.json", {("blue-a", "v1"): ORIGINALS, ("green-b", "v2"): COPIES})
    with pytest.raises(mirrorcheck.InputError, match=r"blue-a, green-b\. .*--primary-label NAME=VALUE"):
        mirrorcheck.analyze(path)
    report = mirrorcheck.analyze(path, primary_label="version=v1", shadow_label="version=v2")
    assert (report.originals.paired, report.sides_determined_by) == (6, "labels: version=v1 and version=v2")
    assert report.primary.pods == ("blue-a",)
    with pytest.raises(mirrorcheck.UsageError, match=r"pod blue-a matches both sides.*--shadow-label"):
        mirrorcheck.analyze(path, primary_label="version=v1", shadow_label=["version=v2", "version=v1"])
    with pytest.raises(mirrorcheck.UsageError, match="--primary-label v1 is no name and value"):
        mirrorcheck.analyze(path, primary_label="v1")


def test_labels_tell_several_shadows(tmp_path: Path) -> None:
    """Each has a label of its own, named on the command line and from Python; a label that has no name is one."""
    pods = {("blue-a", "v1"): ORIGINALS, ("green-b", "v2"): COPIES, ("red-c", "v3"): COPIES[2:]}
    path = stern(tmp_path / "all.json", pods)
    found = mirrorcheck.analyze(
        path, primary_label="version=v1", shadow_label={"v2": "version=v2", "red": ["version=v3"]}
    )
    assert {name: each.originals.missed for name, each in found.items()} == {"v2": 0, "red": 2}
    labels = ("--shadow-label", "v2=version=v2", "--shadow-label", "red=version=v3")
    ran = call(tmp_path, "analyze", "all.json", "--primary-label", "version=v1", *labels, "--json")
    assert [each["name"] for each in json.loads(ran.out)["shadows"]] == ["v2", "red"]
    both = mirrorcheck.analyze(path, primary_label="version=v1", shadow_label=["version=v2", "version=v3"])
    assert both.shadow_side.pods == ("green-b", "red-c")


@pytest.mark.parametrize("roles", [("stable", "canary"), ("active", "preview")])
def test_roles_of_argo_rollouts(tmp_path: Path, roles: tuple[str, str]) -> None:
    """The labels that Argo Rollouts' documentation gives pods while a rollout lasts tell without options."""
    lines = (
        as_json(
            message=request.line(),
            podName=pod,
            containerName="nginx",
            labels={"app": "web", "rollouts-pod-template-hash": pod, "role": role},
        )
        for pod, role, sent in (("web-68b-x", roles[0], ORIGINALS), ("web-77c-y", roles[1], COPIES))
        for request in sent
    )
    (tmp_path / "all.json").write_text("".join(f"{line}\n" for line in lines))
    report = mirrorcheck.analyze(tmp_path / "all.json")
    assert (report.primary.pods, report.originals.paired) == (("web-68b-x",), 6)


def test_pods_outrank_labels(tmp_path: Path) -> None:
    """A pod's name given is more explicit than a label."""
    path = stern(tmp_path / "all.json", {("blue-a", "v2"): ORIGINALS, ("green-b", "v2"): COPIES})
    assert mirrorcheck.analyze(path, primary_pods="blue-*", shadow_label="version=v2").originals.paired == 6


CLUSTER = '$remote_addr [$time_local] "$request" $status "$http_x_forwarded_for" $upstream_cluster'


def with_cluster(request: Request, cluster: str) -> str:
    """Write a request in the format CLUSTER."""
    stamp, target = TIME.findall(request.line())[0], request.target
    return f'10.0.0.1 [{stamp}] "GET {target} HTTP/1.1" 200 "{request.xff}" {cluster}\n'


def test_the_upstream_cluster_tells_the_sides(tmp_path: Path) -> None:
    """In one log of lines without pods, the subset that Envoy chose tells; without one, a message says what will."""
    path = tmp_path / "gateway.log"
    sides = ((ORIGINALS, "outbound|80|v1|web.default.svc"), (COPIES, "outbound|80|v2|web.default.svc"))
    path.write_text("".join(with_cluster(request, cluster) for sent, cluster in sides for request in sent))
    report = mirrorcheck.analyze(path, log_format=CLUSTER)
    assert (report.originals.paired, report.sides_determined_by) == (6, "upstream_cluster: the subsets v1 and v2")
    other = path.read_text().replace("|v1|", "|stable|").replace("|v2|", "|canary|")
    path.write_text(other)
    with pytest.raises(mirrorcheck.UsageError, match=r"outbound\|80\|stable\|.*--primary-label upstream_cluster=GLOB"):
        mirrorcheck.analyze(path, log_format=CLUSTER)
    labels = {"primary_label": "upstream_cluster=*|stable|*", "shadow_label": "upstream_cluster=*|canary|*"}
    report = mirrorcheck.analyze(path, log_format=CLUSTER, **labels)
    told_by = "labels: upstream_cluster=*|stable|* and upstream_cluster=*|canary|*"
    assert (report.originals.paired, report.sides_determined_by) == (6, told_by)
    path.write_text("".join(f"[gateway-7d9f] {line}\n" for line in other.splitlines()))
    report = mirrorcheck.analyze(path, log_format=CLUSTER, **labels)
    assert (report.originals.paired, report.shadow.paired) == (6, 6)
    path.write_text("".join(line for line in other.splitlines(keepends=True) if "stable" in line))
    report = mirrorcheck.analyze(path, log_format=CLUSTER, **labels)
    assert report.verdict.word == "NOT MIRRORING"
    path.write_text("".join(with_cluster(request, "inbound|80||") for request in ORIGINALS))
    with pytest.raises(mirrorcheck.UsageError, match="carry no pod names"):
        mirrorcheck.analyze(path, log_format=CLUSTER)


def test_common_labels_are_asked_for(tmp_path: Path) -> None:
    """Labels that all lines share are left out by logcli, the pod's among them: the message names its option."""
    path = tmp_path / "loki.json"
    path.write_text(
        "".join(as_json(labels={}, line=r.line(), timestamp="2026-11-22T18:00:00Z") + "\n" for r in ORIGINALS)
    )
    with pytest.raises((mirrorcheck.UsageError, mirrorcheck.InputError), match="--include-common-labels"):
        mirrorcheck.analyze(path)


def test_names_that_come_late(tmp_path: Path) -> None:
    """Names that the first lines lack, however many these are, are told by all the same."""
    nameless = as_json(labels={"job": "db"}, line=f"{ORIGINALS[0].line()}", timestamp="2026-11-22T17:00:00Z")
    named = [
        as_json(labels={"pod": pod}, line=request.line(), timestamp=f"2026-11-22T18:00:0{request.second}Z")
        for pod, sent in (("web-v1-a", ORIGINALS), ("web-v2-b", COPIES))
        for request in sent
    ]
    path = tmp_path / "loki.json"
    path.write_text("".join(f"{line}\n" for line in [nameless] * 3000 + named))
    report = mirrorcheck.analyze(path)
    assert (report.originals.paired, report.originals.total) == (6, 6)
    assert report.primary.pods == ("web-v1-a",)
    assert report.other_lines is not None
    assert report.other_lines.parsed == 3000


def test_an_exporters_own_first_lines(tmp_path: Path) -> None:
    """What wraps the lines is told by those that show it, not by the first one alone."""
    own = as_json(log="started\n", stream="stderr", time="2026-11-22T18:00:00Z")
    lines = [
        as_json(log=f"{request.line()}\n", time="2026-11-22T18:00:00Z", kubernetes={"pod_name": pod})
        for pod, sent in (("web-v1-a", ORIGINALS), ("web-v2-b", COPIES))
        for request in sent
    ]
    path = tmp_path / "fluent-bit.json"
    path.write_text("".join(f"{line}\n" for line in [own, own, *lines]))
    assert mirrorcheck.analyze(path).originals.paired == 6


def test_containers(tmp_path: Path) -> None:
    """Lines of a container that logs no request are counted, shown and left out; two that do need a choice."""
    path = tmp_path / "all.log"
    lines = [f"[t-{v}-a nginx] {r.line()}" for v, sent in (("v1", ORIGINALS), ("v2", COPIES)) for r in sent]
    path.write_text("".join(f"{line}\n" for line in [*lines, "[t-v1-a app] started", "[t-v2-a app] ready"]))
    report = mirrorcheck.analyze(path)
    (warning,) = (each for each in report.warnings if each.code == "other_containers")
    assert warning.text == "2 lines are not of the containers that log the requests (app)."
    assert report.originals.paired == 6
    assert report.other_lines is not None
    assert (report.other_lines.foreign, report.other_lines.unparsed) == (2, 0)
    path.write_text("".join(f"{line}\n{line.replace('nginx]', 'proxy]')}\n" for line in lines))
    with pytest.raises(mirrorcheck.UsageError, match=r"pod t-v1-a logs requests in several containers: nginx, proxy"):
        mirrorcheck.analyze(path)
    report = mirrorcheck.analyze(path, container="proxy")
    assert (report.originals.total, report.originals.paired) == (6, 6)
    with pytest.raises(mirrorcheck.InputError, match=r"no request is logged by web; other containers: nginx, proxy"):
        mirrorcheck.analyze(path, container="web")


def by_stern(pod: str, container: str, line: str) -> str:
    """Wrap a line as `stern -o json` does."""
    return as_json(message=line, podName=pod, containerName=container, namespace="default", labels={})


def by_kubectl(pod: str, container: str, line: str) -> str:
    """Wrap a line as `kubectl logs --prefix` does."""
    return f"[pod/{pod}/{container}] {line}"


@pytest.mark.parametrize("first", ["nginx", "proxy"])
@pytest.mark.parametrize("proxy_is_json", [True, False])
@pytest.mark.parametrize("wrap", [by_stern, by_kubectl])
def test_a_container_in_another_format(
    wrap: Callable[[str, str, str], str],
    proxy_is_json: bool,  # noqa: FBT001
    first: str,
    tmp_path: Path,
) -> None:
    """--container works whichever container logs more, or first, and whatever formats the two are in."""
    lines: dict[str, list[str]] = {"nginx": [], "proxy": []}
    for version, sent in (("v1", ORIGINALS), ("v2", COPIES)):
        for request in sent:
            stamp = f"2026-11-22T18:00:{request.second:02}.000Z"
            said = {"start_time": stamp, "method": "GET", "path": request.target, "response_code": 200}
            text = f'[{stamp}] "GET {request.target} HTTP/1.1" 200 - 0 12 3 2 "{request.xff}" "curl/8" "-" "web" "-"'
            proxied = as_json(**said, x_forwarded_for=request.xff) if proxy_is_json else text
            lines["proxy"] += [wrap(f"web-{version}-a", "proxy", proxied)] * (1 if request.second else 3)
            lines["nginx"].append(wrap(f"web-{version}-a", "nginx", request.line()))
    path = tmp_path / "all.log"
    path.write_text("".join(f"{line}\n" for line in [*lines.pop(first), *next(iter(lines.values()))]))
    assert mirrorcheck.analyze(path, container="nginx").originals.total == 6
    report = mirrorcheck.analyze(path, container="proxy")
    assert (report.originals.total, report.primary.lines.parsed) == (8, 8)


IDS = '$remote_addr [$time_local] "$request" $status "$http_traceparent" "$http_x_flow" "$http_x_copy"'


def with_ids(path: Path, trace: Callable[[int], str], flow: Callable[[int], str], copy: str) -> Path:
    """Write six requests for one page within a second, with ids of their own."""
    stamp = "22/Nov/2026:10:00:00 +0000"
    lines = [f'10.0.0.1 [{stamp}] "GET / HTTP/1.1" 200 "{trace(n)}" "{flow(n)}" "{copy}"\n' for n in range(6)]
    path.write_text("".join(lines))
    return path


def traceparent(span: int) -> Callable[[int], str]:
    """Give each request a trace of its own, and each side spans of its own."""
    return lambda number: f"00-{number + 1:032x}-{span:016x}-01"


def test_trace_ids_are_keys(tmp_path: Path) -> None:
    """Requests that look alike are told apart by the trace they belong to, whose spans differ."""
    v1 = with_ids(tmp_path / "v1.log", traceparent(1), lambda _: "-", "-")
    v2 = with_ids(tmp_path / "v2.log", lambda n: traceparent(2)(5 - n), lambda _: "-", "-")
    report = mirrorcheck.analyze(primary=v1, shadow=v2, log_format=IDS)
    pairs = report.table.filter(report.table["side"] == "primary")
    assert pairs["pair_line"].to_list() == [6, 5, 4, 3, 2, 1]


def test_a_key_of_ones_own(tmp_path: Path) -> None:
    """--key names a header by its own name, and outranks other ids."""
    v1 = with_ids(tmp_path / "v1.log", traceparent(1), lambda n: f"f{n}", "-")
    v2 = with_ids(tmp_path / "v2.log", traceparent(2), lambda n: f"f{(n + 1) % 6}", "-")
    report = mirrorcheck.analyze(primary=v1, shadow=v2, log_format=IDS, key="X-Flow")
    assert report.table.filter(report.table["side"] == "primary")["pair_line"].to_list() == [6, 1, 2, 3, 4, 5]


def test_ids_that_cannot_be_keys(tmp_path: Path) -> None:
    """An id of one side only, and one that all requests share, are not used, and the report says so."""
    v1 = with_ids(tmp_path / "v1.log", lambda _: traceparent(1)(7), lambda n: f"f{n}", "-")
    v2 = with_ids(tmp_path / "v2.log", lambda _: traceparent(1)(7), lambda _: "-", "-")
    report = mirrorcheck.analyze(primary=v1, shadow=v2, log_format=IDS, key="x-flow")
    texts = {warning.code: warning.text for warning in report.warnings}
    assert texts["id_on_one_side"].startswith("only the primary logs the field given with --key")
    assert texts["id_not_unique"].startswith("the trace id is the same on many requests")
    assert report.originals.paired == 6


def test_a_key_that_no_log_has(tmp_path: Path) -> None:
    """A field of --key or --marker that neither side logs is an error that lists those there are."""
    v1 = with_ids(tmp_path / "v1.log", traceparent(1), lambda _: "-", "-")
    v2 = with_ids(tmp_path / "v2.log", traceparent(2), lambda _: "-", "-")
    fields = r"Name one that is there \(.*http_x_copy, http_x_flow, .*traceparent.*\), or log it\."
    with pytest.raises(mirrorcheck.UsageError, match=r"--key x-folw: no log has such a field\. " + fields):
        mirrorcheck.analyze(primary=v1, shadow=v2, log_format=IDS, key="x-folw")
    with pytest.raises(mirrorcheck.UsageError, match=r"--marker x-cpoy: no log has such a field\. " + fields):
        mirrorcheck.analyze(primary=v1, shadow=v2, log_format=IDS, marker="x-cpoy=1")


def test_a_key_that_one_side_lacks(tmp_path: Path) -> None:
    """Another id stands in for it, and the report says so; so it does where no line has anything in the field."""
    stamp = "2026-11-22T10:00:00.000Z"
    v1, v2 = tmp_path / "v1.log", tmp_path / "v2.log"
    plain = [{"start_time": stamp, "method": "GET", "path": "/", "request_id": f"id-{n}"} for n in range(6)]
    v1.write_text("".join(f"{as_json(**request, x_forwarded_for='', flow=1)}\n" for request in plain))
    v2.write_text("".join(f"{as_json(**request, x_forwarded_for='192.0.2.2')}\n" for request in plain))
    report = mirrorcheck.analyze(primary=v1, shadow=v2, key="flow")
    (text,) = [warning.text for warning in report.warnings if warning.code == "id_on_one_side"]
    assert text.startswith(
        "only the primary logs the field given with --key: the requests are paired by the request id"
    )
    assert report.table.filter(report.table["side"] == "primary")["pair_line"].to_list() == [1, 2, 3, 4, 5, 6]
    for path in (v1, v2):
        path.write_text(path.read_text().replace("1}", '"-"}').replace('2.2"}', '2.2","flow":"-"}'))
    report = mirrorcheck.analyze(primary=v1, shadow=v2, key="flow")
    (text,) = [warning.text for warning in report.warnings if warning.code == "id_missing"]
    assert text == "most lines have nothing in the field given with --key: the requests are paired by the request id."


def test_a_marker_that_the_shadow_lacks(tmp_path: Path) -> None:
    """The usual marker stands in for it, and the report says so."""
    marked = '$remote_addr [$time_local] "$request" $status "$http_x_forwarded_for" "$http_x_copy"'
    formats = tmp_path / "formats.toml"
    formats.write_text(f"[formats]\ngateway = '{marked}'\n")
    v1, v2 = tmp_path / "v1.log", tmp_path / "v2.log"
    v1.write_text("".join(with_cluster(request, '"-"') for request in ORIGINALS))
    v2.write_text("".join(f"{request.line()}\n" for request in COPIES))
    report = mirrorcheck.analyze(primary=v1, shadow=v2, formats=formats, marker="x-copy=1")
    (text,) = [warning.text for warning in report.warnings if warning.code == "marker_not_logged"]
    assert text.endswith("given with --marker: copies are recognised by X-Forwarded-For.")
    assert (report.shadow.paired, report.shadow.direct) == (6, 0)


def test_a_marker_of_ones_own(tmp_path: Path) -> None:
    """--marker tells copies by a header's value, and nothing else does."""
    v1 = with_ids(tmp_path / "v1.log", traceparent(1), lambda _: "-", "-")
    v2 = with_ids(tmp_path / "v2.log", traceparent(2), lambda _: "-", "mirrored-by-gw")
    v2.write_text(v2.read_text() + with_ids(tmp_path / "x.log", traceparent(3), lambda _: "-", "-").read_text())
    report = mirrorcheck.analyze(primary=v1, shadow=v2, log_format=IDS, marker="x-copy=mirrored-*")
    assert (report.shadow.paired, report.shadow.direct) == (6, 6)
