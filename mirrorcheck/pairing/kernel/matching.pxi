# Matching.

def match_even(logged_us, is_copy, run, int64_t horizon_us, original, copy, uneven):
    """Pair the runs with as many originals as copies rank by rank, where each pair is within the horizon.

    original, copy: int64[n // 2], the places of the paired, to be filled. uneven: int64[n // 2, 2], where each of the other
    runs begins and ends that have lines of both sides. Gives how many pairs and how many such runs there are.
    """
    cdef Py_ssize_t count = len(run), begin = 0, end, pairs = 0, others = 0
    cdef Py_ssize_t originals, copies
    cdef const int64_t* runs = numbers(run, count)
    cdef const int64_t* logged = numbers(logged_us, count)
    cdef const uint8_t* copied = flags(is_copy, count)
    cdef int64_t* of_pair = numbers_of(original, count // 2)
    cdef int64_t* partner = numbers_of(copy, count // 2)
    cdef int64_t* left = numbers_of(uneven, count // 2 * 2)
    with nogil:
        while begin < count:
            originals = copies = 0
            end = begin
            while end < count and runs[end] == runs[begin]:
                copies += copied[end] != 0
                end += 1
            originals = end - begin - copies
            if originals == copies and by_rank(begin, end, logged, copied, horizon_us, of_pair + pairs, partner + pairs):
                pairs += copies
            elif originals and copies:
                left[2 * others], left[2 * others + 1] = begin, end
                others += 1
            begin = end
    return pairs, others


cdef bint by_rank(
    Py_ssize_t begin,
    Py_ssize_t end,
    const int64_t* logged,
    const uint8_t* copied,
    int64_t horizon_us,
    int64_t* of_pair,
    int64_t* partner,
) noexcept nogil:
    """Pair the lines of a run that has as many of both sides, and tell whether all pairs are within the horizon."""
    cdef Py_ssize_t at, originals = 0, copies = 0
    for at in range(begin, end):
        if copied[at]:
            partner[copies] = at
            copies += 1
        else:
            of_pair[originals] = at
            originals += 1
    for at in range(copies):
        if not -horizon_us <= logged[partner[at]] - logged[of_pair[at]] <= horizon_us:
            return False
    return True


def best_partners(few_us, many_us, partner):
    """Find the partners of m sorted times among n >= m as `assignment.best_partners` does, tie by tie: int64[m]."""
    cdef Py_ssize_t count = len(few_us), shifts = len(many_us) - count, width = count + 1, at, shift, end
    cdef const int64_t* few = numbers(few_us, count)
    cdef const int64_t* many = numbers(many_us, len(many_us))
    cdef int64_t* found = numbers_of(partner, count)
    cdef int64_t total, least, lead
    cdef int64_t* cost  # of the first lines, at the shifts so far
    cdef uint8_t* is_least  # by shift and line: taking the shift up there costs less than before any earlier line
    if shifts < 0:
        raise ValueError("there are fewer of the many")
    cost = <int64_t*>room_for(width, sizeof(int64_t))
    is_least = <uint8_t*>calloc(max(shifts, 1) * width, 1)
    if is_least == NULL:
        free(cost)
        raise MemoryError
    with nogil:
        total = cost[0] = 0
        for at in range(count):
            found[at] = at
            total += apart(few[at], many[at])
            cost[at + 1] = total
        for shift in range(shifts):
            total, least = 0, INT64_MAX
            for at in range(width):
                lead = cost[at] - total
                if lead < least:
                    least = lead
                    is_least[shift * width + at] = True
                cost[at] = min(cost[at], total + least)
                if at < count:
                    total += apart(few[at], many[at + shift + 1])
        end = count
        for shift in range(shifts - 1, -1, -1):  # back from the last line: each was taken up where that cost least
            while not is_least[shift * width + end]:
                end -= 1
            for at in range(end, count):
                found[at] += 1
        free(cost)
        free(is_least)


cdef inline int64_t apart(int64_t one, int64_t other) noexcept nogil:
    return one - other if one > other else other - one


# A best matching of one run, as assignment.py explains it. A slope inserts itself at the moment of its line, and all
# others enter a list at its end; so what lies before that moment and what lies behind are two lists, moments only grow,
# and each step takes the same time however many lines wait.

cdef struct Slope:
    int64_t value
    int64_t line


cdef struct Slopes:  # in order; taken away at both ends
    Slope* at
    Py_ssize_t begin, end


cdef struct Stack:  # in order; those up to now, those beyond
    Slopes reached, ahead


cdef struct Balance:
    Stack left_originals, right_copies
    Slopes left_copies, right_originals
    int64_t now
    uint8_t* crossed  # of each line


cdef inline Py_ssize_t size_of(const Slopes* slopes) noexcept nogil:
    return slopes.end - slopes.begin


cdef inline void push(Slopes* slopes, Slope slope) noexcept nogil:
    slopes.at[slopes.end] = slope
    slopes.end += 1


cdef inline Slope pop(Slopes* slopes) noexcept nogil:
    slopes.end -= 1
    return slopes.at[slopes.end]


cdef inline Slope across(Slope slope, int64_t now) noexcept nogil:
    """Give the slope as it counts on the other side of 0."""
    slope.value = 2 * now - slope.value
    return slope


cdef inline void insert(Stack* stack, int64_t now, int64_t line) noexcept nogil:
    """Insert the slope of a line behind those that have been reached by now."""
    cdef Slope slope
    while size_of(&stack.ahead) and stack.ahead.at[stack.ahead.begin].value <= now:
        push(&stack.reached, stack.ahead.at[stack.ahead.begin])
        stack.ahead.begin += 1
    slope.value, slope.line = now, line
    push(&stack.reached, slope)


cdef inline Slope last_of(Stack* stack) noexcept nogil:
    return pop(&stack.ahead if size_of(&stack.ahead) else &stack.reached)


cdef inline void append(Stack* stack, int64_t now, Slope slope) noexcept nogil:
    push(&stack.ahead if size_of(&stack.ahead) or slope.value > now else &stack.reached, slope)


cdef Py_ssize_t cut(Slopes* slopes, Py_ssize_t surplus, uint8_t* crossed) noexcept nogil:
    """Take up to so many slopes away at the front, and mark their lines, if asked to; gives how many are too many."""
    while surplus > 0 and size_of(slopes):
        if crossed != NULL:
            crossed[slopes.at[slopes.begin].line] = True
        slopes.begin += 1
        surplus -= 1
    return surplus


cdef void take_original(Balance* balance, int64_t line, Py_ssize_t waiting) noexcept nogil:
    """An original inserts a slope left of 0, and the greatest one there changes sides.

    waiting: copies that are in its reach; as many may wait at most.
    """
    cdef Stack* originals = &balance.left_originals
    cdef Py_ssize_t surplus = size_of(&originals.reached) + size_of(&originals.ahead) + size_of(&balance.left_copies)
    surplus = cut(&originals.reached, surplus - waiting, balance.crossed)
    cut(&balance.left_copies, cut(&originals.ahead, surplus, balance.crossed), balance.crossed)
    insert(originals, balance.now, line)
    if size_of(&balance.left_copies):
        append(&balance.right_copies, balance.now, across(pop(&balance.left_copies), balance.now))
    else:
        push(&balance.right_originals, across(last_of(originals), balance.now))


cdef void take_copy(Balance* balance, int64_t line, Py_ssize_t waiting) noexcept nogil:
    """A copy inserts a slope right of 0, and the least one there changes sides; waiting: originals in its reach."""
    cdef Stack* copies = &balance.right_copies
    cdef Py_ssize_t surplus = size_of(&copies.reached) + size_of(&copies.ahead) + size_of(&balance.right_originals)
    surplus = cut(&copies.reached, surplus - waiting, NULL)
    cut(&balance.right_originals, cut(&copies.ahead, surplus, NULL), NULL)
    insert(copies, balance.now, line)
    if size_of(&balance.right_originals):
        append(&balance.left_originals, balance.now, across(pop(&balance.right_originals), balance.now))
    else:
        push(&balance.left_copies, across(last_of(copies), balance.now))


cdef Slopes part_of(Slope** room, Py_ssize_t most) noexcept nogil:
    """Give an empty list with room for so many slopes in all, and take it off the room that is left."""
    cdef Slopes slopes
    slopes.at, slopes.begin, slopes.end = room[0], 0, 0
    room[0] += most
    return slopes


cdef struct InReach:  # of one side: the lines that may still pair with what comes
    Py_ssize_t first, lines


cdef inline Py_ssize_t forget(
    InReach* reach, const int64_t* logged, const uint8_t* copied, bint side, int64_t since_us
) noexcept nogil:
    """Forget the lines of a side that were logged before; gives how many are left."""
    while reach.lines:
        if (copied[reach.first] != 0) == side:
            if logged[reach.first] >= since_us:
                break
            reach.lines -= 1
        reach.first += 1
    return reach.lines


def match_run(time_us, logged_us, is_copy, int64_t horizon_us, original, copy):
    """Pair the lines of one run as `assignment.match_run` does, tie by tie; gives how many pairs there are.

    original, copy: int64[n // 2], the places of the paired in the run, to be filled.
    """
    cdef Py_ssize_t count = len(is_copy), copies = 0, pairs = 0, partners = 0, at
    cdef const int64_t* times = numbers(time_us, count)
    cdef const int64_t* logged = numbers(logged_us, count)
    cdef const uint8_t* copied = flags(is_copy, count)
    cdef int64_t* of_pair = numbers_of(original, count // 2)
    cdef int64_t* partner = numbers_of(copy, count // 2)
    cdef InReach originals_in_reach, copies_in_reach
    cdef Balance balance
    cdef Slope* room
    cdef Slope* slopes = <Slope*>room_for(3 * count, sizeof(Slope))
    balance.crossed = <uint8_t*>calloc(max(count, 1), 1)
    if balance.crossed == NULL:
        free(slopes)
        raise MemoryError
    with nogil:
        for at in range(count):
            copies += copied[at] != 0
        room = slopes
        # A line is in one list at a time and leaves it for good where it is cut off, or enters again at the end.
        balance.left_originals.reached = part_of(&room, count - copies)
        balance.right_originals = part_of(&room, count - copies)
        balance.right_copies.reached = part_of(&room, copies)
        balance.left_copies = part_of(&room, copies)
        balance.left_originals.ahead = part_of(&room, copies)  # each copy sends one original there at most
        balance.right_copies.ahead = part_of(&room, count - copies)
        originals_in_reach.first = originals_in_reach.lines = copies_in_reach.first = copies_in_reach.lines = 0
        for at in range(count):
            balance.now = times[at] - times[0]
            if copied[at]:
                take_copy(&balance, at, forget(&originals_in_reach, logged, copied, False, logged[at] - horizon_us))
                copies_in_reach.lines += 1
            else:
                take_original(&balance, at, forget(&copies_in_reach, logged, copied, True, logged[at] - horizon_us))
                originals_in_reach.lines += 1
        cut(&balance.left_originals.reached, count, balance.crossed)
        cut(&balance.left_originals.ahead, count, balance.crossed)
        cut(&balance.left_copies, count, balance.crossed)
        # As many slopes are left of 0 as copies came, so that as many originals are taken as copies are.
        for at in range(count):
            if copied[at] and not balance.crossed[at]:
                partner[partners] = at
                partners += 1
            elif not copied[at] and balance.crossed[at]:
                of_pair[pairs] = at
                pairs += 1
        free(balance.crossed)
        free(slopes)
    return pairs
