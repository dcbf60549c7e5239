# Groups: lines of one run that no pause longer than some divides.

cdef inline Py_ssize_t group_end(
    const int64_t* runs, const int64_t* times, Py_ssize_t begin, Py_ssize_t count, int64_t apart_us
) noexcept nogil:
    """Give where the group ends that begins here."""
    begin += 1
    while begin < count and runs[begin] == runs[begin - 1] and times[begin] - times[begin - 1] <= apart_us:
        begin += 1
    return begin


def count_sides(group, is_copy, originals, copies):
    """Count the originals and the copies of groups, int64 each, whose numbers, int64[n], are in order from 0 on."""
    cdef Py_ssize_t count = len(group), groups = len(originals), at
    cdef const int64_t* of_line = numbers(group, count)
    cdef const uint8_t* copied = flags(is_copy, count)
    cdef int64_t* ours = numbers_of(originals, groups)
    cdef int64_t* theirs = numbers_of(copies, groups)
    cdef bint is_inside = True
    with nogil:
        memset(ours, 0, groups * sizeof(int64_t))
        memset(theirs, 0, groups * sizeof(int64_t))
        for at in range(count):
            if not 0 <= of_line[at] < groups:
                is_inside = False
                break
            ours[of_line[at]] += copied[at] == 0
            theirs[of_line[at]] += copied[at] != 0
    if not is_inside:
        raise ValueError("a group beyond the last one")


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
            while low < at and (runs[low] != runs[at] or times[at] - times[low] > reach_us):
                originals -= copied[low] == 0
                low += 1
            own = high - low - originals if copied[at] else originals
            counted[at] = 1 if own == high - low else own


def count_groups(run, time_us, original, copy, paired, int64_t pause_us, sums):
    """Count the lines of groups with originals: originals, copies, and originals that have a copy; bool[n] each.

    sums: int64[n + 512, 4], to be filled with these three numbers and how
    many groups have them; large groups have a row each. Gives how many rows there are.
    """
    cdef Py_ssize_t count = len(run), begin = 0, end, at, rows = 0
    cdef const int64_t* runs = numbers(run, count)
    cdef const int64_t* times = numbers(time_us, count)
    cdef const uint8_t* copied = flags(copy, count)
    cdef const uint8_t* own = flags(original, count)
    cdef const uint8_t* in_pair = flags(paired, count)
    cdef int64_t* filled = numbers_of(sums, 4 * (count + FEW * FEW * FEW))
    cdef int64_t[FEW * FEW * FEW] few
    cdef int64_t originals, copies, pairs
    with nogil:
        memset(few, 0, sizeof(few))
        while begin < count:
            end = group_end(runs, times, begin, count, pause_us)
            originals = copies = pairs = 0
            for at in range(begin, end):
                copies += copied[at] != 0
                originals += own[at] != 0
                pairs += in_pair[at] != 0
            if originals:
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


# Stretches: pieces of a run's time, and what lies in them.

cdef inline Py_ssize_t search(
    const int64_t* runs, const int64_t* times, Py_ssize_t count, int64_t run, int64_t time_us, bint is_right
) noexcept nogil:
    """Give the first place from this time of the run on, or after it."""
    cdef Py_ssize_t low = 0, high = count, middle
    while low < high:
        middle = (low + high) >> 1
        if runs[middle] < run or (
            runs[middle] == run and (times[middle] < time_us or (is_right and times[middle] == time_us))
        ):
            low = middle + 1
        else:
            high = middle
    return low


def count_in_stretches(run, time_us, is_copy, stands, first, last, margin_us, candidates):
    """Count the lines of the same side in the stretch that each line lies in; 1 outside, and where one side is alone.

    stands: bool[n], the line counts. first, last, margin_us: int64[spans], a span from so long before the line at the
    first place to as long after that at the last one, of one run; spans that share a line make a stretch. candidates:
    int64[n], to be filled.
    """
    cdef Py_ssize_t count = len(run), spans = len(first), at, begin = 0, place
    cdef const int64_t* runs = numbers(run, count)
    cdef const int64_t* times = numbers(time_us, count)
    cdef const uint8_t* copied = flags(is_copy, count)
    cdef const uint8_t* counted = flags(stands, count)
    cdef const int64_t* from_place = numbers(first, spans)
    cdef const int64_t* to_place = numbers(last, spans)
    cdef const int64_t* margins = numbers(margin_us, spans)
    cdef int64_t* filled = numbers_of(candidates, count)
    cdef int64_t depth = 0, originals = 0, copies = 0
    cdef bint is_inside = True
    cdef int32_t* begins = <int32_t*>calloc(2 * (count + 1), sizeof(int32_t))  # spans by place, and behind them:
    cdef int32_t* ends = begins + count + 1
    if begins == NULL:
        raise MemoryError
    with nogil:
        for at in range(spans):
            if not (0 <= from_place[at] < count and 0 <= to_place[at] < count):
                is_inside = False
                break
            place = from_place[at]
            begins[search(runs, times, count, runs[place], times[place] - margins[at], False)] += 1
            place = to_place[at]
            ends[search(runs, times, count, runs[place], times[place] + margins[at], True)] += 1
        for at in range(count + 1 if is_inside else 0):
            if depth and depth == ends[at]:  # a stretch ends
                for place in range(begin, at):
                    if counted[place] and originals and copies:
                        filled[place] = copies if copied[place] else originals
            depth -= ends[at]
            if depth == 0 and begins[at]:
                begin, originals, copies = at, 0, 0
            depth += begins[at]
            if at < count:
                filled[at] = 1
                if depth and counted[at]:
                    originals += copied[at] == 0
                    copies += copied[at] != 0
        free(begins)
    if not is_inside:
        raise ValueError("a place beyond the last line")
