"""Looks at a live mirror built by hand, one for each thing that the live view must get right."""

from dataclasses import replace
from math import sqrt

from mirrorcheck.engine.snapshot import (
    Bin,
    ClassCounts,
    Event,
    NoSight,
    Silence,
    Snapshot,
    StreamHealth,
    Trouble,
)
from mirrorcheck.engine.watch.events import EventLog
from mirrorcheck.engine.watch.excerpt import Excerpt
from mirrorcheck.render.live.view import PageView
from mirrorcheck.report.model import Ratio
from mirrorcheck.sources.feed import Side

SECOND = 1_000_000
START = 1_795_361_416 * SECOND  # 2026-11-22 15:16:56 UTC
NOW = START + 252 * SECOND
HORIZON = 10 * SECOND
NOTHING = ClassCounts(*[0] * 17)


def share(paired: int, missed: int) -> Ratio:
    """The ratio of two counts with an interval: Wilson's, since the demo shall start without scipy."""
    n = paired + missed
    if not n:
        return Ratio(None, None, None, 0.95, 0, 0)
    z2 = 1.96**2
    middle, half = (paired + z2 / 2) / (n + z2), 1.96 * sqrt(paired * missed / n + z2 / 4) / (n + z2)
    return Ratio(paired / n, middle - half if paired else 0.0, middle + half if missed else 1.0, 0.95, paired, missed)


def bins(shares: str, each: int, seconds: int = 4) -> tuple[Bin, ...]:
    """Bins of `each` originals: a digit is the tenths of them that were paired, x all of them, a space none at all."""
    made = []
    for index, tenths in enumerate(shares):
        originals = 0 if tenths == " " else each
        paired = originals if tenths == "x" else originals * int(tenths if tenths != " " else 0) // 10
        start = START + index * seconds * SECOND
        made.append(Bin(start, start + seconds * SECOND, paired, originals - paired))
    return tuple(made)


def stream(pod: str, side: Side, per_s: float = 41.2, **changes: object) -> StreamHealth:
    """A stream that reads well, but for the changes."""
    well = StreamHealth(pod, "nginx", side, int(per_s * 252), per_s, 100_000, 0, 0, "reading")
    return replace(well, **changes)  # type: ignore[arg-type]


def numbered(*events: Event) -> tuple[Event, ...]:
    """The events as a journal hands them out."""
    event_log = EventLog()
    for each in events:
        event_log.add(each)
    return event_log.events()


def missed(at_s: float, target: str, method: str = "GET", status: int = 200, candidates: int = 1) -> Event:
    """A missed request, so many seconds into the watch."""
    return Event(
        START + round(at_s * SECOND),
        "missed",
        pod="target-v1-7f78d974c-mfhzz",
        method=method,
        target=target,
        status=status,
        candidates=candidates,
        client="10.4.7.12",
        request_id="8f14e45f-ceea-467f-9c2b-1f2e3d4c5b6a",
        shadow_pods=("target-v2-5886cd585d-tr22d",),
    )


def logged(number: int, target: str) -> str:
    """A line as it is kept, ten of them a second."""
    at = f"15:{30 + number // 600:02d}:{number // 10 % 60:02d}"
    request = f'"GET {target} HTTP/1.1" 200 {512 + number % 10} "-" "Mozilla/5.0 (X11; Linux x86_64)" "10.4.7.12"'
    return f"127.0.0.6 - - [22/Nov/2026:{at} +0000] {request}"


EYES = (
    stream("target-v1-7f78d974c-mfhzz", "primary"),
    stream("target-v1-7f78d974c-9xk2p", "primary", 42.0, reconnects=1),
    stream("target-v2-5886cd585d-tr22d", "shadow", 83.0, lag_us=200_000),
)

WAITING = Snapshot(
    now_us=START + 7 * SECOND,
    started_us=START,
    service="target",
    namespace="shop",
    rule="VirtualService target: 100 % of v1 -> v2",
    expect=100.0,
    problems=(),
    verdict="WAITING",
    watermark_us=None,
    recent_s=60,
    recent=share(0, 0),
    overall=share(0, 0),
    totals=NOTHING,
    delay_ms=None,
    delay_p99_ms=None,
    bins=(),
    events=(),
    streams=tuple(replace(each, lines=0, lines_per_s=0.0, state="idle", reconnects=0) for each in EYES),
    silence=None,
    proxies=(),
)

HEALTHY = replace(
    WAITING,
    now_us=NOW,
    verdict="MIRRORING",
    watermark_us=NOW - HORIZON,
    recent=share(5_040, 0),
    overall=share(20_880, 0),
    totals=replace(
        NOTHING, originals=21_004, paired=20_880, pending=124, shadow=20_911, shadow_paired=20_880, direct=31
    ),
    delay_ms=3.0,
    delay_p99_ms=41.0,
    bins=bins("x" * 60, 348),
    streams=EYES,
    proxies=("10.240.0.29",),
)

