#pragma once

#include <simdjson.h>

#include "CSimdJSON.h"
#include "Grammar.hpp"

namespace holdfast {

namespace ondemand = simdjson::ondemand;

constexpr HoldfastOutcome success{HOLDFAST_JSON_OK, nullptr};
constexpr HoldfastOutcome malformed{HOLDFAST_JSON_MALFORMED, nullptr};
constexpr HoldfastOutcome tooLarge{HOLDFAST_JSON_TOO_LARGE, nullptr};
/// Each level costs two stack frames here.
constexpr unsigned maximumDepth = 128;

#define HOLDFAST_TRY(expression)                                   \
    do {                                                           \
        const HoldfastOutcome outcome = (expression);              \
        if (outcome.code != HOLDFAST_JSON_OK) { return outcome; } \
    } while (0)

inline HoldfastOutcome outcomeOf(simdjson::error_code error) {
    switch (error) {
    case simdjson::SUCCESS: return success;
    case simdjson::MEMALLOC: return {HOLDFAST_JSON_OUT_OF_MEMORY, nullptr};
    case simdjson::CAPACITY: return {HOLDFAST_JSON_TOO_LARGE, nullptr};
    default: return malformed;
    }
}

inline HoldfastText textOf(std::string_view view) { return {view.data(), view.size()}; }

/// A parser whose memory is bounded by what it is used for.
class Parser {
public:
    HoldfastOutcome open(HoldfastText json, ondemand::document &document) {
        simdjson::error_code error = simdjson::SUCCESS;
        HOLDFAST_TRY(open(json, document, error));
        return outcomeOf(error);
    }

    /// - Parameter error: what simdjson says of the text.
    HoldfastOutcome open(HoldfastText json, ondemand::document &document, simdjson::error_code &error) {
        if (json.bytes == nullptr || json.count == 0) { return malformed; }
        // The counts of ranges are 31 bits wide.
        if (json.count > INT32_MAX - 4096) { return tooLarge; }
        constexpr size_t retained = 1 << 20;
        if (parser.capacity() < json.count || (parser.capacity() > retained && json.count <= retained)) {
            size_t capacity = 4096;
            while (capacity < json.count && capacity < retained) { capacity *= 2; }
            // The old memory goes first, so that the peak is one parser.
            parser = ondemand::parser();
            HOLDFAST_TRY(outcomeOf(parser.allocate(capacity < json.count ? json.count : capacity)));
        }
        error = parser.iterate(json.bytes, json.count, json.count + HOLDFAST_JSON_PADDING).get(document);
        return success;
    }

