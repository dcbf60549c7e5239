import doctest
import re
import shutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

import mirrorcheck
from mirrorcheck.pairing import Outcome
from mirrorcheck.report.dump import to_joint_document
from mirrorcheck.report.model import LineCounts, Originals, ShadowLines
from mirrorcheck_parsers.catalogue.known import RECOMMENDED
from mirrorcheck_parsers.formats.format import compile_format
from tests.docs import readme
from tests.docs.documents import documents
from tests.logs import requests, write
from tests.program import Ran, run_script

pytestmark = pytest.mark.unmeasured

TEXT = readme.text()
REPORTS = readme.section(TEXT, "A report")
# The keys below these are data or repeat; the README writes one name for all.
_ANY_KEY = {"lines": "SIDE", "format": "SIDE", "sides": "SIDE", "missed_by": "TRAIT", "writes_mirrored": "METHOD"}
_SHAPES = ("counts", "ratio", "range")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_HELP_OPTION = re.compile(r"^  (?:-\w, )?(--[\w-]+)(?: ([A-Z=]+))? {2,}(.*(?:\n {10,}.*)*)", re.MULTILINE)
_LABEL = re.compile(r"^  (?! )(\S(?: ?\S)*) {2,}(?=\S)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the README's commands find what they read."""
    return readme.furnish(tmp_path_factory.mktemp("readme"))


def run(script: str, folder: Path) -> Ran:
    """Run a script as a user types it; what needs no shell in this process, and so without the start of one."""

    def shell(rest: str) -> Ran:
        done = readme.run(rest, folder)
        return Ran(done.returncode, done.stdout, done.stderr)

    return run_script(script, folder, shell, COLUMNS="80")


@pytest.mark.parametrize("example", readme.examples(TEXT), ids=lambda example: example.command)
def test_example_prints_what_the_readme_shows(example: readme.Example, folder: Path) -> None:
    """Each report in the README is what its command prints; `python -m tests.docs.refresh` brings them up to date."""
    ran = run(example.command, folder)
    assert (ran.status, ran.out, ran.err) == (0, example.output, "")


@pytest.mark.parametrize("script", readme.blocks(TEXT, "sh"), ids=lambda script: script.partition("\n")[0])
def test_shell_block_runs(script: str, folder: Path) -> None:
    """Each shell command of the README does its work without a complaint."""
    ran = run(script, folder)
    assert (ran.status, ran.err) == (0, "")


def test_make_commands_do_what_the_readme_says() -> None:
    """`make demo` runs the README's two examples, and `make test` every check, tests last."""
    commands = TEXT.partition("## Start")[2].partition("```\n")[2].partition("```")[0].split("\n")[:-1]
    assert commands == ["make demo", "make test"]
    assert shutil.which("make")
    demo, test = (readme.run(f"{command} --dry-run --always-make", readme.ROOT).stdout for command in commands)
    analyses = [line.partition("bin/")[2] for line in demo.splitlines() if "mirrorcheck analyze" in line]
    assert analyses == [example.command for example in readme.examples(REPORTS)]
    checks = ("ruff format --check", "ruff check", "mypy", "lint-imports", "pytest")
    places = [test.find(f"bin/{check}" if check != "pytest" else "-m pytest") for check in checks]
    assert -1 not in places
    assert places == sorted(places)


def test_python_example_prints_what_the_readme_shows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python session of the README gives the values that it shows."""
    monkeypatch.chdir(folder)
    [session] = readme.blocks(TEXT, "pycon")
    test = doctest.DocTestParser().get_doctest(session, {}, "README.md", None, None)
    told: list[str] = []
    assert not doctest.DocTestRunner().run(test, out=told.append).failed, "".join(told)


def test_every_label_of_a_report_is_explained() -> None:
    """Whatever stands at the left edge of a report in the README is a row of the table that explains it."""
    explained = {code for row in readme.table_rows(readme.section(TEXT, "A report")) for code in readme.codes(row[0])}
    shown = {
        label[1]
        for each in readme.examples(REPORTS)
        for line in each.output.splitlines()
        if (label := _LABEL.match(line))
    }
    assert shown
    assert shown <= explained


def test_every_word_of_a_report_is_explained() -> None:
    """The verdicts of the README's reports are rows of the table of verdicts."""
    words = {
        code for row in readme.table_rows(readme.section(TEXT, "The word at the top")) for code in readme.codes(row[0])
    }
    assert {re.split(r"\s{2,}", each.output)[0] for each in readme.examples(REPORTS)} <= words


def test_outcomes_are_those_of_the_reports() -> None:
    """The table of outcomes has each class of the partitions, and no other."""
    documented = {readme.codes(row[0])[0] for row in readme.table_rows(readme.section(TEXT, "What each outcome means"))}
    classes = {field.name for noun in (Originals, ShadowLines, LineCounts) for field in fields(noun)}
    assert documented == classes - {
        "total",
        "read",
        "parsed",
        "rejoined",
        "unproven",
    }  # the last is of the repeated ones
    assert documented - {"foreign", "unparsed", "repeated"} == {outcome.name.lower() for outcome in Outcome}


def test_options_are_those_of_the_help(folder: Path) -> None:
    """The table of options has what --help has: names, values and defaults."""
    rows = {readme.codes(row[0])[0]: row[1] for row in readme.table_rows(readme.section(TEXT, "Options"))}
    listed = readme.run("mirrorcheck analyze --help", folder).stdout.partition("Options:")[2]
    found = {f"{name} {value}".strip(): " ".join(about.split()) for name, value, about in _HELP_OPTION.findall(listed)}
    assert rows.keys() == found.keys()
    for option, about in found.items():
        default = re.search(r"\[default: (.*?)\]$", about)
        if default:
            assert rows[option].strip("`") == default[1], option


def test_recommended_format_is_the_detected_one() -> None:
    """The log_format that the README recommends is the one that is detected by itself."""
    [directive] = readme.blocks(TEXT, "nginx")
    assert compile_format(directive).template == RECOMMENDED


def test_columns_of_the_outcomes_are_documented(folder: Path) -> None:
    """The table of columns has those of the table of lines, in their order."""
    documented = [readme.codes(row[0])[0] for row in readme.table_rows(readme.section(TEXT, "The table of lines"))]
    assert mirrorcheck.analyze(folder / "v1.log", folder / "v2.log").table.columns == documented


def _documented_fields() -> dict[str, str]:
    """Each field of the JSON document with its type, the shared shapes written out."""
    main, _, shapes = readme.section(TEXT, "The JSON document").partition("### ")
    found: dict[str, str] = {}
    for field, kind, _ in readme.table_rows(main):
        [path] = readme.codes(field)
        shape = readme.codes(kind)
        if not shape:
            found[path] = kind
            continue
        for inner, inner_kind, _ in readme.table_rows(readme.section(f"### {shapes}", f"`{shape[0]}`")):
            found[f"{path}.{readme.codes(inner)[0]}"] = inner_kind
    return found


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Each value of a document that holds no others, under its name in the README."""
    match value:
        case dict():
            for key, each in value.items():
                name = _ANY_KEY.get(path, str(key))
                yield from _leaves(each, f"{path}.{name}" if path else name)
        case list():
            for each in value:
                yield from _leaves(each, f"{path}[]")
        case _:
            yield path, value


def _type(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "moment" if _MOMENT.fullmatch(value) else "text"
        case _:
            return type(value).__name__


def test_json_fields_are_documented(folder: Path, tmp_path: Path) -> None:
    """Every field of real documents is in the README with its type, and every field in the README is in a document."""
    documented = _documented_fields()
    seen = set()
    for document in documents(folder / "testdata", tmp_path):
        for path, value in _leaves(document):
            if value is None and any(name.startswith(f"{path}.") for name in documented):
                continue
            seen.add(path)
            allowed = documented.get(path, "nothing").split(" or ")
            allowed += ["integer"] if "number" in allowed else []
            assert _type(value) in allowed, f"{path}: {value!r}"
    assert seen == documented.keys()


def test_fields_of_several_shadows_are_documented(tmp_path: Path) -> None:
    """What their document has besides the reports."""
    originals = requests(20)
    log = write(tmp_path / "v1.log", originals)
    shadows = {name: write(tmp_path / name, [each.copy() for each in originals]) for name in ("v2", "v3")}
    document = to_joint_document(mirrorcheck.analyze(primary=log, shadow=shadows))
    document["shadows"] = [{"name": name} for name in shadows]
    found = {path for path, _ in _leaves(document)}
    rows = readme.table_rows(readme.section(TEXT, "Several shadows"))
    assert {readme.codes(row[0])[0] for row in rows} == found


def test_links_lead_somewhere() -> None:
    """Each link of the README leads to a file of the repository or to one of its headings."""
    headings = {
        re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert target[1:] in headings if target.startswith("#") else (readme.ROOT / target).exists(), target
