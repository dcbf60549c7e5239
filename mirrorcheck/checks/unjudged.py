"""Names in each check the lines that no verdict rests on; where they exceed a limit, nothing passes.

What an access log says is written by whoever sends requests, all but address, time, status and size. So lines that were
not judged may hide what a check asks for: beyond a limit that nobody gave, nothing passes; one that was given fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mirrorcheck.checks.expectations import Expectations, percent
from mirrorcheck.checks.reasons import ratio_text
from mirrorcheck.checks.verdicts import NO_DATA, Check, CheckResult, NotJudged
from mirrorcheck.report.model import Exclusions, Report, SideReport
from mirrorcheck.settings import DEFAULT_AGENTS, MOST_EXCLUDED, MOST_UNOBSERVED, MOST_UNPARSED

_OLDER = "an older version wrote the report, which does not say why: write it anew with mirrorcheck analyze ... --json"
_REPEATED = "each may be a request of its own, to another pod: name each log once, or log the pod or a request id"
_NAMED = 2  # unparsed lines of a side, beneath a check
_RATIO = frozenset({"expect", "min-ratio", "max-missed"})
_COPIES = frozenset({"max-orphans", "max-duplicates"})
_ANSWERS = frozenset({"max-status-changes", "max-new-5xx", "max-latency-ratio"})
_WRITES = frozenset({"forbid-writes"})
_NOWHERE: frozenset[str] = frozenset()
# Warnings of what a check asks for, left uncounted, or of what its number may hide: it cannot pass.
_UNSETTLED = frozenset({"excluded_copies", "copies_repeated", "perhaps_changed"})
_WEAKENED = {  # by the code of a warning; any other weakens what is said of the ratio
    "writes_mirrored": _NOWHERE,
    "two_policies": _RATIO | {"max-duplicates"},
    "excluded_copies": _COPIES,
    "orphans": _NOWHERE,
    "common_hop": _NOWHERE,
    "marker_not_logged": _RATIO | _COPIES | _WRITES,
    "same_lines": _RATIO | _COPIES | _ANSWERS | _WRITES,
    "one_side": _RATIO | _COPIES | _ANSWERS | _WRITES,
    "no_marker": _RATIO | _COPIES | _WRITES,
    "id_missing": _NOWHERE,
    "id_on_one_side": _NOWHERE,
    "id_not_unique": _NOWHERE,
    "id_renewed": _NOWHERE,
    "repeated_lines": _RATIO | _COPIES,
    "copies_repeated": _COPIES,
    "deterministic_sampling": _NOWHERE,
    "no_keys_of_their_own": _RATIO | _COPIES | _ANSWERS,
    "shadow_499": _ANSWERS,
    "clock_skew": _NOWHERE,
    "no_end": _NOWHERE,  # of what is in it all is judged
    "unparsed": _NOWHERE,  # what does not parse is named anyway, and so is what is excluded
    "excluded_uncorroborated": _NOWHERE,
    "other_containers": _NOWHERE,
}


@dataclass(frozen=True, slots=True)
class _Share:
    """Lines that were not judged among those that could have been, and the limit that holds for them.

    status: why they were not judged, in words. noun: what all of them are. why: more on it, and a way out. known:
    whether the report says how many there are; it does not where an older version wrote it. unread: the share of the
    time, 0 to 1, that was not read: as much is lacking among those that could have been.
    """

    name: str
    count: int
    total: int
    noun: str
    status: str
    given: float | None
    default: float
    why: str
    known: bool = True
    unread: float = 0.0

    @property
    def option(self) -> str:
        """The option that limits them, without dashes in front."""
        return f"max-{self.name}"

    @property
    def ratio(self) -> float:
        """Their share, and of what was never read; 0 without any line."""
        counted = self.count / self.total if self.total else 0.0
        return counted if not self.unread else 1.0 - (1.0 - self.unread) * (1.0 - counted)

    def keeps(self, limit: float) -> bool:
        """Whether there are so few; a limit of a share is held against the counts, as they are in the logs."""
        return self.ratio <= limit


def not_judged(report: Report) -> NotJudged:
    """The lines that no verdict on a report rests on."""
    found = report.exclusions
    asked = found.asked if found else 0
    return NotJudged(
        excluded_asked=asked,
        excluded=report.originals.excluded - asked,
        uncorroborated=found.uncorroborated if found else None,
        unparsed=report.primary.lines.unparsed,
        unparsed_shadow=report.shadow_side.lines.unparsed,
        unobserved=report.originals.unobserved,
        presumed=report.retries.presumed,
        unread=report.sight.unread if report.sight else None,
        retries=report.retries.count - report.retries.presumed,
        repeated=report.primary.lines.unproven,
    )


def lacks(report: Report) -> str:
    """Why a watching without any check says nothing of all that it was to see; empty where it does."""
    if not report.ratio.paired + report.ratio.missed:
        return report.verdict.sentence
    sight = report.sight
    if sight is None or max(sight.unread, sight.shadow_unread) <= MOST_UNOBSERVED:
        return ""
    primary, shadow = (ratio_text(each, None, None) for each in (sight.unread, sight.shadow_unread))
    allowed = f"above {percent(MOST_UNOBSERVED)} %; --max-unobserved P% allows it"
    return f"{primary} of the primary's time and {shadow} of the shadow's was not read, {allowed}"


def unjudged_checks(report: Report, wanted: Expectations) -> Iterator[Check]:
    """The checks that --max-unobserved, --max-excluded and --max-unparsed ask for."""
    for share in _shares(report, wanted):
        if share.given is not None:
            yield _check(share, share.given)


def with_unjudged(
    checks: tuple[Check, ...], report: Report, wanted: Expectations, *, stopped: bool
) -> tuple[Check, ...]:
    """The checks with what was not judged in each, and no pass where a limit that nobody gave is exceeded.

    stopped: the lines ended when the ratio was sure, so that those under way say nothing.
    """
    shares = _shares(report, wanted)
    own = {share.option for share in shares}
    if stopped or report.filters.overlap:  # asked for, either of them: the ends say nothing
        shares = tuple(replace(share, count=0) if share.option == "max-unobserved" else share for share in shares)
    exceeded = [share for share in shares if share.given is None and not share.keeps(share.default)]
    return tuple(check if check.option in own else _with(check, report, exceeded) for check in checks)


def _with(check: Check, report: Report, exceeded: list[_Share]) -> Check:
    words = not_judged(report).words
    notes = [*check.notes, *(_named(report) if check.option in _RATIO else ())]
    warnings = [each for each in report.warnings if check.option in _WEAKENED.get(each.code, _RATIO)]
    notes += [f"warning: {each.text}" for each in warnings]
    unsettled = any(each.code in _UNSETTLED for each in warnings)
    withheld = bool(exceeded or unsettled) and check.verdict == CheckResult.PASS and check.option != "min-requests"
    if withheld:
        notes = [*(_exceeded(share) for share in exceeded), *notes]
    return replace(
        check,
        verdict=CheckResult.INCONCLUSIVE if withheld else check.verdict,
        evidence=f"{check.evidence}; not judged: {words}" if words else check.evidence,
        notes=tuple(notes),
    )


def _exceeded(share: _Share) -> str:
    what = f"{share.count:,} of {share.total:,} {share.noun} ({ratio_text(share.ratio, None, None)}) {share.status}"
    if share.unread:
        what = (
            f"{ratio_text(share.unread, None, None)} of the watching of the primary was not read and {share.count:,} "
            f"of {share.total:,} {share.noun} {share.status}, {ratio_text(share.ratio, None, None)} in all"
        )
    return f"would pass, but {what}, above {percent(share.default)} %: {share.why}; --{share.option} P% allows them"


def _named(report: Report) -> Iterator[str]:
    """The first lines that nobody judged, as they did not parse."""
    for side in (report.primary, report.shadow_side):
        for sample in side.unparsed_samples[:_NAMED] if side.lines.unparsed else ():
            yield f"unparsed: {sample.file} line {sample.line}, {sample.reason}"


def _shares(report: Report, wanted: Expectations) -> tuple[_Share, ...]:
    sides = (_unparsed(side, wanted) for side in (report.primary, report.shadow_side))
    return _unobserved(report, wanted), _excluded(report, wanted), max(sides, key=lambda each: each.ratio)


def _unobserved(report: Report, wanted: Expectations) -> _Share:
    count = report.originals.unobserved
    return _Share(
        name="unobserved",
        count=count,
        total=report.originals.paired + report.originals.missed + count,
        noun="originals",
        status="are unobserved",
        given=wanted.max_unobserved,
        default=MOST_UNOBSERVED,
        why="their copies may lie beyond the ends of the logs, or in a gap",
        unread=report.sight.unread if report.sight else 0.0,
    )


def _excluded(report: Report, wanted: Expectations) -> _Share:
    found, repeated = report.exclusions, report.primary.lines.unproven
    statuses = ["excluded for their own text alone" if found else "excluded"] if report.originals.excluded else []
    reasons = [_groups(found) if found else _OLDER] if report.originals.excluded else []
    return _Share(
        name="excluded",
        count=(found.uncorroborated if found else report.originals.excluded) + repeated,
        total=report.originals.total - (found.asked if found else 0) + repeated,
        noun="originals",
        status="are " + " or ".join([*statuses, *(["held by two files and counted once"] if repeated else [])]),
        given=wanted.max_excluded,
        default=MOST_EXCLUDED,
        why="; ".join([*reasons, *([_REPEATED] if repeated else [])]),
        known=found is not None,
    )


def _groups(found: Exclusions) -> str:
    """What they are and how to judge or to accept them; none of it is text of a log."""
    groups = [group for group in found.groups if group.uncorroborated]
    agents = " ".join(f"--exclude-agent '{group.what}'" for group in groups if group.what in DEFAULT_AGENTS)
    ways = f"; --exclude-agent none judges them, {agents} vouches for them" if agents else ""
    ways += "; --probe RUN judges the probes of a run" if "probes" in {group.what for group in groups} else ""
    return ", ".join(f"{group.what}, {group.why}" for group in groups) + ways


def _unparsed(side: SideReport, wanted: Expectations) -> _Share:
    return _Share(
        name="unparsed",
        count=side.lines.unparsed,
        total=side.lines.parsed + side.lines.unparsed,
        noun=f"requests of the {side.label}",
        status="did not parse",
        given=wanted.max_unparsed,
        default=MOST_UNPARSED,
        why="nobody judged them",
    )


def _check(share: _Share, allowed: float) -> Check:
    verdict, notes = CheckResult.PASS if share.keeps(allowed) else CheckResult.FAIL, (share.why,)
    if not share.total:
        verdict, notes = CheckResult.INCONCLUSIVE, (NO_DATA,)
    elif verdict == CheckResult.FAIL and not share.known:
        verdict = CheckResult.INCONCLUSIVE
    return Check(
        name=share.name,
        option=share.option,
        verdict=verdict,
        expected=f"at most {percent(allowed)} %",
        found=ratio_text(share.ratio, None, None),
        evidence=f"{share.count:,} of {share.total:,} {share.noun}",
        notes=() if verdict == CheckResult.PASS else notes,
        value=share.ratio if share.total else None,
        count=share.count,
        total=share.total,
    )
