# Hashes of texts: SipHash-1-3, with a key, as columnwise/hashes.py has it; 0 where there is no text.

cdef struct Sip:
    uint64_t v0, v1, v2, v3


cdef inline uint64_t rotated(uint64_t word, int bits) noexcept nogil:
    return word << bits | word >> (64 - bits)


cdef inline void sip_round(Sip* state) noexcept nogil:
    state.v0 += state.v1
    state.v2 += state.v3
    state.v1 = rotated(state.v1, 13) ^ state.v0
    state.v3 = rotated(state.v3, 16) ^ state.v2
    state.v0 = rotated(state.v0, 32) + state.v3
    state.v2 += state.v1
    state.v3 = rotated(state.v3, 21) ^ state.v0
    state.v1 = rotated(state.v1, 17) ^ state.v2
    state.v2 = rotated(state.v2, 32)


cdef inline void take_word(Sip* state, uint64_t word) noexcept nogil:
    state.v3 ^= word
    sip_round(state)
    state.v0 ^= word


cdef Sip begun(bytes key) except *:
    """Give the state in which each text is begun."""
    cdef Sip state
    cdef uint64_t[2] halves
    if len(key) != sizeof(halves):
        raise ValueError(f"a key of {len(key)} bytes")
    memcpy(halves, <Place>key, sizeof(halves))
    state.v0, state.v1 = halves[0] ^ 0x736F6D6570736575u, halves[1] ^ 0x646F72616E646F6Du
    state.v2, state.v3 = halves[0] ^ 0x6C7967656E657261u, halves[1] ^ 0x7465646279746573u
    return state


cdef inline uint64_t hash_of(Sip state, Place at, Py_ssize_t size) noexcept nogil:
    cdef Place stop = at + size
    while stop - at >= 8:
        take_word(&state, word_at(at))
        at += 8
    take_word(&state, tail_of(stop, stop - at, size) | <uint64_t>size << 56)
    state.v2 ^= 0xFF
    sip_round(&state)
    sip_round(&state)
    sip_round(&state)
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3


cdef inline uint64_t tail_of(Place stop, Py_ssize_t left, Py_ssize_t size) noexcept nogil:
    """Give up to seven bytes in front of the end of a text of this size: at once, where so much stands in front."""
    if left == 0:
        return 0
    return word_at(stop - 8) >> (64 - 8 * left) if size > 8 else word_of(stop - left, left)


cdef inline int slot_of(Place at, Py_ssize_t size) noexcept nogil:
    """Give where a text is noted: by its size, beginning, middle and end, which cost a fraction of its hash."""
    cdef uint64_t total = size
    if size > 8:
        total += word_at(at) + (word_at(at + (size >> 1) - 4) << 1) + (word_at(at + size - 8) << 2)
    else:
        total += word_of(at, size)
    return <int>((total * 0x9E3779B97F4A7C15u) >> (64 - NOTED_BITS))


cdef inline bint is_same(const Texts* texts, Py_ssize_t row, Py_ssize_t other, Py_ssize_t size) noexcept nogil:
    return (
        texts.stop[other] - texts.start[other] == size
        and are_equal(texts.data + texts.start[other], texts.data + texts.start[row], size)
    )


cdef struct Hasher:
    Sip begun
    Py_ssize_t longest  # of the texts that are hashed here
    Py_ssize_t noted[1 << NOTED_BITS]


cdef int set_hasher(Hasher* hasher, Py_ssize_t longest, bytes key) except -1:
    hasher.begun, hasher.longest = begun(key), longest
    memset(hasher.noted, 0, sizeof(hasher.noted))
    return 0


cdef inline uint64_t noted_hash(
    Hasher* hasher, const Texts* texts, Py_ssize_t row, const uint64_t* hashes
) noexcept nogil:
    """Hash a text that is not too long; `hashes` has those of the rows before.

    Agents, names and many targets come again and again: the last text of each slot is noted, and one that is the same
    has its hash.
    """
    cdef Place at = texts.data + texts.start[row]
    cdef Py_ssize_t size = texts.stop[row] - texts.start[row], before
    cdef int slot
    if size == 0:
        return 0
    slot = slot_of(at, size)
    before, hasher.noted[slot] = hasher.noted[slot], row
    if before < row and is_same(texts, row, before, size):
        return hashes[before]
    return hash_of(hasher.begun, at, size)


def hash_texts(bytes data, start, stop, Py_ssize_t longest, bytes key, out):
    """Hash texts of up to `longest` bytes into out, uint64[n]; gives how many are longer."""
    cdef Texts texts = texts_in(data, start, stop)
    cdef uint64_t* hashes = <uint64_t*>memory(out, 8, texts.count, True)
    cdef Hasher hasher
    cdef Py_ssize_t row, longer = 0
    set_hasher(&hasher, longest, key)
    with nogil:
        for row in range(texts.count):
            fetch_ahead(&texts, row)
            if texts.stop[row] - texts.start[row] > longest:
                longer += 1
            else:
                hashes[row] = noted_hash(&hasher, &texts, row, hashes)
    return longer