MISSES = replace(
    HEALTHY,
    verdict="INCOMPLETE",
    recent=share(5_033, 7),
    overall=share(20_871, 9),
    totals=replace(
        HEALTHY.totals,
        originals=21_016,
        paired=20_871,
        missed=9,
        retry=7,
        unobserved=5,
        shadow=20_907,
        shadow_paired=20_871,
        orphan=1,
        duplicate=2,
        shadow_waiting=2,
        unparsed=3,
        foreign=12,
    ),
    bins=bins("x" * 18 + "9" + "x" * 41, 348),
    events=numbered(
        missed(200.882, "/api/orders", "POST", 201),
        missed(200.901, "/api/cart", candidates=3),
        Event(
            START + 211_007_000,
            "differs",
            method="GET",
            target="/api/products/17",
            status=200,
            shadow_status=500,
            pod="target-v1-7f78d974c-9xk2p",
            client="10.4.7.13",
        ),
        missed(212.5, "/api/products/1234567890/reviews?session=0123456789abcdef0123456789abcdef", candidates=12_345),
        Event(
            START + 220_114_000,
            "gap",
            pod="target-v2-5886cd585d-tr22d",
            text="1.2 s, rotated log",
            to_us=START + 221_314_000,
        ),
        Event(START + 221 * SECOND, "note", text="target-v1-7f78d974c-9xk2p: connection lost, resumed"),
    ),
    streams=(*EYES[:2], replace(EYES[2], gaps=1)),
    proxies=("10.240.0.29", "10.240.0.30"),
)

NO_COPIES = replace(
    MISSES,
    silence=Silence(NOW - 12 * SECOND, 480),
    totals=replace(MISSES.totals, originals=MISSES.totals.originals + 480, pending=604),
)

NO_SIGHT = replace(
    MISSES,
    streams=(*(replace(each, state="broken", lag_us=50 * SECOND) for each in MISSES.streams[:2]), *MISSES.streams[2:]),
    no_sight=NoSight(
        streams=2,
        of=3,
        since_us=NOW - 50 * SECOND,
        pods=True,
        troubles=(
            Trouble("the API server at https://10.0.0.1:6443 cannot be reached: Connection refused", 1, 32),
            Trouble("the right to get pods/log in namespace shop is missing", 1, 8),
        ),
    ),
)

SICK = replace(
    MISSES,
    streams=(
        *(stream(f"target-v1-7f78d974c-{number:05d}", "primary") for number in range(30)),
        *(stream(f"target-v2-5886cd585d-{number:05d}", "shadow", 40.5) for number in range(28)),
        stream("target-v2-5886cd585d-tr22d", "shadow", 0.0, state="stuck", lag_us=63_400_000, reconnects=2, gaps=1),
        stream("target-v2-5886cd585d-zzzzz", "shadow", 12.5, lag_us=21_000_000),
    ),
)

RULE_CHANGED = replace(
    HEALTHY,
    rule="VirtualService target: 50 % of v1 -> v2",
    expect=50.0,
    verdict="CHANGED",
    recent=share(2_490, 2_550),
    overall=share(18_330, 2_550),
    totals=replace(
        HEALTHY.totals,
        paired=18_330,
        missed=2_550,
        shadow=18_361,
        shadow_paired=18_330,
    ),
    bins=bins("x" * 40 + "54654564654565456454", 348),
    events=numbered(
        Event(START + 160 * SECOND, "rule", text="VirtualService target: 50 % of v1 -> v2 (was 100 %)"),
        replace(missed(160.5, "/api/cart"), kind="uncopied"),
    ),
)

SAMPLED = replace(
    RULE_CHANGED,
    verdict="PARTIAL",
    events=numbered(
        *(replace(missed(index / 10, f"/api/products/{index + 1}"), kind="uncopied") for index in range(1_200))
    ),
)

NO_MIRROR = replace(
    HEALTHY,
    rule="VirtualService target: no mirror configured, 0 copies expected",
    expect=0.0,
    problems=(
        "subset v2 has no ready pod: check `kubectl get pods -l app=target,version=v2`",
        "VirtualService target asks for mirror_percentage, which this API pruned: write mirrorPercentage and apply it",
        "the sidecar is missing in target-v2-5886cd585d-tr22d: label the namespace istio-injection=enabled",
    ),
    verdict="NOT MIRRORING",
    recent=share(0, 5_040),
    overall=share(0, 20_880),
    totals=replace(HEALTHY.totals, paired=0, missed=20_880, shadow=0, shadow_paired=0, direct=0),
    delay_ms=None,
    delay_p99_ms=None,
    bins=bins("0" * 60, 348),
    proxies=(),
)

