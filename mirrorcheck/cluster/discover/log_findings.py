"""Finds what keeps the logs of the chosen containers from showing every request."""

from collections.abc import Mapping

from mirrorcheck.cluster.discover.containers import ContainerChoice
from mirrorcheck.cluster.discover.target import Target, pipe
from mirrorcheck.mesh.access_logs import about_access_logs, check_fields
from mirrorcheck.mesh.groups import PROXIES, shown
from mirrorcheck.mesh.model import Finding
from mirrorcheck.sources.feed import Side

UNREADABLE_LOGS = "logs-unreadable"
"""The code of what is found where logs may not be read."""


def about_logs(target: Target, choices: Mapping[Side, ContainerChoice]) -> list[Finding]:
    """What is wrong with the logs of either side that has pods."""
    findings: list[Finding] = []
    for side, choice in choices.items():
        if pods := target.pods(side):
            findings += _about_choice(target, side, choice)
            if choice.name in PROXIES:
                findings += about_access_logs(side, pods, target.objects.telemetry)
    primary, shadow = choices["primary"], choices["shadow"]
    if primary.seen == shadow.seen == "access log":
        findings += check_fields(primary.fields, shadow.fields)
    return findings


def _about_choice(target: Target, side: Side, choice: ContainerChoice) -> list[Finding]:
    groups = target.reading.primary if side == "primary" else (target.reading.shadow,)
    named = f"the {side}'s pods"
    match choice.seen:
        case "forbidden":
            way = pipe(groups[0].namespace, shown(groups[0].labels), choice.name)
            what = f"logs of {named} may not be read: needs get on pods/log in {groups[0].namespace}"
            return [Finding("error", UNREADABLE_LOGS, what, f"Ask for it; or, where kubectl may: {way}")]
        case "absent":
            what = f"{named} have no container {choice.name}"
            return [Finding("error", "container-missing", what, "Give another name with --container.")]
        case "other lines":
            names = ", ".join((choice.name, *choice.others))
            what = f"no container of {named} writes access logs in a known format (read: {names})"
            remedy = "Switch them on (nginx: access_log /dev/stdout main), or name the container with --container."
            return [Finding("error", "no-access-log", what, remedy)]
        case "silent":
            what = f"container {choice.name} of {named} has no access-log line yet"
            return [Finding("note", "no-line-yet", what, "Send a request, or name another one with --container.")]
        case "access log":
            return []
