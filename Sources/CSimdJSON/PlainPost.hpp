#pragma once

// The post in an event is JSON in a JSON string. As the server writes it, it needs no parser of its own: its quotes are
// the escaped quotes of the string, so that the pass that unescapes it finds its tokens as well. Whatever is not exactly
// of that form – white space, an unusual escape, a value with members – is refused here, and left to simdjson, whose answer
// is the same for all that is accepted here.

#include "Record.hpp"
#include "Unescaping.hpp"

namespace holdfast {

constexpr Field<HoldfastPost> postFields[] = {
    {"id", &HoldfastPost::id, Need::required},
    {"create_at", &HoldfastPost::createAt},
    {"update_at", &HoldfastPost::updateAt},
    {"edit_at", &HoldfastPost::editAt},
    {"delete_at", &HoldfastPost::deleteAt},
    {"is_pinned", &HoldfastPost::isPinned},
    {"user_id", &HoldfastPost::userID, Need::required},
    {"channel_id", &HoldfastPost::channelID, Need::required},
    {"root_id", &HoldfastPost::rootID},
    {"original_id", &HoldfastPost::originalID},
    {"message", &HoldfastPost::message},
    {"type", &HoldfastPost::type},
    {"props", Form::rawRange, &HoldfastPost::props},
    {"hashtags", &HoldfastPost::hashtags},
    {"pending_post_id", &HoldfastPost::pendingPostID},
    {"reply_count", &HoldfastPost::replyCount},
    Field<HoldfastPost>("last_reply_at"),
    Field<HoldfastPost>("participants"),
    Field<HoldfastPost>("metadata"),
};

class PlainPostReader {
public:
    /// False where it is left to others; `post` may have been written to.
    ///
    /// - Parameters:
    ///   - inside: a JSON string's inside, with padding behind it; simdjson has found it to be UTF-8 without control characters.
    ///   - target: room for as many bytes and the padding.
    bool read(std::string_view inside, char *target, HoldfastText &text, HoldfastPost &post) {
        const char *end = unescape(inside, target);
        if (end == nullptr || !readMembers(target, end, post)) {
            post = HoldfastPost();
            return false;
        }
        text = {target, size_t(end - target)};
        return true;
    }

private:
    /// The offset of a quote; in an opening one the lowest bit tells that there are escapes in its string.
    struct Quote {
        uint32_t offset;
        bool hasEscapes;
    };

    static constexpr size_t capacity = 256;
    Quote quotes[capacity];
    size_t count = 0;

    /// Copies the string, its outer escapes undone, and notes where its quotes are. Null where it is not plain.
    const char *unescape(std::string_view inside, char *const base) {
        count = 0;
        const char *source = inside.data();
        const char *const end = source + inside.size();
        char *target = base;
        while (source < end) {
            const size_t left = size_t(end - source);
            uint32_t marks = copyAndMark(source, target);
            if (left < 16) { marks &= (1u << left) - 1; }
            unsigned done = 0;
            while (marks != 0) {
                const unsigned mark = unsigned(__builtin_ctz(marks));
                target += mark - done;
                const unsigned taken = takeEscape(source + mark, end, base, target);
                if (taken == 0) { return nullptr; }
                done = mark + taken;
                marks = done < 16 ? marks >> done << done : 0;
                std::memcpy(target, source + done, 16);
            }
            const unsigned rest = done < 16 ? 16 - done : 0;
            target += rest;
            source += done + rest;
        }
        // The last bytes that were copied may lie behind the end.
        return target - (source - end);
    }

    /// Takes the escape at `source`: a quote, or an escape of the post's own. How many bytes it had; 0 where it is not plain.
    unsigned takeEscape(const char *source, const char *end, const char *base, char *&target) {
        if (end - source < 2 || *source != '\\') { return 0; }
        if (source[1] == '"') {
            if (count == capacity) { return 0; }
            quotes[count++] = {uint32_t(target - base), false};
            *target++ = '"';
            return 2;
        }
        if (source[1] != '\\' || end - source < 3) { return 0; }
        const char *escaped = source + 2;
        if (*escaped == '\\') {
            escaped += 1;
            if (end - escaped < 1 || (*escaped != '"' && *escaped != '\\')) { return 0; }
        } else if (*escaped == 'u') {
            const uint32_t unit = end - escaped < 5 ? UINT32_MAX : codeUnit(escaped + 1);
            if (unit > 0xFFFF || isHighSurrogate(unit) || isLowSurrogate(unit)) { return 0; }
        } else if (*escaped == '"' || simpleEscapes[uint8_t(*escaped)] == 0) {
            return 0;
        }
        // Outside of strings there is no escape.
        if (count % 2 == 0) { return 0; }
        quotes[count - 1].hasEscapes = true;
        *target++ = '\\';
        *target++ = *escaped;
        return unsigned(escaped + 1 - source);
    }

