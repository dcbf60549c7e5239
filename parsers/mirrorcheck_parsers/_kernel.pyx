# cython: language_level=3, boundscheck=False, wraparound=False
"""The compiled scanner: bytes of whole lines in, where they begin and end out."""


cdef Py_ssize_t _count(const unsigned char* text, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t at, lines = 0
    for at in range(size):
        lines += text[at] == b"\n"
    return lines


def count_lines(bytes text not None) -> int:
    """Count the newlines of a text."""
    cdef const unsigned char* first = text
    cdef Py_ssize_t size = len(text), lines
    with nogil:
        lines = _count(first, size)
    return lines
