# Lines of text: all steps of a format, one after the other.

cdef Place take(Place at, Place stop, Step* step, int64_t* value) noexcept nogil:
    """Take one step that is no literal on a line; NULL where the line is not as it says."""
    if step.operation == RUN:
        return take_run(at, stop, step)
    if step.operation == ESCAPED:
        return take_escaped(at, stop)
    if step.operation == NUMBER:
        return take_number(at, stop, step, value)
    if step.operation == LAZY:
        return take_lazy(at, stop, step)
    if step.operation == DIGITS:
        return take_digits(at, stop, step, value)
    if step.operation == LAYOUT:
        return take_layout(at, stop, step, value)
    if step.operation == RFC_3339:
        return take_rfc_3339(at, stop, step, value)
    if step.operation == EPOCH:
        return take_epoch(at, stop, step, value)
    if step.operation == QUOTED:
        return take_quoted(at, stop, step)
    if step.operation == WORDS:
        return take_words(at, stop)
    if step.operation == NAME:
        return take_name(at, stop, step)
    if step.operation == GAP:
        return take_gap(at, stop, step)
    if step.operation == CHOICE:
        return take_choice(at, stop, step)
    if step.operation == LABELS:
        return take_labels(at, stop)
    return take_rest(at, stop, step)


cdef struct Table:  # the parts of the array that the caller owns, each column with room for so many rows
    int64_t* lines
    int64_t* starts
    int64_t* stops
    int64_t* numbers
    int64_t* times
    Py_ssize_t rows


cdef inline void fill(
    Table* table, Py_ssize_t row, const Step* step, int64_t start, int64_t stop, int64_t value
) noexcept nogil:
    """Put what a step took into its columns of a row."""
    if step.column >= 0:
        table.starts[step.column * table.rows + row] = start
        table.stops[step.column * table.rows + row] = stop
    if step.number >= 0:
        table.numbers[step.number * table.rows + row] = value
    if step.is_clock:
        table.times[row] = value


cdef Place take_steps(
    Place data, Place at, Place stop, Step* steps, int count, Table* table, Py_ssize_t row
) noexcept nogil:
    """Take all steps on a line, and fill a row of the table; NULL where the line is not as they say."""
    cdef int place
    cdef Step* step
    cdef Place end
    cdef int64_t value = 0
    for place in range(count):
        step = steps + place
        if step.operation == LITERAL:
            at = take_literal(at, stop, step)
            if at == NULL:
                return NULL
            continue
        # The usual ones right here: a call would take as long as they do.
        if step.operation == ESCAPED:
            end = take_escaped(at, stop)
        elif step.operation == RUN:
            end = take_run(at, stop, step)
        elif step.operation == NUMBER:
            end = take_number(at, stop, step, &value)
        elif step.operation == DIGITS:
            end = take_digits(at, stop, step, &value)
        elif step.operation == LAYOUT:
            end = take_layout(at, stop, step, &value)
        elif step.operation == LAZY:
            end = take_lazy(at, stop, step)
        else:
            end = take(at, stop, step, &value)
        if end == NULL:
            return NULL
        fill(table, row, step, at - data, end - data, value)
        at = end
    return at


cdef class TextProgram:
    """The table of the steps of one format. It remembers the last stamps, so that each thread needs its own."""

    cdef Step* steps
    cdef int count, columns, numbers
    cdef list texts  # that the steps point into

    def __cinit__(self, table):
        """table: what has the fields of table.Table."""
        steps = table.steps
        self.texts = [step.text for step in steps]
        self.count, self.columns, self.numbers = len(steps), len(table.columns), len(table.numbers)
        check_places(steps, self.columns, self.numbers)
        self.steps = new_steps(steps)

    def __dealloc__(self):
        free(self.steps)

    def scan(self, bytes data, start, stop, among, out):
        """Read the lines data[start:stop] that are `among` the wanted ones, and give how many are as the steps say.

        start and stop are int64[n], among is bool[n], and out int64[2 + 2 * columns + numbers, n]. For each line that
        is as the steps say, one more column of out is filled: the line's place in `start`, its time in microseconds,
        where each of its fields starts, where each stops, and its numbers. What is left over holds anything.
        """
        cdef Py_ssize_t count = len(start), size = len(data), line, row = 0
        cdef Place text = data
        cdef Table table = table_in(out, count, self.columns, self.numbers)
        cdef const int64_t* begin = readable(start, count)
        cdef const int64_t* end = readable(stop, count)
        cdef const uint8_t* wanted = <const uint8_t*>memory(among, 1, count, False)
        with nogil:
            for line in range(count):
                if not wanted[line] or not 0 <= begin[line] <= end[line] <= size:
                    continue
                if text + end[line] == take_steps(
                    text, text + begin[line], text + end[line], self.steps, self.count, &table, row
                ):
                    table.lines[row] = line
                    row += 1
        return row


cdef int check_places(parts, int columns, int numbers) except -1:
    """Nothing may be written beside the columns and numbers that there are."""
    for part in parts:
        if not (-1 <= part.column < columns and -1 <= part.number < numbers):
            raise ValueError("there is no such column")
    return 0


cdef Step* new_steps(steps) except NULL:
    """Give the steps as the kernel takes them, which the caller frees; their texts must live as long."""
    cdef Step* made = <Step*>calloc(len(steps) + 1, sizeof(Step))
    if made == NULL:
        raise MemoryError
    try:
        for place, step in enumerate(steps):
            set_step(made + <Py_ssize_t>place, step)
    except:
        free(made)
        raise
    return made


cdef int set_step(Step* step, source) except -1:
    cdef int place
    ends = source.ends or b"\0"
    step.operation, step.content = _OPERATIONS[source.operation], _CONTENTS[source.content]
    step.column, step.number = source.column, source.number
    step.is_clock, step.may_be_empty = source.is_clock, source.may_be_empty
    step.text, step.width = source.text, len(source.text)
    step.word = word_of(step.text, min(step.width, 8))
    step.mask = <uint64_t>-1 >> (64 - 8 * min(step.width, 8)) if step.width else 0
    for place in range(3):
        step.ends[place] = ends[min(place, len(ends) - 1)]
    for place in range(len(source.ends)):
        step.ends_of_name[source.ends[place] >> 6] |= <uint64_t>1 << (source.ends[place] & 63)
    step.least, step.most, step.scale = source.least, source.most, source.scale
    step.fewest_decimals, step.most_decimals = source.decimals
    if source.layout is not None:
        set_layout(&step.layout, source.layout)
    return 0


cdef int set_layout(Layout* layout, source) except -1:
    cdef int place
    if source.width > WIDEST:
        raise ValueError("too wide a stamp")
    at = source.at
    layout.width = source.width
    layout.named = "%b" in at
    layout.year, layout.month, layout.day = at["%Y"], at["%b" if layout.named else "%m"], at["%d"]
    layout.hour, layout.minute, layout.second = at["%H"], at["%M"], at["%S"]
    layout.zone = at.get("%z", at.get("%:z", -1))
    layout.zone_minutes = layout.zone + (3 if "%z" in at else 4)
    layout.fraction, layout.digits = source.fraction if source.fraction[1] else (source.width, 0)
    for place in range(WIDEST):
        layout.expected[place] = ord(source.literals[place]) if place in source.literals else ANY_BYTE
    return 0
