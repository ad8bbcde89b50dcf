#pragma once

// What simdjson's first stage leaves open: it checks UTF-8, quotes and control characters, and finds the tokens; the inside
// of those that are skipped is checked here.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace holdfast {

inline bool isWhitespace(char character) {
    return character == ' ' || character == '\n' || character == '\r' || character == '\t';
}

inline std::string_view trimmed(std::string_view text) {
    while (!text.empty() && isWhitespace(text.back())) { text.remove_suffix(1); }
    return text;
}

inline bool isDigit(char character) { return character >= '0' && character <= '9'; }

inline bool isHexadecimal(char character) {
    return isDigit(character) || (character >= 'a' && character <= 'f') || (character >= 'A' && character <= 'F');
}

/// RFC 8259 §6: of any size, for what is not read has no range.
inline bool isNumber(std::string_view text) {
    size_t position = 0;
    auto digits = [&] {
        const size_t start = position;
        while (position < text.size() && isDigit(text[position])) { position += 1; }
        return position > start;
    };
    if (position < text.size() && text[position] == '-') { position += 1; }
    if (position < text.size() && text[position] == '0') {
        position += 1;
    } else if (!digits()) {
        return false;
    }
    if (position < text.size() && text[position] == '.') {
        position += 1;
        if (!digits()) { return false; }
    }
    if (position < text.size() && (text[position] == 'e' || text[position] == 'E')) {
        position += 1;
        if (position < text.size() && (text[position] == '+' || text[position] == '-')) { position += 1; }
        if (!digits()) { return false; }
    }
    return position == text.size();
}

/// The first quote or backslash at or behind `text`. There is one: the first stage has seen the string closed. Reads up to
/// seven bytes behind it, which the padding allows.
inline const char *quoteOrBackslash(const char *text) {
    constexpr uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    for (;; text += 8) {
        uint64_t word;
        std::memcpy(&word, text, 8);
        const uint64_t quotes = word ^ (ones * '"'), backslashes = word ^ (ones * '\\');
        const uint64_t found = (((quotes - ones) & ~quotes) | ((backslashes - ones) & ~backslashes)) & highs;
        if (found) {
            // The lowest mark is exact; a borrow can only set false ones above it. Little-endian, as all targets are.
            return text + (__builtin_ctzll(found) >> 3);
        }
    }
}

/// The inside of a string that begins behind its opening quote.
struct StringToken {
    std::string_view inside;
    bool isValid;
    bool hasEscapes;
};

/// RFC 8259 §7, without the pairing of surrogates, which only unescaping needs.
inline StringToken scanString(const char *start) {
    bool hasEscapes = false;
    const char *position = start;
    for (;;) {
        position = quoteOrBackslash(position);
        if (*position == '"') {
            return {std::string_view(start, size_t(position - start)), true, hasEscapes};
        }
        hasEscapes = true;
        switch (position[1]) {
        case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
            position += 2;
            break;
        case 'u':
            for (int digit = 2; digit < 6; digit += 1) {
                if (!isHexadecimal(position[digit])) { return {{}, false, true}; }
            }
            position += 6;
            break;
        default:
            return {{}, false, true};
        }
    }
}

}  // namespace holdfast
