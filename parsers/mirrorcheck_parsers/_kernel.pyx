# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
r"""Reads lines of text as columns, byte by byte and without the interpreter's lock.

A format is a table of steps (program.py makes it), one for each of its literals and fields, in the order of a line:

    10.0.0.1 - bob [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12 "curl/8"
    RUN     LITERAL    LAYOUT                    ESCAPED         NUMBER  ESCAPED
               LAZY                                            DIGITS

A step begins where the one before it ended, and says where it ends itself, or that the line is not as it should be.
No step is tried again: each takes what the regular expression of the format would try first, so that a line that all
steps take is read as the expression reads it. Any other line is left to the expression.

Nothing is read in front of a line's start or from its stop on, whatever the line holds.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport INT64_MIN, int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memchr, memcmp, memcpy, memset

ctypedef const uint8_t* Place

cdef extern from *:
    """
    #if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    #error "words of eight bytes are read as little-endian ones"
    #endif
    #include <stdint.h>

    /* Passes over sixteen bytes at a time as long as none of them is one of three; stops where less than that is left,
       or at the first of these bytes. Cython has no words of sixteen bytes. */
    #ifdef __SSE2__
    #include <emmintrin.h>
    #define IS_WIDE 1
    static inline const uint8_t* skip_wide(const uint8_t* at, const uint8_t* stop, uint8_t a, uint8_t b, uint8_t c) {
        const __m128i first = _mm_set1_epi8(a), second = _mm_set1_epi8(b), third = _mm_set1_epi8(c);
        for (; stop - at >= 16; at += 16) {
            const __m128i word = _mm_loadu_si128((const __m128i*)at);
            const __m128i other = _mm_or_si128(_mm_cmpeq_epi8(word, second), _mm_cmpeq_epi8(word, third));
            const unsigned found = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(word, first), other));
            if (found)
                return at + __builtin_ctz(found);
        }
        return at;
    }
    #else
    #define IS_WIDE 0
    static inline const uint8_t* skip_wide(const uint8_t* at, const uint8_t* stop, uint8_t a, uint8_t b, uint8_t c) {
        return at;
    }
    #endif
    """
    int trailing_zeros "__builtin_ctzll"(unsigned long long) noexcept nogil
    const bint IS_WIDE
    void prefetch "__builtin_prefetch"(const void*) noexcept nogil
    Place skip_wide(Place at, Place stop, uint8_t first, uint8_t second, uint8_t third) noexcept nogil

cdef int64_t NO_TIME = INT64_MIN

cdef const char* MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"

cdef enum:
    WIDEST = 64  # bytes of a stamp with a layout
    LONGEST_PATH = 512  # bytes of the keys that lead to a value
    DEEPEST = 60  # nests in one another; deeper ones are read by the reference
    MOST_DIGITS = 18  # of a number that an int64_t surely holds
    SLACK = 8  # bytes behind a buffer, so that words can be written
    AHEAD = 16  # texts, of which the processor fetches one while those before it are looked at
    ANY_BYTE = -1

cdef enum Operation:
    LITERAL  # `text`
    RUN  # the longest text without the bytes `ends`; with `text`, up to the last place of it
    LAZY  # text up to the first place of `text`, as `content` allows
    REST  # text up to the line's end, as `content` allows
    ESCAPED  # text up to the first quote that no backslash escapes
    QUOTED  # text up to the first quote; from there on the line has `most` quotes, where that is not below 0
    WORDS  # words with ", " or " : " between them
    DIGITS  # `most` digits
    NUMBER  # digits, perhaps with a sign, and with decimals if `most` is 1; or a dash
    LAYOUT  # a stamp as `layout` says
    RFC_3339  # 2026-11-22T10:00:00[.123456789](Z|+01:00)
    NAME  # of `most` bytes at most, from a letter or a digit on, up to one of `ends_of_name`
    GAP  # spaces, `most` of them at most
    CHOICE  # one of the texts of `most` bytes that `text` is made of
    LABELS  # braces, with strings in them
    EPOCH  # `least` to `most` digits, and decimals, in units of `scale` microseconds; 0: of nanoseconds

cdef enum Content:
    ANYTHING
    NO_QUOTES
    ESCAPES  # no quotes but escaped ones

_OPERATIONS = {
    "literal": LITERAL,
    "run": RUN,
    "lazy": LAZY,
    "rest": REST,
    "escaped": ESCAPED,
    "quoted": QUOTED,
    "words": WORDS,
    "digits": DIGITS,
    "number": NUMBER,
    "layout": LAYOUT,
    "rfc_3339": RFC_3339,
    "epoch": EPOCH,
    "name": NAME,
    "gap": GAP,
    "choice": CHOICE,
    "labels": LABELS,
}
_CONTENTS = {"anything": ANYTHING, "no quotes": NO_QUOTES, "escapes": ESCAPES}

cdef struct Layout:
    int width
    int year, month, day, hour, minute, second, zone, zone_minutes  # where each begins; -1: there is none
    bint named  # the month is one of Jan to Dec
    int fraction, digits  # where the decimals of a second begin, and how many there are
    short expected[WIDEST]  # the byte that stands there, ANY_BYTE where a number does

cdef struct Step:
    Operation operation
    Content content
    int column, number  # where its span goes, and its value; -1: nowhere
    bint is_clock, may_be_empty
    Place text
    Py_ssize_t width  # of text
    uint64_t word, mask  # its first eight bytes, and which bits of a word they are
    uint8_t ends[3]
    uint64_t ends_of_name[4]  # a bit for each byte
    int least, most, fewest_decimals, most_decimals
    int64_t scale
    Layout layout
    # The stamp read last, since many lines in a row have the same but for its fraction.
    bint has_last
    uint8_t last[WIDEST]
    int64_t last_us


# Finding bytes.

cdef inline uint64_t repeated(uint8_t byte) noexcept nogil:
    return 0x0101010101010101u * <uint64_t>byte


cdef inline uint64_t zeros_of(uint64_t word) noexcept nogil:
    """Mark the bytes that are zero; above the lowest one of them there may be false marks."""
    return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u


cdef inline Place find_any(Place at, Place stop, uint8_t first, uint8_t second, uint8_t third) noexcept nogil:
    """Find the first of three bytes; stop where there is none."""
    cdef uint64_t word, found
    at = skip_wide(at, stop, first, second, third)
    if IS_WIDE and stop - at >= 16:
        return at
    while stop - at >= 8:
        memcpy(&word, at, 8)
        found = zeros_of(word ^ repeated(first)) | zeros_of(word ^ repeated(second)) | zeros_of(word ^ repeated(third))
        if found:
            return at + (trailing_zeros(found) >> 3)
        at += 8
    while at < stop and at[0] != first and at[0] != second and at[0] != third:
        at += 1
    return at


cdef inline Place find_either(Place at, Place stop, uint8_t first, uint8_t second) noexcept nogil:
    """Find the first of two bytes; stop where there is none."""
    return find_any(at, stop, first, second, second)


cdef inline Place find_byte(Place at, Place stop, uint8_t byte) noexcept nogil:
    """Find a byte; stop where there is none."""
    return find_any(at, stop, byte, byte, byte)


cdef inline bint stands(Place at, Place stop, Place text, Py_ssize_t width) noexcept nogil:
    return stop - at >= width and memcmp(at, text, width) == 0


cdef inline bint is_digit(uint8_t byte) noexcept nogil:
    return <uint8_t>(byte - c"0") < 10


# Texts: each gives where it ends, NULL where it is not as the step says.

cdef inline Place take_literal(Place at, Place stop, const Step* step) noexcept nogil:
    cdef uint64_t word
    if step.width <= 8 and stop - at >= 8:
        memcpy(&word, at, 8)
        if (word ^ step.word) & step.mask:
            return NULL
        return at + step.width
    if not stands(at, stop, step.text, step.width):
        return NULL
    return at + step.width


cdef inline Place take_run(Place at, Place stop, const Step* step) noexcept nogil:
    cdef Place end = find_any(at, stop, step.ends[0], step.ends[1], step.ends[2])
    if step.width:
        end = last_place(at, end, stop, step)
    return end if end != NULL and (end > at or step.may_be_empty) else NULL


cdef Place last_place(Place at, Place end, Place stop, const Step* step) noexcept nogil:
    """Find the last place of the text that follows, at most at the end; NULL where there is none."""
    while not stands(end, stop, step.text, step.width):
        if end == at:
            return NULL
        end -= 1
    return end


cdef inline Place take_lazy(Place at, Place stop, const Step* step) noexcept nogil:
    cdef uint8_t first = step.text[0]
    cdef uint8_t quote = first if step.content == ANYTHING else c'"'
    cdef uint8_t backslash = c"\\" if step.content == ESCAPES else first
    while True:
        at = find_any(at, stop, first, quote, backslash)
        if stop - at < step.width:
            return NULL
        if at[0] == first and memcmp(at, step.text, step.width) == 0:
            return at
        if at[0] == c"\\" and step.content == ESCAPES:
            at += 1  # and what it escapes
            if at == stop:
                return NULL
        elif at[0] == c'"' and step.content != ANYTHING:
            return NULL
        at += 1


cdef inline Place take_rest(Place at, Place stop, const Step* step) noexcept nogil:
    if step.content == ANYTHING:
        return stop
    if step.content == ESCAPES:
        return stop if take_escaped(at, stop) == stop else NULL
    return stop if find_byte(at, stop, c'"') == stop else NULL


cdef inline Place take_escaped(Place at, Place stop) noexcept nogil:
    """Take what stands in front of a quote, or of the line's end; NULL where a backslash stands there."""
    while True:
        at = find_either(at, stop, c'"', c"\\")
        if at == stop or at[0] == c'"':
            return at
        if stop - at < 2:
            return NULL
        at += 2


