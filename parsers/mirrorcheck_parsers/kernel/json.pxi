# JSON and pairs. A line is one object; values are found by their paths, the keys that lead there with dots between
# them. A line is left to the reference if it has an escape in a key, the strings of one header in a list, or, unless
# the program is `open`, a path that is not known.
#
#     {"time":"2026-11-22T10:00:00Z","request":{"method":"GET","path":"/a"},"status":200,"tags":["a"]}
#      read_object: key, value, key ...         the path `request.method`     bare       read_list
#
#     time=2026-11-22T10:00:00Z method=GET path=/a status=200 user_agent="curl 8"
#      read_pairs: key, value, key ...

cdef struct Nests:  # the objects that are open
    int depth
    Py_ssize_t prefixes[DEEPEST]  # by depth, how many bytes of the path are the object's own
    Place begins[DEEPEST]


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
        at = read_members(at, stop, objects, &nests, &path, buffer, &is_first)
        if at == NULL:
            return False
    return skip_blanks(at, stop) == stop and has_needed(objects)


cdef inline Place read_members(
    Place begin, Place stop, Objects* objects, Nests* nests, Path* path, Buffer* buffer, bint* is_first
) noexcept nogil:
    """Read a member, or several that are as expected, or go into one that is an object itself.

    Gives the place behind; NULL where the line must be left.
    """
    cdef Place at = begin
    is_first[0] = False
    if nests.depth == 0 and not objects.is_open:
        at = read_expected(begin, stop, objects, path)
    if at != begin:
        return at
    at = read_path(begin, stop, objects, nests, path)
    if at == NULL:
        return NULL
    is_first[0] = at[0] == c"{"
    if is_first[0]:
        return begin_nest(at, objects, nests, path)
    return read_member(at, stop, objects, nests.depth, path, buffer)


cdef inline Place read_expected(Place at, Place stop, Objects* objects, Path* path) noexcept nogil:
    """Read members as long as each has the key that stood here on the last line, no blanks, and no nest for a value.

    Gives the place behind the last of them. Nearly all lines of a log are of nothing else.
    """
    cdef Place next = at, end
    cdef Key* key
    while True:
        key = objects.keys + objects.following[path.place + 1]
        if not key.is_plain or key.is_awaited or not is_like(next, stop, key.written, key.size + 3):
            return at
        next += key.size + 3
        if next >= stop:
            return at
        end = read_string(next, stop, &key.value) if next[0] == c'"' else read_bare(next, stop, &key.value)
        if end == NULL:
            return at
        at = end
        key.seen = objects.line
        path.place = objects.following[path.place + 1]
        if stop - at < 2 or at[0] != c",":
            return at
        next = at + 1


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
    cdef Key* key
    if objects.is_open:
        return read_open(at, stop, objects, depth, path, buffer)
    if path.place < 0 or objects.keys[path.place].is_awaited:
        return NULL
    key = objects.keys + path.place
    key.seen = objects.line
    at = read_value(at, stop, depth, &key.value)
    return at if at != NULL and not (key.is_header and is_joined(&key.value)) else NULL


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
