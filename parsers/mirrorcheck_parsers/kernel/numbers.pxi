# Numbers.

cdef inline uint64_t others_than_digits(uint64_t word) noexcept nogil:
    """Mark the bytes that are no digits; above the lowest one of them marks may be false."""
    word ^= 0x3030303030303030u  # digits are below ten now
    return (word | (word + 0x7676767676767676u)) & 0x8080808080808080u


cdef inline Place skip_digits(Place at, Place stop) noexcept nogil:
    cdef uint64_t others
    while stop - at >= 8:
        others = others_than_digits(word_at(at))
        if others:
            return at + (trailing_zeros(others) >> 3)
        at += 8
    while at < stop and is_digit(at[0]):
        at += 1
    return at


cdef inline int64_t value_of_few(Place at, Py_ssize_t count) noexcept nogil:
    """Give what up to eight digits are worth: pairs of them, pairs of these, and so on, each time all at once."""
    cdef uint64_t digits
    if count <= 0:
        return 0
    digits = (word_of(at, count) ^ 0x3030303030303030u) << 8 * (8 - count)  # the last one highest, zeros in front
    digits = digits * 10 + (digits >> 8)
    digits = (digits & 0x00FF00FF00FF00FFu) * 100 + (digits >> 16 & 0x00FF00FF00FF00FFu)
    digits = (digits & 0x0000FFFF0000FFFFu) * 10000 + (digits >> 32 & 0x0000FFFF0000FFFFu)
    return <int64_t>(digits & 0xFFFFFFFFu)


cdef inline int64_t value_of(Place at, Place stop) noexcept nogil:
    """Give what some digits are worth, at most MOST_DIGITS of them."""
    cdef int64_t value = 0
    if stop - at <= 8:
        return value_of_few(at, stop - at)
    while at < stop:
        value = value * 10 + (at[0] - c"0")
        at += 1
    return value


cdef inline Place take_number(Place at, Place stop, const Step* step, int64_t* value) noexcept nogil:
    """Take a number, a dash or, where that is allowed, nothing; the value is -1 for what is not just digits."""
    cdef Place first = at + (at < stop and (at[0] == c"-" or at[0] == c"+"))
    cdef Place end = skip_digits(first, stop)
    value[0] = -1
    if end == first:
        if at < stop and at[0] == c"-":
            return at + 1
        return at if step.may_be_empty else NULL
    if step.most and stop - end >= 2 and end[0] == c"." and is_digit(end[1]):
        return skip_digits(end + 1, stop)
    if first == at and end - at <= MOST_DIGITS:
        value[0] = value_of(at, end)
    return end


cdef inline Place take_digits(Place at, Place stop, const Step* step, int64_t* value) noexcept nogil:
    cdef Place end = at + step.most if stop - at >= step.most else NULL
    if end == NULL or skip_digits(at, end) != end:
        return NULL
    value[0] = value_of(at, end)
    return end


# Times.

cdef inline int two_digits(Place at) noexcept nogil:
    """Give what two digits are worth, a number beyond all limits where they are none."""
    cdef uint8_t tens = at[0] - c"0", ones = at[1] - c"0"
    return tens * 10 + ones if tens < 10 and ones < 10 else 1000


cdef int month_named(Place at) noexcept nogil:
    cdef Place names = <Place>MONTHS
    cdef int month
    for month in range(12):
        if memcmp(at, names + 3 * month, 3) == 0:
            return month + 1
    return 0


cdef inline int days_in(int year, int month) noexcept nogil:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


