"""Whether a rule was something else between two readings, by what its objects tell of themselves."""

from typing import Any

import pytest

from mirrorcheck.mesh.model import Objects
from mirrorcheck.mesh.read import removed, rewritten
from tests.cluster.manifests import destination_rule, http_route, virtual_service

NAME = ("VirtualService", "default", "target")


def written(made: dict[str, Any], generation: int | None = 1, uid: str = "u1", version: str = "7") -> dict[str, Any]:
    """An object as the server shows it."""
    counted = {} if generation is None else {"generation": generation}
    return made | {"metadata": made["metadata"] | {"uid": uid, "resourceVersion": version} | counted}


def objects(*rules: dict[str, Any], subsets: int = 1, **more: dict[str, Any]) -> Objects:
    """What was read of the cluster."""
    return Objects(
        "target",
        "default",
        services={},
        pods={},
        virtual_services=rules,
        destination_rules=(written(destination_rule(), subsets),),
        routes=tuple(more.values()),
    )


RULE = virtual_service()


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (objects(written(RULE)), objects(written(RULE, 2)), False),
        (objects(written(RULE)), objects(written(RULE, 3)), True),
        (objects(written(RULE)), objects(written(RULE, 1, version="9")), False),
        (objects(written(RULE)), objects(written(RULE, uid="u2")), True),
        (objects(written(RULE)), objects(written(RULE, 2), subsets=2), True),
        (objects(written(RULE, None)), objects(written(RULE, None, version="9")), False),
        (objects(), objects(written(RULE)), False),
        (objects(), objects(written(RULE, 2)), True),
        (objects(written(RULE)), objects(route=written(http_route())), True),
        (objects(written(RULE)), objects(written(RULE), written(virtual_service(name="other"), 5)), True),
    ],
    ids=["once", "twice", "status", "anew", "subsets-too", "uncounted", "made", "made-changed", "kind", "two"],
)
def test_a_rule_that_was_changed_more_than_once(before: Objects, after: Objects, *, found: bool) -> None:
    """It said a third thing in between, as far as generations and uids tell."""
    last = {NAME: written(RULE)}
    assert rewritten(before, after, last) == found


@pytest.mark.parametrize(
    ("end", "found"), [(None, True), (1, False), (2, True)], ids=["unknown", "as-it-was", "changed"]
)
def test_a_rule_that_is_gone(end: int | None, *, found: bool) -> None:
    """It may have been changed before it was removed, which only its end tells."""
    before, after = objects(written(RULE)), objects()
    assert removed(before, after) == {NAME}
    assert rewritten(before, after, {} if end is None else {NAME: written(RULE, end)}) == found
