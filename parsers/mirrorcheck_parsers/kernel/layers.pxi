# Layers: what programs put around lines. Rows that have none of it are left to the reference.

cdef struct Layered:  # the parts of the array that the caller owns, a column for each row of the text
    int64_t* start  # of what is inside
    int64_t* stop
    int64_t* times
    int64_t* starts  # of the fields
    int64_t* stops
    Py_ssize_t rows


cdef Layered layered_in(out, Py_ssize_t rows, int columns) except *:
    cdef Layered layered
    layered.rows = rows
    layered.start = writable(out, rows * (3 + 2 * columns))
    layered.stop = layered.start + rows
    layered.times = layered.stop + rows
    layered.starts = layered.times + rows
    layered.stops = layered.starts + columns * rows
    return layered


cdef class EnvelopeProgram(ObjectProgram):
    """Which keys of an object around a line say what; keys are in the order of the columns, the best first.

    The first column is the message; without a key for one, the object itself is the line. clock: the column of a time,
    -1 where there is none.
    """

    cdef int clock

    def __init__(self, table, int clock):
        self.clock = clock

    def open(self, bytes data, start, stop, among, Py_ssize_t padding, out, wrapped, has_feed):
        """Take the lines out of the objects data[start:stop] that are `among` the wanted ones.

        start and stop are int64[n], among, wrapped and has_feed bool[n], out is int64[3 + 2 * columns, n]: for each row
        where the line in it starts and stops, its time, and where its fields start and stop; all of these places are in
        the text that is given, with so much padding. A row that is no such object is there as it is, and not `wrapped`;
        has_feed says whether the line in it ended with a line break.
        """
        cdef Py_ssize_t count = len(start), size = len(data), row
        cdef Place text = data
        cdef Layered layered = layered_in(out, count, self.objects.columns)
        cdef const int64_t* begin = readable(start, count)
        cdef const int64_t* end = readable(stop, count)
        cdef const uint8_t* wanted = <const uint8_t*>memory(among, 1, count, False)
        cdef uint8_t* opened = <uint8_t*>memory(wrapped, 1, count, True)
        cdef uint8_t* feeds = <uint8_t*>memory(has_feed, 1, count, True)
        cdef Texts texts = texts_in(data, start, stop)
        cdef Buffer* buffer = &self.buffer
        cdef Py_ssize_t used
        cdef bint has_room = True
        make_room(buffer, 2 * size + padding, 0)
        with nogil:
            for row in range(count):
                used = buffer.used
                opened[row] = wanted[row] and open_row(
                    text + begin[row], text + end[row], &self.objects, self.clock, &layered, row, buffer, feeds
                )
                if not opened[row]:
                    buffer.used = used
                    has_room &= close_row(text + begin[row], text + end[row], &self.objects, &layered, row, buffer)
                    feeds[row] = False
            has_room &= padding <= buffer.room - buffer.used
            if has_room:
                memset(buffer.begin + buffer.used, 0, padding)
        if not has_room:
            raise ValueError("rows that overlap")
        return PyBytes_FromStringAndSize(<const char*>buffer.begin, buffer.used + padding)


cdef inline bint close_row(
    Place at, Place stop, Objects* objects, Layered* layered, Py_ssize_t row, Buffer* buffer
) noexcept nogil:
    """Keep a row as it is; False where there is no room."""
    cdef int column
    layered.start[row] = buffer.used
    if not put(at, stop, False, buffer):
        return False
    layered.stop[row], layered.times[row] = buffer.used, NO_TIME
    for column in range(objects.columns):
        layered.starts[column * layered.rows + row] = layered.stops[column * layered.rows + row] = 0
    return True


cdef inline Key* chosen(Objects* objects, int column) noexcept nogil:
    """Give the first key of a column that the line has; of a message, the last where all are objects. NULL: none."""
    cdef Key* key = NULL
    cdef Key* last = NULL
    cdef bint are_nests = True
    cdef int place
    for place in range(objects.count):
        if objects.keys[place].column == column and objects.keys[place].seen == objects.line:
            last = objects.keys + place
            are_nests &= last.value.is_nest
            if key == NULL:
                key = last
    return last if column == 0 and are_nests else key


cdef bint open_row(
    Place at, Place stop, Objects* objects, int clock, Layered* layered, Py_ssize_t row, Buffer* buffer, uint8_t* feeds
) noexcept nogil:
    """Take a line out of an object, with what is said of it; False where it must be left."""
    cdef int column, found = 0
    cdef Key* key
    cdef int64_t us = NO_TIME
    if not read_object(at, stop, objects, buffer):
        return False
    for column in range(1, objects.columns):
        key = chosen(objects, column)
        found += key != NULL
        if not put_field(key, buffer, layered.starts + column * layered.rows + row, layered.stops + column * layered.rows + row):
            return False
        if key != NULL and column == clock and (key.value.is_escaped or not take_time(objects, &key.value, &us)):
            us = NO_TIME
    layered.times[row] = us
    layered.starts[row] = layered.stops[row] = 0
    key = chosen(objects, 0)
    if key == NULL and (found == 0 or objects.has_message):
        return False
    feeds[row] = False
    if key != NULL:
        return put_message(key, buffer, layered.start + row, layered.stop + row, feeds + row)
    layered.start[row], layered.stop[row] = buffer.used, buffer.used + (stop - at)
    return put(at, stop, False, buffer)


