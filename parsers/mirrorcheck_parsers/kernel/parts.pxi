# Hashes of texts and of parts of them, in one pass.

def hash_beginnings(
    bytes data, start, stop, uint8_t byte, Py_ssize_t longest, bytes key, out, beginning_stop, beginnings
):
    """Hash n texts of up to `longest` bytes into out, and what stands in front of their first `byte` into beginnings.

    Both are uint64[n]; beginning_stop, int64[n], is where that byte is, or the end of the text. Gives how many texts are
    longer: their rows hold anything.
    """
    cdef Texts texts = texts_in(data, start, stop), firsts = texts
    cdef int64_t* ends = writable(beginning_stop, texts.count)
    cdef uint64_t* hashes = <uint64_t*>memory(out, 8, texts.count, True)
    cdef uint64_t* of_firsts = <uint64_t*>memory(beginnings, 8, texts.count, True)
    cdef Hasher hasher, first_hasher
    cdef Py_ssize_t row, longer = 0
    cdef Place at, end
    set_hasher(&hasher, longest, key)
    set_hasher(&first_hasher, longest, key)
    firsts.stop = ends
    with nogil:
        for row in range(texts.count):
            fetch_ahead(&texts, row)
            at, end = data_at(&texts, texts.start[row]), data_at(&texts, texts.stop[row])
            ends[row] = texts.start[row]
            if end - at > longest:
                longer += 1
                continue
            ends[row] = find_byte(at, end, byte) - texts.data
            hashes[row] = noted_hash(&hasher, &texts, row, hashes)
            of_firsts[row] = hashes[row]
            if ends[row] < texts.stop[row]:
                of_firsts[row] = noted_hash(&first_hasher, &firsts, row, of_firsts)
    return longer


cdef inline bint is_dash(Place at, Place stop) noexcept nogil:
    return stop - at == 1 and at[0] == c"-"


cdef inline Place last_comma(Place at, Place stop, Py_ssize_t reach) noexcept nogil:
    """Find the last comma of the last `reach` bytes; NULL where there is none."""
    cdef Place first = stop - min(stop - at, reach)
    while stop > first:
        stop -= 1
        if stop[0] == c",":
            return stop
    return NULL


def hash_lists(bytes data, start, stop, Py_ssize_t reach, Py_ssize_t longest, bytes key, out, lasts, rests):
    """Hash n lists with commas of up to `longest` bytes: whole into out, the last element, and the list without it.

    All are uint64[n], as columnwise/parts.py has them. An element has up to `reach` bytes, its comma included. Gives how
    many lists are longer: their rows hold anything.
    """
    cdef Texts texts = texts_in(data, start, stop)
    cdef uint64_t* hashes = <uint64_t*>memory(out, 8, texts.count, True)
    cdef uint64_t* of_lasts = <uint64_t*>memory(lasts, 8, texts.count, True)
    cdef uint64_t* of_rests = <uint64_t*>memory(rests, 8, texts.count, True)
    cdef Hasher hasher
    cdef Py_ssize_t row, longer = 0
    cdef Place at, end, comma, last
    set_hasher(&hasher, longest, key)
    with nogil:
        for row in range(texts.count):
            fetch_ahead(&texts, row)
            at, end = data_at(&texts, texts.start[row]), data_at(&texts, texts.stop[row])
            hashes[row] = of_lasts[row] = of_rests[row] = 0
            if end - at > longest:
                longer += 1
                continue
            if is_dash(at, end):
                continue
            hashes[row] = of_lasts[row] = noted_hash(&hasher, &texts, row, hashes)
            comma = last_comma(at, end, reach)
            last = at if comma == NULL else comma + 1
            last += last < end and last[0] == c" "
            if last > at:
                of_lasts[row] = any_hash(&hasher, last, end)
            if comma != NULL and not is_dash(at, comma):
                of_rests[row] = any_hash(&hasher, at, comma)
    return longer


cdef inline uint64_t any_hash(const Hasher* hasher, Place at, Place stop) noexcept nogil:
    return hash_of(hasher.begun, at, stop - at) if stop > at else 0
