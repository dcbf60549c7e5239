"""Looks at a live mirror built by hand, one for each thing that the live view must get right."""

from dataclasses import replace
from math import sqrt

from mirrorcheck.engine.state import Bin, Eye, Happening, NoSight, Share, Silence, State, Totals, Trouble
from mirrorcheck.engine.watch.excerpt import Excerpt
from mirrorcheck.engine.watch.journal import Journal
from mirrorcheck.render.live.view import View
from mirrorcheck.sources.feed import Side

SECOND = 1_000_000
START = 1_795_361_416 * SECOND  # 2026-11-22 15:16:56 UTC
NOW = START + 252 * SECOND
HORIZON = 10 * SECOND
NOTHING = Totals(*[0] * 17)


def share(paired: int, missed: int) -> Share:
    """The ratio of two counts with an interval: Wilson's, since the demo shall start without scipy."""
    n = paired + missed
    if not n:
        return Share(None, None, None, 0, 0)
    z2 = 1.96**2
    middle, half = (paired + z2 / 2) / (n + z2), 1.96 * sqrt(paired * missed / n + z2 / 4) / (n + z2)
    return Share(paired / n, middle - half if paired else 0.0, middle + half if missed else 1.0, paired, missed)


def bins(shares: str, each: int, seconds: int = 4) -> tuple[Bin, ...]:
    """Bins of `each` originals: a digit is the tenths of them that were paired, x all of them, a space none at all."""
    made = []
    for index, tenths in enumerate(shares):
        originals = 0 if tenths == " " else each
        paired = originals if tenths == "x" else originals * int(tenths if tenths != " " else 0) // 10
        start = START + index * seconds * SECOND
        made.append(Bin(start, start + seconds * SECOND, paired, originals - paired))
    return tuple(made)


def eye(pod: str, side: Side, per_s: float = 41.2, **changes: object) -> Eye:
    """A stream that reads well, but for the changes."""
    well = Eye(pod, "nginx", side, int(per_s * 252), per_s, 100_000, 0, 0, "reading")
    return replace(well, **changes)  # type: ignore[arg-type]


def numbered(*happenings: Happening) -> tuple[Happening, ...]:
    """The happenings as a journal hands them out."""
    journal = Journal()
    for each in happenings:
        journal.add(each)
    return journal.happenings()


def missed(at_s: float, target: str, method: str = "GET", status: int = 200, candidates: int = 1) -> Happening:
    """A missed request, so many seconds into the watch."""
    return Happening(
        START + round(at_s * SECOND),
        "missed",
        pod="target-v1-7f78d974c-mfhzz",
        method=method,
        target=target,
        status=status,
        candidates=candidates,
        client="10.4.7.12",
        request_id="8f14e45f-ceea-467f-9c2b-1f2e3d4c5b6a",
        in_sight=("target-v2-5886cd585d-tr22d",),
    )


def logged(number: int, target: str) -> str:
    """A line as it is kept, ten of them a second."""
    at = f"15:{30 + number // 600:02d}:{number // 10 % 60:02d}"
    request = f'"GET {target} HTTP/1.1" 200 {512 + number % 10} "-" "Mozilla/5.0 (X11; Linux x86_64)" "10.4.7.12"'
    return f"127.0.0.6 - - [22/Nov/2026:{at} +0000] {request}"


EYES = (
    eye("target-v1-7f78d974c-mfhzz", "primary"),
    eye("target-v1-7f78d974c-9xk2p", "primary", 42.0, reconnects=1),
    eye("target-v2-5886cd585d-tr22d", "shadow", 83.0, lag_us=200_000),
)

