# Lines of JSON or of pairs: what is found at their paths goes into columns.

cdef inline bint take_time(Objects* objects, const Value* value, int64_t* us) noexcept nogil:
    """Read a time in one of its spellings; False where it has none of them."""
    cdef int place
    for place in range(objects.spelled):
        if take(value.start, value.stop, objects.spellings + place, us) == value.stop:
            return True
    return False


cdef inline int64_t whole_number(Place at, Place stop) noexcept nogil:
    """Give what a text is worth that is nothing but digits, -1 for any other."""
    return value_of(at, stop) if 0 < stop - at <= MOST_DIGITS and skip_digits(at, stop) == stop else -1


cdef inline bint keep(Place data, Objects* objects, Table* table, Py_ssize_t row, Buffer* buffer) noexcept nogil:
    """Put the values of a line where they go; False where it must be left."""
    cdef int place
    cdef Key* key
    cdef Value* value
    for place in range(objects.count):
        key = objects.keys + place
        value = &key.value
        if key.seen != objects.line:
            if key.column >= 0:
                table.starts[key.column * table.rows + row] = table.stops[key.column * table.rows + row] = 0
            if key.number >= 0:
                table.numbers[key.number * table.rows + row] = -1
            continue
        if key.is_clock and (value.is_escaped or not take_time(objects, value, table.times + row)):
            return False
        if key.column < 0:
            continue
        if value.is_escaped and not keep_escaped(key, table, row, buffer):
            return False
        if not value.is_escaped:
            table.starts[key.column * table.rows + row] = value.start - data
            table.stops[key.column * table.rows + row] = value.stop - data
        if key.number >= 0 and not value.is_escaped:
            table.numbers[key.number * table.rows + row] = whole_number(value.start, value.stop)
    return True


cdef inline bint keep_escaped(Key* key, Table* table, Py_ssize_t row, Buffer* buffer) noexcept nogil:
    """Put a text without its escapes where it goes; False where the line must be left."""
    cdef Py_ssize_t begin = buffer.used
    if buffer.begin == NULL or not put(key.value.start, key.value.stop, True, buffer):
        return False
    table.starts[key.column * table.rows + row] = buffer.base + begin
    table.stops[key.column * table.rows + row] = buffer.base + buffer.used
    if key.number >= 0:
        table.numbers[key.number * table.rows + row] = whole_number(buffer.begin + begin, buffer.begin + buffer.used)
    return True


cdef class ObjectProgram:
    """What is known of the keys of one format. It remembers the last line's order, so that each thread needs its own."""

    cdef Objects objects
    cdef Buffer buffer
    cdef bint is_pairs
    cdef list texts  # that the keys point into

    def __cinit__(self, table, clock=None):
        """table: what has the fields of table.KeyTable. clock: of an EnvelopeProgram alone."""
        keys, spellings = table.keys, table.spellings
        check_places(keys, len(table.columns), len(table.numbers))
        self.texts = [(key.path + bytes(SLACK), b'"%b":' % key.path + bytes(SLACK)) for key in keys]
        self.is_pairs = table.is_pairs
        self.objects.is_open = clock is not None
        self.objects.keys = <Key*>calloc(len(keys) + 1, sizeof(Key))
        self.objects.following = <int*>calloc(len(keys) + 2, sizeof(int))
        if self.objects.keys == NULL or self.objects.following == NULL:
            raise MemoryError
        self.objects.spellings, self.objects.spelled = new_steps(spellings), len(spellings)
        self.objects.count = len(keys)
        self.objects.columns, self.objects.numbers = len(table.columns), len(table.numbers)
        self.objects.has_message = any([key.column == 0 for key in keys])
        self.objects.needed = sum([key.is_needed for key in keys])
        for place, key in enumerate(keys):
            set_key(self.objects.keys + <Py_ssize_t>place, key, self.texts[place][0], self.texts[place][1])
        for place in range(len(keys)):
            self.objects.following[<Py_ssize_t>place] = <int>place

    def __dealloc__(self):
        free(self.objects.keys)
        free(self.objects.following)
        free(self.objects.spellings)
        free(self.buffer.begin)

    def scan(self, bytes data, start, stop, among, out):
        """Read the lines data[start:stop] that are `among` the wanted ones, as TextProgram.scan does.

        Gives how many are as the keys say, and what some of their places are in: a text to be put behind the data, with
        what is escaped there as it is meant. A field whose key a line lacks is empty; a number that it lacks is -1.
        """
        cdef Py_ssize_t count = len(start), size = len(data), line, row = 0
        cdef Place text = data
        cdef Objects* objects = &self.objects
        cdef Table table = table_in(out, count, objects.columns, objects.numbers)
        cdef const int64_t* begin = readable(start, count)
        cdef const int64_t* end = readable(stop, count)
        cdef const uint8_t* wanted = <const uint8_t*>memory(among, 1, count, False)
        cdef bint is_pairs = self.is_pairs
        cdef Buffer* buffer = &self.buffer
        cdef Py_ssize_t used
        make_room(buffer, 0 if is_pairs else size, size)
        with nogil:
            for line in range(count):
                if not wanted[line] or not 0 <= begin[line] <= end[line] <= size:
                    continue
                if is_pairs:
                    if not read_pairs(text + begin[line], text + end[line], objects):
                        continue
                elif not read_object(text + begin[line], text + end[line], objects, buffer):
                    continue
                used = buffer.used
                if keep(text, objects, &table, row, buffer):
                    table.lines[row] = line
                    row += 1
                else:
                    buffer.used = used
        return row, PyBytes_FromStringAndSize(<const char*>buffer.begin, buffer.used)


cdef int set_key(Key* key, source, bytes path, bytes written) except -1:
    """path: the source's, padded; written: as it is in an object, padded."""
    key.path, key.written, key.size = path, written, len(source.path)
    key.column, key.number = source.column, source.number
    key.is_needed, key.is_clock, key.is_header = source.is_needed, source.is_clock, source.is_header
    key.is_awaited, key.seen = source.is_awaited, 0
    key.is_plain = b'"' not in path and b"\\" not in path
    return 0