cdef inline int64_t days_before(int year, int month, int day) noexcept nogil:
    """Count the days from 1970-01-01 to a day (days_from_civil of Howard Hinnant); years begin in March here."""
    cdef int shifted = year - (month <= 2)
    cdef int era_year = shifted % 400
    cdef int day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return <int64_t>(shifted // 400) * 146097 + era_year * 365 + era_year // 4 - era_year // 100 + day_of_year - 719468


cdef bint read_date(Place at, const Layout* layout, int64_t* seconds) noexcept nogil:
    """Read all of a stamp but its fraction; False where there is no such moment."""
    cdef int place, year, month, day, hour, minute, second, hours, minutes
    for place in range(layout.width):
        if layout.expected[place] != ANY_BYTE and layout.expected[place] != at[place]:
            return False
    year = two_digits(at + layout.year) * 100 + two_digits(at + layout.year + 2)
    month = month_named(at + layout.month) if layout.named else two_digits(at + layout.month)
    day = two_digits(at + layout.day)
    hour, minute = two_digits(at + layout.hour), two_digits(at + layout.minute)
    second = two_digits(at + layout.second)
    if year < 1 or year > 9999 or two_digits(at + layout.year + 2) > 99 or month < 1 or month > 12:
        return False
    if day < 1 or day > days_in(year, month) or hour > 23 or minute > 59 or second > 59:
        return False
    seconds[0] = days_before(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    if layout.zone >= 0:
        return read_offset(at + layout.zone, at + layout.zone_minutes, seconds)
    return True


cdef inline bint read_offset(Place hours_at, Place minutes_at, int64_t* seconds) noexcept nogil:
    """Take the offset of a zone, its sign at `hours_at`, off a time of day; False where there is none."""
    cdef int hours = two_digits(hours_at + 1), minutes = two_digits(minutes_at)
    cdef int east = hours * 3600 + minutes * 60
    if hours > 19 or minutes > 59:
        return False
    if hours_at[0] == c"-":
        seconds[0] += east
        return True
    seconds[0] -= east
    return hours_at[0] == c"+"


cdef inline int64_t micros_of(Place at, int digits) noexcept nogil:
    """Give what the decimals of a second are worth in microseconds, cut."""
    cdef int64_t micros = value_of(at, at + min(digits, 6))
    while digits < 6:
        micros *= 10
        digits += 1
    return micros


cdef inline bint is_like_last(Place at, const Step* step) noexcept nogil:
    """Whether a stamp is the one read last, but for its fraction."""
    cdef const Layout* layout = &step.layout
    cdef int behind = layout.fraction + layout.digits
    return (
        step.has_last
        and are_equal(at, step.last, layout.fraction)
        and are_equal(at + behind, step.last + behind, layout.width - behind)
    )


cdef inline Place take_layout(Place at, Place stop, Step* step, int64_t* us) noexcept nogil:
    cdef const Layout* layout = &step.layout
    cdef Place fraction = at + layout.fraction
    cdef int64_t seconds = 0
    if stop - at < layout.width:
        return NULL
    if not is_like_last(at, step):
        step.has_last = read_date(at, layout, &seconds)
        if not step.has_last:
            return NULL
        memcpy(step.last, at, layout.width)
        step.last_us = seconds * 1000000
    us[0] = step.last_us
    if layout.digits:
        if skip_digits(fraction, fraction + layout.digits) != fraction + layout.digits:
            return NULL
        us[0] += micros_of(fraction, layout.digits)
    return at + layout.width


cdef inline Place take_rfc_3339(Place at, Place stop, Step* step, int64_t* us) noexcept nogil:
    """Take a date and a time as the layout says, which has no fraction and no zone, and these two behind it."""
    cdef Place zone = take_layout(at, stop, step, us)
    cdef Place fraction
    cdef int64_t seconds = 0
    if zone == NULL or zone == stop:
        return NULL
    if zone[0] == c".":
        fraction = zone + 1
        zone = skip_digits(fraction, fraction + min(stop - fraction, 9))
        if zone == fraction or zone == stop:
            return NULL
        us[0] += micros_of(fraction, <int>(zone - fraction))
    if zone[0] == c"Z":
        return zone + 1
    if stop - zone < 6 or zone[3] != c":" or not read_offset(zone, zone + 4, &seconds):
        return NULL
    us[0] += seconds * 1000000
    return zone + 6


cdef inline Place take_epoch(Place at, Place stop, const Step* step, int64_t* us) noexcept nogil:
    cdef Place end = skip_digits(at, at + min(stop - at, step.most))
    cdef Place fraction
    if end - at < step.least:
        return NULL
    us[0] = value_of(at, end) * step.scale if step.scale else value_of(at, end - 3)
    if step.most_decimals and stop - end >= 2 and end[0] == c"." and is_digit(end[1]):
        fraction = end + 1
        end = skip_digits(fraction, fraction + min(stop - fraction, step.most_decimals))
        us[0] += micros_of(fraction, <int>(end - fraction)) * step.scale // 1000000
        return end if end - fraction >= step.fewest_decimals else NULL
    return end if step.fewest_decimals == 0 else NULL
