# Finding bytes.

cdef inline uint64_t repeated(uint8_t byte) noexcept nogil:
    return 0x0101010101010101u * <uint64_t>byte


cdef inline uint64_t zeros_of(uint64_t word) noexcept nogil:
    """Mark the bytes that are zero; above the lowest one of them there may be false marks."""
    return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u


cdef inline Place find_any(Place at, Place stop, uint8_t first, uint8_t second, uint8_t third) noexcept nogil:
    """Find the first of three bytes; stop where there is none."""
    cdef uint64_t word, found
    at = skip_wide(at, stop, first, second, third)
    if IS_WIDE and stop - at >= 16:
        return at
    while stop - at >= 8:
        memcpy(&word, at, 8)
        found = zeros_of(word ^ repeated(first)) | zeros_of(word ^ repeated(second)) | zeros_of(word ^ repeated(third))
        if found:
            return at + (trailing_zeros(found) >> 3)
        at += 8
    while at < stop and at[0] != first and at[0] != second and at[0] != third:
        at += 1
    return at


cdef inline Place find_either(Place at, Place stop, uint8_t first, uint8_t second) noexcept nogil:
    """Find the first of two bytes; stop where there is none."""
    return find_any(at, stop, first, second, second)


cdef inline Place find_byte(Place at, Place stop, uint8_t byte) noexcept nogil:
    """Find a byte; stop where there is none."""
    return find_any(at, stop, byte, byte, byte)


cdef inline bint stands(Place at, Place stop, Place text, Py_ssize_t width) noexcept nogil:
    return stop - at >= width and memcmp(at, text, width) == 0


cdef inline bint is_digit(uint8_t byte) noexcept nogil:
    return <uint8_t>(byte - c"0") < 10


cdef inline uint64_t word_of(Place at, Py_ssize_t size) noexcept nogil:
    """Give up to eight bytes as a little-endian number."""
    cdef uint64_t word = 0
    if size >= 8:
        memcpy(&word, at, 8)
        return word
    while size > 0:
        size -= 1
        word = word << 8 | at[size]
    return word