cdef inline bint put_field(Key* key, Buffer* buffer, int64_t* start, int64_t* stop) noexcept nogil:
    """Write what a key says, on one line, and say where; NULL is the key of nothing."""
    start[0] = stop[0] = buffer.used
    if key == NULL:
        return True
    if key.value.is_put:
        start[0], stop[0] = key.value.start - buffer.begin, key.value.stop - buffer.begin
    else:
        # Of an object that is given as it stands, the escapes are undone all the same.
        if not put(key.value.start, key.value.stop, key.value.is_nest or key.value.is_escaped, buffer):
            return False
        stop[0] = buffer.used
    if key.value.is_escaped or key.value.is_nest:
        join_lines(buffer.begin + start[0], buffer.begin + stop[0])
    return True


cdef inline void join_lines(uint8_t* at, uint8_t* stop) noexcept nogil:
    """Put a blank in place of each line break, so that a text is one line."""
    while True:
        at = <uint8_t*>memchr(at, c"\n", stop - at)
        if at == NULL:
            return
        at[0] = c" "


cdef inline bint put_message(
    Key* key, Buffer* buffer, int64_t* start, int64_t* stop, uint8_t* has_feed
) noexcept nogil:
    """Write a message without its line break, and say where; False where it has colours, which others take out."""
    start[0] = buffer.used
    if key.value.is_put:
        start[0], stop[0] = key.value.start - buffer.begin, key.value.stop - buffer.begin
    elif put(key.value.start, key.value.stop, key.value.is_escaped, buffer):
        stop[0] = buffer.used
    else:
        return False
    has_feed[0] = stop[0] > start[0] and buffer.begin[stop[0] - 1] == c"\n"
    stop[0] -= has_feed[0]
    stop[0] -= stop[0] > start[0] and buffer.begin[stop[0] - 1] == c"\r"
    if key.value.is_escaped:
        join_lines(buffer.begin + start[0], buffer.begin + stop[0])
    return memchr(buffer.begin + start[0], 0x1B, stop[0] - start[0]) == NULL


cdef class PrefixProgram:
    """The templates of what a program puts in front of lines; they share their columns, of which each may lack some."""

    cdef list templates
    cdef int columns

    def __cinit__(self, tables):
        """tables: of the templates, all with the same columns."""
        self.templates = [TextProgram(table) for table in tables]
        self.columns = len(tables[0].columns)

    def open(self, bytes data, start, stop, among, out, wrapped):
        """Take off what is in front of the rows data[start:stop] that are `among` the wanted ones.

        All arrays are as EnvelopeProgram.open's, but all places are in the data.
        """
        cdef Py_ssize_t row
        cdef Texts texts = texts_in(data, start, stop)
        cdef Layered layered = layered_in(out, texts.count, self.columns)
        cdef const uint8_t* wanted = <const uint8_t*>memory(among, 1, texts.count, False)
        cdef uint8_t* opened = <uint8_t*>memory(wrapped, 1, texts.count, True)
        cdef TextProgram template
        cdef Table table
        cdef Py_ssize_t place, taken
        table.lines, table.times, table.starts, table.stops = layered.start, layered.times, layered.starts, layered.stops
        table.rows, table.numbers = texts.count, NULL
        with nogil:
            for row in range(texts.count):
                opened[row] = False
                layered.stop[row] = texts.stop[row]
                forget_row(&layered, texts.start[row], self.columns, row)
        for place in range(len(self.templates)):
            template = self.templates[place]
            taken = 0
            with nogil:
                for row in range(texts.count):
                    if wanted[row] and not opened[row]:
                        opened[row] = strip_row(&texts, template.steps, template.count, &table, row)
                        taken += opened[row]
                        if not opened[row]:
                            forget_row(&layered, texts.start[row], self.columns, row)
            if taken > texts.count // 2:
                # They exclude each other, so that the likeliest may come first.
                self.templates.insert(0, self.templates.pop(place))


cdef inline void forget_row(Layered* layered, int64_t start, int columns, Py_ssize_t row) noexcept nogil:
    """Leave a row as it is."""
    cdef int column
    layered.start[row], layered.times[row] = start, NO_TIME
    for column in range(columns):
        layered.starts[column * layered.rows + row] = layered.stops[column * layered.rows + row] = 0


cdef inline bint strip_row(Texts* texts, Step* steps, int count, Table* table, Py_ssize_t row) noexcept nogil:
    """Take what the steps say off the front of a row; False where it is not there."""
    cdef Place end = take_steps(
        texts.data, texts.data + texts.start[row], texts.data + texts.stop[row], steps, count, table, row
    )
    if end != NULL:
        table.lines[row] = end - texts.data
    return end != NULL