MANY_MISSED = replace(
    MISSES,
    overall=share(19_380, 1_500),
    totals=replace(MISSES.totals, paired=19_380, missed=1_500, shadow=19_416, shadow_paired=19_380),
    events=numbered(*(missed(index / 10, f"/api/products/{index + 1}") for index in range(1_500))),
)

HOSTILE = "\x1b[31m[bold]\u202e\u2028\x9b2J\ttab\r\n[/bold]\udc80e\u0301界🎉"

OPENED = PageView(
    "missed",
    bottom=1_200,
    at=1_197,
    opened=next(each for each in MANY_MISSED.events if each.nth == 1_197),
    lines=Excerpt(
        tuple(logged(index, f"/api/products/{index}") for index in range(1_180, 1_197)),
        logged(1_197, "/api/products/1197?session=" + "0123456789abcdef" * 8),
        tuple(logged(index, f"/api/products/{index}") for index in range(1_198, 1_210)),
    ),
)

OPENED_HOSTILE = PageView(
    "missed",
    opened=replace(
        missed(200, HOSTILE), nth=1, pod=HOSTILE, client=HOSTILE, request_id="界" * 90, shadow_pods=(HOSTILE,) * 9
    ),
    lines=Excerpt((HOSTILE * 9, "界" * 200), HOSTILE * 9, ("\t" * 200,)),
)

HOSTILE_NAMES = replace(
    MISSES,
    service="目标服务" * 4,
    namespace=HOSTILE,
    rule=HOSTILE * 9,
    problems=(HOSTILE, "问题" * 90),
    events=numbered(
        missed(200, "/商品" * 40, "取得"),
        missed(201, HOSTILE * 4, HOSTILE),
        Event(START, "gap", pod="豆荚" * 30, text=HOSTILE),
        Event(START, "note", text=HOSTILE * 5),
    ),
    streams=(stream("豆荚" * 30, "primary"), stream(HOSTILE, "shadow", lag_us=10**18, lines_per_s=1e15, gaps=10**9)),
    proxies=(HOSTILE,),
)

CASES: dict[str, tuple[Snapshot, PageView]] = {
    "waiting": (WAITING, PageView()),
    "healthy": (HEALTHY, PageView()),
    "misses": (MISSES, PageView()),
    "no-copies": (NO_COPIES, PageView()),
    "no-sight": (NO_SIGHT, PageView()),
    "sixty-pods": (SICK, PageView()),
    "rule-changed": (RULE_CHANGED, PageView()),
    "sampled": (SAMPLED, PageView()),
    "sampled-list": (SAMPLED, PageView("missed")),
    "no-mirror": (NO_MIRROR, PageView()),
    "paused": (MISSES, PageView(paused=True)),
    "help": (MISSES, PageView("help")),
    "missed-list": (MANY_MISSED, PageView("missed", bottom=1_200, at=1_200)),
    "missed-first": (MANY_MISSED, PageView("missed", bottom=510, at=501)),
    "missed-line": (MANY_MISSED, OPENED),
    "differences": (MISSES, PageView("differs")),
    "hostile": (HOSTILE_NAMES, PageView()),
    "hostile-line": (HOSTILE_NAMES, OPENED_HOSTILE),
}


LEFT = replace(missed(270, "/api/cart"), kind="uncopied")


def course() -> tuple[Snapshot, ...]:
    """Looks at a mirror that starts, misses two, loses sight, falls silent, recovers, and is set to 50 %."""
    rule = Event(START + 160 * SECOND, "rule", text="VirtualService target: 50 % of v1 -> v2 (was 100 %)")
    flood = numbered(*MISSES.events, *(missed(260 + index / 100, "/flood") for index in range(1_200)), rule)
    return (
        WAITING,
        replace(WAITING, now_us=START + 8 * SECOND),
        replace(HEALTHY, now_us=START + 12 * SECOND),
        replace(HEALTHY, now_us=START + 17 * SECOND, events=MISSES.events[:2]),
        replace(MISSES, now_us=START + 24 * SECOND),
        replace(NO_COPIES, now_us=NOW + 1 * SECOND),
        replace(NO_COPIES, now_us=NOW + 2 * SECOND),
        replace(MISSES, now_us=NOW + 3 * SECOND),
        replace(
            RULE_CHANGED,
            now_us=NOW + 30 * SECOND,
            events=(*flood[-3:], *numbered(LEFT)),
            problems=NO_MIRROR.problems[:1],
        ),
    )
