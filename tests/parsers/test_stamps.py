"""Times: the same moment in every spelling is the same number, however many lines are read at once."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers.columnwise.words import Positions, Window, window
from mirrorcheck_parsers.compiled.stamps import NO_STAMP, read_matched, read_stamps
from mirrorcheck_parsers.formats.fields import Field, Kind
from mirrorcheck_parsers.formats.layout import make_layout
from mirrorcheck_parsers.formats.stamps import Instant, read_instant, stamp_shape, usual_layout

pytestmark = pytest.mark.usefixtures("way")

Spelling = Callable[[datetime], str]
CET = timezone(timedelta(hours=1))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_US = 4_102_444_800_000_000  # 2100
EARLIEST_US = 200_000_000_000_000  # 1976: before, a number of seconds has fewer digits than one of milliseconds
moments = st.integers(EARLIEST_US, LATEST_US).map(lambda us: EPOCH + timedelta(microseconds=us))


def micros(moment: datetime) -> int:
    """Give microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def iso(between: str, mark: str, zone: Spelling, dash: str = "-") -> Spelling:
    """Write a moment with these marks, in the zone of the moment."""
    form = f"%Y{dash}%m{dash}%d{between}%H:%M:%S"
    return lambda moment: moment.strftime(form) + f"{mark}{moment.microsecond:06}" + zone(moment)


def zoned(form: str) -> Spelling:
    """Write the zone as `+0100`, `+01:00` or `+01`."""

    def write(moment: datetime) -> str:
        digits = moment.strftime("%z")
        return {"+0100": digits, "+01:00": f"{digits[:3]}:{digits[3:]}", "+01": digits[:3]}[form]

    return write


def utc(text: str) -> Spelling:
    """Write the zone as this, whatever it is: for moments in UTC."""
    return lambda _: text


# Spellings to the microsecond; those in ANY may be of any zone of whole hours, the others are in UTC.
ANY: dict[str, Spelling] = {
    "RFC 3339": iso("T", ".", zoned("+01:00")),
    "ISO 8601, comma": iso("T", ",", zoned("+0100")),
    "ISO 8601, hours": iso("T", ".", zoned("+01")),
    "PostgreSQL": iso(" ", ".", zoned("+01")),
    "Go's time.String": iso(" ", ".", lambda moment: f" {zoned('+0100')(moment)} CET"),
    "Apache": lambda moment: moment.strftime("%d/%b/%Y:%H:%M:%S.%f %z"),
    "Apache in brackets": lambda moment: moment.strftime("[%d/%b/%Y:%H:%M:%S.%f %z]"),
    "slashes": iso(" ", ".", zoned("+0100"), "/"),
    "RFC 1123": lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S.%f %z"),
    "basic": lambda moment: moment.strftime("%Y%m%dT%H%M%S.%f%z"),
}
UTC_ONLY: dict[str, Spelling] = {
    "Z": iso("T", ".", utc("Z")),
    "z": iso("t", ".", utc("z")),
    "blank, no zone": iso(" ", ".", utc("")),
    "logging of Python": iso(" ", ",", utc("")),
    "T, no zone": iso("T", ".", utc("")),
    "UTC": iso(" ", ".", utc(" UTC")),
    "seconds": lambda moment: f"{micros(moment) // 10**6}.{moment.microsecond:06}",
    "milliseconds": lambda moment: f"{micros(moment) // 1000}.{moment.microsecond % 1000:03}",
    "microseconds": lambda moment: f"{micros(moment)}",
    "nanoseconds": lambda moment: f"{micros(moment)}789",
    "seconds, nine decimals": lambda moment: f"{micros(moment) // 10**6}.{moment.microsecond:06}789",
    "RFC 1123, GMT": lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S.%f GMT"),
}


@given(moments, st.sampled_from(sorted(ANY)), st.integers(-12, 14))
def test_a_moment_is_the_same_in_every_zone(moment: datetime, spelling: str, hours: int) -> None:
    """Wherever the clock hangs, the moment is the same."""
    abroad = moment.astimezone(timezone(timedelta(hours=hours)))
    assert read_instant(ANY[spelling](abroad).encode()) == (micros(moment), 1, True)


@given(moments, st.sampled_from(sorted(UTC_ONLY)))
def test_a_moment_is_the_same_in_every_spelling(moment: datetime, spelling: str) -> None:
    """Numbers of any unit and dates of any form are the same moment; only a date without zone says none."""
    text = UTC_ONLY[spelling](moment)
    assert read_instant(text.encode()) == (micros(moment), 1, "no zone" not in spelling and "Python" not in spelling)


