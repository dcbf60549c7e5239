# Groups: lines of one run that no pause longer than some divides.

cdef inline Py_ssize_t group_end(
    const int64_t* runs, const int64_t* times, Py_ssize_t begin, Py_ssize_t count, int64_t apart_us
) noexcept nogil:
    """Give where the group ends that begins here."""
    begin += 1
    while begin < count and runs[begin] == runs[begin - 1] and times[begin] - times[begin - 1] <= apart_us:
        begin += 1
    return begin


def mark_alone(run, time_us, is_copy, int64_t apart_us, alone):
    """Mark the lines, bool[n], whose group has one original and one copy."""
    cdef Py_ssize_t count = len(run), begin = 0, end, at
    cdef const int64_t* runs = numbers(run, count)
    cdef const int64_t* times = numbers(time_us, count)
    cdef const uint8_t* copied = flags(is_copy, count)
    cdef uint8_t* marked = flags_of(alone, count)
    cdef bint is_pair
    with nogil:
        while begin < count:
            end = group_end(runs, times, begin, count, apart_us)
            is_pair = end - begin == 2 and (copied[begin] != 0) != (copied[begin + 1] != 0)
            for at in range(begin, end):
                marked[at] = is_pair
            begin = end


def count_near(run, time_us, is_copy, int64_t reach_us, near):
    """Count the lines of the same side and run within reach of each, int64[n]; 1 where none of the other side is."""
    cdef Py_ssize_t count = len(run), low = 0, high = 0, at, originals = 0, own
    cdef const int64_t* runs = numbers(run, count)
    cdef const int64_t* times = numbers(time_us, count)
    cdef const uint8_t* copied = flags(is_copy, count)
    cdef int64_t* counted = numbers_of(near, count)
    with nogil:
        for at in range(count):
            while high < count and (
                high <= at or (runs[high] == runs[at] and times[high] - times[at] <= reach_us)
            ):
                originals += copied[high] == 0
                high += 1
            while runs[low] != runs[at] or times[at] - times[low] > reach_us:
                originals -= copied[low] == 0
                low += 1
            own = high - low - originals if copied[at] else originals
            counted[at] = 1 if own == high - low else own


def count_groups(run, time_us, is_copy, original, paired, int64_t pause_us, within_us, sums):
    """Count the lines of groups with originals that begin in time: originals that stand for themselves, copies, pairs.

    original, paired: bool[n], of the originals. sums: int64[n + 512, 4], to be filled with these three numbers and how
    many groups have them; large groups have a row each. Gives how many rows there are.
    """
    cdef Py_ssize_t count = len(run), begin = 0, end, at, rows = 0
    cdef const int64_t* runs = numbers(run, count)
    cdef const int64_t* times = numbers(time_us, count)
    cdef const uint8_t* copied = flags(is_copy, count)
    cdef const uint8_t* own = flags(original, count)
    cdef const uint8_t* in_pair = flags(paired, count)
    cdef int64_t* filled = numbers_of(sums, 4 * (count + FEW * FEW * FEW))
    cdef int64_t[FEW * FEW * FEW] few
    cdef int64_t after_us = within_us[0], until_us = within_us[1], originals, copies, pairs
    with nogil:
        memset(few, 0, sizeof(few))
        while begin < count:
            end = group_end(runs, times, begin, count, pause_us)
            originals = copies = pairs = 0
            for at in range(begin, end):
                copies += copied[at] != 0
                originals += own[at] != 0
                pairs += in_pair[at] != 0
            if originals and after_us < times[begin] <= until_us:
                if originals < FEW and copies < FEW and pairs < FEW:
                    few[(originals * FEW + copies) * FEW + pairs] += 1
                else:
                    fill_row(filled + 4 * rows, originals, copies, pairs, 1)
                    rows += 1
            begin = end
        for at in range(FEW * FEW * FEW):
            if few[at]:
                fill_row(filled + 4 * rows, at // (FEW * FEW), at // FEW % FEW, at % FEW, few[at])
                rows += 1
    return rows


cdef inline void fill_row(int64_t* row, int64_t originals, int64_t copies, int64_t pairs, int64_t groups) noexcept nogil:
    row[0], row[1], row[2], row[3] = originals, copies, pairs, groups
