#pragma once

// How a string is written: as JSON writes it, or that once more, where the JSON that it belongs to stands in a string itself.
// The forms that the server writes; half of a surrogate pair is none of them.

#include "Grammar.hpp"

namespace holdfast {

/// Of a string in JSON.
struct EscapedOnce {
    static constexpr size_t quoteLength = 1;

    static bool isQuote(const char *position) { return *position == '"'; }

    /// Bytes of the escape at `position`, 0 where it is none of the server's. At most six bytes are read.
    [[gnu::always_inline]] static unsigned escapeLength(const char *position) {
        if (position[0] != '\\') { return 0; }
        if (position[1] == 'u') { return isWholeUnit(codeUnit(position + 2)) ? 6 : 0; }
        return simpleEscapes[uint8_t(position[1])] != 0 ? 2 : 0;
    }

    static bool isWholeUnit(uint32_t unit) { return unit <= 0xFFFF && !isHighSurrogate(unit) && !isLowSurrogate(unit); }
};

/// Of a string in JSON that is a string in JSON.
struct EscapedTwice {
    static constexpr size_t quoteLength = 2;

    static bool isQuote(const char *position) { return position[0] == '\\' && position[1] == '"'; }

    /// The same. At most seven bytes are read.
    [[gnu::always_inline]] static unsigned escapeLength(const char *position) {
        if (position[0] != '\\' || position[1] != '\\') { return 0; }
        switch (position[2]) {
        case '"': return 0;
        case '\\': return position[3] == '"' || position[3] == '\\' ? 4 : 0;
        case 'u': return EscapedOnce::isWholeUnit(codeUnit(position + 3)) ? 7 : 0;
        default: return simpleEscapes[uint8_t(position[2])] != 0 ? 3 : 0;
        }
    }
};

}  // namespace holdfast
