"""Tests of what the fields of two logs keep from being told."""

import pytest

from mirrorcheck.errors import UsageError
from mirrorcheck.mesh.access_logs import check_fields
from mirrorcheck.mesh.model import parse_labels, parse_shadow


@pytest.mark.parametrize(
    ("primary", "shadow", "about"),
    [
        ({"xff"}, {"xff"}, None),
        ({"request_id"}, {"request_id"}, None),
        ({"xff"}, {"host"}, None),
        ({"xff"}, {"status"}, "the shadow's log"),
        ({"status"}, {"xff"}, "the primary's log"),
        (set(), set(), "either side's log"),
        ({"request_id"}, {"traceparent"}, "either side's log"),
    ],
)
def test_fields(primary: set[str], shadow: set[str], about: str | None) -> None:
    """A marker that both sides can hold is enough, or an id that both log."""
    findings = check_fields(primary, shadow)
    assert [each.what.startswith(about or "") for each in findings] == ([True] if about else [])


def test_labels() -> None:
    """Labels are read as kubectl's equality selectors, in any order."""
    assert parse_labels("version=v1, app==target", "--primary") == (("app", "target"), ("version", "v1"))
    assert parse_shadow("version=v2") == (("version", "v2"),)
    assert parse_shadow("audit") == "audit"


@pytest.mark.parametrize("text", ["", "version", "version!=v1", "=v1", "a=b=c", "version in (v1)"])
def test_no_labels(text: str) -> None:
    """Anything else is refused in a line that names the option."""
    with pytest.raises(UsageError, match=r"--primary .* is no label"):
        parse_labels(text, "--primary")
