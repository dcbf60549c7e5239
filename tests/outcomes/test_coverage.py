"""The last moments of a log: late copies are no misses, and a mirror that stopped is not taken for a slow one."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import mirrorcheck
from tests.ends import BIMODAL, BURSTS, HALFWAY, LOGNORMAL, STALLS, UNIFORM, WELL, played
from tests.sample import sampled

_HARDLY = 0.05
_START_S, _LASTS_S, _A_SECOND = 1_795_341_600, 12, 60


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("delays", "ratio"),
    sampled([(BIMODAL, 1.0), (BURSTS, 0.5), (STALLS, 1.0), (UNIFORM, 1.0), (BIMODAL, 0.5), (BURSTS, 1.0)], 4),
)
def test_copies_under_way_are_not_missed(delays: str, ratio: float) -> None:
    """Whether they are late one by one or together."""
    found = played((delays, ratio, WELL), 2)
    assert (found.late > 0, found.invented) == (True, 0)


@pytest.mark.parametrize(("delays", "ratio"), [(BIMODAL, 1.0), (BIMODAL, 0.5)])
def test_late_copies_hide_no_end_of_mirroring(delays: str, ratio: float) -> None:
    """Though every tenth comes so late that it would lie behind the ends of the logs."""
    found = played((delays, ratio, HALFWAY), 2)
    assert found.hidden <= _HARDLY * found.stopped


def test_the_tail_of_the_delays() -> None:
    """Of copies that take longer than nearly all others, one may be called missed."""
    found = played((LOGNORMAL, 1.0, WELL), 2)
    assert found.invented <= _HARDLY * max(found.late, 20)


def _stands_still(
    folder: Path, stills_s: Sequence[tuple[float, float]], *, pods: int
) -> tuple[mirrorcheck.Report, int]:
    """Mirror half of 720 requests; the last pod logs nothing now and then, and after that all it got.

    Gives the report of the first 12 s, and how many requests were not copied.
    """
    random = np.random.default_rng(5)
    sent = np.arange(_LASTS_S * _A_SECOND) / _A_SECOND
    copied = random.random(len(sent)) < 0.5
    pod = random.integers(0, pods, len(sent))
    logged = sent + 0.01
    for since_s, until_s in stills_s:
        logged = np.where((pod == pods - 1) & (since_s <= logged) & (logged < until_s), until_s, logged)
    seen = copied & (logged < _LASTS_S)
    primary = _write(folder / "v1.log", sent, np.arange(len(sent)), "10.1.2.3")
    shadow = [
        _write(folder / f"v2-{each}.log", logged[rows], rows, "10.1.2.3, 10.240.0.29")
        for each in range(pods)
        for rows in [np.flatnonzero(seen & (pod == each))]
    ]
    return mirrorcheck.analyze(primary=primary, shadow=shadow), int((~copied).sum())


def _write(path: Path, at: np.ndarray, numbers: np.ndarray, chain: str) -> Path:
    moments = [datetime.fromtimestamp(_START_S + int(each), UTC) for each in at]
    path.write_text(
        "".join(
            f'10.0.0.1 - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "GET /{number} HTTP/1.1" 200 5 "-" "curl" "{chain}"\n'
            for moment, number in zip(moments, numbers, strict=True)
        )
    )
    return path


def test_a_shadow_that_stood_still_in_between_hides_no_miss_at_the_end(tmp_path: Path) -> None:
    """Its copies were late, but in the order of the requests: those after the last copy are the only ones in doubt."""
    report, not_copied = _stands_still(tmp_path, [(3, 8)], pods=1)
    assert report.originals.unobserved <= 2
    assert not_copied - 2 <= report.originals.missed <= not_copied


@pytest.mark.parametrize("pods", [1, 2])
def test_a_pod_that_stands_still_at_the_end_is_no_miss(tmp_path: Path, pods: int) -> None:
    """As it did before; even where the other pods' copies of later requests came."""
    report, not_copied = _stands_still(tmp_path, [(2, 6), (9, 14)], pods=pods)
    assert report.originals.missed <= not_copied
