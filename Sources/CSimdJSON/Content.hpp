#pragma once

#include "Record.hpp"
#include "PlainPost.hpp"
#include "Unescaping.hpp"

namespace holdfast {

constexpr Field<HoldfastEventData> eventDataFields[] = {
    {"channel_display_name", &HoldfastEventData::channelDisplayName},
    {"channel_name", &HoldfastEventData::channelName},
    {"channel_type", &HoldfastEventData::channelType},
    {"mentions", &HoldfastEventData::mentions},
    Field<HoldfastEventData>("post", Form::special),
    {"sender_name", &HoldfastEventData::senderName},
    {"set_online", &HoldfastEventData::setOnline},
    {"team_id", &HoldfastEventData::teamID},
    {"parent_id", &HoldfastEventData::parentID},
    {"channel_id", &HoldfastEventData::channelID},
    {"delete_at", &HoldfastEventData::deleteAt},
    {"remover_id", &HoldfastEventData::removerID},
    {"status", &HoldfastEventData::status},
    {"user_id", &HoldfastEventData::userID},
    {"reaction", &HoldfastEventData::reaction},
    {"channel", &HoldfastEventData::channel},
    {"user", Form::rawRange, &HoldfastEventData::user},
    {"preferences", &HoldfastEventData::preferences},
    {"connection_id", &HoldfastEventData::connectionID},
    {"server_version", &HoldfastEventData::serverVersion},
};

/// Reads the members of `data`. What is only of another type than it should be is noted, and the frame stays readable.
class ContentReader {
public:
    ContentReader(
        const char *base, Parser &parser, Scratch &scratch, HoldfastContent &content)
        : base(base), parser(parser), scratch(scratch), content(content), finder(eventDataFields) {
        content.postOutcome = {HOLDFAST_JSON_MISSING_KEY, "post"};
    }

    HoldfastOutcome operator()(const char *key, ondemand::value value) {
        const Field<HoldfastEventData> *field = finder.find(key);
        if (field == nullptr) { return skipMember(key, value, 3); }
        if (field->form == Form::special) { return readPost(value); }
        const HoldfastOutcome outcome = readField(*field, value, content.data, base, 2);
        if (outcome.code != HOLDFAST_JSON_WRONG_TYPE) { return outcome; }
        if (content.outcome.code == HOLDFAST_JSON_OK) { content.outcome = outcome; }
        return skip(value, 3);
    }

private:
    const char *base;
    Parser &parser;
    Scratch &scratch;
    HoldfastContent &content;
    FieldFinder<HoldfastEventData, std::size(eventDataFields)> finder;

    HoldfastOutcome readPost(ondemand::value value) {
        const std::string_view token = tokenOf(value);
        content.postText = {nullptr, 0};
        if (token.empty() || token.front() != '"') {
            content.postOutcome.code = uint8_t(token == "null" ? HOLDFAST_JSON_MISSING_KEY : HOLDFAST_JSON_WRONG_TYPE);
            return skip(value, 3);
        }
        if (token.size() < 2 || token.back() != '"') { return malformed; }
        const std::string_view inside = token.substr(1, token.size() - 2);
        char *text = scratch.reserve(inside.size());
        if (text == nullptr) { return {HOLDFAST_JSON_OUT_OF_MEMORY, nullptr}; }
        const char *end = unescape<EscapedOnce>(inside, text);
        if (end == nullptr) {
            // The grammar allows a lone surrogate, which no text can hold: the frame is readable, the post is not.
            content.postOutcome = malformed;
            return checkScalar(token);
        }
        content.postText = {text, size_t(end - text)};
        content.postOutcome = readObject(parser, content.postText, postFields, content.post);
        return success;
    }
};

}  // namespace holdfast
