#pragma once

#include "Content.hpp"
#include "Envelope.hpp"
#include "PlainPost.hpp"

namespace holdfast {

/// The strings of a frame.
class PlainStrings {
public:
    PlainStrings(const char *end) : end(end) {}

    /// All bytes of strings so far, or-ed.
    Bytes seen;

    void passed() {}

    bool take(const char *&position, std::string_view &inside, bool &hasEscapes) {
        if (*position != '"') { return false; }
        const char *const start = position + 1;
        const char *next = start;
        while (next < end) {
            const uint32_t marks = mark(next, seen);
            if (marks == 0) {
                next += 16;
                continue;
            }
            next += __builtin_ctz(marks);
            if (*next == '"') {
                inside = std::string_view(start, size_t(next - start));
                position = next + 1;
                return position <= end;
            }
            if (*next != '\\') { return false; }
            hasEscapes = true;
            if (next[1] == 'u') {
                const uint32_t unit = codeUnit(next + 2);
                if (unit > 0xFFFF || isHighSurrogate(unit) || isLowSurrogate(unit)) { return false; }
                next += 6;
            } else if (simpleEscapes[uint8_t(next[1])] != 0) {
                next += 2;
            } else {
                return false;
            }
        }
        return false;
    }

private:
    const char *end;
};

constexpr Field<HoldfastEnvelope> broadcastFields[] = {
    Field<HoldfastEnvelope>("omit_users"),
    {"user_id", &HoldfastEnvelope::broadcastUserID},
    {"channel_id", &HoldfastEnvelope::broadcastChannelID},
    {"team_id", &HoldfastEnvelope::broadcastTeamID},
};

/// An event as the server writes it. False where it is not; then `envelope` and `content` may have been written to.
inline bool readPlainFrame(
    HoldfastText frame, PlainPost &post, Scratch &scratch, HoldfastEnvelope &envelope, HoldfastContent &content) {
    const char *const base = frame.bytes;
    const char *end = base + frame.count;
    while (end > base && isWhitespace(end[-1])) { end -= 1; }
    PlainStrings strings(end);
    PlainReader<PlainStrings> reader(strings, base, base);

    // With every key that counts in its one place, none can come twice.
    if (!reader.takes("{\"event\":") || !reader.takeString(envelope.name)) { return false; }
    if ((envelope.name.countAndEscapes & 1) != 0 || !reader.takes(",\"data\":")) { return false; }
    content.postOutcome = {HOLDFAST_JSON_MISSING_KEY, "post"};
    const auto takePost = [&] {
        // A post that comes twice is unusual.
        if (*reader.position != '"' || content.postOutcome.code == HOLDFAST_JSON_OK) { return false; }
        reader.position += 1;
        char *target = scratch.reserve(size_t(end - reader.position));
        if (target == nullptr || !post.read(reader.position, end, target, content.post, strings.seen)) { return false; }
        content.postText = post.text;
        content.postOutcome = success;
        return true;
    };
    const char *start = reader.position;
    if (!reader.takeRecord(eventDataFields, content.data, end, takePost)) { return false; }
    envelope.data = rangeOf(base, std::string_view(start, size_t(reader.position - start)));
    if (!reader.takes(",\"broadcast\":")) { return false; }
    start = reader.position;
    if (!reader.takeRecord(broadcastFields, envelope, end, [] { return false; })) { return false; }
    envelope.broadcast = rangeOf(base, std::string_view(start, size_t(reader.position - start)));
    if (!reader.takes(",\"seq\":") || !reader.takeInteger(envelope.sequence)) { return false; }
    if (envelope.sequence < 0 || !reader.takes("}") || reader.position != end) { return false; }
    envelope.isASCII = strings.seen.isASCII();
    if (!envelope.isASCII && !simdjson::validate_utf8(base, frame.count)) { return false; }
    envelope.isEvent = true;
    envelope.hasSequence = true;
    envelope.kind = kindOf(viewOf(base, envelope.name));
    return true;
}

}  // namespace holdfast
