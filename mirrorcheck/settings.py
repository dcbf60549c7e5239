"""Raw options in, one frozen `Settings` out: checked and completed once, nobody sees a raw option after that."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from fnmatch import translate

from mirrorcheck.errors import UsageError
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
DEFAULT_HORIZON = "60s"
PRIMARY_PODS = ("*-v1-*",)
SHADOW_PODS = ("*-v2-*",)
MOST_EXCLUDED, MOST_UNPARSED, MOST_UNOBSERVED = 0.01, 0.01, 0.1
"""Shares of lines that nobody judged, above which a verdict does not pass unless it is told that it may."""
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SHORTEST_S, _LONGEST_S = 0.001, 7 * 86_400.0
_WHOLE = 100  # percent


@dataclass(frozen=True, slots=True)
class Options:
    """What a user gave, unchecked, under the names of the command's options."""

    horizon: str = DEFAULT_HORIZON
    since: str | None = None
    until: str | None = None
    exclude_path: Sequence[str] = ()
    exclude_agent: Sequence[str] = ()
    overlap: bool = False
    presumed_retries: bool = True
    expect: float | str | None = None
    only_path: Sequence[str] = ()
    log_format: str | None = None
    formats: str | None = None
    nginx_conf: str | None = None
    primary_pods: Sequence[str] = ()
    shadow_pods: Sequence[str] = ()
    primary_label: Sequence[str] = ()
    shadow_label: Sequence[str] = ()
    container: Sequence[str] = ()
    key: str | None = None
    marker: Sequence[str] = ()
    probe: str | None = None


Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """What an analysis is asked to do.

    horizon_us: microseconds. since, until: as given, since what they leave out comes from the log. expect: percent.
    log_format: in nginx's or Envoy's own syntax, None to detect. formats, nginx_conf: the names of files that hold
    formats to be tried besides the known ones. primary_pods, shadow_pods, exclude_paths, only_paths: globs, empty where
    none are given. exclude_agents: globs without regard to case; asked_agents: those that the user gave.
    primary_labels, shadow_labels: names and values. containers: names, empty for those that log requests. key: the
    field by which lines are paired, None to choose.
    markers: fields and the globs of values by which copies are told. probe: the run whose probes alone are judged.
    complete: the logs go on until no copy can be under way any more, so that their ends hide nothing.
    """

    horizon_us: int
    since: str | None
    until: str | None
    exclude_agents: tuple[str, ...]
    exclude_paths: tuple[str, ...]
    overlap: bool
    presume_retries: bool
    expect: float | None
    only_paths: tuple[str, ...]
    log_format: str | None
    formats: str | None
    nginx_conf: str | None
    primary_pods: tuple[str, ...]
    shadow_pods: tuple[str, ...]
    primary_labels: Pairs = ()
    shadow_labels: Pairs = ()
    containers: tuple[str, ...] = ()
    key: str | None = None
    markers: Pairs = ()
    probe: Wanted | None = None
    complete: bool = False
    asked_agents: tuple[str, ...] = ()


def complete(options: Options) -> Settings:
    """Check the options and complete them; raises UsageError."""
    return Settings(
        horizon_us=round(parse_duration(options.horizon, "--horizon") * 1_000_000),
        since=options.since,
        until=options.until,
        exclude_agents=agents(options.exclude_agent),
        exclude_paths=tuple(options.exclude_path),
        overlap=options.overlap,
        presume_retries=options.presumed_retries,
        expect=None if options.expect is None else parse_percent(options.expect, "--expect"),
        only_paths=tuple(options.only_path),
        log_format=_one_format(options),
        formats=options.formats,
        nginx_conf=options.nginx_conf,
        primary_pods=tuple(options.primary_pods),
        shadow_pods=tuple(options.shadow_pods),
        primary_labels=parse_pairs(options.primary_label, "--primary-label"),
        shadow_labels=parse_pairs(options.shadow_label, "--shadow-label"),
        containers=tuple(options.container),
        key=options.key,
        markers=parse_pairs(options.marker, "--marker"),
        probe=None if options.probe is None else wanted(options.probe),
        asked_agents=tuple(pattern for pattern in options.exclude_agent if pattern != NONE),
    )


def _one_format(options: Options) -> str | None:
    if options.log_format is not None and (options.formats or options.nginx_conf):
        other = "--formats" if options.formats else "--nginx-conf"
        raise UsageError(f"--log-format says what all lines are, {other} what they may be. Give one of the two.")
    return options.log_format


def parse_pairs(given: Sequence[str], option: str) -> Pairs:
    """Names and values of "version=v1"; UsageError without a name or an equals sign."""
    pairs = []
    for text in given:
        name, equals, value = text.partition("=")
        if not name.strip() or not equals:
            example = "x-shadow=true" if option == "--marker" else "version=v1"
            message = f"{option} {text} is no name and value. Give for example {option} {example}."
            raise UsageError(message)
        pairs.append((name.strip(), value.strip()))
    return tuple(pairs)


def parse_percent(given: float | str, option: str) -> float:
    """The number of 50, "50" or "50 %"; UsageError for anything that does not lie between 0 and 100."""
    try:
        percent = float(given.strip().removesuffix("%")) if isinstance(given, str) else float(given)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= _WHOLE:
        message = f"{option} {given} is no percentage. Give a number from 0 to 100."
        raise UsageError(message)
    return percent


def parse_duration(text: str, option: str) -> float:
    """Seconds of "60s", "1.5m", "500ms" or a bare number of seconds; UsageError unless from 1 ms to a week."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)?\s*", text, re.ASCII)
    seconds = float(match[1]) * _UNITS[match[2] or "s"] if match else None
    if seconds is None:
        message = f"{option} {text} is not a duration. Give for example 60s, 500ms or 5m."
        raise UsageError(message)
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        message = f"{option} {text} is out of range. Give a duration from 1ms to 168h."
        raise UsageError(message)
    return seconds


def parse_moment(text: str, option: str, default_day: datetime) -> datetime:
    """The moment that --since or --until names: ISO 8601 first, else free text.

    What is missing is taken from `default_day`: its date, and its zone for a time without one. Raises UsageError for
    bare numbers and unknown zones, which dateutil would take for something.
    """
    if re.fullmatch(r"[\d.\s]*", text):
        message = f"{option} {text!r} is not a time. Give for example 18:11:20 or 2026-11-22T18:11:20Z."
        raise UsageError(message)
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
            message = f"{option} {text!r}: unknown time zone {name}. Give an offset, for example +01:00, or Z."
            raise UsageError(message)
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