@given(moments, st.sampled_from([0, 1, 3, 6]), st.booleans(), st.booleans())
def test_decimals_may_be_left_out(moment: datetime, digits: int, number: bool, trimmed: bool) -> None:  # noqa: FBT001
    """Trailing zeros, and the point before them, may be missing."""
    cut = moment.replace(microsecond=moment.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits))
    decimals = f"{cut.microsecond:06}"[:digits]
    decimals = decimals.rstrip("0") if trimmed else decimals
    whole = str(micros(cut) // 10**6) if number else cut.strftime("%Y-%m-%dT%H:%M:%S")
    found = read_instant(f"{whole}{'.' * bool(decimals)}{decimals}{'' if number else 'Z'}".encode())
    assert found == Instant(micros(cut), 10 ** (6 - 3 * -(-len(decimals) // 3)), zoned=True)


spelled = st.builds(
    lambda moment, spelling: UTC_ONLY[spelling](moment).encode(), moments, st.sampled_from(sorted(UTC_ONLY))
) | st.builds(
    lambda moment, spelling, hours: ANY[spelling](moment.astimezone(timezone(timedelta(hours=hours)))).encode(),
    moments,
    st.sampled_from(sorted(ANY)),
    st.integers(-12, 14),
)
odd = st.sampled_from(
    [
        *(
            b"",
            b"-",
            b"1",
            b"0",
            b"today",
            b"2026-02-30T10:00:00Z",
            b"2026-11-22T24:00:00Z",
            b"1e9",
            b"-1",
            b"1.",
            b".5",
        ),
        *(b"179534160012345678", b"17953416001234567890", b"2026-11-22", b"2026-11-22T10:00:00.Z", b"1795341600.12x"),
        *(b"2026-11-22T10:00:00+2500", b"1795341600123.5", b"1795341600.1234567890123456789", b"00000000001795341600"),
        *(b"179534160012", b"17953416001234", b"179534160012345", b"1795341600123.456789", b"1795341600123456.5"),
    ]
)


@given(spelled)
def test_the_usual_layout_is_that_of_the_text(text: bytes) -> None:
    """A layout that is given for a text has its width, and reads its moment."""
    layout = usual_layout(text)
    if layout:
        assert make_layout(layout).width == len(text)
        alone = read_instant(text)
        assert alone
        view, start, stop = columns([text])
        found = read_matched(view, Field("t", Kind.CUSTOM, "t", layout=layout), start, stop)
        assert found.tolist() == [alone.us]


@pytest.mark.parametrize(
    ("text", "us"),
    [
        (b"Sun Nov 22 10:00:00 2026", 1_795_341_600_000_000),
        (b"2026-11-22 10:00:00 +0000 UTC", 1_795_341_600_000_000),
        (b"2026-11-22T10:00:00-00:30", 1_795_343_400_000_000),
        (b"29/Feb/2025:10:00:00 +0000", None),
        (b"2026-11-22T10:00", None),
        (b"10:00:00", None),
    ],
)
def test_single_times(text: bytes, us: int | None) -> None:
    """C's asctime, Go's time, odd zones; what is no moment is none."""
    found = read_instant(text)
    assert (found.us if found else None) == us


EPOCHS: dict[Kind, Callable[[int], bytes]] = {
    Kind.EPOCH_S: lambda us: b"%d" % (us // 10**6),
    Kind.EPOCH_MS: lambda us: b"%d" % (us // 1000),
    Kind.MSEC: lambda us: b"%d.%03d" % (us // 10**6, us // 1000 % 1000),
    Kind.EPOCH: lambda us: b"%d.%06d" % divmod(us, 10**6),
    Kind.STAMP: lambda us: ANY["RFC 3339"]((EPOCH + timedelta(microseconds=us)).astimezone(CET)).encode(),
}


def columns(texts: list[bytes]) -> tuple[Window, Positions, Positions]:
    """Put texts into a padded one, and give where they stand in it."""
    stop = np.cumsum([len(text) + 1 for text in texts], dtype=np.int64) - 1
    start = stop - np.array([len(text) for text in texts], np.int64)
    return window(b"".join(text + b"\n" for text in texts)), start, stop


def stamps_of(texts: list[bytes]) -> list[int]:
    """Read texts as the stamps of a layer."""
    view, *spans = columns(texts)
    stamps: list[int] = read_stamps(view, (spans[0], spans[1]), np.ones(len(texts), np.bool_)).tolist()
    return stamps


@given(st.lists(st.integers(EARLIEST_US, LATEST_US), min_size=1, max_size=4), st.sampled_from(sorted(EPOCHS, key=str)))
def test_matched_stamps_are_read_as_single_times_are(instants: list[int], kind: Kind) -> None:
    """What the pattern of a kind accepts is the moment that its text is by itself."""
    texts = [EPOCHS[kind](us) for us in instants]
    assert all(re.fullmatch(stamp_shape(Field("t", kind, "t")), text) for text in texts)
    view, start, stop = columns(texts)
    found = read_matched(view, Field("t", kind, "t"), start, stop)
    assert found.tolist() == [each.us for text in texts if (each := read_instant(text))]


@given(st.lists(spelled | odd, max_size=8))
def test_stamps_of_layers_are_read_as_single_times_are(texts: list[bytes]) -> None:
    """What is taken for the stamp of a layer is the moment that it is by itself, and always in a known zone."""
    found = stamps_of(texts)
    alone = [read_instant(text) for text in texts]
    known = [(us, each) for us, each in zip(found, alone, strict=True) if us != NO_STAMP]
    assert all(each is not None and each.us == us for us, each in known)
    assert all(each is None or each.zoned for _, each in known)


@given(moments, st.sampled_from(["RFC 3339", "Z", "seconds", "milliseconds", "microseconds", "nanoseconds"]))
def test_a_stamp_of_a_layer_is_read_in_these_spellings(moment: datetime, spelling: str) -> None:
    """Container runtimes and stores write RFC 3339 or a number; people's dates without a zone date nothing."""
    text = {**ANY, **UTC_ONLY}[spelling](moment).encode()
    assert stamps_of([text]) == [micros(moment)]
    assert stamps_of([UTC_ONLY["T, no zone"](moment).encode()]) == [NO_STAMP]


def test_a_number_with_an_exponent() -> None:
    """Fluent Bit's S3 output writes seconds as a float."""
    assert read_instant(b"1.7953416005e9") == read_instant(b"1.7953416005E+9") == read_instant(b"1795341600.5")
    assert stamps_of([b"1.7953416005e9"]) == [1_795_341_600_500_000]
