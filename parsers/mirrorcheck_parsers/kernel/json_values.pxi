# Values of JSON, and of pairs.

cdef struct Value:
    Place start, stop  # without quotes; of a null nothing is left
    uint8_t is_string, is_escaped, is_nest
    uint8_t is_put  # it is in the buffer already, without its escapes
    int elements, strings  # of a list: how many there are, and how many of them are strings


cdef inline Place skip_blanks(Place at, Place stop) noexcept nogil:
    while at < stop and at[0] <= c" " and (at[0] == c" " or at[0] == c"\t" or at[0] == c"\r" or at[0] == c"\n"):
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


cdef struct Lists:  # the nests that are open in a list, itself included
    uint64_t objects  # a bit for each, that of the innermost one lowest: whether it is an object
    int opened
    bint is_first


cdef Place read_list(Place at, Place stop, int depth, Value* value) noexcept nogil:
    """Read a list whole, whose bracket stands here, and give the place behind it; NULL where it is none.

    Of a list of one string, the value is that string.
    """
    cdef Lists lists
    lists.objects, lists.opened, lists.is_first = 0, 1, True
    value.start, value.elements, value.strings, value.is_put = at, 0, 0, False
    at += 1
    while lists.opened:
        at = skip_blanks(at, stop)
        if at == stop:
            return NULL
        if at[0] == (c"}" if lists.objects & 1 else c"]"):
            at += 1
            lists.objects >>= 1
            lists.opened -= 1
            lists.is_first = False
            continue
        at = read_element(at, stop, depth, &lists, value)
        if at == NULL:
            return NULL
    end_list(at, value)
    return at


cdef inline Place read_element(Place at, Place stop, int depth, Lists* lists, Value* value) noexcept nogil:
    """Read an element, or go into one that is a nest itself, and give the place behind; NULL where there is none."""
    cdef Value element
    if not lists.is_first:
        if at[0] != c",":
            return NULL
        at = skip_blanks(at + 1, stop)
    if lists.objects & 1:
        at = read_key(at, stop, &element)
    if at == NULL or at == stop:
        return NULL
    value.elements += lists.opened == 1
    lists.is_first = at[0] == c"{" or at[0] == c"["
    if lists.is_first:
        lists.opened += 1
        lists.objects = lists.objects << 1 | (at[0] == c"{")
        return at + 1 if depth + lists.opened <= DEEPEST else NULL
    at = read_string(at, stop, &element) if at[0] == c'"' else read_bare(at, stop, &element)
    if at != NULL and lists.opened == 1 and element.is_string:
        value.strings += 1
        if value.elements == 1:
            value.is_escaped, value.stop = element.is_escaped, element.stop
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


cdef inline Place read_value(Place at, Place stop, int depth, Value* value) noexcept nogil:
    if at[0] == c'"':
        return read_string(at, stop, value)
    if at[0] == c"[":
        return read_list(at, stop, depth, value)
    return read_bare(at, stop, value)