cdef inline Place take_quoted(Place at, Place stop, const Step* step) noexcept nogil:
    """Take what stands in front of the first quote: with so many quotes left, it is the last one that would do, too."""
    cdef Place end = find_byte(at, stop, c'"')
    cdef Place quote = end
    cdef int quotes = 0
    if step.most < 0:
        return end
    while quote < stop:
        quotes += 1
        quote = find_byte(quote + 1, stop, c'"')
    return end if quotes == step.most else NULL


cdef inline Place take_words(Place at, Place stop) noexcept nogil:
    cdef Place end = find_any(at, stop, c" ", c",", c'"')
    cdef Py_ssize_t between
    while end < stop:
        if end[0] == c"," and stop - end > 2 and end[1] == c" ":
            between = 2
        elif end[0] == c" " and stop - end > 3 and end[1] == c":" and end[2] == c" ":
            between = 3
        else:
            break
        at = find_any(end + between, stop, c" ", c",", c'"')
        if at == end + between:
            break
        end = at
    return end


cdef inline bint is_letter(uint8_t byte) noexcept nogil:
    return <uint8_t>((byte | 0x20) - c"a") < 26


cdef inline Place take_name(Place at, Place stop, const Step* step) noexcept nogil:
    cdef Place end = at
    if at == stop or not (is_letter(at[0]) or is_digit(at[0])):
        return NULL
    while end < stop and not step.ends_of_name[end[0] >> 6] >> (end[0] & 63) & 1:
        end += 1
    return end if end - at <= step.most else NULL


cdef inline Place take_gap(Place at, Place stop, const Step* step) noexcept nogil:
    stop = at + min(stop - at, step.most)
    while at < stop and at[0] == c" ":
        at += 1
    return at


cdef inline Place take_choice(Place at, Place stop, const Step* step) noexcept nogil:
    cdef Py_ssize_t place = 0
    while place < step.width:
        if stands(at, stop, step.text + place, step.most):
            return at + step.most
        place += step.most
    return NULL


cdef inline Place take_labels(Place at, Place stop) noexcept nogil:
    if at == stop or at[0] != c"{":
        return NULL
    at += 1
    while at < stop and at[0] != c"}":
        if at[0] == c"{":
            return NULL
        if at[0] == c'"':
            at = take_escaped(at + 1, stop)
            if at == NULL or at == stop:
                return NULL
        at += 1
    return at + 1 if at < stop else NULL


# Numbers.

cdef inline Place skip_digits(Place at, Place stop) noexcept nogil:
    while at < stop and is_digit(at[0]):
        at += 1
    return at


cdef inline int64_t value_of(Place at, Place stop) noexcept nogil:
    """Give what some digits are worth, at most MOST_DIGITS of them."""
    cdef int64_t value = 0
    while at < stop:
        value = value * 10 + (at[0] - c"0")
        at += 1
    return value


cdef inline Place take_number(Place at, Place stop, const Step* step, int64_t* value) noexcept nogil:
    """Take a number, a dash or, where that is allowed, nothing; the value is -1 for what is not just digits."""
    cdef Place first = at + (at < stop and (at[0] == c"-" or at[0] == c"+"))
    cdef Place end = skip_digits(first, stop)
    value[0] = -1
    if end == first:
        if at < stop and at[0] == c"-":
            return at + 1
        return at if step.may_be_empty else NULL
    if step.most and stop - end >= 2 and end[0] == c"." and is_digit(end[1]):
        return skip_digits(end + 1, stop)
    if first == at and end - at <= MOST_DIGITS:
        value[0] = value_of(at, end)
    return end


cdef inline Place take_digits(Place at, Place stop, const Step* step, int64_t* value) noexcept nogil:
    cdef Place end = at + step.most if stop - at >= step.most else NULL
    if end == NULL or skip_digits(at, end) != end:
        return NULL
    value[0] = value_of(at, end)
    return end


# Times.

cdef inline int two_digits(Place at) noexcept nogil:
    """Give what two digits are worth, a number beyond all limits where they are none."""
    cdef uint8_t tens = at[0] - c"0", ones = at[1] - c"0"
    return tens * 10 + ones if tens < 10 and ones < 10 else 1000


cdef int month_named(Place at) noexcept nogil:
    cdef Place names = <Place>MONTHS
    cdef int month
    for month in range(12):
        if memcmp(at, names + 3 * month, 3) == 0:
            return month + 1
    return 0


cdef inline int days_in(int year, int month) noexcept nogil:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