    bool readMembers(const char *base, const char *end, HoldfastPost &post) {
        FieldFinder<HoldfastPost, std::size(postFields)> finder(postFields);
        const char *position = base;
        size_t next = 0;
        if (end == base || *position++ != '{') { return false; }
        for (;;) {
            std::string_view key;
            bool hasEscapes;
            if (!takeString(base, position, next, key, hasEscapes) || *position++ != ':') { return false; }
            const Field<HoldfastPost> *field = finder.find(key.data());
            if (*position == '"') {
                std::string_view string;
                if (!takeString(base, position, next, string, hasEscapes)) { return false; }
                if (!assign(field, rangeOf(base, string, hasEscapes), post)) { return false; }
            } else if (!takeOther(base, position, field, post)) {
                return false;
            }
            if (position >= end) { return false; }
            if (*position == '}') { break; }
            if (*position++ != ',') { return false; }
        }
        return position + 1 == end && next == count && hasNeeded(post);
    }

    bool takeString(
        const char *base, const char *&position, size_t &next, std::string_view &inside, bool &hasEscapes) const {
        if (next + 1 >= count || quotes[next].offset != size_t(position - base)) { return false; }
        const char *close = base + quotes[next + 1].offset;
        hasEscapes = quotes[next].hasEscapes;
        inside = std::string_view(position + 1, size_t(close - position - 1));
        position = close + 1;
        next += 2;
        return true;
    }

    static bool assign(const Field<HoldfastPost> *field, HoldfastRange range, HoldfastPost &post) {
        if (field == nullptr || field->form == Form::passed) { return true; }
        if (field->form != Form::range) { return false; }
        post.*field->range = range;
        return true;
    }

    /// A number, a literal, or an empty container.
    static bool takeOther(
        const char *base, const char *&position, const Field<HoldfastPost> *field, HoldfastPost &post) {
        const Form form = field == nullptr ? Form::passed : field->form;
        const auto takes = [&position](std::string_view word) {
            if (std::memcmp(position, word.data(), word.size()) != 0) { return false; }
            position += word.size();
            return true;
        };
        if (*position == '-' || isDigit(*position)) {
            int64_t number;
            if (!takeInteger(position, number)) { return false; }
            if (form == Form::integer) { post.*field->integer = number; }
            return form == Form::integer || form == Form::passed;
        }
        if (takes("true") || takes("false")) {
            if (form == Form::flag) { post.*field->flag = position[-2] == 'u'; }
            return form == Form::flag || form == Form::passed;
        }
        if (takes("null")) {
            switch (form) {
            case Form::range:
            case Form::rawRange: post.*field->range = {0, 0}; break;
            case Form::integer: post.*field->integer = 0; break;
            case Form::flag: post.*field->flag = false; break;
            case Form::text:
            case Form::rawText:
            case Form::passed: break;
            }
            return true;
        }
        if (takes("{}") || takes("[]")) {
            if (form == Form::rawRange) { post.*field->range = rangeOf(base, std::string_view(position - 2, 2)); }
            return form == Form::rawRange || form == Form::passed;
        }
        return false;
    }

    /// At most 18 digits, which always fit.
    static bool takeInteger(const char *&position, int64_t &number) {
        const bool isNegative = *position == '-';
        position += isNegative ? 1 : 0;
        const char *const start = position;
        number = 0;
        while (isDigit(*position) && position - start < 19) { number = number * 10 + (*position++ - '0'); }
        const size_t digits = size_t(position - start);
        if (isNegative) { number = -number; }
        return digits > 0 && digits < 19 && (*start != '0' || digits == 1);
    }

    static bool hasNeeded(const HoldfastPost &post) {
        for (const Field<HoldfastPost> &field : postFields) {
            if (field.need == Need::required && (post.*field.range).offset == 0) { return false; }
        }
        return true;
    }
};

}  // namespace holdfast
