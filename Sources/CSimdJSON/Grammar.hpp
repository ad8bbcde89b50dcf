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

inline uint64_t wordAt(const char *text) {
    uint64_t word;
    std::memcpy(&word, text, 8);
    return word;
}

/// Eight bytes that are digits: all have the upper half 3, also with 6 added.
inline bool areEightDigits(const char *text) {
    constexpr uint64_t upperHalves = 0xF0F0F0F0F0F0F0F0, threes = 0x3030303030303030;
    const uint64_t word = wordAt(text);
    return (word & upperHalves) == threes && ((word + 0x0606060606060606) & upperHalves) == threes;
}

/// What eight digits say: neighbours are put together, then pairs, then fours. Little-endian, as all targets are.
inline int64_t eightDigits(const char *text) {
    uint64_t word = wordAt(text) - 0x3030303030303030;
    word = (word * 10 + (word >> 8)) & 0x00FF00FF00FF00FF;
    word = (word * 100 + (word >> 16)) & 0x0000FFFF0000FFFF;
    return int64_t(uint32_t(word * 10000 + (word >> 32)));
}

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

/// Marks the first quote or backslash among eight bytes by the top bit of its byte; what it marks behind it means nothing.
inline uint64_t quotesAndBackslashes(uint64_t word) {
    constexpr uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    const uint64_t quotes = word ^ (ones * '"'), backslashes = word ^ (ones * '\\');
    // The lowest mark is exact; a borrow can only set false ones above it. Little-endian, as all targets are.
    return (((quotes - ones) & ~quotes) | ((backslashes - ones) & ~backslashes)) & highs;
}

/// The first quote or backslash at or behind `text`. There is one: the first stage has seen the string closed. Reads up to
/// seven bytes behind it, which the padding allows.
inline const char *quoteOrBackslash(const char *text) {
    for (;; text += 8) {
        uint64_t word;
        std::memcpy(&word, text, 8);
        const uint64_t marks = quotesAndBackslashes(word);
        if (marks) { return text + (__builtin_ctzll(marks) >> 3); }
    }
}

inline uint32_t hexadecimalValue(char character) {
    const uint32_t digit = uint8_t(character);
    return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

/// The four digits at `text`; beyond 16 bits when they are none.
inline uint32_t codeUnit(const char *text) {
    uint32_t unit = 0;
    for (int digit = 0; digit < 4; digit += 1) {
        if (!isHexadecimal(text[digit])) { return UINT32_MAX; }
        unit = unit << 4 | hexadecimalValue(text[digit]);
    }
    return unit;
}

inline bool isHighSurrogate(uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
inline bool isLowSurrogate(uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

/// What an escape of two characters stands for, by the second one; 0 where it is none.
struct SimpleEscapes {
    char plain[256] = {};

    constexpr SimpleEscapes() {
        for (char same : {'"', '\\', '/'}) { plain[uint8_t(same)] = same; }
        plain['b'] = '\b';
        plain['f'] = '\f';
        plain['n'] = '\n';
        plain['r'] = '\r';
        plain['t'] = '\t';
    }

    constexpr char operator[](uint8_t character) const { return plain[character]; }
};

constexpr SimpleEscapes simpleEscapes;

/// The inside of a string that begins behind its opening quote.
struct StringToken {
    std::string_view inside;
    bool isValid = false;
    bool hasEscapes = false;
    /// The one escape that the grammar allows and no text can hold.
    bool hasLoneSurrogate = false;
};

/// RFC 8259 §7.
inline StringToken scanString(const char *start) {
    StringToken token;
    const char *position = start;
    for (;;) {
        position = quoteOrBackslash(position);
        if (*position == '"') {
            token.inside = std::string_view(start, size_t(position - start));
            token.isValid = true;
            return token;
        }
        token.hasEscapes = true;
        if (position[1] != 'u') {
            if (simpleEscapes[uint8_t(position[1])] == 0) { return token; }
            position += 2;
            continue;
        }
        const uint32_t unit = codeUnit(position + 2);
        if (unit > 0xFFFF) { return token; }
        position += 6;
        if (isHighSurrogate(unit) && position[0] == '\\' && position[1] == 'u' && isLowSurrogate(codeUnit(position + 2))) {
            position += 6;
        } else if (isHighSurrogate(unit) || isLowSurrogate(unit)) {
            token.hasLoneSurrogate = true;
        }
    }
}

}  // namespace holdfast
