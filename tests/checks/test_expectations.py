from pathlib import Path

import pytest

from mirrorcheck.checks.config import read_config
from mirrorcheck.checks.expectations import CheckOptions, Limit, complete_checks, from_table, percent
from mirrorcheck.errors import InputError, UsageError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "nothing to check"),
        ({"min_requests": "5", "within": "3", "while_on": True, "forbid_writes": False}, "nothing to check"),
        ({"expect": "50"}, "needs a tolerance"),
        ({"expect": "50", "within": "0"}, "needs a tolerance"),
        ({"expect": "101"}, "no percentage"),
        ({"min_ratio": "99", "within": "1"}, "no --expect beside it"),
        ({"max_missed": "-1"}, "no number"),
        ({"max_missed": "2.5"}, "no number"),
        ({"max_missed": "101%"}, "no percentage"),
        ({"max_excluded": "101%"}, "no percentage"),
        ({"max_unparsed": "few"}, "no percentage"),
        ({"max_latency_ratio": "0"}, "no ratio"),
        ({"max_latency_ratio": "nan"}, "no ratio"),
        ({"max_latency_ratio": "fast"}, "no ratio"),
        ({"expect": 100, "confidence": "1"}, "out of range"),
        ({"expect": 100, "confidence": "0.3"}, "out of range"),
        ({"expect": 100, "confidence": "sure"}, "out of range"),
        ({"expect": 100, "min_requests": "many"}, "a whole number such as 300"),
    ],
)
def test_what_means_nothing_is_refused(options: dict[str, str], message: str) -> None:
    """Each is one line that names the way out."""
    with pytest.raises(UsageError, match=message) as raised:
        complete_checks(CheckOptions(**options))  # type: ignore[arg-type]  # by their names
    assert "\n" not in str(raised.value)
    assert str(raised.value).endswith((".", ".)"))


@pytest.mark.parametrize("name", ["expect", "max_missed", "max_orphans", "max_new_5xx"])
@pytest.mark.parametrize("nothing", ["0", 0])
def test_nothing_allowed_is_a_check(name: str, nothing: float | str) -> None:
    """To expect none is to expect something."""
    assert getattr(complete_checks(CheckOptions(**{name: nothing})), name) in {0.0, Limit(count=0)}  # type: ignore[arg-type]


def test_confidence_is_a_share_or_a_percentage() -> None:
    """0.99, 99 and 99 % are the same."""
    levels = ("0.99", "99", "99 %", 0.99, 99)
    assert {complete_checks(CheckOptions(expect=100, confidence=level)).confidence for level in levels} == {0.99}


def test_a_share_of_nothing_is_a_count() -> None:
    """0 % can be counted, not proved."""
    assert complete_checks(CheckOptions(max_missed="0%")).max_missed == Limit(count=0)


def test_limits_of_what_is_not_judged_in_a_table() -> None:
    """Numbers and texts are percentages, as on the command line; each is a check of its own."""
    limits = complete_checks(from_table({"max-excluded": 2, "max_unparsed": "3%", "max-unobserved": 0}, "gate.toml"))
    assert (limits.max_excluded, limits.max_unparsed, limits.max_unobserved) == (0.02, 0.03, 0.0)


@pytest.mark.parametrize(("ratio", "text"), [(0.5, "50"), (0.005, "0.5"), (0.07, "7"), (1 / 3, "33.3333333333")])
def test_percent(ratio: float, text: str) -> None:
    """As short as it is exact."""
    assert percent(ratio) == text


def test_options_win_over_the_table(tmp_path: Path) -> None:
    """What the command line does not say is taken from the file."""
    path = tmp_path / "gate.toml"
    path.write_text(
        '[checks]\nexpect = 50\nwithin = 5\nmax-missed = "1%"\nforbid_writes = true\nonly = "/api/*"\noverlap = true\n'
    )
    config = read_config(path)
    wanted = complete_checks(CheckOptions(expect="20").over(config.checks))
    assert wanted.expect == 0.2
    assert wanted.within == 0.05
    assert wanted.max_missed == Limit(share=0.01)
    assert wanted.forbid_writes
    assert (config.only, config.ignore, config.overlap) == (("/api/*",), (), True)


def test_file_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """mirrorcheck.toml is read where it is, and need not be."""
    monkeypatch.chdir(tmp_path)
    assert read_config(None).checks == CheckOptions()
    Path("mirrorcheck.toml").write_text("[checks]\nmax-orphans = 0\n")
    assert read_config(None).checks == CheckOptions(max_orphans=0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[checks]\nexpct = 100\n", "unknown check 'expct'. Did you mean expect?"),
        ("[checks]\nmax-new-5x = 0\n", "Did you mean max-new-5xx?"),
        ("[checks]\nzzz = 0\n", "Known are "),
        ("[check]\nexpect = 100\n", "Did you mean checks?"),
        ("checks = 5\n", "Write \\[checks\\]"),
        ("[checks]\nexpect = true\n", "Give a number"),
        ("[checks]\nexpect = [100]\n", "Give a number"),
        ("[checks]\nforbid-writes = 1\n", "Give true or false"),
        ("[checks]\nonly = [1]\n", "Give a glob"),
        ("[checks]\noverlap = 1\n", "Give true or false"),
        ("[checks]\noverlp = true\n", "Did you mean overlap?"),
    ],
)
def test_what_a_table_cannot_say(tmp_path: Path, text: str, message: str) -> None:
    """A misspelt key checks nothing, so it is an error, with the nearest that was meant."""
    path = tmp_path / "gate.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=message) as raised:
        read_config(path)
    assert "gate.toml" in str(raised.value)


@pytest.mark.parametrize("content", [b"[checks\n", b'[checks]\nonly = "\xff"\n'])
def test_what_is_no_toml(tmp_path: Path, content: bytes) -> None:
    """Neither bad syntax nor bad bytes are passed over."""
    path = tmp_path / "gate.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no TOML"):
        read_config(path)


def test_a_file_that_is_given_must_be_there(tmp_path: Path) -> None:
    """Only the one in the working directory may be missing."""
    with pytest.raises(InputError, match="cannot be read"):
        read_config(tmp_path / "none.toml")
