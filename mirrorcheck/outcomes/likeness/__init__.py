"""Lines of both sides that the usual key leaves unexplained in, how a copy differs from its original here out."""

from mirrorcheck.outcomes.likeness.chains import USUAL as USUAL_CHAIN
from mirrorcheck.outcomes.likeness.differences import Definition, Header, Learnt
from mirrorcheck.outcomes.likeness.remade import Remade, remake
from mirrorcheck.outcomes.likeness.search import Unexplained, learn, learn_by_id
from mirrorcheck.outcomes.likeness.words import differences

__all__ = [
    "USUAL_CHAIN",
    "Definition",
    "Header",
    "Learnt",
    "Remade",
    "Unexplained",
    "differences",
    "learn",
    "learn_by_id",
    "remake",
]
