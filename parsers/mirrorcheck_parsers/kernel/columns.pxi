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


# Colours.

cdef inline Place code_end(Place at, Place stop) noexcept nogil:
    """Give where the code of a terminal ends that begins at this ESC; the place itself where none does."""
    cdef Place end = at + 2
    if stop - at < 3:
        return at
    if at[1] == c"(" or at[1] == c")":
        return at + 3 if is_letter(at[2]) or is_digit(at[2]) else at
    if at[1] != c"[":
        return at
    while end < stop and (is_digit(end[0]) or end[0] == c";" or end[0] == c"?"):
        end += 1
    return end + 1 if end < stop and is_letter(end[0]) else at


def strip_colours(bytes data):
    """Give a text without the codes by which terminals colour it."""
    cdef Place at = data, stop, escape, end
    cdef uint8_t* to
    cdef Buffer buffer
    buffer.begin, buffer.room = NULL, 0
    make_room(&buffer, len(data), 0)
    stop, to = at + len(data), buffer.begin
    with nogil:
        while at < stop:
            escape = <Place>memchr(at, 0x1B, stop - at)
            if escape == NULL:
                escape = stop
            memcpy(to, at, escape - at)
            to += escape - at
            end = code_end(escape, stop) if escape < stop else escape
            if end == escape and escape < stop:
                to[0] = escape[0]  # it is none
                to += 1
                end += 1
            at = end
    stripped = PyBytes_FromStringAndSize(<const char*>buffer.begin, to - buffer.begin)
    free(buffer.begin)
    return stripped


# Columns of texts.

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


def begin_like(bytes data, start, stop, heads, masks, out):
    """Say which texts begin like one of some heads, whatever the case of letters; out is bool[n].

    heads, masks: uint64[k], the small letters of each head, and which bits of a word they are.
    """
    cdef Texts texts = texts_in(data, start, stop)
    cdef uint8_t* begin = <uint8_t*>memory(out, 1, texts.count, True)
    cdef Py_ssize_t row, place, count = min(len(heads), len(masks))
    cdef const uint64_t* wanted = <const uint64_t*>memory(heads, 8, count, False)
    cdef const uint64_t* mask = <const uint64_t*>memory(masks, 8, count, False)
    cdef uint64_t word
    with nogil:
        for row in range(texts.count):
            fetch_ahead(&texts, row)
            word = word_of(texts.data + texts.start[row], texts.stop[row] - texts.start[row]) | repeated(0x20)
            begin[row] = False
            for place in range(count):
                begin[row] |= word & mask[place] == wanted[place]


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
