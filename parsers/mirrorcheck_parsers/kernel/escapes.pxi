# Escapes. What is read of them goes into a buffer.

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
    cdef Place end = at
    while stop - end >= BLOCK + SLACK:
        end = unescape_block(end, stop, quote, written)
        if end[0] == quote and quote != c"\\":
            return end
    while end < stop:
        if end[0] == c"\\":
            end = unescape_one(end, stop, written)
        elif end[0] == quote:
            return end
        else:
            written[0][0] = end[0]
            written[0] += 1
            end += 1
    return end


cdef inline Place unescape_block(Place block, Place stop, uint8_t quote, uint8_t** written) noexcept nogil:
    """Write a block of text as `unescape` does, and give where it is done: behind it, or at the quote.

    Where its backslashes and quotes are is found at once. In JSON inside JSON each second byte of ten is one, so that
    to look for them one by one would take most of the time.
    """
    cdef uint64_t marks = marks_of(block, c"\\", quote)
    cdef uint8_t* to = written[0]
    cdef Place begin = block, mark
    while marks:
        mark = block + trailing_zeros(marks)
        to = put_run(begin, mark, to)
        if mark[0] != c"\\":
            written[0] = to
            return mark
        if mark[1] == c'"':
            to[0] = c'"'
            to += 1
            begin = mark + 2
        else:
            begin = unescape_one(mark, stop, &to)
        if begin - block >= BLOCK:
            written[0] = to
            return begin
        marks = marks >> (begin - block) << (begin - block)
    written[0] = put_run(begin, block + BLOCK, to)
    return block + BLOCK


cdef inline uint8_t* put_run(Place at, Place stop, uint8_t* to) noexcept nogil:
    """Copy a few bytes, mostly less than SLACK, and give the place behind them; SLACK bytes may be read and written."""
    cdef Py_ssize_t size = stop - at, place = 0
    while place < size:
        memcpy(to + place, at + place, SLACK)
        place += SLACK
    return to + size


cdef inline Place unescape_one(Place at, Place stop, uint8_t** written) noexcept nogil:
    """Write what the backslash that stands here and what follows it mean, and give the place behind."""
    cdef int unit = unit_at(at, stop)
    if unit >= 0:
        return unescape_unit(at, stop, unit, written)
    if stop - at >= 2 and meant_by(at[1]):
        written[0][0] = meant_by(at[1])
        written[0] += 1
        return at + 2
    written[0][0] = c"\\"
    written[0] += 1
    return at + 1


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
