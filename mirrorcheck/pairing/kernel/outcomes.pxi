# Outcomes, by row of either side.

def link(row, original, copy, copy_of, original_of):
    """Write the row of its partner for the lines of each pair; original, copy: int64[pairs], their places."""
    cdef Py_ssize_t count = len(row), pairs = len(original), rows = len(copy_of), copy_rows = len(original_of), at
    cdef const int64_t* of_place = numbers(row, count)
    cdef const int64_t* first = numbers(original, pairs)
    cdef const int64_t* second = numbers(copy, pairs)
    cdef int64_t* partner = numbers_of(copy_of, rows)
    cdef int64_t* partner_of_copy = numbers_of(original_of, copy_rows)
    cdef int64_t one, other
    cdef bint is_inside = True
    with nogil:
        for at in range(pairs):
            if not (0 <= first[at] < count and 0 <= second[at] < count):
                is_inside = False
                break
            one, other = of_place[first[at]], of_place[second[at]]
            if not (0 <= one < rows and 0 <= other < copy_rows):
                is_inside = False
                break
            partner[one], partner_of_copy[other] = other, one
    if not is_inside:
        raise ValueError("a pair that is not inside its sides")


def write_candidates(row, is_copy, run, time_us, candidates, int64_t reach_us, of_originals, of_copies, alike):
    """Write how many candidates lines have, where that is more than one, and which of the originals are alike.

    All of a run, each within reach of the next, get the row of the first of them. candidates: int64[n], by place. The
    last three: int64, by row of either side.
    """
    cdef Py_ssize_t count = len(row), rows = min(len(of_originals), len(alike)), copy_rows = len(of_copies), at
    cdef const int64_t* of_place = numbers(row, count)
    cdef const uint8_t* copied = flags(is_copy, count)
    cdef const int64_t* runs = numbers(run, count)
    cdef const int64_t* times = numbers(time_us, count)
    cdef const int64_t* found = numbers(candidates, count)
    cdef int64_t* originals = numbers_of(of_originals, rows)
    cdef int64_t* copies = numbers_of(of_copies, copy_rows)
    cdef int64_t* first_alike = numbers_of(alike, rows)
    cdef Py_ssize_t before = -1
    cdef int64_t first = 0
    cdef bint is_inside = True
    with nogil:
        for at in range(count):
            if found[at] <= 1:
                continue
            if not 0 <= of_place[at] < (copy_rows if copied[at] else rows):
                is_inside = False
                break
            if copied[at]:
                copies[of_place[at]] = found[at]
                continue
            originals[of_place[at]] = found[at]
            if before < 0 or runs[at] != runs[before] or times[at] - times[before] > reach_us:
                first = of_place[at]
            first_alike[of_place[at]] = first
            before = at
    if not is_inside:
        raise ValueError("a row that is not inside its side")
