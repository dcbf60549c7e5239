"""A watcher learns how copies differ as lines come in, before it calls an original missed."""

from pathlib import Path

import pytest

import mirrorcheck
from mirrorcheck.settings import Options, complete
from tests.engine.play import Watcher, opened
from tests.logs import write
from tests.outcomes.likeness.test_logs import COPIES, ORIGINALS

OPTIONS = Options(horizon="10s")


@pytest.mark.unmeasured
def test_a_watcher_learns(tmp_path: Path) -> None:
    """Each look settles by what is known then, and the report at the end is that of the saved logs."""
    watcher = Watcher(tmp_path, OPTIONS)
    for stream, side in (("v1", "primary"), ("v2", "shadow")):
        watcher.tell(opened(stream, "primary" if side == "primary" else "shadow"))
    gone = {31, 60}
    copies = [each for each in COPIES if each.second not in gone]
    logs = {
        name: [f"{each.line()}\n".encode() for each in lines] for name, lines in (("v1", ORIGINALS), ("v2", copies))
    }
    states = list(watcher.run(logs, after_s=25, every=4))
    assert [state.totals.missed for state in states[:8]] == [0] * 8
    live = watcher.engine.end(watcher.now_us).report(complete(OPTIONS))
    assert (live.originals.paired, live.originals.missed) == (88, 2)
    (tmp_path / "saved").mkdir()
    saved = mirrorcheck.analyze(
        primary=write(tmp_path / "saved" / "v1.log", ORIGINALS),
        shadow=write(tmp_path / "saved" / "v2.log", copies),
        horizon="10s",
    )
    for part in ("originals", "shadow", "ratio", "proxies", "likeness"):
        assert getattr(live, part) == getattr(saved, part), part
