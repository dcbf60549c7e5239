# Merging.

cdef struct Entry:  # of a line, in half a line of the cache
    uint64_t key
    int64_t time_us, logged_us
    int64_t line  # twice its row, and one more for a copy


cdef Entry* sort_by_time(Entry* entries, Entry* spare, Py_ssize_t count) noexcept nogil:
    """Merge what is in order already, two stretches at a time, until all is; equal ones stay in their order.

    Gives which of the two holds the result. Each side is in order but for its several streams.
    """
    cdef Py_ssize_t begin, middle, end, first, second, to
    while stretch_end(entries, 0, count) < count:
        begin = 0
        while begin < count:
            middle = stretch_end(entries, begin, count)
            end = stretch_end(entries, middle, count)
            first, second = begin, middle
            for to in range(begin, end):
                if first < middle and (second == end or entries[first].time_us <= entries[second].time_us):
                    spare[to] = entries[first]
                    first += 1
                else:
                    spare[to] = entries[second]
                    second += 1
            begin = end
        entries, spare = spare, entries
    return entries


cdef inline Py_ssize_t stretch_end(const Entry* entries, Py_ssize_t begin, Py_ssize_t count) noexcept nogil:
    """Give where the stretch ends that begins here and is in order."""
    cdef Py_ssize_t end = begin + 1
    while end < count and entries[end - 1].time_us <= entries[end].time_us:
        end += 1
    return min(end, count)


cdef Entry* sort_by_key(Entry* entries, Entry* spare, Py_ssize_t count) noexcept nogil:
    """Sort by as many digits as keys differ in, the last one first; gives which of the two holds the result."""
    cdef Py_ssize_t[DIGITS] counts
    cdef uint64_t least = <uint64_t>-1, most = 0, key
    cdef Py_ssize_t at, before, lines
    cdef int digit, shift = 0
    for at in range(count):
        key = entries[at].key
        least, most = min(least, key), max(most, key)
    while count and shift < 64 and (most - least) >> shift:
        memset(counts, 0, sizeof(counts))
        for at in range(count):
            counts[((entries[at].key - least) >> shift) & (DIGITS - 1)] += 1
        before = 0
        for digit in range(DIGITS):
            lines = counts[digit]
            counts[digit] = before
            before += lines
        for at in range(count):
            digit = ((entries[at].key - least) >> shift) & (DIGITS - 1)
            spare[counts[digit]] = entries[at]
            counts[digit] += 1
        entries, spare = spare, entries
        shift += DIGIT_BITS
    return entries


cdef struct Side:
    const uint64_t* key
    const int64_t* time_us
    const int64_t* logged_us
    const int64_t* row  # of each line, in these columns and as it is known
    Py_ssize_t lines


cdef Side side_of(columns) except *:
    cdef Side side
    cdef Py_ssize_t rows, at
    cdef bint is_inside = True
    key, time_us, logged_us, row = columns
    rows, side.lines = len(key), len(row)
    side.key, side.time_us, side.logged_us = keys(key, rows), numbers(time_us, rows), numbers(logged_us, rows)
    side.row = numbers(row, side.lines)
    with nogil:
        for at in range(side.lines):
            is_inside &= 0 <= side.row[at] < rows
    if not is_inside:
        raise ValueError("a row that is not inside its side")
    return side


cdef void enter(const Side* side, bint is_copy, Entry* entries) noexcept nogil:
    """Make entries of the lines of a side."""
    cdef Py_ssize_t at
    cdef int64_t row
    for at in range(side.lines):
        row = side.row[at]
        entries[at].key, entries[at].time_us, entries[at].logged_us = side.key[row], side.time_us[row], side.logged_us[row]
        entries[at].line = 2 * row + is_copy


def merge(originals, copies, int64_t pause_us, row, is_copy, time_us, logged_us, run):
    """Merge some rows of both sides in order of key and time, and number their runs; at equal times originals first.

    originals, copies: key, time, time as logged, and the rows. The others: columns of `Merged`, to be filled.
    """
    cdef Side[2] sides
    sides[0], sides[1] = side_of(originals), side_of(copies)
    cdef Py_ssize_t count = sides[0].lines + sides[1].lines, at
    cdef int64_t* rows = numbers_of(row, count)
    cdef uint8_t* copied = flags_of(is_copy, count)
    cdef int64_t* times = numbers_of(time_us, count)
    cdef int64_t* logged = numbers_of(logged_us, count)
    cdef int64_t* runs = numbers_of(run, count)
    cdef Entry* room = <Entry*>room_for(2 * count, sizeof(Entry))
    cdef Entry* entries = room
    cdef int64_t number = -1
    with nogil:
        enter(&sides[0], False, entries)
        enter(&sides[1], True, entries + sides[0].lines)
        entries = sort_by_time(room, room + count, count)
        entries = sort_by_key(entries, room if entries != room else room + count, count)
        for at in range(count):
            rows[at], copied[at] = entries[at].line >> 1, entries[at].line & 1
            times[at], logged[at] = entries[at].time_us, entries[at].logged_us
            number += at == 0 or entries[at].key != entries[at - 1].key or times[at] - times[at - 1] > pause_us
            runs[at] = number
        free(room)


def number_runs(key, time_us, int64_t pause_us, run):
    """Number the runs of lines with one key, int64[n] or uint64[n], that no pause longer than `pause_us` divides."""
    cdef Py_ssize_t count = len(key), at
    cdef const int64_t* of_line = numbers(key, count)
    cdef const int64_t* times = numbers(time_us, count)
    cdef int64_t* runs = numbers_of(run, count)
    cdef int64_t number = 0
    with nogil:
        for at in range(count):
            number += at > 0 and (of_line[at] != of_line[at - 1] or times[at] - times[at - 1] > pause_us)
            runs[at] = number
