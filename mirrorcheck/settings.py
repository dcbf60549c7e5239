"""The options of an analysis, each declared once, as a field of `Options`; `complete` checks them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta, timezone, tzinfo
from fnmatch import translate
from typing import Annotated

from mirrorcheck.errors import UsageError
from mirrorcheck.option import Option
from mirrorcheck.probe.run import Wanted, wanted

DEFAULT_AGENTS = (
    "kube-probe/*",
    "GoogleHC/*",
    "ELB-HealthChecker/*",
    "Envoy/HC",
    "Consul Health Check",
    "Prometheus/*",
    "Blackbox Exporter/*",
)
"""User agents of probes and scrapers, which ask each pod by itself and are never mirrored."""
NONE = "none"
PRIMARY_PODS = ("*-v1-*",)
SHADOW_PODS = ("*-v2-*",)
MOST_EXCLUDED, MOST_UNPARSED, MOST_UNOBSERVED = 0.01, 0.01, 0.1
"""Shares of lines that nobody judged: above one, a verdict passes only if an option allows it."""
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZES = {"m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
LEAST_MEMORY = 1 << 29  # bytes: less is taken by what is not lines
_SHORTEST_S, _LONGEST_S = 0.001, 7 * 86_400.0
_WHOLE = 100  # percent
_NAMED = re.compile(r"([A-Za-z0-9._-]+)=(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Options:
    """What a user gave, unchecked: a field for each option of `mirrorcheck analyze` and keyword of `analyze`."""

    primary_pods: Annotated[
        tuple[str, ...],
        Option(f"Pods of the primary in a capture; repeatable.  [default: {', '.join(PRIMARY_PODS)}]", "GLOB"),
    ] = ()
    shadow_pods: Annotated[
        tuple[str, ...],
        Option(
            f"Pods of the shadow in a capture; repeatable. NAME=GLOB for each of several shadows.  "
            f"[default: {', '.join(SHADOW_PODS)}]",
            "GLOB",
        ),
    ] = ()
    primary_label: Annotated[
        tuple[str, ...],
        Option(
            "Label of the primary's pods where the lines carry labels, or upstream_cluster=GLOB; repeatable.",
            "NAME=VALUE",
        ),
    ] = ()
    shadow_label: Annotated[
        tuple[str, ...],
        Option(
            "Label of the shadow's pods where the lines carry labels, or upstream_cluster=GLOB; repeatable. "
            "SHADOW=NAME=VALUE for each of several shadows.",
            "NAME=VALUE",
        ),
    ] = ()
    container: Annotated[
        tuple[str, ...], Option("Container whose lines count; repeatable.  [default: those that log requests]", "NAME")
    ] = ()
    key: Annotated[
        str | None,
        Option(
            "Field or header equal on an original and its copy.  [default: x-request-id or trace id, if logged]",
            "FIELD",
        ),
    ] = None
    marker: Annotated[
        tuple[str, ...],
        Option("Field or header whose value marks copies; VALUE may be a glob; repeatable.", "FIELD=VALUE"),
    ] = ()
    log_format: Annotated[
        str | None,
        Option(
            "nginx log_format of the lines, with escape=... in front if it is set, or an Envoy format string.  "
            "[default: detected]",
            "FORMAT",
        ),
    ] = None
    formats: Annotated[
        str | None, Option("Try the formats of this TOML file, too: [formats] NAME = 'FORMAT'.", "FILE")
    ] = None
    nginx_conf: Annotated[
        str | None, Option("Try the log_formats of this nginx.conf and what it includes, too.", "FILE")
    ] = None
    horizon: Annotated[
        float | str, Option("How far apart an original and its copy may be logged: 500ms, 60s, 5m.", "TIME")
    ] = "60s"
    since: Annotated[
        str | None, Option("Judge only lines from this moment on, e.g. 18:11:20 or 2026-11-22T18:11:20Z.", "TIME")
    ] = None
    until: Annotated[str | None, Option("Judge only lines up to this moment.", "TIME")] = None
    exclude_path: Annotated[tuple[str, ...], Option("Leave out requests for these paths; repeatable.", "GLOB")] = ()
    exclude_agent: Annotated[
        tuple[str, ...],
        Option("Leave out these user agents besides those listed below; none empties the list; repeatable.", "GLOB"),
    ] = ()
    overlap: Annotated[bool, Option("Judge only the span that the shadow's logs cover.")] = False
    presumed_retries: Annotated[bool, Option("Count retries that no id proves as misses.")] = True
    expect: Annotated[float | str | None, Option("Say whether the ratio agrees with this percentage.", "PERCENT")] = (
        None
    )
    memory: Annotated[
        str | int,
        Option(
            "About how much memory to take: 512M, 2G. Logs that are longer are analyzed in steps of their time, and "
            "sorted in temporary files (see TMPDIR) where they are not in order.",
            "SIZE",
        ),
    ] = "1G"
    only_path: tuple[str, ...] = ()  # of the library; the checks have --only
    probe: Annotated[
        str | None,
        Option(
            "Judge only the probes of this run: its name, or the file that `probe --save` wrote. Without it, probes "
            "are counted and excluded, unless the primary's log holds nothing else.",
            "RUN",
        ),
    ] = None


Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Options):
    """Options that were checked, and what those that had to be parsed say.

    horizon_us: microseconds. exclude_agents: globs without regard to case, the defaults among them. expected: percent.
    memory_bytes: that may be taken, about.
    primary_labels, shadow_labels: names and values. markers: fields and the globs of the values that mark copies.
    run: only its probes are judged. complete: the logs go on until no copy can be under way any more, so that
    their ends hide nothing. since, until: as given, since what they leave out comes from the log.
    """

    horizon_us: int
    exclude_agents: tuple[str, ...]
    expected: float | None
    primary_labels: Pairs
    shadow_labels: Pairs
    markers: Pairs
    memory_bytes: int
    run: Wanted | None
    complete: bool = False


def complete(options: Options) -> Settings:
    """Check the options and complete them; raises UsageError."""
    if options.log_format is not None and (options.formats or options.nginx_conf):
        other = "--formats" if options.formats else "--nginx-conf"
        raise UsageError(f"--log-format says what all lines are, {other} what they may be. Give one of the two.")
    if by_shadow(options):
        raise UsageError(
            "NAME= names one of several shadows, which cannot be judged here. Leave it out, and give one shadow."
        )
    return Settings(
        **{field.name: getattr(options, field.name) for field in fields(Options)},
        horizon_us=round(parse_duration(options.horizon, "--horizon") * 1_000_000),
        exclude_agents=agents(options.exclude_agent),
        expected=None if options.expect is None else parse_percent(options.expect, "--expect"),
        primary_labels=parse_pairs(options.primary_label, "--primary-label"),
        shadow_labels=parse_pairs(options.shadow_label, "--shadow-label"),
        markers=parse_pairs(options.marker, "--marker"),
        memory_bytes=parse_memory(options.memory, "--memory"),
        run=None if options.probe is None else wanted(options.probe),
    )


def named(word: str) -> tuple[str, str]:
    """The name of a shadow and what is behind it, of NAME=REST; the name is empty where the word has none."""
    found = _NAMED.fullmatch(word)
    return (found[1], found[2]) if found else ("", word)


def named_label(word: str) -> tuple[str, str]:
    """The same of a label, which has an equals sign of its own."""
    name, label = named(word)
    return (name, label) if label.partition("=")[0].strip() and "=" in label and name else ("", word)


def grouped(words: Iterable[tuple[str, str]], option: str) -> dict[str, tuple[str, ...]]:
    """The words of each shadow, by its name; UsageError where some have a name and some have none."""
    found: dict[str, tuple[str, ...]] = {}
    for name, word in words:
        found[name] = (*found.get(name, ()), word)
    if "" in found and len(found) > 1:
        raise UsageError(
            f"{option} {found[''][0]} names no shadow, others do. Give each as {option} NAME={found[''][0]}, or none."
        )
    return found


def by_shadow(options: Options) -> dict[str, Options]:
    """The options of each shadow that --shadow-pods or --shadow-label name, as if it were alone; empty without names.

    Raises UsageError where some of the words have no name.
    """
    pods = grouped(map(named, options.shadow_pods), "--shadow-pods")
    labels = grouped(map(named_label, options.shadow_label), "--shadow-label")
    names = dict.fromkeys([*pods, *labels])
    if "" in names and len(names) > 1:
        raise UsageError("--shadow-pods and --shadow-label name different shadows. Put the NAME= in front of all.")
    return {
        name: replace(options, shadow_pods=pods.get(name, ()), shadow_label=labels.get(name, ()))
        for name in names
        if name
    }


def parse_pairs(given: Sequence[str], option: str) -> Pairs:
    """Names and values of "version=v1"; UsageError without a name or an equals sign."""
    pairs = []
    for text in given:
        name, equals, value = text.partition("=")
        if not name.strip() or not equals:
            example = "x-shadow=true" if option == "--marker" else "version=v1"
            raise UsageError(f"{option} {text} is no name and value. Give for example {option} {example}.")
        pairs.append((name.strip(), value.strip()))
    return tuple(pairs)


def parse_percent(given: float | str, option: str) -> float:
    """The number of 50, "50" or "50 %"; UsageError for anything that does not lie between 0 and 100."""
    try:
        percent = float(given.strip().removesuffix("%")) if isinstance(given, str) else float(given)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= _WHOLE:
        raise UsageError(f"{option} {given} is no percentage. Give a number from 0 to 100.")
    return percent


def parse_duration(text: float | str, option: str) -> float:
    """Seconds of "60s", "1.5m", "500ms" or a bare number of seconds; UsageError unless from 1 ms to a week."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)?\s*", str(text), re.ASCII)
    seconds = float(match[1]) * _UNITS[match[2] or "s"] if match else None
    if seconds is None:
        raise UsageError(f"{option} {text} is not a duration. Give for example 60s, 500ms or 5m.")
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise UsageError(f"{option} {text} is out of range. Give a duration from 1ms to 168h.")
    return seconds


