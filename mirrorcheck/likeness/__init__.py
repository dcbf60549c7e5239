"""Lines of both sides that the usual key leaves unexplained in, how a copy differs from its original here out."""

from mirrorcheck.likeness.chains import USUAL as USUAL_CHAIN
from mirrorcheck.likeness.differences import Definition, Header, Learnt
from mirrorcheck.likeness.remade import Remade, remake
from mirrorcheck.likeness.search import Unexplained, learn, learn_by_id
from mirrorcheck.likeness.words import differences

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
