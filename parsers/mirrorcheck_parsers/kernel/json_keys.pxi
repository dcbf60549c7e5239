# The keys of objects, and which of them a key of a line is: mostly the one that stood there on the last line.

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


cdef struct Path:
    Place at
    Py_ssize_t size
    int place  # of the key in Objects; -1: it is not known


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
