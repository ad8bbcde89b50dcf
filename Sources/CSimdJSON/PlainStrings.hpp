#pragma once

#include <simdjson.h>

#include <string_view>

#include "Bytes.hpp"
#include "Escaping.hpp"

namespace holdfast {

/// Finds where strings end that are written in one of the ways of `Escaping.hpp`, and checks that they are UTF-8.
template <typename Escaping>
class PlainStrings {
public:
    explicit PlainStrings(const char *end) : end(end) {}

    /// All strings so far are known to be ASCII.
    bool areASCII = true;

    /// Begins at an opening quote and ends behind the closing one. False where there is no such string before the end.
    [[gnu::always_inline]] bool take(const char *&position, std::string_view &inside, bool &hasEscapes) {
        const char *const start = position + Escaping::quoteLength;
        if (start >= end || !Escaping::isQuote(position)) { return false; }
        Bytes seen;
        // Names and ids end within the first bytes.
        const char *close = start;
        uint32_t marks = mark(close, seen);
        if (marks == 0) {
            close += 16;
            marks = mark(close, seen);
        }
        close += marks == 0 ? 0 : __builtin_ctz(marks);
        if (marks == 0 || !Escaping::isQuote(close)) { close = findClose(close, seen, hasEscapes); }
        if (close == nullptr || size_t(end - start) < size_t(close - start) + Escaping::quoteLength) { return false; }
        inside = std::string_view(start, size_t(close - start));
        position = close + Escaping::quoteLength;
        return seen.isASCII() || isUTF8(inside);
    }

private:
    const char *end;

    [[gnu::noinline]] bool isUTF8(std::string_view inside) {
        areASCII = false;
        return simdjson::validate_utf8(inside);
    }

    /// The closing quote at or behind `next`; null where something else comes first that no string has.
    ///
    /// 64 bytes are looked at together, and then only their marks: the loop ends rarely, which processors foresee well.
    [[gnu::noinline]] const char *findClose(const char *next, Bytes &seen, bool &hasEscapes) const {
        // Of its own, so that it stays in a register.
        Bytes found;
        for (const char *window = next; window < end; window += 64) {
            // An escape at the end of the window before may have taken some of this one.
            uint64_t marks = from(size_t(next > window ? next - window : 0), markWindow(window, found));
            while (marks != 0) {
                next = window + __builtin_ctzll(marks);
                const unsigned length = Escaping::escapeLength(next);
                if (length == 0) {
                    seen.see(found);
                    return Escaping::isQuote(next) ? next : nullptr;
                }
                hasEscapes = true;
                next += length;
                marks = from(size_t(next - window), marks);
            }
        }
        return nullptr;
    }
};

}  // namespace holdfast
