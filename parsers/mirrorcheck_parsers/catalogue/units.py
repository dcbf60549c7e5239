"""Infers the unit of a duration from its name, its writer and some of its values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mirrorcheck_parsers.formats.duration import OWN, UNIT_NAMES, read_duration

_SUFFIX: Final = re.compile(
    r"(?P<base>.+?)_(?:in_)?(?:"
    r"(?P<ms>ms|msec|msecs|millis|milli|milliseconds?)|(?P<us>us|usec|usecs|micros|micro|microseconds?)"
    r"|(?P<ns>ns|nsec|nsecs|nanos|nano|nanoseconds?)|(?P<s>s|sec|secs|seconds?))"
)
_BARE: Final = re.compile(rb"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MICROS: Final = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
# What durations of requests are likely to be, in microseconds, by the unit that they would be in: of the programs whose
# samples are in testdata/formats, each is read in its own unit by these, or in none.
LEAST_MEDIAN_US: Final = {"s": 20, "ms": 100, "us": 100, "ns": 10}
MOST_MEDIAN_US: Final = 2e6
LEAST_US: Final = {"s": 1, "ms": 20, "us": 20, "ns": 1}  # of any value
MOST_US: Final = 3e8  # of any value: five minutes, beyond which proxies give up
EVER_US: Final = 3.6e9  # of the median in a documented unit: an hour


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a duration: a key of UNIT_NAMES, OWN where each value has its own, or "" where it is unknown."""

    unit: str
    why: str

    @property
    def note(self) -> str:
        """What a reader of a report must know of it."""
        if self.unit == OWN:
            return "with its unit in each value"
        return f"in {UNIT_NAMES[self.unit]}, {self.why}" if self.unit else f"not read: {self.why}"


def split_unit(name: str) -> tuple[str, str]:
    """Split a plain name such as `elapsed_us` into what is measured and the unit; ("elapsed_us", "") without one."""
    found = _SUFFIX.fullmatch(name)
    if found is None:
        return name, ""
    return found["base"], next(unit for unit in ("ms", "us", "ns", "s") if found[unit])


def infer_unit(name: str, documented: tuple[str, str] | None, values: Sequence[bytes]) -> Unit:
    """Infer the unit of a duration of this plain name from some values of it.

    The values' own units come first, then the unit in the name, then the one that the program's documentation gives:
    `documented` is that unit and the program's name, which is believed where it can be true. Otherwise
    what is likely for requests decides. Of milliseconds, microseconds and nanoseconds for whole numbers, or seconds and
    milliseconds for decimals, there must be exactly one by which the median lies between 0.1 ms and 2 s, no value is
    below 20 us and none above 5 minutes; seconds and nanoseconds, in which fast programs log themselves, may have a
    median of 20 and 10 us, and any value from 1 us on. Whole numbers were cut, so that a 0 of milliseconds may be
    nearly one. Whole seconds are not considered: where they are logged without saying so, nearly all are 0. By this,
    100 to 2,000 may be milliseconds or microseconds, 10,000 to 2,000,000 micro- or nanoseconds, and 0.1 to 2 seconds
    or milliseconds: then nothing is read, unless some values reach beyond.
    """
    bare = [value for value in values if _BARE.fullmatch(value)]
    own = [value for value in values if read_duration(value, OWN) is not None]
    if own and len(own) >= len(bare):
        return Unit(OWN, "")
    if values and not bare:
        return Unit("", "its values are no durations")
    in_name = split_unit(name)[1]
    if in_name:
        return Unit(in_name, "as its name says")
    if documented and _is_believable(documented[0], bare):
        return Unit(documented[0], f"by the documentation of {documented[1]}")
    return _plausible(bare)


def _is_believable(unit: str, bare: Sequence[bytes]) -> bool:
    """Whether what is documented can be true: most values that are not 0 last a microsecond to an hour.

    Whole numbers of seconds are not, where requests would take several: programs that log decimals log some.
    """
    values = [float(value) for value in bare if float(value)]
    if not values:
        return True
    usual_us = _median(values) * _MICROS[unit]
    whole = unit == "s" and all(value.isdigit() for value in bare)
    return 1 <= usual_us <= (MOST_MEDIAN_US if whole else EVER_US)


def _median(values: Sequence[float]) -> float:
    from statistics import median  # it imports a dozen modules, and most formats say their unit

    return median(values)


def _plausible(bare: Sequence[bytes]) -> Unit:
    if not bare:
        return Unit("", "it has no value that shows its unit")
    whole = all(value.isdigit() for value in bare)
    # What was cut stands for anything up to the next whole number; a decimal 0 says nothing.
    values = [float(value) + whole for value in bare if whole or float(value)]
    likely = [unit for unit in (("ms", "us", "ns") if whole else ("s", "ms")) if _is_likely(unit, values)]
    if len(likely) == 1:
        return Unit(likely[0], "as only that makes its values likely")
    names = " or ".join(UNIT_NAMES[unit] for unit in likely)
    return Unit("", f"its values may be {names}" if likely else "no unit makes its values likely")


def _is_likely(unit: str, values: Sequence[float]) -> bool:
    scale = _MICROS[unit]
    if not values or not LEAST_MEDIAN_US[unit] <= _median(values) * scale <= MOST_MEDIAN_US:
        return False
    return min(values) * scale >= LEAST_US[unit] and max(values) * scale <= MOST_US
