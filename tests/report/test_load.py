import json
from dataclasses import replace
from pathlib import Path

import pytest

import mirrorcheck
from mirrorcheck.errors import InputError
from mirrorcheck.report.dump import to_document
from mirrorcheck.report.load import read_report
from tests.docs.documents import documents
from tests.render.cases import CASES

TESTDATA = Path(__file__).parents[2] / "testdata"


def test_documents_of_real_analyses_are_read_back_whole(tmp_path: Path) -> None:
    """What is read from a document is what it was written from, field by field."""
    for document in documents(TESTDATA, tmp_path):
        assert to_document(read_report(json.loads(json.dumps(document)))) == document


@pytest.mark.parametrize("name", CASES)
def test_reports_are_read_back_whole(name: str) -> None:
    """A report survives its document, but for the table of lines, and for bytes that no document can hold."""
    document = to_document(CASES[name])
    assert to_document(read_report(document)) == document
    if name != "hostile":
        assert read_report(document) == replace(CASES[name], make_tables=None)


def test_a_method_may_be_called_from() -> None:
    """Only a field of that name is one that Python cannot have."""
    document = to_document(next(iter(CASES.values()))) | {"writes_mirrored": {"from": 3}}
    assert read_report(document).writes_mirrored == {"from": 3}


def test_newer_and_older_documents() -> None:
    """Fields that are not known are passed over, and those that were not yet there are None."""
    document = to_document(next(iter(CASES.values()))) | {"invented_later": 5}
    for name in ("sampling", "missed_before_on", "missed_after_on"):
        del document[name]
    found = read_report(document)
    assert isinstance(found, mirrorcheck.Report)
    assert found.sampling is None
    assert found.missed_before_on is None


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("schema", "mirrorcheck.report/2", "its schema is 'mirrorcheck.report/2'"),
        ("sides", None, "its sides are missing"),
        ("ratio", None, "ratio: expected object, got null"),
        ("ratio", {"value": 1}, "ratio: object missing required field low"),
        ("on_from", "yesterday", "on_from: invalid RFC3339 encoded datetime"),
        ("explanation", 5, "explanation: expected str, got int"),
        ("phases", [{"from": 5}], "phases\\[0\\]: object missing required field from"),
        ("originals", {"total": True}, "originals.total: expected int, got bool"),
    ],
)
def test_what_is_no_report(place: str, value: object, message: str) -> None:
    """Anything else is refused in one line that says where, and how to make a new one."""
    document = to_document(CASES["interrupted" if "interrupted" in CASES else next(iter(CASES))]) | {place: value}
    with pytest.raises(InputError, match=message) as raised:
        read_report(document, "old.json")
    assert str(raised.value).startswith("old.json ")
    assert str(raised.value).endswith("analyze ... --json.")


@pytest.mark.parametrize("document", [[], "text", None, {}])
def test_what_is_no_document(document: object) -> None:
    """Neither is any other JSON."""
    with pytest.raises(InputError, match="no report"):
        read_report(document)
