"""Hashes columns of texts and parts of them: what stands in front of a byte, the elements of lists with commas."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mirrorcheck_parsers import scanning
from mirrorcheck_parsers.columnwise import secret
from mirrorcheck_parsers.columnwise.hashes import LONGEST, hash_texts
from mirrorcheck_parsers.columnwise.words import Positions, Spans, Window, Words, are_dashes, find_first, find_last

_LONGEST_ELEMENT: Final = 64  # bytes of an address in X-Forwarded-For, with its port, brackets and the comma in front


@dataclass(frozen=True, slots=True, eq=False)
class Beginnings:
    """Hashes of n texts and of their beginnings, uint64[n] each, and where these stop, int64[n]."""

    whole: Words
    beginning: Words
    stop: Positions


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """Hashes of n lists, of their last elements, and of the lists without these; uint64[n], 0 where nothing is left."""

    whole: Words
    last: Words
    rest: Words


def hash_beginnings(view: Window, start: Positions, stop: Positions, byte: int) -> Beginnings:
    """Hash texts, and what stands in front of the first of a byte in each: all of it where there is none."""
    if scanning.kernel is None:
        beginning_stop = find_first(view, start, stop, byte)
        return Beginnings(hash_texts(view, start, stop), hash_texts(view, start, beginning_stop), beginning_stop)
    found = Beginnings(_words(start), _words(start), np.empty(len(start), np.int64))
    out = (found.whole, found.stop, found.beginning)
    if scanning.kernel.hash_beginnings(view.text, start, stop, byte, LONGEST, secret.key(), *out):
        rows = np.flatnonzero(stop - start > LONGEST)
        found.whole[rows] = hash_texts(view, start[rows], stop[rows])
        found.stop[rows] = find_first(view, start[rows], stop[rows], byte)
        found.beginning[rows] = hash_texts(view, start[rows], found.stop[rows])
    return found


def hash_lists(view: Window, start: Positions, stop: Positions) -> Lists:
    """Hash lists such as `10.0.0.1,10.0.0.2`, and their parts as `last_elements` finds them; a dash is no list."""
    if scanning.kernel is None:
        return _lists(view, start, stop)
    found = Lists(_words(start), _words(start), _words(start))
    out = (found.whole, found.last, found.rest)
    if scanning.kernel.hash_lists(view.text, start, stop, _LONGEST_ELEMENT, LONGEST, secret.key(), *out):
        rows = np.flatnonzero(stop - start > LONGEST)
        longer = _lists(view, start[rows], stop[rows])
        found.whole[rows], found.last[rows], found.rest[rows] = longer.whole, longer.last, longer.rest
    return found


def last_elements(view: Window, start: Positions, stop: Positions) -> Spans:
    """Give where the last element of lists starts, and where what is in front stops: at `start` where that is nothing.

    Envoy appends "," and its address, older ones ", "; what the client sent keeps its spaces. A client may send "-",
    which is logged as is what it did not send: nothing is left of that, too.
    """
    comma = find_last(view, np.maximum(start, stop - _LONGEST_ELEMENT), stop, ord(","))
    last_start = np.where(comma < start, start, comma + 1)
    last_start += (view.octets[last_start] == ord(" ")) & (last_start < stop)
    rest_stop = np.maximum(comma, start)
    return last_start, np.where(are_dashes(view, start, rest_stop), start, rest_stop)


def _lists(view: Window, start: Positions, stop: Positions) -> Lists:
    stop = np.where(are_dashes(view, start, stop), start, stop)
    last_start, rest_stop = last_elements(view, start, stop)
    return Lists(hash_texts(view, start, stop), hash_texts(view, last_start, stop), hash_texts(view, start, rest_stop))


def _words(like: Positions) -> Words:
    return np.empty(len(like), np.uint64)
