#pragma once

// Strings are unescaped here, into memory of the caller: simdjson's own routine wants to begin anew at the opening quote,
// and what is unescaped twice (a post is JSON in a JSON string) is best checked and copied in one pass.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "CSimdJSON.h"
#include "Bytes.hpp"
#include "Grammar.hpp"

namespace holdfast {

/// Memory that grows to the longest text that it has held, and shrinks again after one beyond 1 MiB.
class Scratch {
public:
    /// Room for `count` bytes and what may be read or written behind them; null without memory.
    char *reserve(size_t count) {
        constexpr size_t retained = 1 << 20;
        if (capacity < count || (capacity > retained && count <= retained)) {
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

/// Unescapes the inside of a string. `target` has room for as many bytes and for the padding, into which it may write. The
/// end of what was written; null where RFC 8259 §7 does not allow an escape, a surrogate is alone, or a quote stands inside.
inline char *unescape(std::string_view inside, char *target) {
    const char *source = inside.data();
    const char *const end = source + inside.size();
    while (source < end) {
        // Sixteen bytes are copied whole; what is written next overwrites those behind the first escape.
        Bytes seen;
        const uint32_t marks = copyAndMark(source, target, seen);
        const int run = marks == 0 ? 16 : __builtin_ctz(marks);
        source += run;
        target += run;
        if (marks == 0 || source >= end) { continue; }
        if (*source != '\\' || end - source < 2) { return nullptr; }
        if (source[1] == 'u') {
            uint32_t scalar;
            if (!readUnicodeEscape(source, end, scalar)) { return nullptr; }
            target = appendScalar(scalar, target);
            continue;
        }
        const char plain = simpleEscapes[uint8_t(source[1])];
        if (plain == 0) { return nullptr; }
        *target++ = plain;
        source += 2;
    }
    // The last bytes that were copied may lie behind the end.
    return target - (source - end);
}

}  // namespace holdfast
