# What stands on a line, step by step; compiled/table.py makes the tables.

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
