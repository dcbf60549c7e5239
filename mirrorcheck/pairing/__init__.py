"""Original and copy lines in, outcomes out: the one matcher that files and live streams share."""

from mirrorcheck.pairing.cells import Stamped
from mirrorcheck.pairing.chance import Copying, Share, judge_copying
from mirrorcheck.pairing.clock import place
from mirrorcheck.pairing.model import Evidence, Lines, Outcome, Pairing
from mirrorcheck.pairing.pair import pair

__all__ = [
    "Copying",
    "Evidence",
    "Lines",
    "Outcome",
    "Pairing",
    "Share",
    "Stamped",
    "judge_copying",
    "pair",
    "place",
]
