#pragma once

// Strings are unescaped here, into memory of the caller: simdjson's own routine wants to begin anew at the opening quote,
// and what is unescaped twice (a post is JSON in a JSON string) is best checked and copied in one pass.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "CSimdJSON.h"
#include "Bytes.hpp"
#include "Escaping.hpp"

namespace holdfast {

/// Memory that grows to the longest text that it has held, and shrinks again after one beyond 1 MiB.
class Scratch {
public:
    /// Room for `count` bytes and what may be read or written behind them; null without memory.
    char *reserve(size_t count) {
        constexpr size_t retained = 1 << 20;
        if (!bytes || capacity < count || (capacity > retained && count <= retained)) {
            size_t wanted = 4096;
            while (wanted < count && wanted < retained) { wanted *= 2; }
            if (wanted < count) { wanted = count; }
            bytes.reset();
            bytes.reset(static_cast<char *>(std::malloc(wanted + HOLDFAST_JSON_PADDING)));
            capacity = bytes ? wanted : 0;
        }
        return bytes.get();
    }

private:
    struct Free {
        void operator()(char *memory) const { std::free(memory); }
    };
    std::unique_ptr<char, Free> bytes;
    size_t capacity = 0;
};

inline char *appendScalar(uint32_t scalar, char *target) {
    if (scalar < 0x80) {
        *target++ = char(scalar);
    } else if (scalar < 0x800) {
        *target++ = char(0xC0 | scalar >> 6);
        *target++ = char(0x80 | (scalar & 0x3F));
    } else if (scalar < 0x10000) {
        *target++ = char(0xE0 | scalar >> 12);
        *target++ = char(0x80 | (scalar >> 6 & 0x3F));
        *target++ = char(0x80 | (scalar & 0x3F));
    } else {
        *target++ = char(0xF0 | scalar >> 18);
        *target++ = char(0x80 | (scalar >> 12 & 0x3F));
        *target++ = char(0x80 | (scalar >> 6 & 0x3F));
        *target++ = char(0x80 | (scalar & 0x3F));
    }
    return target;
}

/// Reads `\uXXXX` at `source`, and its other half where it is one of a pair. False for a lone surrogate or no number.
inline bool readUnicodeEscape(const char *&source, const char *end, uint32_t &scalar) {
    if (end - source < 6) { return false; }
    scalar = codeUnit(source + 2);
    source += 6;
    if (scalar > 0xFFFF || isLowSurrogate(scalar)) { return false; }
    if (!isHighSurrogate(scalar)) { return true; }
    if (end - source < 6 || source[0] != '\\' || source[1] != 'u') { return false; }
    const uint32_t low = codeUnit(source + 2);
    if (!isLowSurrogate(low)) { return false; }
    scalar = 0x10000 + ((scalar - 0xD800) << 10) + (low - 0xDC00);
    source += 6;
    return true;
}

/// Undoes the escape at `source`, at most 64 bytes of which the last ones may lie behind `end`. False where it is none.
inline bool takeEscape(EscapedOnce, const char *&source, const char *end, char *&target) {
    if (*source != '\\' || end - source < 2) { return false; }
    if (source[1] == 'u') {
        uint32_t scalar;
        if (!readUnicodeEscape(source, end, scalar)) { return false; }
        target = appendScalar(scalar, target);
        return true;
    }
    *target = simpleEscapes[uint8_t(source[1])];
    source += 2;
    return *target++ != 0;
}

inline bool takeEscape(EscapedTwice, const char *&source, const char *end, char *&target) {
    const unsigned length = EscapedTwice::escapeLength(source);
    if (length == 0 || size_t(end - source) < length) { return false; }
    if (length == 7) {
        target = appendScalar(codeUnit(source + 3), target);
    } else {
        *target++ = simpleEscapes[uint8_t(source[length - 1])];
    }
    source += length;
    return true;
}

/// Unescapes the inside of a string. `target` has room for as many bytes and for the padding, into which it may write. The
/// end of what was written; null where an escape is none, a surrogate is alone, or a quote or a control character stands
/// inside. Of what is escaped twice only what the server writes is known, by which the plain readers go.
template <typename Escaping>
char *unescape(std::string_view inside, char *target) {
    const char *source = inside.data();
    const char *const end = source + inside.size();
    for (const char *window = source; window < end; window += 64) {
        const char *const windowEnd = end - window < 64 ? end : window + 64;
        Bytes seen;
        // An escape at the end of the window before may have taken some of this one.
        uint64_t marks = from(size_t(source - window), markWindow(window, seen));
        for (;;) {
            // Copied whole: what is written next overwrites what lies behind the next escape.
            std::memcpy(target, source, 64);
            const char *const run = marks == 0 ? windowEnd : window + __builtin_ctzll(marks);
            if (run >= windowEnd) { break; }
            target += run - source;
            source = run;
            if (!takeEscape(Escaping(), source, end, target)) { return nullptr; }
            marks = from(size_t(source - window), marks);
        }
        if (source < windowEnd) {
            target += windowEnd - source;
            source = windowEnd;
        }
    }
    return target;
}

}  // namespace holdfast
