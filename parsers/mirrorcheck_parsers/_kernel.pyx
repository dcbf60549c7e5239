# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
r"""Reads lines of text as columns, byte by byte and without the interpreter's lock.

A format is a table of steps (compiled/table.py makes it), one for each of its literals and fields, in the order of a line:

    10.0.0.1 - bob [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12 "curl/8"
    RUN     LITERAL    LAYOUT                    ESCAPED         NUMBER  ESCAPED
               LAZY                                            DIGITS

A step begins where the one before it ended, and says where it ends itself, or that the line is not as it should be.
No step is tried again: each takes what the regular expression of the format would try first, so that a line that all
steps take is read as the expression reads it. Any other line is left to the expression.

Lines of JSON and of key=value pairs are read by their keys, and what other programs put around lines is taken off
first. Columns of texts that were found are hashed and asked a few things. Nothing is read in front of a line's start or
from its stop on, whatever the line holds.

    steps      what may stand on a line             texts, numbers   how each step is taken
    json       objects: values, keys, open ones     pairs, escapes   what else lines of keys hold
    layers     prefixes and envelopes of lines      hashing          what equal texts are known by
    parts      the same of parts of texts           columns         lines, columns of texts, requests
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport INT64_MIN, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memchr, memcmp, memcpy, memset

ctypedef const uint8_t* Place

cdef extern from *:
    """
    #if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    #error "words of eight bytes are read as little-endian ones"
    #endif
    #include <stdint.h>

    /* Passes over bytes, 32 or 16 at a time, as long as none of them is one of three; stops where fewer are left, or at
       the first of these bytes. Cython has no words of sixteen bytes. */
    #ifdef __SSE2__
    #include <emmintrin.h>
    #define IS_WIDE 1
    static inline __m128i found_in(const uint8_t* at, __m128i first, __m128i second, __m128i third) {
        const __m128i word = _mm_loadu_si128((const __m128i*)at);
        const __m128i other = _mm_or_si128(_mm_cmpeq_epi8(word, second), _mm_cmpeq_epi8(word, third));
        return _mm_or_si128(_mm_cmpeq_epi8(word, first), other);
    }
    static inline const uint8_t* skip_wide(const uint8_t* at, const uint8_t* stop, uint8_t a, uint8_t b, uint8_t c) {
        const __m128i first = _mm_set1_epi8(a), second = _mm_set1_epi8(b), third = _mm_set1_epi8(c);
        unsigned found;
        if (stop - at < 16)
            return at;
        found = _mm_movemask_epi8(found_in(at, first, second, third)); /* most texts are short */
        if (found)
            return at + __builtin_ctz(found);
        for (at += 16; stop - at >= 32; at += 32) {
            found = _mm_movemask_epi8(found_in(at, first, second, third));
            found |= (unsigned)_mm_movemask_epi8(found_in(at + 16, first, second, third)) << 16;
            if (found)
                return at + __builtin_ctz(found);
        }
        if (stop - at < 16)
            return at;
        found = _mm_movemask_epi8(found_in(at, first, second, third));
        return found ? at + __builtin_ctz(found) : at + 16;
    }

    /* Says which of 64 bytes are one of two, the first one in the lowest bit. */
    static inline uint64_t marks_of(const uint8_t* at, uint8_t a, uint8_t b) {
        const __m128i first = _mm_set1_epi8(a), second = _mm_set1_epi8(b);
        uint64_t marks = 0;
        for (int place = 0; place < 64; place += 16) {
            const __m128i word = _mm_loadu_si128((const __m128i*)(at + place));
            const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(word, first), _mm_cmpeq_epi8(word, second));
            marks |= (uint64_t)(uint32_t)_mm_movemask_epi8(found) << place;
        }
        return marks;
    }
    #else
    #define IS_WIDE 0
    static inline const uint8_t* skip_wide(const uint8_t* at, const uint8_t* stop, uint8_t a, uint8_t b, uint8_t c) {
        return at;
    }
    static inline uint64_t marks_of(const uint8_t* at, uint8_t a, uint8_t b) {
        uint64_t marks = 0;
        for (int place = 0; place < 64; place++)
            marks |= (uint64_t)(at[place] == a || at[place] == b) << place;
        return marks;
    }
    #endif
    """
    int trailing_zeros "__builtin_ctzll"(unsigned long long) noexcept nogil
    const bint IS_WIDE
    void prefetch "__builtin_prefetch"(const void*) noexcept nogil
    Place skip_wide(Place at, Place stop, uint8_t first, uint8_t second, uint8_t third) noexcept nogil
    uint64_t marks_of(Place at, uint8_t first, uint8_t second) noexcept nogil

cdef int64_t NO_TIME = INT64_MIN

cdef const char* MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"

cdef enum:
    WIDEST = 64  # bytes of a stamp with a layout
    LONGEST_PATH = 512  # bytes of the keys that lead to a value
    DEEPEST = 60  # nests in one another; deeper ones are read by the reference
    MOST_DIGITS = 18  # of a number that an int64_t surely holds
    SLACK = 16  # bytes behind a buffer, so that words can be written
    BLOCK = 64  # bytes that are looked at together
    AHEAD = 16  # texts, of which the processor fetches one while those before it are looked at
    NOTED_BITS = 8  # of the number of texts of a column that are noted, lest each be hashed again
    ANY_BYTE = -1

include "kernel/steps.pxi"
include "kernel/bytes.pxi"
include "kernel/texts.pxi"
include "kernel/numbers.pxi"
include "kernel/text_program.pxi"
include "kernel/memory.pxi"
include "kernel/json_values.pxi"
include "kernel/json_keys.pxi"
include "kernel/json_open.pxi"
include "kernel/json.pxi"
include "kernel/pairs.pxi"
include "kernel/escapes.pxi"
include "kernel/object_program.pxi"
include "kernel/layers.pxi"
include "kernel/hashing.pxi"
include "kernel/parts.pxi"
include "kernel/columns.pxi"
