# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Pairs columns of lines, one line after the other and without the interpreter's lock.

Each function does what the numpy or plain Python of its caller does, with the same result for every line, and fills
columns that its caller owns. How long a column is, and how wide its items are, is looked at before the first is touched.

    keys       numbers of keys, blocks of them
    merging    both sides in order of key and time, runs
    matching   even runs by rank, others exactly
    groups     what stands near each other in a run
    outcomes   what is written by row of either side
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport INT64_MAX, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset

cdef extern from *:
    void prefetch "__builtin_prefetch"(const void*) noexcept nogil

cdef enum:
    AHEAD = 16  # lines, of which the processor fetches what one needs while those before it are looked at
    DIGIT_BITS = 11  # of a key, by which lines are sorted at once: as many counters stay in the cache
    DIGITS = 1 << DIGIT_BITS
    FEW = 8  # groups with fewer of everything are counted by what they hold


# What the caller owns.

cdef void* memory(column, Py_ssize_t width, Py_ssize_t count, bint is_writable) except? NULL:
    """Give where a contiguous column of at least so many items of this width begins; it must outlive the call."""
    cdef Py_buffer view
    PyObject_GetBuffer(column, &view, PyBUF_WRITABLE if is_writable else PyBUF_SIMPLE)
    try:
        if view.itemsize != width or view.len < count * width:
            raise ValueError(f"a column of {view.len} bytes, where {count} items of {width} are needed")
        return view.buf
    finally:
        PyBuffer_Release(&view)


cdef inline const int64_t* numbers(column, Py_ssize_t count) except? NULL:
    return <const int64_t*>memory(column, sizeof(int64_t), count, False)


cdef inline int64_t* numbers_of(column, Py_ssize_t count) except? NULL:
    return <int64_t*>memory(column, sizeof(int64_t), count, True)


cdef inline const uint64_t* keys(column, Py_ssize_t count) except? NULL:
    return <const uint64_t*>memory(column, sizeof(uint64_t), count, False)


cdef inline const uint8_t* flags(column, Py_ssize_t count) except? NULL:
    return <const uint8_t*>memory(column, 1, count, False)


cdef inline uint8_t* flags_of(column, Py_ssize_t count) except? NULL:
    return <uint8_t*>memory(column, 1, count, True)


cdef void* room_for(Py_ssize_t count, Py_ssize_t width) except NULL:
    """Give memory for so many items, to be freed."""
    cdef void* room = malloc(max(count, 1) * width)
    if room == NULL:
        raise MemoryError
    return room


include "kernel/keys.pxi"
include "kernel/merging.pxi"
include "kernel/matching.pxi"
include "kernel/groups.pxi"
include "kernel/outcomes.pxi"
