"""Reports built by hand, one for each thing that a screen must get right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mirrorcheck.report.model import (
    ExcludedGroup,
    Exclusions,
    Expected,
    FileReport,
    Filters,
    LineCounts,
    MissedGroup,
    MissedLine,
    MissedRange,
    Offset,
    Originals,
    Phase,
    Proxy,
    Range,
    Ratio,
    Report,
    Responses,
    Retries,
    ShadowLines,
    SideReport,
    StatusChange,
    TimelineBin,
    UnparsedSample,
    Verdict,
    Warning_,
)
from mirrorcheck.totals.intervals import binomial_interval

START = datetime(2026, 11, 22, 18, 11, 16, tzinfo=UTC)
AGENTS = ("kube-probe/*", "ELB-HealthChecker/*", "GoogleHC/*", "Prometheus/*", "Envoy/HC", "Consul Health Check")
HOSTILE = "\x1b[31m[bold]\u202e\u2028\x9b2J\ttab\r\n[/bold]\udc80e\u0301界"


def at(seconds: float) -> datetime:
    """The moment this many seconds into the recording."""
    return START + timedelta(seconds=seconds)


def ratio(paired: int, missed: int, *, exact: bool = True) -> Ratio:
    """The ratio of two counts, with its interval unless it is one of several phases."""
    found = binomial_interval(paired, paired + missed) if exact else None
    value = paired / (paired + missed) if paired + missed else None
    return Ratio(value, found.low if found else None, found.high if found else None, 0.95, paired, missed)


def phase(start: float, end: float, paired: int, missed: int) -> Phase:
    """A phase between two moments, in seconds into the recording."""
    return Phase(at(start), at(end), paired + missed, paired, missed, ratio(paired, missed))


def side(label: str, name: str, lines: int, start: float = 0, end: float = 25) -> SideReport:
    """A side of one nginx main file, all of whose lines parsed."""
    counts = LineCounts(lines, lines, 0, 0, 0)
    files = (FileReport(name, "nginx main", counts),)
    first, last = (at(start), at(end)) if lines else (None, None)
    return SideReport(label, files, "nginx main", counts, (), first, last, 1000.0, ())


def bins(shares: str, each: int, seconds: float) -> tuple[TimelineBin, ...]:
    """Bins of `each` originals: a digit is the tenths of them that were paired, x all of them, a space none at all."""
    made = []
    for index, share in enumerate(shares):
        originals = 0 if share == " " else each
        paired = originals if share == "x" else originals * int(share if share != " " else 0) // 10
        made.append(TimelineBin(at(index * seconds), at((index + 1) * seconds), originals, paired, originals - paired))
    return tuple(made)


HEALTHY = Report(
    version="0.1.0",
    verdict=Verdict("MIRRORING", "all 8,310 requests were copied, 100.00 %", ""),
    sides_determined_by="",
    primary=side("primary (v1)", "v1.log", 8310),
    shadow_side=side("shadow (v2)", "v2.log", 8310),
    originals=Originals(8310, 8310, 0, 0, 0, 0),
    shadow=ShadowLines(8310, 8310, 0, 0, 0, 0, 0),
    ratio=ratio(8310, 0),
    ratio_range=None,
    missed_range=None,
    ratio_while_on=ratio(8310, 0),
    on_from=at(0),
    on_to=at(25),
    phases=(phase(0, 25, 8310, 0),),
    timeline=bins("x" * 60, 138, 25 / 60),
    offset=Offset(0.0, 1.0, -1.0, 12.4),
    proxies=(Proxy("192.0.2.2", 8310, 1.0),),
    missed_by={},
    explanation="",
    missed_examples=(),
    responses=Responses(8310, 8102, 8102, (), 8102, 0, 0, 8102, 1.318, 3.12, 4.1),
    retries=Retries(0, "none", 0),
    writes_mirrored={},
    warnings=(),
    filters=Filters(AGENTS, (), None, None, overlap=False, horizon_s=60.0, presumed_retries=True),
    expected=None,
)

INTERRUPTED = replace(
    HEALTHY,
    verdict=Verdict(
        "INTERRUPTED",
        "521 of 750 requests were copied, 69.47 %",
        "all of them outside 18:11:20 to 18:11:23, none of 229 inside",
    ),
    primary=side("primary (v1)", "v1.log", 750),
    shadow_side=side("shadow (v2)", "v2.log", 521),
    originals=Originals(750, 521, 229, 0, 0, 0),
    shadow=ShadowLines(521, 521, 0, 0, 0, 0, 0),
    ratio=ratio(521, 229, exact=False),
    ratio_while_on=ratio(521, 229, exact=False),
    phases=(phase(0, 4, 131, 0), phase(4, 7, 0, 229), phase(7, 25, 390, 0)),
    timeline=bins("x" * 10 + "0" * 6 + "x" * 44, 12, 25 / 60),
    offset=Offset(0.0, 1.0, 0.0, 1.0),
    proxies=(Proxy("192.0.2.2", 521, 1.0),),
    missed_by={
        "path": (
            MissedGroup("/api/cart", 88, 280),
            MissedGroup("/api/products", 71, 241),
            MissedGroup("/", 22, 70),
            MissedGroup("/api/orders", 20, 66),
            MissedGroup("/healthz", 18, 60),
            MissedGroup("/favicon.ico", 10, 33),
        ),
        "method": (MissedGroup("GET", 201, 651), MissedGroup("POST", 28, 99)),
        "status": (MissedGroup("200", 221, 724), MissedGroup("404", 8, 26)),
        "size": (MissedGroup("under 1 KiB", 229, 750),),
        "moment": (MissedGroup("18:11:20 to 18:11:23", 229, 229),),
        "remote_addr": (MissedGroup("127.0.0.1", 229, 750),),
    },
    explanation=(
        "The misses fill one interruption of 2.6 s; nothing else sets them apart. Typical of a shadow "
        "that was down or restarted. Its pods' restarts at 18:11:20 would confirm it."
    ),
    missed_examples=tuple(
        MissedLine("v1.log", 132 + number, at(4), method, target, 200, candidates)
        for number, (method, target, candidates) in enumerate(
            [
                ("GET", "/api/cart", 1),
                ("GET", "/api/products", 3),
                ("POST", "/api/cart?session=0123456789abcdef0123456789abcdef", 1),
                ("GET", "/", 2),
                ("GET", "/favicon.ico", 1),
                ("GET", "/api/products", 3),
                ("GET", "/api/products", 3),
            ]
        )
    ),
    responses=Responses(521, 486, 455, (StatusChange(200, 500, 31),), 455, 31, 0, 0, None, None, None),
    writes_mirrored={"POST": 71},
    warnings=(Warning_("writes_mirrored", "71 requests with side effects (POST) were mirrored."),),
)

# The mesh was set from 50 % to 100 % overnight; several pods a side, behind two gateways.
SAMPLED = replace(
    HEALTHY,
    verdict=Verdict("CHANGED", "7,512 of 10,000 requests were copied, 75.12 %", "the share copied changed once"),
    sides_determined_by="pod names: *-v1-* and *-v2-*",
    primary=replace(
        side("primary (v1)", "merged.log", 10_000, 0, 36_000),
        pods=tuple(f"target-v1-7f78d974c-{name}" for name in ("mfhzz", "9xk2p", "tr22d", "aa1bb", "cc2dd", "ee3ff")),
        lines=LineCounts(10_016, 10_000, 12, 3, 1),
        unparsed_samples=(
            UnparsedSample("merged.log", 17, 'expected "[", found "2026-11-22"', "10.0.0.1 - alice 2026-11-22 GET /a"),
            UnparsedSample("merged.log", 90, "no known format", "x" * 200),
            UnparsedSample("merged.log", 91, "no known format", "y"),
            UnparsedSample("merged.log", 92, "no known format", "not shown"),
        ),
    ),
    shadow_side=replace(
        side("shadow (v2)", "", 7700, 0, 36_000),
        files=(
            FileReport("logs/v2-5886cd585d-tr22d.log", "nginx main", LineCounts(7000, 7000, 0, 0, 0)),
            FileReport("logs/v2-5886cd585d-zzzzz.log", "envoy text", LineCounts(700, 700, 0, 0, 0)),
        ),
        format="nginx main + envoy text",
    ),
    originals=Originals(10_215, 7512, 2488, 210, 4, 1),
    shadow=ShadowLines(7700, 7512, 2, 150, 31, 4, 1),
    ratio=ratio(7512, 2488, exact=False),
    ratio_while_on=ratio(7510, 2480, exact=False),
    on_from=at(2),
    on_to=at(35_990),
    phases=(phase(0, 17_000, 2512, 2488), phase(17_000, 36_000, 5000, 0)),
    timeline=bins("5465 74653546567435" + "x" * 20, 250, 960),
    offset=Offset(3.4, 41.0, -12.0, 7310.0),
    proxies=(Proxy("10.240.0.29", 5000, 5000 / 7512), Proxy("10.240.0.30", 2512, 2512 / 7512)),
    missed_by={
        "path": (
            MissedGroup("/api/products/1234567890/reviews/abcdefghijklmnopqrstuvwxyz", 2487, 9998),
            MissedGroup("/b", 1, 2),
        ),
        "method": (MissedGroup("GET", 2488, 10_000),),
        "status": (MissedGroup("200", 2480, 9980), MissedGroup("404", 8, 20)),
        "remote_addr": (MissedGroup("10.0.0.1", 1300, 5000), MissedGroup("10.0.0.2", 1188, 5000)),
        "moment": (MissedGroup("2026-11-22T18:11:16+00:00", 1300, 2600), MissedGroup("later", 1188, 2400)),
    },
    explanation="Nothing sets the misses apart: they are spread as a mesh spreads them that samples.",
    missed_examples=(MissedLine("merged.log", 18, at(3), "GET", "/api/products/1234567890", 200, 12),),
    responses=Responses(
        7512,
        400,
        390,
        tuple(StatusChange(200, 500 + number, 9 - number) for number in range(9)),
        300,
        100,
        7,
        398,
        0.5,
        1204.0,
        0.42,
    ),
    retries=Retries(210, "proven", 210),
    warnings=(
        Warning_("two_policies", "150 requests were copied twice: two policies seem to feed one shadow."),
        Warning_("writes_mirrored", "1 request with side effects (DELETE) was mirrored."),
    ),
    filters=replace(HEALTHY.filters, exclude_paths=("/healthz",), since=at(-60), until=at(36_060), overlap=True),
    expected=Expected(50.0, within_interval=False),
    other_lines=LineCounts(140, 138, 2, 0, 0),
)

NO_COPIES = replace(
    INTERRUPTED,
    verdict=Verdict("NOT MIRRORING", "none of 750 requests was copied, 0.00 %", ""),
    shadow_side=side("shadow (v2)", "v2.log", 3),
    originals=Originals(750, 0, 750, 0, 0, 0),
    shadow=ShadowLines(3, 0, 0, 0, 3, 0, 0),
    ratio=ratio(0, 750),
    ratio_while_on=ratio(0, 0),
    on_from=None,
    on_to=None,
    phases=(phase(0, 25, 0, 750),),
    timeline=bins("0" * 60, 12, 25 / 60),
    offset=None,
    proxies=(),
    missed_by={"path": (MissedGroup("/", 750, 750),), "method": (MissedGroup("GET", 750, 750),)},
    explanation="All originals were missed.",
    missed_examples=(MissedLine("v1.log", 1, at(0), "GET", "/", 200, 1),),
    responses=Responses(0, 0, 0, (), 0, 0, 0, 0, None, None, None),
    warnings=(),
    expected=Expected(100.0, within_interval=False),
)

EMPTY = replace(
    HEALTHY,
    verdict=Verdict("NO DATA", "neither log holds a request", ""),
    primary=replace(side("primary (v1)", "v1.log", 0), format="none"),
    shadow_side=replace(side("shadow (v2)", "v2.log", 0), format="none"),
    originals=Originals(0, 0, 0, 0, 0, 0),
    shadow=ShadowLines(0, 0, 0, 0, 0, 0, 0),
    ratio=ratio(0, 0),
    ratio_while_on=ratio(0, 0),
    on_from=None,
    on_to=None,
    phases=(),
    timeline=(),
    offset=None,
    proxies=(),
    responses=Responses(0, 0, 0, (), 0, 0, 0, 0, None, None, None),
    filters=replace(HEALTHY.filters, exclude_agents=()),
)

HOSTILE_TEXT = replace(
    INTERRUPTED,
    verdict=Verdict("INTERRUPTED", f"some of {HOSTILE} were copied", HOSTILE * 30),
    sides_determined_by=HOSTILE,
    primary=replace(
        side("primary (v1)", HOSTILE + "/v1.log", 750),
        lines=LineCounts(751, 750, 0, 1, 0),
        unparsed_samples=(UnparsedSample(HOSTILE, 1, HOSTILE, HOSTILE * 9),),
    ),
    proxies=(Proxy(HOSTILE, 521, 1.0),),
    missed_by={"path": (MissedGroup(HOSTILE * 9, 229, 750),), "method": (MissedGroup("\x1b]0;title\x07", 229, 750),)},
    missed_examples=(MissedLine("v1.log", 7, at(4), "\x00", HOSTILE * 9, 200, 1),),
    warnings=(Warning_("hostile", HOSTILE),),
    filters=replace(HEALTHY.filters, exclude_agents=(HOSTILE,), exclude_paths=(HOSTILE,)),
)

RANGES = replace(
    INTERRUPTED,
    verdict=Verdict("INCOMPLETE", "between 69.47 % and 72.10 % of the requests were copied", ""),
    ratio_range=Range(521 / 750, 0.721, "whether 28 lines are retries of the proxy cannot be told"),
    missed_range=MissedRange(201, 229, "whether 28 lines are retries of the proxy cannot be told"),
    retries=Retries(0, "thin", 28),
    expected=Expected(70.0, within_interval=None),
)

UNJUDGED_WHY = "32 lines of the shadow did not parse, and each may be the copy of one of them"
UNJUDGED = replace(
    INTERRUPTED,
    originals=Originals(1370, 521, 229, 0, 620, 0),
    ratio_range=Range(521 / 750, 553 / 750, UNJUDGED_WHY),
    missed_range=MissedRange(197, 229, UNJUDGED_WHY),
    missed_examples=tuple(replace(line, open=True) for line in INTERRUPTED.missed_examples),
    exclusions=Exclusions(
        asked=100,
        groups=(
            ExcludedGroup("kube-probe/*", 319, 300, "300 without a copy for 300 paths, not as health checks are asked"),
            ExcludedGroup("Prometheus/*", 200, 0, "straight to the pods at a steady period"),
            ExcludedGroup("malformed requests", 1, 0, "refused"),
        ),
    ),
)

CASES = {
    "healthy": HEALTHY,
    "interrupted": INTERRUPTED,
    "sampled": SAMPLED,
    "no-copies": NO_COPIES,
    "empty": EMPTY,
    "hostile": HOSTILE_TEXT,
    "ranges": RANGES,
    "unjudged": UNJUDGED,
}