WAITING = State(
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
    happenings=(),
    eyes=tuple(replace(each, lines=0, lines_per_s=0.0, state="idle", reconnects=0) for each in EYES),
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
    eyes=EYES,
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
    happenings=numbered(
        missed(200.882, "/api/orders", "POST", 201),
        missed(200.901, "/api/cart", candidates=3),
        Happening(
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
        Happening(
            START + 220_114_000,
            "gap",
            pod="target-v2-5886cd585d-tr22d",
            text="1.2 s, rotated log",
            to_us=START + 221_314_000,
        ),
        Happening(START + 221 * SECOND, "note", text="target-v1-7f78d974c-9xk2p: connection lost, resumed"),
    ),
    eyes=(*EYES[:2], replace(EYES[2], gaps=1)),
    proxies=("10.240.0.29", "10.240.0.30"),
)

NO_COPIES = replace(
    MISSES,
    silence=Silence(NOW - 12 * SECOND, 480),
    totals=replace(MISSES.totals, originals=MISSES.totals.originals + 480, pending=604),
)

NO_SIGHT = replace(
    MISSES,
    eyes=(*(replace(each, state="broken", lag_us=50 * SECOND) for each in MISSES.eyes[:2]), *MISSES.eyes[2:]),
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
    eyes=(
        *(eye(f"target-v1-7f78d974c-{number:05d}", "primary") for number in range(30)),
        *(eye(f"target-v2-5886cd585d-{number:05d}", "shadow", 40.5) for number in range(28)),
        eye("target-v2-5886cd585d-tr22d", "shadow", 0.0, state="stuck", lag_us=63_400_000, reconnects=2, gaps=1),
        eye("target-v2-5886cd585d-zzzzz", "shadow", 12.5, lag_us=21_000_000),
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
    happenings=numbered(
        Happening(START + 160 * SECOND, "rule", text="VirtualService target: 50 % of v1 -> v2 (was 100 %)"),
        replace(missed(160.5, "/api/cart"), kind="uncopied"),
    ),
)

SAMPLED = replace(
    RULE_CHANGED,
    verdict="PARTIAL",
    happenings=numbered(
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
    happenings=numbered(*(missed(index / 10, f"/api/products/{index + 1}") for index in range(1_500))),
)

HOSTILE = "\x1b[31m[bold]\u202e\u2028\x9b2J\ttab\r\n[/bold]\udc80e\u0301界🎉"

OPENED = View(
    "missed",
    bottom=1_200,
    at=1_197,
    opened=next(each for each in MANY_MISSED.happenings if each.nth == 1_197),
    lines=Excerpt(
        tuple(logged(index, f"/api/products/{index}") for index in range(1_180, 1_197)),
        logged(1_197, "/api/products/1197?session=" + "0123456789abcdef" * 8),
        tuple(logged(index, f"/api/products/{index}") for index in range(1_198, 1_210)),
    ),
)

OPENED_HOSTILE = View(
    "missed",
    opened=replace(
        missed(200, HOSTILE), nth=1, pod=HOSTILE, client=HOSTILE, request_id="界" * 90, in_sight=(HOSTILE,) * 9
    ),
    lines=Excerpt((HOSTILE * 9, "界" * 200), HOSTILE * 9, ("\t" * 200,)),
)

HOSTILE_NAMES = replace(
    MISSES,
    service="目标服务" * 4,
    namespace=HOSTILE,
    rule=HOSTILE * 9,
    problems=(HOSTILE, "问题" * 90),
    happenings=numbered(
        missed(200, "/商品" * 40, "取得"),
        missed(201, HOSTILE * 4, HOSTILE),
        Happening(START, "gap", pod="豆荚" * 30, text=HOSTILE),
        Happening(START, "note", text=HOSTILE * 5),
    ),
    eyes=(eye("豆荚" * 30, "primary"), eye(HOSTILE, "shadow", lag_us=10**18, lines_per_s=1e15, gaps=10**9)),
    proxies=(HOSTILE,),
)

CASES: dict[str, tuple[State, View]] = {
    "waiting": (WAITING, View()),
    "healthy": (HEALTHY, View()),
    "misses": (MISSES, View()),
    "no-copies": (NO_COPIES, View()),
    "no-sight": (NO_SIGHT, View()),
    "sixty-pods": (SICK, View()),
    "rule-changed": (RULE_CHANGED, View()),
    "sampled": (SAMPLED, View()),
    "sampled-list": (SAMPLED, View("missed")),
    "no-mirror": (NO_MIRROR, View()),
    "paused": (MISSES, View(paused=True)),
    "help": (MISSES, View("help")),
    "missed-list": (MANY_MISSED, View("missed", bottom=1_200, at=1_200)),
    "missed-first": (MANY_MISSED, View("missed", bottom=510, at=501)),
    "missed-line": (MANY_MISSED, OPENED),
    "differences": (MISSES, View("differs")),
    "hostile": (HOSTILE_NAMES, View()),
    "hostile-line": (HOSTILE_NAMES, OPENED_HOSTILE),
}


LEFT = replace(missed(270, "/api/cart"), kind="uncopied")


def course() -> tuple[State, ...]:
    """Looks at a mirror that starts, misses two, loses sight, falls silent, recovers, and is set to 50 %."""
    rule = Happening(START + 160 * SECOND, "rule", text="VirtualService target: 50 % of v1 -> v2 (was 100 %)")
    flood = numbered(*MISSES.happenings, *(missed(260 + index / 100, "/flood") for index in range(1_200)), rule)
    return (
        WAITING,
        replace(WAITING, now_us=START + 8 * SECOND),
        replace(HEALTHY, now_us=START + 12 * SECOND),
        replace(HEALTHY, now_us=START + 17 * SECOND, happenings=MISSES.happenings[:2]),
        replace(MISSES, now_us=START + 24 * SECOND),
        replace(NO_COPIES, now_us=NOW + 1 * SECOND),
        replace(NO_COPIES, now_us=NOW + 2 * SECOND),
        replace(MISSES, now_us=NOW + 3 * SECOND),
        replace(
            RULE_CHANGED,
            now_us=NOW + 30 * SECOND,
            happenings=(*flood[-3:], *numbered(LEFT)),
            problems=NO_MIRROR.problems[:1],
        ),
    )