cdef inline int64_t days_before(int year, int month, int day) noexcept nogil:
    """Count the days from 1970-01-01 to a day (days_from_civil of Howard Hinnant); years begin in March here."""
    cdef int shifted = year - (month <= 2)
    cdef int era_year = shifted % 400
    cdef int day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return <int64_t>(shifted // 400) * 146097 + era_year * 365 + era_year // 4 - era_year // 100 + day_of_year - 719468


cdef bint read_date(Place at, const Layout* layout, int64_t* seconds) noexcept nogil:
    """Read all of a stamp but its fraction; False where there is no such moment."""
    cdef int place, year, month, day, hour, minute, second, hours, minutes
    for place in range(layout.width):
        if layout.expected[place] != ANY_BYTE and layout.expected[place] != at[place]:
            return False
    year = two_digits(at + layout.year) * 100 + two_digits(at + layout.year + 2)
    month = month_named(at + layout.month) if layout.named else two_digits(at + layout.month)
    day = two_digits(at + layout.day)
    hour, minute = two_digits(at + layout.hour), two_digits(at + layout.minute)
    second = two_digits(at + layout.second)
    if year < 1 or year > 9999 or two_digits(at + layout.year + 2) > 99 or month < 1 or month > 12:
        return False
    if day < 1 or day > days_in(year, month) or hour > 23 or minute > 59 or second > 59:
        return False
    seconds[0] = days_before(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    if layout.zone >= 0:
        return read_offset(at + layout.zone, at + layout.zone_minutes, seconds)
    return True


cdef inline bint read_offset(Place hours_at, Place minutes_at, int64_t* seconds) noexcept nogil:
    """Take the offset of a zone, its sign at `hours_at`, off a time of day; False where there is none."""
    cdef int hours = two_digits(hours_at + 1), minutes = two_digits(minutes_at)
    cdef int east = hours * 3600 + minutes * 60
    if hours > 19 or minutes > 59:
        return False
    if hours_at[0] == c"-":
        seconds[0] += east
        return True
    seconds[0] -= east
    return hours_at[0] == c"+"


cdef inline int64_t micros_of(Place at, int digits) noexcept nogil:
    """Give what the decimals of a second are worth in microseconds, cut."""
    cdef int64_t micros = value_of(at, at + min(digits, 6))
    while digits < 6:
        micros *= 10
        digits += 1
    return micros


cdef inline bint is_like_last(Place at, const Step* step) noexcept nogil:
    """Whether a stamp is the one read last, but for its fraction."""
    cdef const Layout* layout = &step.layout
    cdef int behind = layout.fraction + layout.digits
    return (
        step.has_last
        and memcmp(at, step.last, layout.fraction) == 0
        and (behind == layout.width or memcmp(at + behind, step.last + behind, layout.width - behind) == 0)
    )


cdef inline Place take_layout(Place at, Place stop, Step* step, int64_t* us) noexcept nogil:
    cdef const Layout* layout = &step.layout
    cdef Place fraction = at + layout.fraction
    cdef int64_t seconds = 0
    if stop - at < layout.width:
        return NULL
    if not is_like_last(at, step):
        step.has_last = read_date(at, layout, &seconds)
        if not step.has_last:
            return NULL
        memcpy(step.last, at, layout.width)
        step.last_us = seconds * 1000000
    us[0] = step.last_us
    if layout.digits:
        if skip_digits(fraction, fraction + layout.digits) != fraction + layout.digits:
            return NULL
        us[0] += micros_of(fraction, layout.digits)
    return at + layout.width


cdef inline Place take_rfc_3339(Place at, Place stop, Step* step, int64_t* us) noexcept nogil:
    """Take a date and a time as the layout says, which has no fraction and no zone, and these two behind it."""
    cdef Place zone = take_layout(at, stop, step, us)
    cdef Place fraction
    cdef int64_t seconds = 0
    if zone == NULL or zone == stop:
        return NULL
    if zone[0] == c".":
        fraction = zone + 1
        zone = skip_digits(fraction, fraction + min(stop - fraction, 9))
        if zone == fraction or zone == stop:
            return NULL
        us[0] += micros_of(fraction, <int>(zone - fraction))
    if zone[0] == c"Z":
        return zone + 1
    if stop - zone < 6 or zone[3] != c":" or not read_offset(zone, zone + 4, &seconds):
        return NULL
    us[0] += seconds * 1000000
    return zone + 6


cdef inline Place take_epoch(Place at, Place stop, const Step* step, int64_t* us) noexcept nogil:
    cdef Place end = skip_digits(at, at + min(stop - at, step.most))
    cdef Place fraction
    if end - at < step.least:
        return NULL
    us[0] = value_of(at, end) * step.scale if step.scale else value_of(at, end - 3)
    if step.most_decimals and stop - end >= 2 and end[0] == c"." and is_digit(end[1]):
        fraction = end + 1
        end = skip_digits(fraction, fraction + min(stop - fraction, step.most_decimals))
        us[0] += micros_of(fraction, <int>(end - fraction)) * step.scale // 1000000
        return end if end - fraction >= step.fewest_decimals else NULL
    return end if step.fewest_decimals == 0 else NULL


cdef inline Place take(Place at, Place stop, Step* step, int64_t* value) noexcept nogil:
    """Take one step that is no literal on a line; NULL where the line is not as it says."""
    if step.operation == RUN:
        return take_run(at, stop, step)
    if step.operation == ESCAPED:
        return take_escaped(at, stop)
    if step.operation == NUMBER:
        return take_number(at, stop, step, value)
    if step.operation == LAZY:
        return take_lazy(at, stop, step)
    if step.operation == DIGITS:
        return take_digits(at, stop, step, value)
    if step.operation == LAYOUT:
        return take_layout(at, stop, step, value)
    if step.operation == RFC_3339:
        return take_rfc_3339(at, stop, step, value)
    if step.operation == EPOCH:
        return take_epoch(at, stop, step, value)
    if step.operation == QUOTED:
        return take_quoted(at, stop, step)
    if step.operation == WORDS:
        return take_words(at, stop)
    if step.operation == NAME:
        return take_name(at, stop, step)
    if step.operation == GAP:
        return take_gap(at, stop, step)
    if step.operation == CHOICE:
        return take_choice(at, stop, step)
    if step.operation == LABELS:
        return take_labels(at, stop)
    return take_rest(at, stop, step)


cdef struct Table:  # the parts of the array that the caller owns, each column with room for so many rows
    int64_t* lines
    int64_t* starts
    int64_t* stops
    int64_t* numbers
    int64_t* times
    Py_ssize_t rows


cdef Place take_steps(
    Place data, Place at, Place stop, Step* steps, int count, Table* table, Py_ssize_t row
) noexcept nogil:
    """Take all steps on a line, and fill a row of the table; NULL where the line is not as they say."""
    cdef int place
    cdef Step* step
    cdef Place end
    cdef int64_t value = 0
    for place in range(count):
        step = steps + place
        if step.operation == LITERAL:
            at = take_literal(at, stop, step)
            if at == NULL:
                return NULL
            continue
        end = take(at, stop, step, &value)
        if end == NULL:
            return NULL
        if step.column >= 0:
            table.starts[step.column * table.rows + row] = at - data
            table.stops[step.column * table.rows + row] = end - data
        if step.number >= 0:
            table.numbers[step.number * table.rows + row] = value
        if step.is_clock:
            table.times[row] = value
        at = end
    return at


cdef class TextProgram:
    """The table of the steps of one format. It remembers the last stamps, so that each thread needs its own."""

    cdef Step* steps
    cdef int count, columns, numbers
    cdef list texts  # that the steps point into

    def __cinit__(self, table):
        """table: what has the fields of table.Table."""
        steps = table.steps
        self.texts = [step.text for step in steps]
        self.count, self.columns, self.numbers = len(steps), len(table.columns), len(table.numbers)
        check_places(steps, self.columns, self.numbers)
        self.steps = new_steps(steps)

    def __dealloc__(self):
        free(self.steps)

    def scan(self, bytes data, start, stop, among, out):
        """Read the lines data[start:stop] that are `among` the wanted ones, and give how many are as the steps say.

        start and stop are int64[n], among is bool[n], and out int64[2 + 2 * columns + numbers, n]. For each line that
        is as the steps say, one more column of out is filled: the line's place in `start`, its time in microseconds,
        where each of its fields starts, where each stops, and its numbers. What is left over holds anything.
        """
        cdef Py_ssize_t count = len(start), size = len(data), line, row = 0
        cdef Place text = data
        cdef Table table = table_in(out, count, self.columns, self.numbers)
        cdef const int64_t* begin = readable(start, count)
        cdef const int64_t* end = readable(stop, count)
        cdef const uint8_t* wanted = <const uint8_t*>memory(among, 1, count, False)
        with nogil:
            for line in range(count):
                if not wanted[line] or not 0 <= begin[line] <= end[line] <= size:
                    continue
                if text + end[line] == take_steps(
                    text, text + begin[line], text + end[line], self.steps, self.count, &table, row
                ):
                    table.lines[row] = line
                    row += 1
        return row


cdef int check_places(parts, int columns, int numbers) except -1:
    """Nothing may be written beside the columns and numbers that there are."""
    for part in parts:
        if not (-1 <= part.column < columns and -1 <= part.number < numbers):
            raise ValueError("there is no such column")
    return 0


cdef Step* new_steps(steps) except NULL:
    """Give the steps as the kernel takes them, which the caller frees; their texts must live as long."""
    cdef Step* made = <Step*>calloc(len(steps) + 1, sizeof(Step))
    if made == NULL:
        raise MemoryError
    try:
        for place, step in enumerate(steps):
            set_step(made + <Py_ssize_t>place, step)
    except:
        free(made)
        raise
    return made


cdef int set_step(Step* step, source) except -1:
    cdef int place
    ends = source.ends or b"\0"
    step.operation, step.content = _OPERATIONS[source.operation], _CONTENTS[source.content]
    step.column, step.number = source.column, source.number
    step.is_clock, step.may_be_empty = source.is_clock, source.may_be_empty
    step.text, step.width = source.text, len(source.text)
    step.word = word_of(step.text, min(step.width, 8))
    step.mask = <uint64_t>-1 >> (64 - 8 * min(step.width, 8)) if step.width else 0
    for place in range(3):
        step.ends[place] = ends[min(place, len(ends) - 1)]
    for place in range(len(source.ends)):
        step.ends_of_name[source.ends[place] >> 6] |= <uint64_t>1 << (source.ends[place] & 63)
    step.least, step.most, step.scale = source.least, source.most, source.scale
    step.fewest_decimals, step.most_decimals = source.decimals
    if source.layout is not None:
        set_layout(&step.layout, source.layout)
    return 0


cdef int set_layout(Layout* layout, source) except -1:
    cdef int place
    if source.width > WIDEST:
        raise ValueError("too wide a stamp")
    at = source.at
    layout.width = source.width
    layout.named = "%b" in at
    layout.year, layout.month, layout.day = at["%Y"], at["%b" if layout.named else "%m"], at["%d"]
    layout.hour, layout.minute, layout.second = at["%H"], at["%M"], at["%S"]
    layout.zone = at.get("%z", at.get("%:z", -1))
    layout.zone_minutes = layout.zone + (3 if "%z" in at else 4)
    layout.fraction, layout.digits = source.fraction if source.fraction[1] else (source.width, 0)
    for place in range(WIDEST):
        layout.expected[place] = ord(source.literals[place]) if place in source.literals else ANY_BYTE
    return 0


# What the caller owns.

cdef void* memory(array, Py_ssize_t width, Py_ssize_t count, bint is_writable) except? NULL:
    """Give where a contiguous array of at least so many items of this width begins; it must outlive the call."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_WRITABLE if is_writable else PyBUF_SIMPLE)
    try:
        if view.itemsize != width or view.len < count * width:
            raise ValueError(f"an array of {view.len} bytes, where {count} items of {width} are needed")
        return view.buf
    finally:
        PyBuffer_Release(&view)


cdef inline const int64_t* readable(array, Py_ssize_t count) except? NULL:
    return <const int64_t*>memory(array, sizeof(int64_t), count, False)


cdef inline int64_t* writable(array, Py_ssize_t count) except? NULL:
    return <int64_t*>memory(array, sizeof(int64_t), count, True)


cdef Table table_in(out, Py_ssize_t rows, int columns, int numbers) except *:
    """Give the parts of an array: lines, times, starts, stops and numbers."""
    cdef Table table
    table.rows = rows
    table.lines = writable(out, rows * (2 + 2 * columns + numbers))
    table.times = table.lines + rows
    table.starts = table.times + rows
    table.stops = table.starts + columns * rows
    table.numbers = table.stops + columns * rows
    return table


cdef struct Texts:  # n of them lie between start and stop, int64[n] each
    Place data
    const int64_t* start
    const int64_t* stop
    Py_ssize_t count


cdef Texts texts_in(bytes data, start, stop) except *:
    """Give texts all of which lie inside the data."""
    cdef Texts texts
    cdef Py_ssize_t row, size = len(data)
    cdef bint is_inside = True
    texts.data, texts.count = data, len(start)
    texts.start, texts.stop = readable(start, texts.count), readable(stop, texts.count)
    with nogil:
        for row in range(texts.count):
            is_inside &= 0 <= texts.start[row] <= texts.stop[row] <= size
    if not is_inside:
        raise ValueError("a text that is not inside the data")
    return texts


# JSON and pairs. A line is one object; values are found by their paths, the keys that lead there with dots between
# them. A line is left to the reference if it has an escape in a key, the strings of one header in a list, or, unless
# the program is `open`, a path that is not known.
#
#     {"time":"2026-11-22T10:00:00Z","request":{"method":"GET","path":"/a"},"status":200,"tags":["a"]}
#      read_object: key, value, key ...         the path `request.method`     bare       read_list
#
#     time=2026-11-22T10:00:00Z method=GET path=/a status=200 user_agent="curl 8"
#      read_pairs: key, value, key ...

cdef struct Value:
    Place start, stop  # without quotes; of a null nothing is left
    uint8_t is_string, is_escaped, is_nest
    uint8_t is_put  # it is in the buffer already, without its escapes
    int elements, strings  # of a list: how many there are, and how many of them are strings

cdef struct Key:
    Place path
    Py_ssize_t size
    int column, number  # where its span goes, and its value; -1: nowhere
    bint is_needed, is_clock
    bint is_header  # several strings in a list are one value
    bint is_awaited  # a line that has it is left
    int64_t seen  # the number of the last line that has it
    Value value  # on that line

cdef struct Objects:
    Key* keys
    int* following  # by the place of a key + 1: that of the key which stood behind it last
    Step* spellings  # of a time; it must be one of these
    int count, needed, spelled, columns, numbers
    bint has_message  # column 0 has keys
    bint is_open  # what is not known is passed over, and an object or a list is a value as well
    int64_t line  # counts all lines
    uint8_t path[LONGEST_PATH]


cdef inline Place skip_blanks(Place at, Place stop) noexcept nogil:
    while at < stop and (at[0] == c" " or at[0] == c"\t" or at[0] == c"\r" or at[0] == c"\n"):
        at += 1
    return at


# By byte, whether it may stand in a value without quotes: any but blanks and what JSON itself uses.
cdef uint8_t BARE[256]
for _byte in range(256):
    BARE[<int>_byte] = bytes([_byte]) not in b'\t\n\v\f\r ",:\\{}[]'


cdef inline Place read_string(Place at, Place stop, Value* value) noexcept nogil:
    """Read a string whose opening quote stands here, and give the place behind it; NULL where it does not end."""
    value.start = at + 1
    at = find_either(at + 1, stop, c'"', c"\\")
    value.is_string, value.is_nest, value.is_put = True, False, False
    value.is_escaped = at < stop and at[0] == c"\\"
    if value.is_escaped:
        at = take_escaped(at, stop)
    value.stop = at
    return at + 1 if at != NULL and at < stop else NULL


cdef inline Place read_bare(Place at, Place stop, Value* value) noexcept nogil:
    """Read a number or a word, and give the place behind it; NULL where there is none."""
    value.start = at
    while at < stop and BARE[at[0]]:
        at += 1
    value.is_string = value.is_escaped = value.is_nest = value.is_put = False
    value.stop = value.start if at - value.start == 4 and memcmp(value.start, b"null", 4) == 0 else at
    return at if at > value.start else NULL


cdef Place read_list(Place at, Place stop, int depth, Value* value) noexcept nogil:
    """Read a list whole, whose bracket stands here, and give the place behind it; NULL where it is none.

    Of a list of one string, the value is that string.
    """
    cdef uint64_t objects = 0  # a bit for each open nest, that of the innermost one lowest: whether it is an object
    cdef int opened = 1
    cdef bint is_first = True
    cdef Value element
    value.start, value.elements, value.strings, value.is_put = at, 0, 0, False
    at += 1
    while opened:
        at = skip_blanks(at, stop)
        if at == stop:
            return NULL
        if at[0] == (c"}" if objects & 1 else c"]"):
            at += 1
            objects >>= 1
            opened -= 1
            is_first = False
            continue
        if not is_first:
            if at[0] != c",":
                return NULL
            at = skip_blanks(at + 1, stop)
        if objects & 1:
            at = read_key(at, stop, &element)
            if at == NULL:
                return NULL
        if at == stop:
            return NULL
        value.elements += opened == 1
        is_first = at[0] == c"{" or at[0] == c"["
        if is_first:
            opened += 1
            if depth + opened > DEEPEST:
                return NULL
            objects = objects << 1 | (at[0] == c"{")
            at += 1
            continue
        at = read_string(at, stop, &element) if at[0] == c'"' else read_bare(at, stop, &element)
        if at == NULL:
            return NULL
        if opened == 1 and element.is_string:
            value.strings += 1
            if value.elements == 1:
                value.is_escaped, value.stop = element.is_escaped, element.stop
    end_list(at, value)
    return at


cdef inline void end_list(Place at, Value* value) noexcept nogil:
    """Say what a list is that ends in front of here: the string that is its only element, or all of its text."""
    value.is_nest = True
    value.is_string = value.elements == 1 and value.strings == 1
    if value.is_string:
        while value.start[0] != c'"':
            value.start += 1
        value.start += 1
    else:
        value.is_escaped, value.stop = False, at


cdef inline Place read_key(Place at, Place stop, Value* key) noexcept nogil:
    """Read a key and its colon, and give where its value begins; NULL where there is none."""
    if at == stop or at[0] != c'"':
        return NULL
    at = read_string(at, stop, key)
    if at == NULL:
        return NULL
    at = skip_blanks(at, stop)
    return skip_blanks(at + 1, stop) if at < stop and at[0] == c":" else NULL


cdef inline int find_key(Objects* objects, Place path, Py_ssize_t size, int behind) noexcept nogil:
    """Find a key by its path, first that which stood here on the last line; -1 where it is not known."""
    cdef int place = objects.following[behind + 1]
    cdef Key* key = objects.keys + place
    if place >= 0 and key.size == size and memcmp(key.path, path, size) == 0:
        return place
    for place in range(objects.count):
        key = objects.keys + place
        if key.size == size and memcmp(key.path, path, size) == 0:
            objects.following[behind + 1] = place
            return place
    return -1


cdef inline bint is_like(Place at, Place stop, Place path, Py_ssize_t size) noexcept nogil:
    """Whether the end of a path, which has SLACK bytes behind it, stands here; for a few bytes memcmp takes longer."""
    cdef uint64_t word, expected
    if stop - at < size + 8:
        return memcmp(at, path, size) == 0
    while size > 0:
        memcpy(&word, at, 8)
        memcpy(&expected, path, 8)
        word ^= expected
        if word << (64 - 8 * min(size, 8)):
            return False
        at += 8
        path += 8
        size -= 8
    return True


cdef inline Place take_expected(Place at, Place stop, Objects* objects, Py_ssize_t prefix, int expected) noexcept nogil:
    """Take the key that stood here on the last line, and its colon, if it does again; NULL where it does not."""
    cdef Key* key = objects.keys + expected
    cdef Py_ssize_t size = key.size - prefix
    if size < 0 or stop - at < size + 4 or at[size + 1] != c'"' or at[size + 2] != c":" or at[0] != c'"':
        return NULL
    if not is_like(at + 1, stop, key.path + prefix, size) or (prefix and memcmp(objects.path, key.path, prefix)):
        return NULL
    return skip_blanks(at + size + 3, stop)


cdef inline void note(Objects* objects, int place, const Value* value) noexcept nogil:
    objects.keys[place].seen = objects.line
    objects.keys[place].value = value[0]


cdef inline bint says_nothing(const Value* value) noexcept nogil:
    """Whether a value is null, true or false, which say nothing of a line that is inside."""
    cdef Py_ssize_t size = value.stop - value.start
    if value.is_string or value.is_nest:
        return False
    return size == 0 or (size == 4 and memcmp(value.start, b"true", 4) == 0) or (
        size == 5 and memcmp(value.start, b"false", 5) == 0
    )


cdef inline bint note_nest(Objects* objects, Py_ssize_t size, Place start, Place stop) noexcept nogil:
    """Take an object or a list, at the path of this size, as a value; or the only string of a list as one of `[]`."""
    cdef Value value
    cdef int place
    value.start, value.stop = start, stop
    value.is_string = value.is_escaped = value.is_put = False
    value.is_nest = True
    place = find_key(objects, objects.path, size, objects.count)
    if place >= 0:
        note(objects, place, &value)
    return True


cdef inline bint note_list(Objects* objects, Py_ssize_t size, Place start, Place stop, Value* value) noexcept nogil:
    """Take a list as a value, and what is in it as one at `path.[]`; False where that is not one string."""
    cdef int place
    note_nest(objects, size, start, stop)
    if size + 3 > LONGEST_PATH:
        return False
    memcpy(objects.path + size, b".[]", 3)
    place = find_key(objects, objects.path, size + 3, objects.count)
    if place < 0:
        return True
    value.is_nest = False
    note(objects, place, value)
    return value.is_string


cdef struct Nests:  # the objects that are open
    int depth
    Py_ssize_t prefixes[DEEPEST]  # by depth, how many bytes of the path are the object's own
    Place begins[DEEPEST]

cdef struct Path:
    Place at
    Py_ssize_t size
    int place  # of the key in Objects; -1: it is not known


cdef bint read_object(Place at, Place stop, Objects* objects, Buffer* buffer) noexcept nogil:
    """Find the values of an object that is all of a line; False where it must be left.

    If the program is open, what is kept of them without its escapes is put into the buffer.
    """
    cdef Nests nests
    cdef Path path
    cdef bint is_first = True
    nests.depth, nests.prefixes[0], path.place = 0, 0, -1
    objects.line += 1
    at = skip_blanks(at, stop)
    if at == stop or at[0] != c"{":
        return False
    at += 1
    while nests.depth >= 0:
        at = skip_blanks(at, stop)
        if at == stop:
            return False
        if at[0] == c"}":
            at += 1
            end_nest(at, objects, &nests)
            is_first = False
            continue
        if not is_first:
            if at[0] != c",":
                return False
            at = skip_blanks(at + 1, stop)
        at = read_path(at, stop, objects, &nests, &path)
        if at == NULL:
            return False
        is_first = at[0] == c"{"
        at = begin_nest(at, objects, &nests, &path) if is_first else read_member(
            at, stop, objects, nests.depth, &path, buffer
        )
        if at == NULL:
            return False
    return skip_blanks(at, stop) == stop and has_needed(objects)


cdef inline Place read_path(Place at, Place stop, Objects* objects, Nests* nests, Path* path) noexcept nogil:
    """Read a key and find it by its path; gives where its value begins, NULL where there is none."""
    cdef Py_ssize_t prefix = nests.prefixes[nests.depth]
    cdef Place begin = at
    cdef Value key
    cdef int expected = objects.following[path.place + 1]
    at = take_expected(begin, stop, objects, prefix, expected)
    if at != NULL:
        path.at, path.size, path.place = begin + 1, objects.keys[expected].size, expected
    else:
        at = read_key(begin, stop, &key)
        if at == NULL or key.is_escaped:
            return NULL
        path.at, path.size = key.start, prefix + key.stop - key.start
        expected = -1
    if at == stop:
        return NULL
    if nests.depth or at[0] == c"{" or at[0] == c"[":
        if path.size >= LONGEST_PATH:
            return NULL
        memcpy(objects.path + prefix, path.at, path.size - prefix)
        path.at = objects.path
    if expected < 0 and at[0] != c"{":
        path.place = find_key(objects, path.at, path.size, path.place)
    return at


cdef inline Place begin_nest(Place at, Objects* objects, Nests* nests, const Path* path) noexcept nogil:
    """Go into an object, and give the place behind its brace; NULL where that is too deep."""
    nests.depth += 1
    if nests.depth == DEEPEST:
        return NULL
    objects.path[path.size] = c"."
    nests.prefixes[nests.depth], nests.begins[nests.depth] = path.size + 1, at
    return at + 1


cdef inline void end_nest(Place behind, Objects* objects, Nests* nests) noexcept nogil:
    if objects.is_open and nests.depth:
        note_nest(objects, nests.prefixes[nests.depth] - 1, nests.begins[nests.depth], behind)
    nests.depth -= 1


cdef inline Place read_member(
    Place at, Place stop, Objects* objects, int depth, const Path* path, Buffer* buffer
) noexcept nogil:
    """Read the value of a path, and give the place behind it; NULL where the line must be left."""
    cdef Place start = at
    cdef Value value
    if path.place < 0 and not objects.is_open:
        return NULL
    if at[0] == c'"' and objects.is_open and path.place >= 0:
        at = read_into(at, stop, &value, buffer)
    else:
        at = read_value(at, stop, depth, &value)
    if at == NULL:
        return NULL
    if objects.is_open and value.is_nest:
        return at if note_list(objects, path.size, start, at, &value) else NULL
    if path.place < 0 or (objects.is_open and says_nothing(&value)):
        return at
    if objects.keys[path.place].is_awaited or (objects.keys[path.place].is_header and is_joined(&value)):
        return NULL
    note(objects, path.place, &value)
    return at


cdef inline Place read_value(Place at, Place stop, int depth, Value* value) noexcept nogil:
    if at[0] == c'"':
        return read_string(at, stop, value)
    if at[0] == c"[":
        return read_list(at, stop, depth, value)
    return read_bare(at, stop, value)


cdef inline bint is_joined(const Value* value) noexcept nogil:
    """Whether a value is a list of nothing but strings, though not of one: a header that came several times."""
    return value.is_nest and not value.is_string and value.elements == value.strings


cdef inline bint has_needed(Objects* objects) noexcept nogil:
    """Whether a line had all the keys without which it is no record; they are the first ones."""
    cdef int place
    for place in range(objects.needed):
        if objects.keys[place].seen != objects.line:
            return False
    return True


cdef inline Place read_word(Place at, Place stop, Value* value) noexcept nogil:
    """Read the value of a pair that is no string, and give the place behind it; NULL where that is odd."""
    value.start = at
    value.is_string = value.is_escaped = value.is_nest = value.is_put = False
    while at < stop and at[0] != c'"' and at[0] > c" ":
        at += 1
    value.stop = at
    if at - value.start == 4 and memcmp(value.start, b"null", 4) == 0:
        value.stop = value.start
    if at - value.start == 5 and memcmp(value.start, b"<nil>", 5) == 0:
        value.stop = value.start
    return at if at == stop or at[0] == c" " else NULL


cdef bint read_pairs(Place at, Place stop, Objects* objects) noexcept nogil:
    """Find the values of pairs that are all of a line, with blanks between; False where it must be left."""
    cdef int place = -1, pairs = 0
    cdef Place key
    cdef Value value
    objects.line += 1
    if stop - at > 8 and at[4] == c"/" and at[7] == c"/":
        return False  # the date that Go's log package puts in front
    while True:
        while at < stop and at[0] == c" ":
            at += 1
        if at == stop:
            return pairs > 0 and has_needed(objects)
        key = at
        while at < stop and at[0] != c"=" and at[0] != c'"' and at[0] > c" ":
            at += 1
        if at == key or (at < stop and at[0] != c"=" and at[0] != c" "):
            return False
        if at == stop or at[0] == c" ":
            continue  # a word without a value
        place = find_key(objects, key, at - key, place)
        at += 1
        at = read_string(at, stop, &value) if at < stop and at[0] == c'"' else read_word(at, stop, &value)
        if at == NULL or place < 0 or objects.keys[place].is_awaited or (at < stop and at[0] != c" "):
            return False
        pairs += 1
        note(objects, place, &value)


# Escapes. What is read of them goes into a buffer.

cdef struct Buffer:
    uint8_t* begin
    Py_ssize_t used, room
    Py_ssize_t base  # where the buffer will begin, in the text to which it is appended


cdef inline int hex_of(uint8_t byte) noexcept nogil:
    if is_digit(byte):
        return byte - c"0"
    byte |= 0x20
    return byte - c"a" + 10 if c"a" <= byte <= c"f" else -1


cdef inline int unit_at(Place at, Place stop) noexcept nogil:
    r"""Give the number of a `\uXXXX`; -1 where there is none."""
    cdef int place, digit, unit = 0
    if stop - at < 6 or at[0] != c"\\" or at[1] != c"u":
        return -1
    for place in range(2, 6):
        digit = hex_of(at[place])
        if digit < 0:
            return -1
        unit = unit << 4 | digit
    return unit


cdef inline uint8_t* put_character(uint8_t* to, int code) noexcept nogil:
    """Write a character as UTF-8; half of one that has two numbers as if it were one."""
    if code < 0x80:
        to[0] = <uint8_t>code
        return to + 1
    if code < 0x800:
        to[0], to[1] = <uint8_t>(0xC0 | code >> 6), <uint8_t>(0x80 | code & 0x3F)
        return to + 2
    if code < 0x10000:
        to[0], to[1] = <uint8_t>(0xE0 | code >> 12), <uint8_t>(0x80 | code >> 6 & 0x3F)
        to[2] = <uint8_t>(0x80 | code & 0x3F)
        return to + 3
    to[0], to[1] = <uint8_t>(0xF0 | code >> 18), <uint8_t>(0x80 | code >> 12 & 0x3F)
    to[2], to[3] = <uint8_t>(0x80 | code >> 6 & 0x3F), <uint8_t>(0x80 | code & 0x3F)
    return to + 4


cdef inline uint8_t meant_by(uint8_t byte) noexcept nogil:
    """Give what a byte behind a backslash stands for; 0 where that is no escape of JSON."""
    if byte == c'"' or byte == c"\\" or byte == c"/":
        return byte
    if byte == c"n":
        return c"\n"
    if byte == c"t":
        return c"\t"
    if byte == c"r":
        return c"\r"
    if byte == c"b":
        return c"\b"
    return c"\f" if byte == c"f" else 0


cdef Place unescape(Place at, Place stop, uint8_t quote, uint8_t** written) noexcept nogil:
    """Write a text of JSON up to a quote without its escapes, and give where that is; what is none of JSON's stays.

    It becomes no longer. There must be room for SLACK bytes more, which are written over. quote: a backslash for none.
    """
    cdef uint64_t word, found
    cdef uint64_t backslashes = repeated(c"\\"), quotes = repeated(quote)
    cdef uint8_t* to = written[0]
    cdef int unit
    while at < stop:
        if stop - at >= 8:
            memcpy(&word, at, 8)
            memcpy(to, &word, 8)
            found = zeros_of(word ^ backslashes) | zeros_of(word ^ quotes)
            if not found:
                at += 8
                to += 8
                continue
            at += trailing_zeros(found) >> 3
            to += trailing_zeros(found) >> 3
        elif at[0] != c"\\" and at[0] != quote:
            to[0] = at[0]
            at += 1
            to += 1
            continue
        if at[0] != c"\\":
            break
        unit = unit_at(at, stop)
        if unit >= 0:
            at = unescape_unit(at, stop, unit, &to)
        elif stop - at >= 2 and meant_by(at[1]):
            to[0] = meant_by(at[1])
            to += 1
            at += 2
        else:
            to[0] = c"\\"
            to += 1
            at += 1
    written[0] = to
    return at


cdef inline Place unescape_unit(Place at, Place stop, int unit, uint8_t** written) noexcept nogil:
    """Write the character of a `\\uXXXX`, or of two that are its halves, and give the place behind it."""
    cdef int low = unit_at(at + 6, stop) if 0xD800 <= unit < 0xDC00 else -1
    if 0xDC00 <= low < 0xE000:
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
        at += 6
    written[0] = put_character(written[0], unit)
    return at + 6


cdef Place read_into(Place at, Place stop, Value* value, Buffer* buffer) noexcept nogil:
    """Read a string as read_string does; if it has escapes, put it into the buffer without them."""
    cdef Place start = at + 1
    cdef uint8_t* to = buffer.begin + buffer.used
    at = find_either(start, stop, c'"', c"\\")
    value.start, value.stop = start, at
    value.is_string, value.is_escaped, value.is_nest, value.is_put = True, False, False, False
    if at == stop:
        return NULL
    if at[0] == c'"':
        return at + 1
    if stop - start > buffer.room - buffer.used:
        return NULL
    memcpy(to, start, at - start)
    value.start = to
    to += at - start
    at = unescape(at, stop, c'"', &to)
    value.is_escaped, value.is_put, value.stop = True, True, to
    buffer.used = to - buffer.begin
    return at + 1 if at < stop else NULL


cdef inline bint put(Place start, Place stop, bint is_escaped, Buffer* buffer) noexcept nogil:
    """Write a text behind the others, without escapes if it has any; False where there is no room."""
    cdef uint8_t* to = buffer.begin + buffer.used
    if stop - start > buffer.room - buffer.used:
        return False
    if is_escaped:
        unescape(start, stop, c"\\", &to)
        buffer.used = to - buffer.begin
    else:
        memcpy(to, start, stop - start)
        buffer.used += stop - start
    return True


cdef inline bint take_time(Objects* objects, const Value* value, int64_t* us) noexcept nogil:
    """Read a time in one of its spellings; False where it has none of them."""
    cdef int place
    for place in range(objects.spelled):
        if take(value.start, value.stop, objects.spellings + place, us) == value.stop:
            return True
    return False


cdef inline int64_t whole_number(Place at, Place stop) noexcept nogil:
    """Give what a text is worth that is nothing but digits, -1 for any other."""
    return value_of(at, stop) if 0 < stop - at <= MOST_DIGITS and skip_digits(at, stop) == stop else -1


cdef inline bint keep(Place data, Objects* objects, Table* table, Py_ssize_t row, Buffer* buffer) noexcept nogil:
    """Put the values of a line where they go; False where it must be left."""
    cdef int place
    cdef Key* key
    cdef Value* value
    for place in range(objects.count):
        key = objects.keys + place
        value = &key.value
        if key.seen != objects.line:
            if key.column >= 0:
                table.starts[key.column * table.rows + row] = table.stops[key.column * table.rows + row] = 0
            if key.number >= 0:
                table.numbers[key.number * table.rows + row] = -1
            continue
        if key.is_clock and (value.is_escaped or not take_time(objects, value, table.times + row)):
            return False
        if key.column < 0:
            continue
        if value.is_escaped and not keep_escaped(key, table, row, buffer):
            return False
        if not value.is_escaped:
            table.starts[key.column * table.rows + row] = value.start - data
            table.stops[key.column * table.rows + row] = value.stop - data
        if key.number >= 0 and not value.is_escaped:
            table.numbers[key.number * table.rows + row] = whole_number(value.start, value.stop)
    return True


cdef inline bint keep_escaped(Key* key, Table* table, Py_ssize_t row, Buffer* buffer) noexcept nogil:
    """Put a text without its escapes where it goes; False where the line must be left."""
    cdef Py_ssize_t begin = buffer.used
    if buffer.begin == NULL or not put(key.value.start, key.value.stop, True, buffer):
        return False
    table.starts[key.column * table.rows + row] = buffer.base + begin
    table.stops[key.column * table.rows + row] = buffer.base + buffer.used
    if key.number >= 0:
        table.numbers[key.number * table.rows + row] = whole_number(buffer.begin + begin, buffer.begin + buffer.used)
    return True


cdef class ObjectProgram:
    """What is known of the keys of one format. It remembers the last line's order, so that each thread needs its own."""

    cdef Objects objects
    cdef Buffer buffer
    cdef bint is_pairs
    cdef list texts  # that the keys point into

    def __cinit__(self, table, clock=None):
        """table: what has the fields of table.KeyTable. clock: of an EnvelopeProgram alone."""
        keys, spellings = table.keys, table.spellings
        check_places(keys, len(table.columns), len(table.numbers))
        self.texts = [key.path + bytes(SLACK) for key in keys]
        self.is_pairs = table.is_pairs
        self.objects.is_open = clock is not None
        self.objects.keys = <Key*>calloc(len(keys) + 1, sizeof(Key))
        self.objects.following = <int*>calloc(len(keys) + 2, sizeof(int))
        if self.objects.keys == NULL or self.objects.following == NULL:
            raise MemoryError
        self.objects.spellings, self.objects.spelled = new_steps(spellings), len(spellings)
        self.objects.count = len(keys)
        self.objects.columns, self.objects.numbers = len(table.columns), len(table.numbers)
        self.objects.has_message = any([key.column == 0 for key in keys])
        self.objects.needed = sum([key.is_needed for key in keys])
        for place, key in enumerate(keys):
            set_key(self.objects.keys + <Py_ssize_t>place, key, self.texts[place])
        for place in range(len(keys)):
            self.objects.following[<Py_ssize_t>place] = <int>place

    def __dealloc__(self):
        free(self.objects.keys)
        free(self.objects.following)
        free(self.objects.spellings)
        free(self.buffer.begin)

    def scan(self, bytes data, start, stop, among, out):
        """Read the lines data[start:stop] that are `among` the wanted ones, as TextProgram.scan does.

        Gives how many are as the keys say, and what some of their places are in: a text to be put behind the data, with
        what is escaped there as it is meant. A field whose key a line lacks is empty; a number that it lacks is -1.
        """
        cdef Py_ssize_t count = len(start), size = len(data), line, row = 0
        cdef Place text = data
        cdef Objects* objects = &self.objects
        cdef Table table = table_in(out, count, objects.columns, objects.numbers)
        cdef const int64_t* begin = readable(start, count)
        cdef const int64_t* end = readable(stop, count)
        cdef const uint8_t* wanted = <const uint8_t*>memory(among, 1, count, False)
        cdef bint is_pairs = self.is_pairs
        cdef Buffer* buffer = &self.buffer
        cdef Py_ssize_t used
        make_room(buffer, 0 if is_pairs else size, size)
        with nogil:
            for line in range(count):
                if not wanted[line] or not 0 <= begin[line] <= end[line] <= size:
                    continue
                if is_pairs:
                    if not read_pairs(text + begin[line], text + end[line], objects):
                        continue
                elif not read_object(text + begin[line], text + end[line], objects, buffer):
                    continue
                used = buffer.used
                if keep(text, objects, &table, row, buffer):
                    table.lines[row] = line
                    row += 1
                else:
                    buffer.used = used
        return row, PyBytes_FromStringAndSize(<const char*>buffer.begin, buffer.used)


cdef int make_room(Buffer* buffer, Py_ssize_t room, Py_ssize_t base) except -1:
    """Empty a buffer, and let it have so much room at the least."""
    buffer.used, buffer.base = 0, base
    if buffer.room < room:
        free(buffer.begin)
        buffer.room = 0
        buffer.begin = <uint8_t*>malloc(room + SLACK)
        if buffer.begin == NULL:
            raise MemoryError
        buffer.room = room
    return 0


cdef int set_key(Key* key, source, bytes path) except -1:
    """path: the source's, padded."""
    key.path, key.size = path, len(source.path)
    key.column, key.number = source.column, source.number
    key.is_needed, key.is_clock, key.is_header = source.is_needed, source.is_clock, source.is_header
    key.is_awaited, key.seen = source.is_awaited, 0
    return 0


# Layers: what programs put around lines. Rows that have none of it are left to the reference.

cdef struct Layered:  # the parts of the array that the caller owns, a column for each row of the text
    int64_t* start  # of what is inside
    int64_t* stop
    int64_t* times
    int64_t* starts  # of the fields
    int64_t* stops
    Py_ssize_t rows


cdef Layered layered_in(out, Py_ssize_t rows, int columns) except *:
    cdef Layered layered
    layered.rows = rows
    layered.start = writable(out, rows * (3 + 2 * columns))
    layered.stop = layered.start + rows
    layered.times = layered.stop + rows
    layered.starts = layered.times + rows
    layered.stops = layered.starts + columns * rows
    return layered


cdef class EnvelopeProgram(ObjectProgram):
    """Which keys of an object around a line say what; keys are in the order of the columns, the best first.

    The first column is the message; without a key for one, the object itself is the line. clock: the column of a time,
    -1 where there is none.
    """

    cdef int clock

    def __init__(self, table, int clock):
        self.clock = clock

    def open(self, bytes data, start, stop, among, Py_ssize_t padding, out, wrapped, has_feed):
        """Take the lines out of the objects data[start:stop] that are `among` the wanted ones.

        start and stop are int64[n], among, wrapped and has_feed bool[n], out is int64[3 + 2 * columns, n]: for each row
        where the line in it starts and stops, its time, and where its fields start and stop; all of these places are in
        the text that is given, with so much padding. A row that is no such object is there as it is, and not `wrapped`;
        has_feed says whether the line in it ended with a line break.
        """
        cdef Py_ssize_t count = len(start), size = len(data), row
        cdef Place text = data
        cdef Layered layered = layered_in(out, count, self.objects.columns)
        cdef const int64_t* begin = readable(start, count)
        cdef const int64_t* end = readable(stop, count)
        cdef const uint8_t* wanted = <const uint8_t*>memory(among, 1, count, False)
        cdef uint8_t* opened = <uint8_t*>memory(wrapped, 1, count, True)
        cdef uint8_t* feeds = <uint8_t*>memory(has_feed, 1, count, True)
        cdef Texts texts = texts_in(data, start, stop)
        cdef Buffer* buffer = &self.buffer
        cdef Py_ssize_t used
        cdef bint has_room = True
        make_room(buffer, 2 * size + padding, 0)
        with nogil:
            for row in range(count):
                used = buffer.used
                opened[row] = wanted[row] and open_row(
                    text + begin[row], text + end[row], &self.objects, self.clock, &layered, row, buffer, feeds
                )
                if not opened[row]:
                    buffer.used = used
                    has_room &= close_row(text + begin[row], text + end[row], &self.objects, &layered, row, buffer)
                    feeds[row] = False
            has_room &= padding <= buffer.room - buffer.used
            if has_room:
                memset(buffer.begin + buffer.used, 0, padding)
        if not has_room:
            raise ValueError("rows that overlap")
        return PyBytes_FromStringAndSize(<const char*>buffer.begin, buffer.used + padding)


cdef inline bint close_row(
    Place at, Place stop, Objects* objects, Layered* layered, Py_ssize_t row, Buffer* buffer
) noexcept nogil:
    """Keep a row as it is; False where there is no room."""
    cdef int column
    layered.start[row] = buffer.used
    if not put(at, stop, False, buffer):
        return False
    layered.stop[row], layered.times[row] = buffer.used, NO_TIME
    for column in range(objects.columns):
        layered.starts[column * layered.rows + row] = layered.stops[column * layered.rows + row] = 0
    return True


cdef inline Key* chosen(Objects* objects, int column) noexcept nogil:
    """Give the first key of a column that the line has; of a message, the last where all are objects. NULL: none."""
    cdef Key* key = NULL
    cdef Key* last = NULL
    cdef bint are_nests = True
    cdef int place
    for place in range(objects.count):
        if objects.keys[place].column == column and objects.keys[place].seen == objects.line:
            last = objects.keys + place
            are_nests &= last.value.is_nest
            if key == NULL:
                key = last
    return last if column == 0 and are_nests else key


cdef bint open_row(
    Place at, Place stop, Objects* objects, int clock, Layered* layered, Py_ssize_t row, Buffer* buffer, uint8_t* feeds
) noexcept nogil:
    """Take a line out of an object, with what is said of it; False where it must be left."""
    cdef int column, found = 0
    cdef Key* key
    cdef int64_t us = NO_TIME
    if not read_object(at, stop, objects, buffer):
        return False
    for column in range(1, objects.columns):
        key = chosen(objects, column)
        found += key != NULL
        if not put_field(key, buffer, layered.starts + column * layered.rows + row, layered.stops + column * layered.rows + row):
            return False
        if key != NULL and column == clock and (key.value.is_escaped or not take_time(objects, &key.value, &us)):
            us = NO_TIME
    layered.times[row] = us
    layered.starts[row] = layered.stops[row] = 0
    key = chosen(objects, 0)
    if key == NULL and (found == 0 or objects.has_message):
        return False
    feeds[row] = False
    if key != NULL:
        return put_message(key, buffer, layered.start + row, layered.stop + row, feeds + row)
    layered.start[row], layered.stop[row] = buffer.used, buffer.used + (stop - at)
    return put(at, stop, False, buffer)


cdef inline bint put_field(Key* key, Buffer* buffer, int64_t* start, int64_t* stop) noexcept nogil:
    """Write what a key says, on one line, and say where; NULL is the key of nothing."""
    start[0] = stop[0] = buffer.used
    if key == NULL:
        return True
    if key.value.is_put:
        start[0], stop[0] = key.value.start - buffer.begin, key.value.stop - buffer.begin
    else:
        # Of an object that is given as it stands, the escapes are undone all the same.
        if not put(key.value.start, key.value.stop, key.value.is_nest or key.value.is_escaped, buffer):
            return False
        stop[0] = buffer.used
    if key.value.is_escaped or key.value.is_nest:
        join_lines(buffer.begin + start[0], buffer.begin + stop[0])
    return True


cdef inline void join_lines(uint8_t* at, uint8_t* stop) noexcept nogil:
    """Put a blank in place of each line break, so that a text is one line."""
    while True:
        at = <uint8_t*>memchr(at, c"\n", stop - at)
        if at == NULL:
            return
        at[0] = c" "


cdef inline bint put_message(
    Key* key, Buffer* buffer, int64_t* start, int64_t* stop, uint8_t* has_feed
) noexcept nogil:
    """Write a message without its line break, and say where; False where it has colours, which others take out."""
    start[0] = buffer.used
    if key.value.is_put:
        start[0], stop[0] = key.value.start - buffer.begin, key.value.stop - buffer.begin
    elif put(key.value.start, key.value.stop, key.value.is_escaped, buffer):
        stop[0] = buffer.used
    else:
        return False
    has_feed[0] = stop[0] > start[0] and buffer.begin[stop[0] - 1] == c"\n"
    stop[0] -= has_feed[0]
    stop[0] -= stop[0] > start[0] and buffer.begin[stop[0] - 1] == c"\r"
    if key.value.is_escaped:
        join_lines(buffer.begin + start[0], buffer.begin + stop[0])
    return memchr(buffer.begin + start[0], 0x1B, stop[0] - start[0]) == NULL


cdef class PrefixProgram:
    """The templates of what a program puts in front of lines; they share their columns, of which each may lack some."""

    cdef list templates
    cdef int columns

    def __cinit__(self, tables):
        """tables: of the templates, all with the same columns."""
        self.templates = [TextProgram(table) for table in tables]
        self.columns = len(tables[0].columns)

    def open(self, bytes data, start, stop, among, out, wrapped):
        """Take off what is in front of the rows data[start:stop] that are `among` the wanted ones.

        All arrays are as EnvelopeProgram.open's, but all places are in the data.
        """
        cdef Py_ssize_t row
        cdef Texts texts = texts_in(data, start, stop)
        cdef Layered layered = layered_in(out, texts.count, self.columns)
        cdef const uint8_t* wanted = <const uint8_t*>memory(among, 1, texts.count, False)
        cdef uint8_t* opened = <uint8_t*>memory(wrapped, 1, texts.count, True)
        cdef TextProgram template
        cdef Table table
        table.lines, table.times, table.starts, table.stops = layered.start, layered.times, layered.starts, layered.stops
        table.rows, table.numbers = texts.count, NULL
        with nogil:
            for row in range(texts.count):
                opened[row] = False
                layered.stop[row] = texts.stop[row]
                forget_row(&layered, texts.start[row], self.columns, row)
        for template in self.templates:
            with nogil:
                for row in range(texts.count):
                    if wanted[row] and not opened[row]:
                        opened[row] = strip_row(&texts, template.steps, template.count, &table, row)
                        if not opened[row]:
                            forget_row(&layered, texts.start[row], self.columns, row)


cdef inline void forget_row(Layered* layered, int64_t start, int columns, Py_ssize_t row) noexcept nogil:
    """Leave a row as it is."""
    cdef int column
    layered.start[row], layered.times[row] = start, NO_TIME
    for column in range(columns):
        layered.starts[column * layered.rows + row] = layered.stops[column * layered.rows + row] = 0


cdef inline bint strip_row(Texts* texts, Step* steps, int count, Table* table, Py_ssize_t row) noexcept nogil:
    """Take what the steps say off the front of a row; False where it is not there."""
    cdef Place end = take_steps(
        texts.data, texts.data + texts.start[row], texts.data + texts.stop[row], steps, count, table, row
    )
    if end != NULL:
        table.lines[row] = end - texts.data
    return end != NULL


# Lines.

def find_lines(bytes data, Py_ssize_t size, start, stop):
    """Find the lines of the first `size` bytes, as many as start and stop, int64[n], have room for; gives how many.

    A line has no line break, be it \\n or \\r\\n. What stands behind the last one is no line.
    """
    cdef Py_ssize_t line = 0, most = min(len(start), len(stop))
    cdef int64_t* begin = writable(start, most)
    cdef int64_t* end = writable(stop, most)
    cdef Place text = data, at = data, last, feed
    last = at + min(max(size, 0), len(data))
    with nogil:
        while line < most:
            feed = <Place>memchr(at, c"\n", last - at)
            if feed == NULL:
                break
            begin[line] = at - text
            end[line] = feed - text - (feed > at and (feed - 1)[0] == c"\r")
            at = feed + 1
            line += 1
    return line


# Columns of texts.

cdef inline void fetch_ahead(const Texts* texts, Py_ssize_t row) noexcept nogil:
    if row + AHEAD < texts.count:
        prefetch(texts.data + texts.start[row + AHEAD])


cdef inline uint64_t mixed(uint64_t word) noexcept nogil:
    """Spread every bit over all others, as fmix64 of MurmurHash3 does."""
    word = (word ^ (word >> 33)) * 0xFF51AFD7ED558CCDu
    return (word ^ (word >> 33)) * 0xC4CEB9FE1A85EC53u


cdef inline uint64_t hash_of(Place at, Py_ssize_t size) noexcept nogil:
    cdef uint64_t word, hashed = <uint64_t>size * 0x9E3779B97F4A7C15u
    while size >= 8:
        memcpy(&word, at, 8)
        hashed = mixed(hashed ^ word)
        at += 8
        size -= 8
    if size:
        hashed = mixed(hashed ^ (word_of(at, size) << (64 - 8 * size)))
    return mixed(hashed)


cdef inline uint64_t word_of(Place at, Py_ssize_t size) noexcept nogil:
    """Give up to eight bytes as a little-endian number."""
    cdef uint64_t word = 0
    if size >= 8:
        memcpy(&word, at, 8)
        return word
    while size > 0:
        size -= 1
        word = word << 8 | at[size]
    return word


def hash_texts(bytes data, start, stop, Py_ssize_t longest, out):
    """Hash texts of up to `longest` bytes into out, uint64[n], as hashes.py does; gives how many are longer."""
    cdef Texts texts = texts_in(data, start, stop)
    cdef uint64_t* hashes = <uint64_t*>memory(out, 8, texts.count, True)
    cdef Py_ssize_t row, size, longer = 0
    with nogil:
        for row in range(texts.count):
            fetch_ahead(&texts, row)
            size = texts.stop[row] - texts.start[row]
            if size <= longest:
                hashes[row] = hash_of(texts.data + texts.start[row], size)
            else:
                longer += 1
    return longer


def first_words(bytes data, start, stop, out):
    """Give the first eight bytes of texts as little-endian numbers, uint64[n], zero beyond their ends."""
    cdef Texts texts = texts_in(data, start, stop)
    cdef uint64_t* words = <uint64_t*>memory(out, 8, texts.count, True)
    cdef Py_ssize_t row
    with nogil:
        for row in range(texts.count):
            fetch_ahead(&texts, row)
            words[row] = word_of(texts.data + texts.start[row], texts.stop[row] - texts.start[row])


def find_first(bytes data, start, stop, uint8_t byte, out):
    """Find the first place of a byte in texts, int64[n]; their ends where there is none."""
    cdef Texts texts = texts_in(data, start, stop)
    cdef int64_t* places = writable(out, texts.count)
    cdef Py_ssize_t row
    with nogil:
        for row in range(texts.count):
            fetch_ahead(&texts, row)
            places[row] = find_byte(texts.data + texts.start[row], texts.data + texts.stop[row], byte) - texts.data


def find_last(bytes data, start, stop, uint8_t byte, out):
    """Find the last place of a byte in texts, int64[n]; -1 where there is none."""
    cdef Texts texts = texts_in(data, start, stop)
    cdef int64_t* places = writable(out, texts.count)
    cdef Py_ssize_t row
    cdef Place at
    with nogil:
        for row in range(texts.count):
            at = texts.data + texts.stop[row] - 1
            while at >= texts.data + texts.start[row] and at[0] != byte:
                at -= 1
            places[row] = at - texts.data if at >= texts.data + texts.start[row] else -1


def same_texts(bytes data, start, stop, other, out):
    """Say where the texts stand at `other`, int64[n], as well; out is bool[n]."""
    cdef Texts texts = texts_in(data, start, stop)
    cdef const int64_t* others = readable(other, texts.count)
    cdef uint8_t* same = <uint8_t*>memory(out, 1, texts.count, True)
    cdef Py_ssize_t row, size = len(data), width
    with nogil:
        for row in range(texts.count):
            width = texts.stop[row] - texts.start[row]
            same[row] = 0 <= others[row] <= size - width and (
                memcmp(texts.data + texts.start[row], texts.data + others[row], width) == 0
            )


def begin_with(bytes data, start, stop, bytes text, out):
    """Say which texts begin with this one; out is bool[n]."""
    cdef Texts texts = texts_in(data, start, stop)
    cdef uint8_t* begin = <uint8_t*>memory(out, 1, texts.count, True)
    cdef Py_ssize_t row, width = len(text)
    cdef Place wanted = text
    with nogil:
        for row in range(texts.count):
            fetch_ahead(&texts, row)
            begin[row] = stands(texts.data + texts.start[row], texts.data + texts.stop[row], wanted, width)


def read_integers(bytes data, start, stop, out):
    """Read texts of nothing but digits, at most 18, into out, int64[n]; -1 for others."""
    cdef Texts texts = texts_in(data, start, stop)
    cdef int64_t* values = writable(out, texts.count)
    cdef Py_ssize_t row
    with nogil:
        for row in range(texts.count):
            fetch_ahead(&texts, row)
            values[row] = whole_number(texts.data + texts.start[row], texts.data + texts.stop[row])


cdef inline int64_t seconds_of(Place at, Place stop) noexcept nogil:
    """Give what seconds with three decimals are in microseconds; -1 for any other text."""
    cdef int64_t whole, thousandths
    if not 5 <= stop - at <= 16 or (stop - 4)[0] != c".":
        return -1
    whole, thousandths = whole_number(at, stop - 4), whole_number(stop - 3, stop)
    return whole * 1000000 + thousandths * 1000 if whole >= 0 and thousandths >= 0 else -1


def read_seconds(bytes data, start, stop, out):
    """Read texts such as `0.013`, as nginx writes seconds, as microseconds into out, int64[n]; -1 for others."""
    cdef Texts texts = texts_in(data, start, stop)
    cdef int64_t* values = writable(out, texts.count)
    cdef Py_ssize_t row
    with nogil:
        for row in range(texts.count):
            values[row] = seconds_of(texts.data + texts.start[row], texts.data + texts.stop[row])


def read_times(bytes data, start, stop, spellings, out):
    """Read times of these spellings, steps without texts, into out, int64[n]; gives how many others there are."""
    cdef Texts texts = texts_in(data, start, stop)
    cdef int64_t* times = writable(out, texts.count)
    cdef Objects objects
    cdef Value value
    cdef Py_ssize_t row, others = 0
    objects.spellings, objects.spelled = new_steps(spellings), len(spellings)
    with nogil:
        for row in range(texts.count):
            value.start, value.stop = texts.data + texts.start[row], texts.data + texts.stop[row]
            if not take_time(&objects, &value, times + row):
                times[row] = NO_TIME
                others += 1
    free(objects.spellings)
    return others


# Requests.

cdef inline Place protocol_of(Place at, Place stop) noexcept nogil:
    """Find the ` HTTP/1.1` or ` HTTP/2` with which a request ends; NULL where it does not."""
    cdef Place protocol
    if stop - at < 9:
        return NULL
    protocol = stop - (9 if (stop - 2)[0] == c"." else 7)
    return protocol if memcmp(protocol, b" HTTP/", 6) == 0 and is_digit(protocol[6]) and is_digit((stop - 1)[0]) else NULL


cdef inline bint is_method(Place at, Place stop) noexcept nogil:
    cdef Place begin = at
    while at < stop and (c"A" <= at[0] <= c"Z" or at[0] == c"_" or at[0] == c"-"):
        at += 1
    return at == stop and at > begin


def split_requests(bytes data, start, stop, method_stop, target_start, target_stop, well_formed):
    """Split those of n texts that are `METHOD /target HTTP/1.1`; gives how many others there are.

    Of another one the method is empty, and the target all of it; it may be a request all the same.
    """
    cdef Texts texts = texts_in(data, start, stop)
    cdef int64_t* method_ends = writable(method_stop, texts.count)
    cdef int64_t* targets = writable(target_start, texts.count)
    cdef int64_t* target_ends = writable(target_stop, texts.count)
    cdef uint8_t* usual = <uint8_t*>memory(well_formed, 1, texts.count, True)
    cdef Py_ssize_t row, others = 0
    cdef Place begin, space, protocol, end
    with nogil:
        for row in range(texts.count):
            begin, end = texts.data + texts.start[row], texts.data + texts.stop[row]
            space, protocol = find_byte(begin, end, c" "), protocol_of(begin, end)
            usual[row] = protocol != NULL and protocol - space > 1 and space[1] == c"/" and is_method(begin, space)
            others += not usual[row]
            method_ends[row] = (space if usual[row] else begin) - texts.data
            targets[row] = (space + 1 if usual[row] else begin) - texts.data
            target_ends[row] = (protocol if usual[row] else end) - texts.data
    return others


def check_requests(bytes data, start, stop, target_start, target_stop, well_formed):
    """Say of n methods and targets which are well-formed in the usual way; gives how many others there are."""
    cdef Texts methods = texts_in(data, start, stop), targets = texts_in(data, target_start, target_stop)
    cdef uint8_t* usual = <uint8_t*>memory(well_formed, 1, methods.count, True)
    cdef Py_ssize_t row, others = 0
    if targets.count != methods.count:
        raise ValueError("a target for each method is needed")
    with nogil:
        for row in range(methods.count):
            usual[row] = (
                targets.start[row] < targets.stop[row]
                and targets.data[targets.start[row]] == c"/"
                and is_method(methods.data + methods.start[row], methods.data + methods.stop[row])
            )
            others += not usual[row]
    return others
