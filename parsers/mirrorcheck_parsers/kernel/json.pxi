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
    Place written  # as it is at the top of an object, with quotes and colon
    Py_ssize_t size
    int column, number  # where its span goes, and its value; -1: nowhere
    bint is_needed, is_clock
    bint is_header  # several strings in a list are one value
    bint is_awaited  # a line that has it is left
    bint is_plain  # it is written as it is meant
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
        return stop - at >= size and memcmp(at, path, size) == 0
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
    if not key.is_plain:
        return NULL
    if prefix == 0:
        return skip_blanks(at + size + 3, stop) if is_like(at, stop, key.written, size + 3) else NULL
    if size < 0 or stop - at < size + 4 or at[size + 1] != c'"' or at[size + 2] != c":" or at[0] != c'"':
        return NULL
    if not is_like(at + 1, stop, key.path + prefix, size) or memcmp(objects.path, key.path, prefix):
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
