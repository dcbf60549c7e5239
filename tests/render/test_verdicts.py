import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mirrorcheck.checks.verdicts import Check, CheckResult, Verdicts
from mirrorcheck.render.ci import github
from mirrorcheck.render.ci.junit import write_junit
from mirrorcheck.render.ci.markdown import to_markdown
from mirrorcheck.render.terminal.verdicts import dump, headline, render

# Its source stands in it.
JUNIT = xmlschema.XMLSchema(Path(__file__).with_name("junit-10.xsd"))
HOSTILE = "missed: GET /\x1b[31m\n::error::x##[add-mask]a</failure><!--`````|@you ![x](http://x) %0A \u202e \udcff\x00"

GOOD = Check(
    "mirror ratio", "expect", CheckResult.PASS, "50 % +-5", "49.30 % [46.2, 52.4]", "493 of 1,000", value=0.493
)
BAD = Check(
    "new server errors", "max-new-5xx", CheckResult.FAIL, "0", "31", "of 486 certain pairs", (HOSTILE,), count=31
)
OPEN = Check(
    "minimum mirror ratio", "min-ratio", CheckResult.INCONCLUSIVE, "at least 99 %", "100.00 % [98.9, 100]",
    "270 of 270",
    ("needs about 29 more requests",), more=29,
)  # fmt: skip
ALL = Verdicts((GOOD, BAD, OPEN), 0.95)


def rendered(verdicts: Verdicts, width: int) -> list[str]:
    """The lines on a terminal of this width."""
    stream = io.StringIO()
    render(verdicts, verdicts.verdict, Console(file=stream, width=width, highlight=False))
    return stream.getvalue().splitlines()


def test_one_line_for_each_check() -> None:
    """Where there is room a check is a line, and the lines are in columns."""
    lines = rendered(ALL, 110)
    assert lines[0] == "FAIL  1 of 3 checks fails"
    rows = [line for line in lines if " expected " in line]
    assert rows[0] == (
        "  PASS          mirror ratio          expected 50 % +-5       found 49.30 % [46.2, 52.4]  493 of 1,000"
    )
    assert len({line.index(" found ") for line in rows}) == 1
    assert len(rows) == 3


@pytest.mark.parametrize("width", [30, 40, 80, 110])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Whatever does not fit stands beneath."""
    lines = rendered(ALL, width)
    assert max(map(len, lines)) <= width
    assert "49.30 %" in " ".join(" ".join(lines).split())


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    """A path can neither move the cursor nor end a line."""
    shown = " ".join(line.strip() for line in rendered(ALL, 300))
    assert "\\x1b[31m\\x0a::error::x" in shown
    assert "\\u202e" in shown


@pytest.mark.parametrize(
    ("verdicts", "taken", "sentence"),
    [
        (ALL, CheckResult.FAIL, "1 of 3 checks fails"),
        (Verdicts((GOOD, GOOD), 0.95), CheckResult.PASS, "all 2 checks pass"),
        (Verdicts((GOOD,), 0.95), CheckResult.PASS, "the check passes"),
        (Verdicts((GOOD, OPEN), 0.95), CheckResult.INCONCLUSIVE, "1 of 2 checks is inconclusive"),
        (Verdicts((OPEN,), 0.95), CheckResult.PASS, "the check is inconclusive, taken as pass"),
        (Verdicts((BAD, BAD, GOOD), 0.95), CheckResult.FAIL, "2 of 3 checks fail"),
    ],
)
def test_headline(verdicts: Verdicts, taken: CheckResult, sentence: str) -> None:
    """The joint verdict in a sentence."""
    assert headline(verdicts, taken) == sentence


def test_document() -> None:
    """One JSON document of ASCII with all numbers, in which nothing is a command to a pipeline."""
    stream = io.StringIO()
    dump(ALL, CheckResult.FAIL, 1, stream)
    text = stream.getvalue()
    document = json.loads(text)
    assert text.isascii()
    assert "##[" not in text
    assert not any(line.strip().startswith("::") for line in text.splitlines())
    assert (document["schema"], document["verdict"], document["exit_status"]) == ("mirrorcheck.verdicts/1", "fail", 1)
    assert [check["verdict"] for check in document["checks"]] == ["pass", "fail", "inconclusive"]
    assert document["checks"][2]["more"] == 29
    assert document["checks"][1]["notes"][0].startswith("missed: GET /\x1b[31m\n::error::x##[add-mask]")


@pytest.mark.parametrize(
    ("taken", "kinds"),
    [
        (None, ["system-out", "failure", "error"]),
        (CheckResult.FAIL, ["system-out", "failure", "failure"]),
        (CheckResult.PASS, ["system-out", "failure", "skipped"]),
    ],
)
def test_junit(tmp_path: Path, taken: CheckResult | None, kinds: list[str]) -> None:
    """The document is valid by Jenkins' schema, has a case for each check, adds up, and holds the numbers."""
    path = tmp_path / "mirror.xml"
    write_junit(ALL, taken, path)
    JUNIT.validate(path)
    root = ET.parse(path).getroot()  # noqa: S314  # written above
    assert [case[0].tag for case in root.iter("testcase")] == kinds
    [suite] = root.iter("testsuite")
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.attrib[name]) == kinds.count(kind)
    assert suite.attrib["tests"] == "3"
    numbers = {each.attrib["name"]: each.attrib["value"] for each in root.iter("property")}
    assert numbers["expect.value"] == "0.493"
    assert numbers["min-ratio.more"] == "29"
    told = next(root.iter("failure")).text or ""
    assert "\\x1b[31m" in told
    assert "\\x00" in told


