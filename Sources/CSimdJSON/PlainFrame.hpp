#pragma once

#include "Content.hpp"
#include "Envelope.hpp"
#include "PlainPost.hpp"

namespace holdfast {

constexpr Field<HoldfastEnvelope> broadcastFields[] = {
    Field<HoldfastEnvelope>("omit_users"),
    {"user_id", &HoldfastEnvelope::broadcastUserID},
    {"channel_id", &HoldfastEnvelope::broadcastChannelID},
    {"team_id", &HoldfastEnvelope::broadcastTeamID},
};

/// An event as the server writes it. False where it is not; then `envelope` and `content` may have been written to.
inline bool readPlainFrame(HoldfastText frame, HoldfastEnvelope &envelope, HoldfastContent &content) {
    const char *const base = frame.bytes;
    const char *end = base + frame.count;
    while (end > base && isWhitespace(end[-1])) { end -= 1; }
    PlainReader<EscapedOnce> reader(base, end);
    bool isPostASCII = true;

    // With every key that counts in its one place, none can come twice.
    if (!reader.takes("{\"event\":") || !reader.takeString(envelope.name)) { return false; }
    if ((envelope.name.countAndEscapes & 1) != 0 || !reader.takes(",\"data\":")) { return false; }
    content.postOutcome = {HOLDFAST_JSON_MISSING_KEY, "post"};
    const auto takePost = [&] {
        // A post that comes twice is unusual.
        if (*reader.position != '"' || content.postOutcome.code == HOLDFAST_JSON_OK) { return false; }
        const char *const start = reader.position + 1;
        const char *const postEnd = readPlainPost(start, end, content.post, isPostASCII);
        if (postEnd == nullptr) { return false; }
        content.postText = {start, size_t(postEnd - start)};
        content.isPostEscaped = true;
        reader.position = postEnd + 1;
        content.postOutcome = success;
        return true;
    };
    const char *start = reader.position;
    if (!reader.takeRecord<eventDataFields>(content.data, takePost)) { return false; }
    envelope.data = rangeOf(base, std::string_view(start, size_t(reader.position - start)));
    if (!reader.takes(",\"broadcast\":")) { return false; }
    start = reader.position;
    if (!reader.takeRecord<broadcastFields>(envelope, [] { return false; })) { return false; }
    envelope.broadcast = rangeOf(base, std::string_view(start, size_t(reader.position - start)));
    if (!reader.takes(",\"seq\":") || !reader.takeInteger(envelope.sequence)) { return false; }
    if (envelope.sequence < 0 || !reader.takes("}") || reader.position != end) { return false; }
    envelope.isASCII = isPostASCII && reader.isASCII();
    envelope.isEvent = true;
    envelope.hasSequence = true;
    envelope.kind = kindOf(viewOf(base, envelope.name));
    return true;
}

}  // namespace holdfast
