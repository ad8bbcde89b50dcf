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
    const auto takeObject = [&](HoldfastRange &range, auto member) {
        const char *const start = reader.position;
        // The end is looked at for each member, so that no step begins behind it.
        if (!reader.takeMembers([&](const char *key) { return reader.position < end && member(key); })) { return false; }
        range = rangeOf(base, std::string_view(start, size_t(reader.position - start)));
        return true;
    };
    FieldFinder<HoldfastEventData, std::size(eventDataFields)> finder(eventDataFields);
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
    const bool hasData = takeObject(envelope.data, [&](const char *key) {
        return postKey.matches(key) ? takePost() : reader.takeField(finder.find(key), content.data);
    });
    if (!hasData || !reader.takes(",\"broadcast\":")) { return false; }
    const bool hasBroadcast = takeObject(envelope.broadcast, [&](const char *key) {
        const auto takeText = [&](HoldfastRange &range) { return *reader.position == '"' && reader.takeString(range); };
        if (keyUserId.matches(key)) { return takeText(envelope.broadcastUserID); }
        if (keyChannelId.matches(key)) { return takeText(envelope.broadcastChannelID); }
        if (keyTeamId.matches(key)) { return takeText(envelope.broadcastTeamID); }
        return reader.takeAny();
    });
    if (!hasBroadcast || !reader.takes(",\"seq\":") || !reader.takeInteger(envelope.sequence)) { return false; }
    if (envelope.sequence < 0 || !reader.takes("}") || reader.position != end) { return false; }
    if (!strings.seen.isASCII() && !simdjson::validate_utf8(base, frame.count)) { return false; }
    envelope.isEvent = true;
    envelope.hasSequence = true;
    envelope.kind = kindOf(viewOf(base, envelope.name));
    return true;
}

}  // namespace holdfast
