#pragma once

// The post in an event is JSON in a JSON string. Its quotes are the escaped quotes of that string, so that the pass that
// unescapes it finds its strings as well.

#include "PlainReader.hpp"
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

/// The strings of a post: they were found when it was unescaped.
class PlainPost {
public:
    /// Where the text begins and ends that the last `read` gave.
    HoldfastText text{nullptr, 0};

    /// Reads the post in a JSON string. `position` is behind its opening quote, and then behind its closing one. False
    /// where it is not plain, or has no end before `end`; `post` may have been written to.
    ///
    /// - Parameters:
    ///   - target: room for as many bytes as are left, and the padding.
    ///   - seen: all bytes that are passed are or-ed into its bytes.
    bool read(const char *&position, const char *end, char *target, HoldfastPost &post, Bytes &seen) {
        const char *targetEnd = unescape(position, end, target, seen);
        if (targetEnd == nullptr) { return false; }
        text = {target, size_t(targetEnd - target)};
        next = 0;
        PlainReader<PlainPost> reader(*this, target, target);
        base = target;
        const bool isRead = reader.takeRecord(postFields, post, targetEnd, [] { return false; });
        return isRead && reader.position == targetEnd && next == count && hasNeeded(post);
    }

    /// A string without escapes was taken.
    void passed() { next += 2; }

    bool take(const char *&position, std::string_view &inside, bool &hasEscapes) {
        if (next + 1 >= count || quotes[next].offset != size_t(position - base)) { return false; }
        const char *close = base + quotes[next + 1].offset;
        hasEscapes = quotes[next].hasEscapes;
        inside = std::string_view(position + 1, size_t(close - position - 1));
        position = close + 1;
        next += 2;
        return true;
    }

private:
    struct Quote {
        uint32_t offset;
        /// Of an opening quote: whether there are escapes in its string.
        bool hasEscapes;
    };

    static constexpr size_t capacity = 512;
    Quote quotes[capacity];
    size_t count = 0;
    size_t next = 0;
    const char *base = nullptr;

    /// Copies the string, its outer escapes undone, and notes where its quotes are. Null where it is not plain.
    ///
    /// 64 bytes are looked at together, and then only their marks: the loop ends rarely, which processors foresee well.
    const char *unescape(const char *&position, const char *end, char *const base, Bytes &seen) {
        count = 0;
        const char *copied = position;
        char *target = base;
        for (const char *window = position; window < end; window += 64) {
            uint64_t marks = 0;
            for (int part = 0; part < 4; part += 1) { marks |= uint64_t(mark(window + 16 * part, seen)) << (16 * part); }
            // What an escape at the end of the window before has taken of this one.
            marks = from(size_t(copied > window ? copied - window : 0), marks);
            while (marks != 0) {
                const char *const marked = window + __builtin_ctzll(marks);
                copyRun(copied, target, size_t(marked - copied));
                target += marked - copied;
                if (*marked == '"') {
                    position = marked + 1;
                    return position <= end ? target : nullptr;
                }
                const unsigned taken = takeEscape(marked, base, target);
                if (taken == 0) { return nullptr; }
                copied = marked + taken;
                marks = from(size_t(copied - window), marks);
            }
        }
        return nullptr;
    }

    /// The marks from `first` on.
    static uint64_t from(size_t first, uint64_t marks) { return first < 64 ? marks >> first << first : 0; }

    /// Copies at least `count` bytes: names and ids at one go.
    static void copyRun(const char *source, char *target, size_t count) {
        std::memcpy(target, source, 32);
        if (__builtin_expect(count > 32, false)) { std::memcpy(target + 32, source + 32, count - 32); }
    }

    /// Takes the escape at `source`: a quote, or an escape of the post's own. How many bytes it had; 0 where it is not plain.
    /// At most eight bytes are read.
    unsigned takeEscape(const char *source, const char *base, char *&target) {
        // Nowhere is a control character.
        if (__builtin_expect(*source != '\\' || count == capacity, false)) { return 0; }
        if (__builtin_expect(source[1] == '"', true)) {
            quotes[count++] = {uint32_t(target - base), false};
            *target++ = '"';
            return 2;
        }
        return takeInnerEscape(source, target);
    }

    unsigned takeInnerEscape(const char *source, char *&target) {
        // Outside of strings there is no escape.
        if (source[1] != '\\' || count % 2 == 0) { return 0; }
        const char *escaped = source + 2;
        if (*escaped == '\\') {
            escaped += 1;
            if (*escaped != '"' && *escaped != '\\') { return 0; }
        } else if (*escaped == 'u') {
            const uint32_t unit = codeUnit(escaped + 1);
            if (unit > 0xFFFF || isHighSurrogate(unit) || isLowSurrogate(unit)) { return 0; }
        } else if (*escaped == '"' || simpleEscapes[uint8_t(*escaped)] == 0) {
            return 0;
        }
        quotes[count - 1].hasEscapes = true;
        *target++ = '\\';
        *target++ = *escaped;
        return unsigned(escaped + 1 - source);
    }

    static bool hasNeeded(const HoldfastPost &post) {
        for (const Field<HoldfastPost> &field : postFields) {
            if (field.need == Need::required && (post.*field.range).offset == 0) { return false; }
        }
        return true;
    }
};

}  // namespace holdfast
