# Keys.

cdef uint64_t MIX = 0x9E3779B97F4A7C15  # as in keys.py


cdef inline uint64_t block_of(uint64_t key, uint64_t blocks) noexcept nogil:
    return ((key * MIX) >> 32) * blocks >> 32


cdef struct KeyTable:
    uint32_t* slots  # of each key, where its first line stands, from 1; 0: free
    uint64_t mask
    int shift
    const uint64_t* sides[2]
    Py_ssize_t originals


cdef inline uint64_t slot_of(const KeyTable* table, uint64_t key) noexcept nogil:
    return (key * MIX) >> table.shift


cdef inline uint64_t key_at(const KeyTable* table, Py_ssize_t line) noexcept nogil:
    return table.sides[0][line] if line < table.originals else table.sides[1][line - table.originals]


cdef inline uint64_t first_with(const KeyTable* table, uint64_t key, Py_ssize_t line) noexcept nogil:
    """Give the place of the first line with this key, which is this line if none is there yet."""
    cdef uint64_t slot = slot_of(table, key)
    while table.slots[slot]:
        if key_at(table, table.slots[slot] - 1) == key:
            return table.slots[slot] - 1
        slot = (slot + 1) & table.mask
    table.slots[slot] = <uint32_t>(line + 1)
    return line


def number_keys(originals, copies, original_numbers, copy_numbers):
    """Give each key, uint64[n] and uint64[m], as the place of the first line that has it, copies behind originals.

    Keys are hashes that nobody can foresee: the table in which they are looked up needs no defence of its own.
    """
    cdef Py_ssize_t n = len(originals), m = len(copies), line, ahead
    cdef KeyTable table
    cdef uint64_t* filled[2]
    cdef uint64_t key
    table.sides[0], table.sides[1], table.originals = keys(originals, n), keys(copies, m), n
    filled[0] = <uint64_t*>numbers_of(original_numbers, n)
    filled[1] = <uint64_t*>numbers_of(copy_numbers, m)
    if n + m >= 1 << 31:
        raise OverflowError("more than two thousand million lines at once")
    table.shift = 63
    while (<int64_t>1 << (64 - table.shift)) < 2 * (n + m):
        table.shift -= 1
    table.mask = (<uint64_t>1 << (64 - table.shift)) - 1
    table.slots = <uint32_t*>calloc(table.mask + 1, sizeof(uint32_t))
    if table.slots == NULL:
        raise MemoryError
    with nogil:
        for line in range(n + m):
            ahead = line + 2 * AHEAD
            if ahead < n + m:
                prefetch(table.slots + slot_of(&table, key_at(&table, ahead)))
            ahead = line + AHEAD
            if ahead < n + m:
                key = table.slots[slot_of(&table, key_at(&table, ahead))]
                if 0 < key <= <uint64_t>n:
                    prefetch(table.sides[0] + key - 1)
            key = first_with(&table, key_at(&table, line), line)
            if line < n:
                filled[0][line] = key
            else:
                filled[1][line - n] = key
        free(table.slots)


def share_of_keys(key, Py_ssize_t blocks, rows):
    """Fill in the rows of the first of so many blocks of keys, int64[n]; gives how many there are."""
    cdef Py_ssize_t count = len(key), row, found = 0
    cdef const uint64_t* of_row = keys(key, count)
    cdef int64_t* taken = numbers_of(rows, count)
    if not 1 <= blocks < 1 << 32:
        raise ValueError("blocks are numbered by 32 bits")
    with nogil:
        for row in range(count):
            taken[found] = row
            found += block_of(of_row[row], blocks) == 0
    return found


def split(key, Py_ssize_t blocks, rows, ends):
    """Bring the rows of each of so many blocks of keys together, int64[n], in their order; ends: int64[blocks]."""
    cdef Py_ssize_t count = len(key), row, block
    cdef const uint64_t* of_row = keys(key, count)
    cdef int64_t* sorted_rows = numbers_of(rows, count)
    cdef int64_t* end = numbers_of(ends, blocks)
    cdef int64_t before = 0, lines
    if not 1 <= blocks < 1 << 32:
        raise ValueError("blocks are numbered by 32 bits")
    with nogil:
        memset(end, 0, blocks * sizeof(int64_t))
        for row in range(count):
            end[block_of(of_row[row], blocks)] += 1
        for block in range(blocks):
            lines = end[block]
            end[block] = before
            before += lines
        for row in range(count):
            block = block_of(of_row[row], blocks)
            sorted_rows[end[block]] = row
            end[block] += 1