def test_markdown() -> None:
    """A table of the checks; what comes from a log stands in a fence that it cannot close."""
    text = to_markdown(ALL, CheckResult.FAIL)
    assert text.startswith("### ❌ mirrorcheck: FAIL, 1 of 3 checks fails\n")
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert table[2] == r"| ✅ PASS | mirror ratio | 50 % +-5 | 49.30 % \[46.2, 52.4\] | 493 of 1,000 |"
    fences = re.findall(r"^(`{3,})(?:text)?$", text, re.MULTILINE)
    assert fences == ["``````", "``````", "```", "```"]
    fenced = False
    for line in text.splitlines():
        if "@you" in line:
            assert fenced
        if re.match(r"`{3,}", line):
            fenced = not fenced


def blocks(text: str) -> list[tuple[str, list[str]]]:
    """The fenced blocks as CommonMark 0.31 reads them (4.5): the words behind each opening fence, and its lines."""
    found: list[tuple[str, list[str]]] = []
    fence = ""
    for line in text.split("\n"):
        ticks = re.match(r" {0,3}(`{3,})([^`]*)$", line)
        if not fence and ticks:
            fence = ticks[1]
            found.append((ticks[2].strip(), []))
        elif fence and ticks and len(ticks[1]) >= len(fence) and not ticks[2].strip():
            fence = ""
        elif fence:
            found[-1][1].append(line)
    assert not fence
    return found


@given(st.lists(st.text("`~\n\r a|<@[\u2028", max_size=12), min_size=1, max_size=4))
def test_no_note_leaves_its_fence(notes: list[str]) -> None:
    """Whatever runs of backticks and line breaks it holds, each note is one line of the one block, and no more."""
    verdicts = Verdicts((Check("mirror ratio", "expect", CheckResult.FAIL, "100 %", "0 %", "", tuple(notes)),), 0.95)
    text = to_markdown(verdicts, CheckResult.FAIL)
    [(kind, lines)] = blocks(text)
    assert kind == "text"
    assert len(lines) == len(notes)
    assert [line.count("`") for line in lines] == [note.count("`") for note in notes]
    outside = text.replace("\n".join(lines), "", 1)
    assert "@" not in outside
    assert "<" not in outside


def test_cells_of_the_table_are_our_own_words() -> None:
    """What Markdown would take for its own is escaped, so that a cell is a cell."""
    strange = Check("a|b", "expect", CheckResult.FAIL, "[x](y)", "*1* `2` <b> #3 ~4 _5_", "\\")
    row = to_markdown(Verdicts((strange,), 0.95), CheckResult.FAIL).splitlines()[4]
    assert row == r"| ❌ FAIL | a\|b | \[x\](y) | \*1\* \`2\` \<b\> \#3 \~4 \_5\_ | \\ |"


@pytest.mark.parametrize("most", [0, 10, 300, 500, 2000])
def test_markdown_keeps_within_what_is_taken(most: int) -> None:
    """Cut off at whole blocks, so that no fence is left open."""
    many = Verdicts((BAD,) * 30, 0.95)
    text = to_markdown(many, CheckResult.FAIL, most_bytes=most)
    assert len(text.encode()) <= most
    assert len(re.findall(r"^`{3,}", text, re.MULTILINE)) % 2 == 0


def test_long_notes_are_shortened() -> None:
    """A path may be a megabyte."""
    long = Verdicts((Check("mirror ratio", "expect", CheckResult.FAIL, "100 %", "0 %", "", ("x" * 3_000_000,)),), 0.95)
    assert len(to_markdown(long, CheckResult.FAIL)) < 2000
    stream = io.StringIO()
    github.annotate(long, None, stream)
    assert len(stream.getvalue()) < 5000


def test_annotations() -> None:
    """One for each check that does not pass, on one line, escaped as the runner undoes it."""
    stream = io.StringIO()
    github.annotate(ALL, None, stream)
    first, second = stream.getvalue().splitlines()
    command, _, message = first.removeprefix("::").partition("::")
    assert command == "error title=mirrorcheck%3A new server errors fail"
    told = message.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    assert told.startswith("expected 0, found 31, of 486 certain pairs\nmissed: GET /\\x1b[31m\\x0a::error::x")
    assert " %0A " in told
    assert second.startswith(
        "::warning title=mirrorcheck%3A minimum mirror ratio inconclusive::expected at least 99 %25,"
    )


@pytest.mark.parametrize(("taken", "level"), [(CheckResult.FAIL, "error"), (CheckResult.PASS, "notice")])
def test_annotations_of_what_cannot_be_told(taken: CheckResult, level: str) -> None:
    """It is as loud as what it is taken as."""
    stream = io.StringIO()
    github.annotate(Verdicts((OPEN,), 0.95), taken, stream)
    assert stream.getvalue().startswith(f"::{level} ")


def test_text_of_a_log_is_no_command() -> None:
    """Between the two marks the runner takes no commands, and nobody can guess the second."""
    streams = [io.StringIO(), io.StringIO()]
    for stream in streams:
        with github.without_commands(stream):
            stream.write("##[error]x\n")
    marks = [stream.getvalue().splitlines() for stream in streams]
    for begin, _, end in marks:
        assert end == f"::{begin.removeprefix('::stop-commands::')}::"
    assert marks[0][0] != marks[1][0]


def test_summary_is_added_to_what_is_there(tmp_path: Path) -> None:
    """Other commands of the step write to the same file, and all together may hold a mebibyte."""
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    github.append_summary(ALL, CheckResult.FAIL, path)
    assert path.read_text().startswith("before\n### ❌ mirrorcheck: FAIL")
    path.write_bytes(b"x" * 1024 * 1024)
    github.append_summary(ALL, CheckResult.FAIL, path)
    assert path.stat().st_size == 1024 * 1024
