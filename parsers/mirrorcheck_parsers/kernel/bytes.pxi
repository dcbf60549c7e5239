# Finding bytes.

cdef inline uint64_t repeated(uint8_t byte) noexcept nogil:
    return 0x0101010101010101u * <uint64_t>byte


cdef inline uint64_t zeros_of(uint64_t word) noexcept nogil:
    """Mark the bytes that are zero; above the lowest one of them there may be false marks."""
    return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u


cdef inline uint64_t word_at(Place at) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, at, 8)
    return word


cdef inline uint64_t word_of(Place at, Py_ssize_t size) noexcept nogil:
    """Give up to eight bytes as a little-endian number, by two words that may overlap where there are fewer."""
    cdef uint32_t low, high
    if size >= 8:
        return word_at(at)
    if size >= 4:
        memcpy(&low, at, 4)
        memcpy(&high, at + size - 4, 4)
        return low | <uint64_t>high << 8 * (size - 4)
    if size <= 0:
        return 0
    return at[0] | <uint64_t>at[size >> 1] << 8 * (size >> 1) | <uint64_t>at[size - 1] << 8 * (size - 1)


cdef inline Place find_any(Place at, Place stop, uint8_t first, uint8_t second, uint8_t third) noexcept nogil:
    """Find the first of three bytes; stop where there is none."""
    cdef uint64_t word, found
    at = skip_wide(at, stop, first, second, third)
    if IS_WIDE and stop - at >= 16:
        return at
    while at < stop:
        word = word_of(at, stop - at)
        found = zeros_of(word ^ repeated(first)) | zeros_of(word ^ repeated(second)) | zeros_of(word ^ repeated(third))
        if found:
            return min(at + (trailing_zeros(found) >> 3), stop)  # behind the stop are zeros, which may be looked for
        at += 8
    return stop


cdef inline Place find_either(Place at, Place stop, uint8_t first, uint8_t second) noexcept nogil:
    """Find the first of two bytes; stop where there is none."""
    return find_any(at, stop, first, second, second)


cdef inline Place find_byte(Place at, Place stop, uint8_t byte) noexcept nogil:
    """Find a byte; stop where there is none."""
    return find_any(at, stop, byte, byte, byte)


cdef inline bint are_equal(Place at, Place other, Py_ssize_t size) noexcept nogil:
    """Whether as many bytes are equal: most such texts are too short for a call."""
    cdef Py_ssize_t place = 0
    while size - place >= 8:
        if word_at(at + place) != word_at(other + place):
            return False
        place += 8
    if size >= 8:
        return word_at(at + size - 8) == word_at(other + size - 8)
    return word_of(at, size) == word_of(other, size)


cdef inline bint stands(Place at, Place stop, Place text, Py_ssize_t width) noexcept nogil:
    return stop - at >= width and are_equal(at, text, width)


cdef inline bint is_digit(uint8_t byte) noexcept nogil:
    return <uint8_t>(byte - c"0") < 10
