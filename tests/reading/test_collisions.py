"""Who does not know the key of the hashes cannot make two requests that pair for that alone."""

from pathlib import Path

import pytest

import mirrorcheck
from mirrorcheck import Report
from tests.collisions import Asked, two_of_one_key
from tests.hash_keys import KNOWN_KEY, hashed_with
from tests.logs import Request, requests, write
from tests.reading.test_observe import observe

FOUND: tuple[Asked, Asked] = (  # by `python -m tests.collisions`
    (b"/a/1576912", b"client/6804836"),
    (b"/a/8223706", b"client/7499023"),
)
OTHER_KEYS = [bytes([number]) * 16 for number in range(3)]
PAGES = requests(300)
MISSED, FORGED = (Request(second=150, target=target.decode(), agent=agent.decode()) for target, agent in FOUND)


def test_whoever_knows_the_key_makes_two_requests_of_one_key(tmp_path: Path) -> None:
    """By this key they have one, and by no other."""
    log = write(tmp_path / "v1.log", [MISSED, FORGED])
    with hashed_with(KNOWN_KEY):
        assert observe(log)["rest"].n_unique() == 1
    for key in OTHER_KEYS:
        with hashed_with(key):
            assert observe(log)["rest"].n_unique() == 2


def judged(folder: Path) -> Report:
    """A request was missed, and another that the shadow has was made to have its key."""
    primary = write(folder / "v1.log", [*PAGES[:151], MISSED, *PAGES[151:]])
    shadow = write(folder / "v2.log", [page.copy() for page in (*PAGES[:151], FORGED, *PAGES[151:])])
    return mirrorcheck.analyze(primary=primary, shadow=shadow)


def test_a_forged_copy_hides_no_miss(tmp_path: Path) -> None:
    """It would, if the key were known: so the test is one."""
    with hashed_with(KNOWN_KEY):
        assert judged(tmp_path).originals.missed == 0
    report = judged(tmp_path)
    assert (report.originals.missed, report.shadow.orphan) == (1, 1)


@pytest.mark.long
@pytest.mark.unmeasured
def test_the_two_are_found_for_any_key_that_is_known(tmp_path: Path) -> None:
    """What stands above was not found by luck: the search takes seconds."""
    with hashed_with(OTHER_KEYS[0]):
        pair = [Request(target=target.decode(), agent=agent.decode()) for target, agent in two_of_one_key()]
        assert observe(write(tmp_path / "v1.log", pair))["rest"].n_unique() == 1
