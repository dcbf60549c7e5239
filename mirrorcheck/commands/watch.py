"""The options of `watch` come in; what a service's mirror rule says and whether it is sound goes to standard output."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mirrorcheck.errors import UsageError

SOUND, NOT_SOUND, UNREADABLE = 0, 1, 2

EPILOG = """\b
Examples:
  mirrorcheck watch target --check-rule
  mirrorcheck watch target -n shop --primary version=v1 --shadow version=v2

\b
Exit status with --check-rule:
  0    a mirror is in force, and nothing is wrong with it
  1    something is wrong with it, or there is none
  2    wrong usage, no cluster, or the rule may not be read"""

Service = Annotated[str, typer.Argument(metavar="SERVICE", help="Name of the service whose requests are mirrored.")]
Namespace = Annotated[
    str | None,
    typer.Option("-n", "--namespace", metavar="NAME", help="Namespace of the service.  [default: the context's]"),
]
Context = Annotated[
    str | None, typer.Option(metavar="NAME", help="Context of the kubeconfig.  [default: the current one]")
]
Kubeconfig = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The kubeconfig to use.  [default: $KUBECONFIG, ~/.kube/config]")
]
Primary = Annotated[
    str | None,
    typer.Option(metavar="LABELS", help="Pods of the primary, as version=v1.  [default: as the mirror rule says]"),
]
Shadow = Annotated[
    str | None,
    typer.Option(
        metavar="LABELS", help="Pods of the shadow, as version=v2; or the name of one mirror's subset or service."
    ),
]
Container = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The container that writes the access log.  [default: found by its lines]"),
]
Expect = Annotated[
    str | None, typer.Option(metavar="PERCENT", help="Share of requests to be copied.  [default: as the rule says]")
]
CheckRule = Annotated[
    bool, typer.Option("--check-rule", help="Only say what the mirror rule is and what is wrong with it.")
]


def watch(  # noqa: PLR0913, PLR0917  # every option is a parameter: that is how typer is told of it
    service: Service,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
    primary: Primary = None,
    shadow: Shadow = None,
    container: Container = None,
    expect: Expect = None,
    check_rule: CheckRule = False,  # noqa: FBT002  # a flag is a bool: typer turns it into --flag
) -> None:
    """Find a service's pods and mirror rule in a cluster, and say what is wrong with the rule."""
    from rich.console import Console

    from mirrorcheck.reports.rule import render_rule
    from mirrorcheck.rules import Overrides, parse_labels, parse_shadow
    from mirrorcheck.settings import parse_percent
    from mirrorcheck.sources.cluster.client import Client
    from mirrorcheck.sources.cluster.discovery import discover

    overrides = Overrides(
        primary=() if primary is None else parse_labels(primary, "--primary"),
        shadow=() if shadow is None else parse_shadow(shadow),
        container=container or "",
        expect=None if expect is None else parse_percent(expect, "--expect"),
    )
    if not check_rule:
        raise UsageError("watch can only check the rule so far. Give --check-rule.")
    target = discover(Client.connect(kubeconfig, context, namespace), service, overrides)
    render_rule(target, Console(file=sys.stdout, highlight=False))
    # At exit it would be too late to tell a full disk or a reader that left from success.
    sys.stdout.flush()
    unreadable = target.reading.state == "unreadable"
    raise typer.Exit(SOUND if target.sound else UNREADABLE if unreadable else NOT_SOUND)
