# Texts: each gives where it ends, NULL where it is not as the step says.

cdef inline bint stands_text(Place at, Place stop, const Step* step) noexcept nogil:
    """Whether the text of a step stands there."""
    if step.width <= 8 and stop - at >= 8:
        return (word_at(at) ^ step.word) & step.mask == 0
    return stands(at, stop, step.text, step.width)


cdef inline Place take_literal(Place at, Place stop, const Step* step) noexcept nogil:
    return at + step.width if stands_text(at, stop, step) else NULL


cdef inline Place take_run(Place at, Place stop, const Step* step) noexcept nogil:
    cdef Place end = find_any(at, stop, step.ends[0], step.ends[1], step.ends[2])
    if step.width:
        end = last_place(at, end, stop, step)
    return end if end != NULL and (end > at or step.may_be_empty) else NULL


cdef Place last_place(Place at, Place end, Place stop, const Step* step) noexcept nogil:
    """Find the last place of the text that follows, at most at the end; NULL where there is none."""
    while not stands_text(end, stop, step):
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
        if at[0] == first and stands_text(at, stop, step):
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
