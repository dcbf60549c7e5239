# Pairs: `key=value`, with blanks between.

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
