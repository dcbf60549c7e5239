"""Writes verdicts as a JUnit document: a test case for each check, its numbers as properties.

The elements are those of junit-10.xsd of Jenkins' xunit plugin (3.1), which GitLab and GitHub's readers know as well.
"""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent  # written, never read

from mirrorcheck.checks.verdicts import Check, CheckResult, Verdicts
from mirrorcheck.render.visible import visible

_CLASS = "mirrorcheck.assert"
_NUMBERS = ("value", "low", "high", "count", "total", "p_value", "more")


def write_junit(verdicts: Verdicts, inconclusive: CheckResult | None, path: Path) -> None:
    """Write the document; raises OSError where `path` cannot be written.

    What cannot be summary is an error, or what it is taken as: a failure, or with `pass` a skipped test.
    """
    kinds = [_kind(check, inconclusive) for check in verdicts.checks]
    counts = {"tests": str(len(kinds)), "failures": str(kinds.count("failure")), "errors": str(kinds.count("error"))}
    root = Element("testsuites", counts, name="mirrorcheck")
    suite = SubElement(root, "testsuite", counts, name="mirrorcheck assert", skipped=str(kinds.count("skipped")))
    properties = SubElement(suite, "properties")
    for name, value in _properties(verdicts):
        SubElement(properties, "property", name=name, value=value)
    for check, kind in zip(verdicts.checks, kinds, strict=True):
        _write_case(suite, check, kind)
    indent(root)
    with path.open("wb") as stream:
        ElementTree(root).write(stream, encoding="utf-8", xml_declaration=True)


def _kind(check: Check, inconclusive: CheckResult | None) -> str:
    if check.verdict == CheckResult.INCONCLUSIVE:
        return {CheckResult.PASS: "skipped", CheckResult.FAIL: "failure"}.get(inconclusive or check.verdict, "error")
    return "failure" if check.verdict == CheckResult.FAIL else ""


def _properties(verdicts: Verdicts) -> Iterator[tuple[str, str]]:
    yield "verdict", verdicts.verdict.value
    yield "confidence", repr(verdicts.confidence)
    for check in verdicts.checks:
        prefix = f"{check.shadow}." if check.shadow else ""
        for field in fields(check):
            value = getattr(check, field.name)
            if field.name in _NUMBERS and value is not None:
                yield f"{prefix}{check.option}.{field.name}", repr(value)


def _write_case(suite: Element, check: Check, kind: str) -> None:
    case = SubElement(suite, "testcase", name=check.title, classname=_CLASS)
    # XML can hold no control character at all, not even escaped.
    notes = "\n".join(visible(note) for note in check.notes)
    summary = f"expected {check.expected}, found {check.found}, {check.evidence}"
    if kind:
        SubElement(case, kind, message=summary, type=check.verdict.value).text = notes or summary
    else:
        SubElement(case, "system-out").text = f"{summary}\n{notes}".rstrip()
