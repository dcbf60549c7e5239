# Objects around lines, of which any path may be there: what is not known is passed over.

cdef Place read_open(
    Place at, Place stop, Objects* objects, int depth, const Path* path, Buffer* buffer
) noexcept nogil:
    """Read the value of a path, known or not, for an open program; what is kept of a string goes into the buffer."""
    cdef Place start = at
    cdef Value value
    if at[0] == c'"' and path.place >= 0:
        at = read_into(at, stop, &value, buffer)
    else:
        at = read_value(at, stop, depth, &value)
    if at == NULL:
        return NULL
    if value.is_nest:
        return at if note_list(objects, path.size, start, at, &value) else NULL
    if path.place >= 0 and not says_nothing(&value):
        note(objects, path.place, &value)
    return at


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
