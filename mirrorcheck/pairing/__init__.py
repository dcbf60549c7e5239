"""Original and copy lines in, outcomes out: the one matcher that files and live streams share."""

from mirrorcheck.pairing.clock import place
from mirrorcheck.pairing.lines import Evidence, Lines, Outcome, Pairing
from mirrorcheck.pairing.pair import pair

__all__ = ["Evidence", "Lines", "Outcome", "Pairing", "pair", "place"]
