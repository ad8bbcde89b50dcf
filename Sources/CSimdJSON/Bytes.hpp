#pragma once

// Sixteen bytes at a time: what every x86-64 can do, and everything else by plain code.

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace holdfast {

#if defined(__SSE2__)

/// What was seen of many bytes.
class Bytes {
public:
    bool isASCII() const { return _mm_movemask_epi8(all) == 0; }

    void see(__m128i bytes) { all = _mm_or_si128(all, bytes); }
    void see(const Bytes &other) { see(other.all); }

private:
    __m128i all = _mm_setzero_si128();
};

inline uint32_t marksOf(__m128i bytes) {
    const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    // With this bit turned, the control characters and the quote are those up to 0x20.
    const __m128i turned = _mm_xor_si128(bytes, _mm_set1_epi8(0x02));
    const __m128i others = _mm_cmpeq_epi8(_mm_min_epu8(turned, _mm_set1_epi8(0x20)), turned);
    return uint32_t(_mm_movemask_epi8(_mm_or_si128(backslashes, others)));
}

/// Marks the quotes, backslashes and control characters among sixteen bytes, one bit a byte.
inline uint32_t mark(const char *source, Bytes &seen) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(source));
    seen.see(bytes);
    return marksOf(bytes);
}

#else

/// What was seen of many bytes.
class Bytes {
public:
    bool isASCII() const { return (all & 0x80) == 0; }

    void see(uint8_t byte) { all |= byte; }
    void see(const Bytes &other) { see(other.all); }

private:
    uint8_t all = 0;
};

/// Marks the quotes, backslashes and control characters among sixteen bytes, one bit a byte.
inline uint32_t mark(const char *source, Bytes &seen) {
    uint32_t marks = 0;
    for (int index = 0; index < 16; index += 1) {
        seen.see(uint8_t(source[index]));
        marks |= uint32_t(source[index] == '"' || source[index] == '\\' || uint8_t(source[index]) < 0x20) << index;
    }
    return marks;
}

#endif

/// Marks the same among 64 bytes.
inline uint64_t markWindow(const char *source, Bytes &seen) {
    uint64_t marks = 0;
    for (int part = 0; part < 4; part += 1) { marks |= uint64_t(mark(source + 16 * part, seen)) << (16 * part); }
    return marks;
}

/// The marks from `first` on.
inline uint64_t from(size_t first, uint64_t marks) { return first < 64 ? marks >> first << first : 0; }

}  // namespace holdfast