    /// Nothing but whitespace may be left.
    static HoldfastOutcome close(ondemand::document &document) {
        return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? success : malformed;
    }

private:
    ondemand::parser parser;
};

inline HoldfastOutcome skip(ondemand::value value, unsigned depth);

/// Calls `body(key, value)` for each member. The key begins behind its quote, still escaped.
template <typename Body>
HoldfastOutcome forEachMember(ondemand::object object, Body body) {
    for (auto result : object) {
        ondemand::field field;
        HOLDFAST_TRY(outcomeOf(std::move(result).get(field)));
        HOLDFAST_TRY(body(field.key().raw(), field.value()));
    }
    return success;
}

template <typename Body>
HoldfastOutcome forEachElement(ondemand::array array, Body body) {
    for (auto result : array) {
        ondemand::value value;
        HOLDFAST_TRY(outcomeOf(std::move(result).get(value)));
        HOLDFAST_TRY(body(value));
    }
    return success;
}

/// The token at which a value begins; empty behind the end of the text, and where no value can be: simdjson passes a string
/// with a colon behind it as if it were a key, so that `{"x":"":}` would do.
inline std::string_view tokenOf(ondemand::value &value) {
    const std::string_view raw = value.raw_json_token();
    // It reaches up to the next token; behind the last one is padding, which may be read.
    if (!raw.empty() && raw.front() == '"' && raw.data()[raw.size()] == ':') { return {}; }
    return trimmed(raw);
}

inline HoldfastOutcome checkScalar(std::string_view token) {
    switch (token.empty() ? '\0' : token.front()) {
    case '"': {
        const StringToken string = scanString(token.data() + 1);
        return string.isValid && string.inside.size() + 2 == token.size() ? success : malformed;
    }
    case 't': return token == "true" ? success : malformed;
    case 'f': return token == "false" ? success : malformed;
    case 'n': return token == "null" ? success : malformed;
    default: return isNumber(token) ? success : malformed;
    }
}

inline HoldfastOutcome skipMember(const char *key, ondemand::value value, unsigned depth) {
    return scanString(key).isValid ? skip(value, depth) : malformed;
}

/// Passes a value, checking all of it.
inline HoldfastOutcome skip(ondemand::value value, unsigned depth) {
    const std::string_view token = tokenOf(value);
    const char first = token.empty() ? '\0' : token.front();
    if (first != '{' && first != '[') { return checkScalar(token); }
    if (depth >= maximumDepth) { return {HOLDFAST_JSON_TOO_DEEP, nullptr}; }
    if (first == '{') {
        ondemand::object object;
        HOLDFAST_TRY(outcomeOf(value.get_object().get(object)));
        return forEachMember(object, [depth](const char *key, ondemand::value member) {
            return skipMember(key, member, depth + 1);
        });
    }
    ondemand::array array;
    HOLDFAST_TRY(outcomeOf(value.get_array().get(array)));
    return forEachElement(array, [depth](ondemand::value element) { return skip(element, depth + 1); });
}

/// What a container was, once it has been passed: from its first byte to the one before the next token.
inline HoldfastOutcome passedSince(const char *start, ondemand::value &value, std::string_view &raw) {
    const char *next;
    // The end of the text is no place to be behind a member's value: its own container must still be closed.
    if (value.current_location().get(next)) { return malformed; }
    raw = trimmed(std::string_view(start, size_t(next - start)));
    return success;
}

/// A value as it stands in the text, checked.
inline HoldfastOutcome readRaw(ondemand::value value, unsigned depth, std::string_view &raw) {
    const std::string_view token = tokenOf(value);
    HOLDFAST_TRY(skip(value, depth));
    if (token.front() != '{' && token.front() != '[') {
        raw = token;
        return success;
    }
    return passedSince(token.data(), value, raw);
}

/// A value that must be a string or null, and is the latter or has another type.
inline HoldfastOutcome readNoString(std::string_view token, const char *key) {
    HOLDFAST_TRY(token == "{" || token == "[" ? success : checkScalar(token));
    return token == "null" ? success : HoldfastOutcome{HOLDFAST_JSON_WRONG_TYPE, key};
}

/// The string of a token, checked up to its end.
inline HoldfastOutcome readInside(std::string_view token, StringToken &string) {
    string = scanString(token.data() + 1);
    return string.isValid && string.inside.size() + 2 == token.size() ? success : malformed;
}

/// A string or null. Without escapes it is a part of the input; with them it is unescaped into the parser's buffer, where
/// the padding behind it is readable as well: the buffer is larger than all strings of the input and the padding together.
inline HoldfastOutcome readText(ondemand::value value, const char *key, HoldfastText &text) {
    const std::string_view token = tokenOf(value);
    text = {nullptr, 0};
    if (token.empty() || token.front() != '"') { return readNoString(token, key); }
    StringToken string;
    HOLDFAST_TRY(readInside(token, string));
    if (!string.hasEscapes) {
        text = textOf(string.inside);
        return success;
    }
    std::string_view unescaped;
    HOLDFAST_TRY(outcomeOf(value.get_string().get(unescaped)));
    text = textOf(unescaped);
    return success;
}

inline HoldfastRange rangeOf(const char *base, std::string_view part, bool hasEscapes = false) {
    return {uint32_t(part.data() - base), uint32_t(part.size()) << 1 | uint32_t(hasEscapes)};
}

inline std::string_view viewOf(const char *base, HoldfastRange range) {
    return std::string_view(base + range.offset, range.countAndEscapes >> 1);
}

/// A string or null, as the part of the input that it is.
inline HoldfastOutcome readRange(ondemand::value value, const char *key, const char *base, HoldfastRange &range) {
    const std::string_view token = tokenOf(value);
    range = {0, 0};
    if (token.empty() || token.front() != '"') { return readNoString(token, key); }
    StringToken string;
    HOLDFAST_TRY(readInside(token, string));
    if (string.hasLoneSurrogate) { return malformed; }
    range = rangeOf(base, string.inside, string.hasEscapes);
    return success;
}

/// A whole number or null.
inline HoldfastOutcome readInteger(ondemand::value value, const char *key, int64_t &integer) {
    const std::string_view token = tokenOf(value);
    if (!token.empty() && (token.front() == '-' || isDigit(token.front())) && !value.get_int64().get(integer)) {
        return success;
    }
    integer = 0;
    HOLDFAST_TRY(token == "{" || token == "[" ? success : checkScalar(token));
    return token == "null" ? success : HoldfastOutcome{HOLDFAST_JSON_WRONG_TYPE, key};
}

/// true, false or null.
inline HoldfastOutcome readFlag(ondemand::value value, const char *key, bool &flag) {
    const std::string_view token = tokenOf(value);
    flag = token == "true";
    HOLDFAST_TRY(token == "{" || token == "[" ? success : checkScalar(token));
    return flag || token == "false" || token == "null" ? success : HoldfastOutcome{HOLDFAST_JSON_WRONG_TYPE, key};
}

}  // namespace holdfast
