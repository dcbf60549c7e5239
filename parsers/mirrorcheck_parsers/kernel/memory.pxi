# What the caller owns.

cdef void* memory(array, Py_ssize_t width, Py_ssize_t count, bint is_writable) except? NULL:
    """Give where a contiguous array of at least so many items of this width begins; it must outlive the call."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_WRITABLE if is_writable else PyBUF_SIMPLE)
    try:
        if view.itemsize != width or view.len < count * width:
            raise ValueError(f"an array of {view.len} bytes, where {count} items of {width} are needed")
        return view.buf
    finally:
        PyBuffer_Release(&view)


cdef inline const int64_t* readable(array, Py_ssize_t count) except? NULL:
    return <const int64_t*>memory(array, sizeof(int64_t), count, False)


cdef inline int64_t* writable(array, Py_ssize_t count) except? NULL:
    return <int64_t*>memory(array, sizeof(int64_t), count, True)


cdef Table table_in(out, Py_ssize_t rows, int columns, int numbers) except *:
    """Give the parts of an array: lines, times, starts, stops and numbers."""
    cdef Table table
    table.rows = rows
    table.lines = writable(out, rows * (2 + 2 * columns + numbers))
    table.times = table.lines + rows
    table.starts = table.times + rows
    table.stops = table.starts + columns * rows
    table.numbers = table.stops + columns * rows
    return table


cdef struct Texts:  # n of them lie between start and stop, int64[n] each
    Place data
    const int64_t* start
    const int64_t* stop
    Py_ssize_t count


cdef Texts texts_in(bytes data, start, stop) except *:
    """Give texts all of which lie inside the data."""
    cdef Texts texts
    cdef Py_ssize_t row, size = len(data)
    cdef bint is_inside = True
    texts.data, texts.count = data, len(start)
    texts.start, texts.stop = readable(start, texts.count), readable(stop, texts.count)
    with nogil:
        for row in range(texts.count):
            is_inside &= 0 <= texts.start[row] <= texts.stop[row] <= size
    if not is_inside:
        raise ValueError("a text that is not inside the data")
    return texts


cdef inline Place data_at(const Texts* texts, int64_t place) noexcept nogil:
    return texts.data + place


cdef inline void fetch_ahead(const Texts* texts, Py_ssize_t row) noexcept nogil:
    if row + AHEAD < texts.count:
        prefetch(texts.data + texts.start[row + AHEAD])


cdef struct Buffer:
    uint8_t* begin
    Py_ssize_t used, room
    Py_ssize_t base  # where the buffer will begin, in the text to which it is appended


cdef int make_room(Buffer* buffer, Py_ssize_t room, Py_ssize_t base) except -1:
    """Empty a buffer, and let it have so much room at the least."""
    buffer.used, buffer.base = 0, base
    if buffer.room < room:
        free(buffer.begin)
        buffer.room = 0
        buffer.begin = <uint8_t*>malloc(room + SLACK)
        if buffer.begin == NULL:
            raise MemoryError
        buffer.room = room
    return 0
