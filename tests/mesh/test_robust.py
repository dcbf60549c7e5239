"""A property: whatever JSON the API holds, a rule is read from it, and each finding is a line."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck.mesh.model import Objects
from mirrorcheck.mesh.read import namespaces_named, read, services_named
from tests.mesh.cases import CASES, load
from tests.sample import examples

_FIELDS = ("virtual_services", "destination_rules", "routes", "route_rules")
_CASES = [load(folder) for folder in sorted(CASES.iterdir())]
_JUNK: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, -1, 1e308, "", "x", "*", "a.b.c", [], [None], [[]], [{}], {}, {"x": None}]
)


def places(found: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401  # JSON is any
    """Every place in a document: what holds it, and its key or index there."""
    keys = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, value in list(keys):
        yield found, key
        yield from places(value)


@examples(400)
@given(case=st.sampled_from(_CASES), junk=_JUNK, data=st.data())
def test_junk(case: Any, junk: object, data: st.DataObject) -> None:  # noqa: ANN401  # hypothesis passes a Case
    """Junk in any place of any object is read over, or said."""
    found = {field: copy.deepcopy(getattr(case.objects, field)) for field in _FIELDS}
    holder, key = data.draw(
        st.sampled_from([*places({"none": None}), *places([list(each) for each in found.values()])])
    )
    holder[key] = junk
    objects: Objects = replace(case.objects, **found)
    assert (objects.namespace, objects.service) in services_named(objects)
    assert objects.namespace in namespaces_named(objects)
    reading = read(objects, case.overrides)
    assert "\n" not in "".join(each.what + each.remedy for each in reading.findings)
