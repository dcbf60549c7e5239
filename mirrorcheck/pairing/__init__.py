"""Pairs originals with copies; files and live streams share this one matcher."""

from mirrorcheck.pairing.cells import Stamped
from mirrorcheck.pairing.chance import CopiedShare, CopyingKind, judge_copying
from mirrorcheck.pairing.clock import place
from mirrorcheck.pairing.keys import number_keys
from mirrorcheck.pairing.model import Evidence, Outcome, RequestLines
from mirrorcheck.pairing.pair import pair
from mirrorcheck.pairing.result import Pairing

__all__ = [
    "CopiedShare",
    "CopyingKind",
    "Evidence",
    "Outcome",
    "Pairing",
    "RequestLines",
    "Stamped",
    "judge_copying",
    "number_keys",
    "pair",
    "place",
]
