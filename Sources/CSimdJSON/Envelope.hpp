#pragma once

#include "Content.hpp"

namespace holdfast {

/// In the order of HOLDFAST_EVENT_…, from 1.
constexpr std::string_view eventNames[] = {
    "hello", "posted", "post_edited", "post_deleted", "ephemeral_message", "reaction_added", "reaction_removed",
    "typing", "status_change", "user_updated", "user_added", "user_removed", "channel_viewed", "channel_updated",
    "channel_deleted", "preferences_changed",
};

// The keys of a frame and of its `broadcast`.
constexpr Key keyEvent("event");
constexpr Key keyData("data");
constexpr Key keyBroadcast("broadcast");
constexpr Key keySeq("seq");
constexpr Key keyStatus("status");
constexpr Key keySeqReply("seq_reply");
constexpr Key keyError("error");
constexpr Key keyUserId("user_id");
constexpr Key keyChannelId("channel_id");
constexpr Key keyTeamId("team_id");

inline uint8_t kindOf(std::string_view name) {
    uint8_t kind = 0;
    for (std::string_view known : eventNames) {
        kind += 1;
        if (name == known) { return kind; }
    }
    return HOLDFAST_EVENT_OTHER;
}

/// Reads the members of a frame.
class EnvelopeReader {
public:
    EnvelopeReader(const char *base, HoldfastEnvelope &envelope, ContentReader content)
        : base(base), envelope(envelope), content(content) {}

    HoldfastOutcome operator()(const char *key, ondemand::value value) {
        if (keyEvent.matches(key)) { return first(hasEvent, "event", [&] { return readEvent(value); }); }
        if (keyData.matches(key)) {
            return first(hasData, "data", [&] { return readData(value); });
        }
        if (keyBroadcast.matches(key)) { return first(hasBroadcast, "broadcast", [&] { return readBroadcast(value); }); }
        if (keySeq.matches(key)) { return first(hasEventSequence, "seq", [&] { return readSequence(value, "seq", 0); }); }
        if (keyStatus.matches(key)) { return first(hasStatus, "status", [&] { return readStatus(value); }); }
        if (keySeqReply.matches(key)) {
            // The server repeats what it was sent, also when it refuses a negative one (`bad_seq`).
            return first(hasReplySequence, "seq_reply", [&] { return readSequence(value, "seq_reply", INT64_MIN); });
        }
        if (keyError.matches(key)) {
            return first(hasError, "error", [&] { return readContainer(value, "error", envelope.error); });
        }
        return skipMember(key, value, 2);
    }

    HoldfastOutcome finish() {
        if (hasEvent) {
            envelope.isEvent = true;
            envelope.hasSequence = hasEventSequence;
            return hasEventSequence ? success : HoldfastOutcome{HOLDFAST_JSON_MISSING_KEY, "seq"};
        }
        envelope.hasSequence = hasReplySequence;
        return hasStatus || hasReplySequence ? success : HoldfastOutcome{HOLDFAST_JSON_NOT_A_FRAME, nullptr};
    }

private:
    const char *base;
    HoldfastEnvelope &envelope;
    ContentReader content;
    bool hasEvent = false, hasData = false, hasBroadcast = false, hasEventSequence = false;
    bool hasStatus = false, hasReplySequence = false, hasError = false;

    /// A frame that says two things is refused: whoever reads it next may believe the other one.
    template <typename Body>
    HoldfastOutcome first(bool &seen, const char *key, Body body) {
        if (seen) { return {HOLDFAST_JSON_DUPLICATE_KEY, key}; }
        seen = true;
        return body();
    }

    HoldfastOutcome readString(ondemand::value value, const char *key, HoldfastRange &range, bool mayBeNull) {
        const std::string_view token = tokenOf(value);
        if (!token.empty() && token.front() == '"') {
            StringToken string;
            HOLDFAST_TRY(readInside(token, string));
            range = rangeOf(base, string.inside, string.hasEscapes);
            return success;
        }
        HOLDFAST_TRY(token == "{" || token == "[" ? success : checkScalar(token));
        return mayBeNull && token == "null" ? success : HoldfastOutcome{HOLDFAST_JSON_WRONG_TYPE, key};
    }

    HoldfastOutcome readEvent(ondemand::value value) {
        HOLDFAST_TRY(readString(value, "event", envelope.name, false));
        envelope.kind = kindOf(viewOf(base, envelope.name));
        return success;
    }

    HoldfastOutcome readStatus(ondemand::value value) {
        HoldfastRange range{0, 0};
        HOLDFAST_TRY(readString(value, "status", range, false));
        envelope.isOK = viewOf(base, range) == "OK";
        return success;
    }

    HoldfastOutcome readSequence(ondemand::value value, const char *key, int64_t least) {
        const bool isNull = tokenOf(value) == "null";
        HOLDFAST_TRY(readInteger(value, key, envelope.sequence));
        return isNull || envelope.sequence < least ? HoldfastOutcome{HOLDFAST_JSON_WRONG_TYPE, key} : success;
    }

    /// An object, or null, which is kept as if absent.
    HoldfastOutcome readContainer(ondemand::value value, const char *key, HoldfastRange &range) {
        std::string_view raw;
        HOLDFAST_TRY(readRaw(value, 2, raw));
        if (raw == "null") { return success; }
        if (raw.front() != '{') { return {HOLDFAST_JSON_WRONG_TYPE, key}; }
        range = rangeOf(base, raw);
        return success;
    }

    HoldfastOutcome readData(ondemand::value value) {
        const std::string_view token = tokenOf(value);
        if (token != "{") { return readContainer(value, "data", envelope.data); }
        ondemand::object object;
        HOLDFAST_TRY(outcomeOf(value.get_object().get(object)));
        HOLDFAST_TRY(forEachMember(object, [&](const char *key, ondemand::value member) { return content(key, member); }));
        std::string_view raw;
        HOLDFAST_TRY(passedSince(token.data(), value, raw));
        envelope.data = rangeOf(base, raw);
        return success;
    }

    HoldfastOutcome readBroadcast(ondemand::value value) {
        const std::string_view token = tokenOf(value);
        if (token != "{") { return readContainer(value, "broadcast", envelope.broadcast); }
        ondemand::object object;
        HOLDFAST_TRY(outcomeOf(value.get_object().get(object)));
        HOLDFAST_TRY(forEachMember(object, [&](const char *key, ondemand::value member) {
            if (keyUserId.matches(key)) { return readString(member, "user_id", envelope.broadcastUserID, true); }
            if (keyChannelId.matches(key)) { return readString(member, "channel_id", envelope.broadcastChannelID, true); }
            if (keyTeamId.matches(key)) { return readString(member, "team_id", envelope.broadcastTeamID, true); }
            return skipMember(key, member, 3);
        }));
        std::string_view raw;
        HOLDFAST_TRY(passedSince(token.data(), value, raw));
        envelope.broadcast = rangeOf(base, raw);
        return success;
    }
};

}  // namespace holdfast