def parse_memory(text: str | int, option: str) -> int:
    """Bytes of "512M", "1.5GiB" or a bare number of bytes; UsageError for less than an analysis needs."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:([mgt])(?:i?b)?)?\s*", str(text), re.ASCII | re.IGNORECASE)
    if match is None:
        raise UsageError(f"{option} {text} is no size of memory. Give for example 512M or 2G.")
    size = int(float(match[1]) * _SIZES.get((match[2] or "").lower(), 1))
    if size < LEAST_MEMORY:
        raise UsageError(f"{option} {text} is too little. Give {LEAST_MEMORY >> 20}M at least.")
    return size


def parse_moment(text: str, option: str, default_day: datetime) -> datetime:
    """The moment that --since or --until names: ISO 8601 first, else free text.

    What is missing is taken from `default_day`: its date, and its zone for a time without one. Raises UsageError for
    bare numbers and unknown zones, which dateutil would take for something.
    """
    if re.fullmatch(r"[\d.\s]*", text):
        raise UsageError(f"{option} {text!r} is not a time. Give for example 18:11:20 or 2026-11-22T18:11:20Z.")
    from dateutil import parser as dates

    try:
        moment = dates.isoparse(text.strip())
    except ValueError:
        moment = _free_text(text, option, default_day)
    return moment if moment.tzinfo else moment.replace(tzinfo=default_day.tzinfo)


def _free_text(text: str, option: str, default_day: datetime) -> datetime:
    def zone(name: str | None, seconds: int | None) -> tzinfo | None:
        if seconds is None and name is None:
            return None
        if seconds is None and (name or "").upper() not in {"UTC", "GMT", "Z"}:
            raise UsageError(f"{option} {text!r}: unknown time zone {name}. Give an offset, for example +01:00, or Z.")
        return timezone(timedelta(seconds=seconds or 0))

    from dateutil import parser as dates

    midnight = default_day.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    try:
        return dates.parse(text, default=midnight, tzinfos=zone)
    except (ValueError, OverflowError) as error:
        message = f"{option} {text!r} is not a time. Give for example 18:11:20 or 2026-11-22T18:11:20Z."
        raise UsageError(message) from error


def agents(patterns: Sequence[str]) -> tuple[str, ...]:
    """The agents to exclude: the defaults and what is given besides; "none" switches the defaults off."""
    given = tuple(pattern for pattern in patterns if pattern != NONE)
    return given if NONE in patterns else DEFAULT_AGENTS + given


def glob_regex(pattern: str) -> re.Pattern[bytes]:
    """A bytes regex that matches what a glob does."""
    return re.compile(translate(pattern).encode("utf-8", "surrogateescape"))


def globs_regex(patterns: Sequence[str], *, ignore_case: bool = False) -> re.Pattern[bytes] | None:
    """One bytes regex that matches where one of the globs does, None without globs."""
    if not patterns:
        return None
    # A file system's way to give bytes that are no UTF-8 on the command line: surrogates stand for them.
    pattern = "|".join(translate(each) for each in patterns).encode("utf-8", "surrogateescape")
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
