#include "CSimdJSON.h"

#include "Document.hpp"
#include "PlainFrame.hpp"

namespace {

using namespace holdfast;

/// What each thread has.
struct Memory {
    Parser outer;
    Parser inner;
    Scratch scratch;
};

thread_local Memory memory;

constexpr Field<HoldfastPostList> postListFields[] = {
    {"order", Form::rawText, &HoldfastPostList::order},
    {"posts", Form::rawText, &HoldfastPostList::posts},
    {"next_post_id", &HoldfastPostList::nextPostID},
    {"prev_post_id", &HoldfastPostList::previousPostID},
};

constexpr Field<HoldfastReaction> reactionFields[] = {
    {"user_id", &HoldfastReaction::userID, Need::required},
    {"post_id", &HoldfastReaction::postID, Need::required},
    {"emoji_name", &HoldfastReaction::emojiName, Need::required},
    {"create_at", &HoldfastReaction::createAt},
    {"update_at", &HoldfastReaction::updateAt},
};

constexpr Field<HoldfastUser> userFields[] = {
    {"id", &HoldfastUser::id, Need::required},
    {"create_at", &HoldfastUser::createAt},
    {"update_at", &HoldfastUser::updateAt},
    {"delete_at", &HoldfastUser::deleteAt},
    {"username", &HoldfastUser::username, Need::required},
    {"email", &HoldfastUser::email},
    {"nickname", &HoldfastUser::nickname},
    {"first_name", &HoldfastUser::firstName},
    {"last_name", &HoldfastUser::lastName},
    {"roles", &HoldfastUser::roles},
    {"locale", &HoldfastUser::locale},
    {"is_bot", &HoldfastUser::isBot},
};

constexpr Field<HoldfastChannel> channelFields[] = {
    {"id", &HoldfastChannel::id, Need::required},
    {"create_at", &HoldfastChannel::createAt},
    {"update_at", &HoldfastChannel::updateAt},
    {"delete_at", &HoldfastChannel::deleteAt},
    {"team_id", &HoldfastChannel::teamID},
    {"type", &HoldfastChannel::type},
    {"display_name", &HoldfastChannel::displayName},
    {"name", &HoldfastChannel::name, Need::required},
    {"header", &HoldfastChannel::header},
    {"purpose", &HoldfastChannel::purpose},
    {"last_post_at", &HoldfastChannel::lastPostAt},
    {"total_msg_count", &HoldfastChannel::totalMessageCount},
    {"creator_id", &HoldfastChannel::creatorID},
};

constexpr Field<HoldfastTeam> teamFields[] = {
    {"id", &HoldfastTeam::id, Need::required},
    {"delete_at", &HoldfastTeam::deleteAt},
    {"display_name", &HoldfastTeam::displayName},
    {"name", &HoldfastTeam::name, Need::required},
    {"type", &HoldfastTeam::type},
};

constexpr Field<HoldfastPreference> preferenceFields[] = {
    {"user_id", &HoldfastPreference::userID},
    {"category", &HoldfastPreference::category, Need::required},
    {"name", &HoldfastPreference::name, Need::required},
    {"value", &HoldfastPreference::value},
};

constexpr Field<HoldfastError> errorFields[] = {
    {"id", &HoldfastError::id, Need::required},
    {"message", &HoldfastError::message},
    {"status_code", &HoldfastError::statusCode},
};

template <typename Escaping>
HoldfastOutcome unescapeInto(Scratch &scratch, HoldfastText string, HoldfastText &unescaped) {
    unescaped = {nullptr, 0};
    char *target = scratch.reserve(string.count);
    if (target == nullptr) { return {HOLDFAST_JSON_OUT_OF_MEMORY, nullptr}; }
    const char *end = unescape<Escaping>(std::string_view(string.bytes, string.count), target);
    if (end == nullptr) { return malformed; }
    unescaped = {target, size_t(end - target)};
    return success;
}

}  // namespace

// `noexcept` is the fence: simdjson reports errors by code, and nothing here throws.
extern "C" {

HoldfastOutcome holdfast_read_frame(
    HoldfastText frame, HoldfastEnvelope *envelope, HoldfastContent *content) noexcept {
    if (frame.bytes == nullptr || frame.count > INT32_MAX - 4096) { return frame.count == 0 ? malformed : tooLarge; }
    Memory &own = memory;
    if (readPlainFrame(frame, *envelope, *content)) { return success; }
    *envelope = HoldfastEnvelope();
    *content = HoldfastContent();
    ondemand::document document;
    HOLDFAST_TRY(own.outer.open(frame, document));
    ondemand::object object;
    HOLDFAST_TRY(outcomeOf(document.get_object().get(object)));
    EnvelopeReader reader(frame.bytes, *envelope, ContentReader(frame.bytes, own.inner, own.scratch, *content));
    HOLDFAST_TRY(forEachMember(object, [&](const char *key, ondemand::value value) { return reader(key, value); }));
    HOLDFAST_TRY(Parser::close(document));
    return reader.finish();
}

HoldfastOutcome holdfast_unescape(HoldfastText string, HoldfastText *unescaped) noexcept {
    return unescapeInto<EscapedOnce>(memory.scratch, string, *unescaped);
}

HoldfastOutcome holdfast_unescape_twice(HoldfastText string, HoldfastText *unescaped) noexcept {
    return unescapeInto<EscapedTwice>(memory.scratch, string, *unescaped);
}

HoldfastOutcome holdfast_check_object(HoldfastText json) noexcept {
    ondemand::document document;
    HOLDFAST_TRY(memory.inner.open(json, document));
    ondemand::object object;
    HOLDFAST_TRY(outcomeOf(document.get_object().get(object)));
    HOLDFAST_TRY(forEachMember(object, [](const char *key, ondemand::value value) { return skipMember(key, value, 2); }));
    return Parser::close(document);
}

HoldfastOutcome holdfast_walk(
    HoldfastText json, unsigned depth, void *context, bool (*visit)(void *, const HoldfastNode *)) noexcept {
    if (json.bytes == nullptr || json.count == 0) { return {HOLDFAST_JSON_EMPTY, nullptr}; }
    std::string_view whole = trimmed(std::string_view(json.bytes, json.count));
    while (!whole.empty() && isWhitespace(whole.front())) { whole.remove_prefix(1); }
    if (whole.empty()) { return {HOLDFAST_JSON_EMPTY, nullptr}; }
    Memory &own = memory;
    ondemand::document document;
    simdjson::error_code error = simdjson::SUCCESS;
    HOLDFAST_TRY(own.outer.open(json, document, error));
    HOLDFAST_TRY(DocumentWalker::toldOutcomeOf(error));
    DocumentWalker walker(json, depth < maximumDepth ? depth : maximumDepth, own.scratch, context, visit);
    HOLDFAST_TRY(walker.walk(document, whole));
    // A scalar was taken from the text itself, and is all of it.
    return whole.front() == '{' || whole.front() == '[' ? Parser::close(document) : success;
}

HoldfastOutcome holdfast_read_post_list(HoldfastText json, HoldfastPostList *list) noexcept {
    return readObject(memory.outer, json, postListFields, *list);
}

HoldfastOutcome holdfast_read_post(HoldfastText json, HoldfastPost *post) noexcept {
    return readObject(memory.inner, json, postFields, *post);
}

HoldfastOutcome holdfast_read_reaction(HoldfastText json, HoldfastReaction *reaction) noexcept {
    return readObject(memory.inner, json, reactionFields, *reaction);
}

HoldfastOutcome holdfast_read_user(HoldfastText json, HoldfastUser *user) noexcept {
    return readObject(memory.inner, json, userFields, *user);
}

HoldfastOutcome holdfast_read_channel(HoldfastText json, HoldfastChannel *channel) noexcept {
    return readObject(memory.inner, json, channelFields, *channel);
}

HoldfastOutcome holdfast_read_error(HoldfastText json, HoldfastError *error) noexcept {
    return readObject(memory.inner, json, errorFields, *error);
}

HoldfastOutcome holdfast_visit_posts(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastPost *, HoldfastText)) noexcept {
    return visitRecords(memory.inner, json, postFields, [&](const HoldfastPost &post, HoldfastText text) {
        visit(context, &post, text);
    });
}

HoldfastOutcome holdfast_visit_reactions_of_post(
    HoldfastText post, void *context, void (*visit)(void *, const HoldfastReaction *)) noexcept {
    const auto visitReaction = [&](ondemand::value value) -> HoldfastOutcome {
        HoldfastReaction reaction = HoldfastReaction();
        std::string_view whole;
        HOLDFAST_TRY(readElement(value, reactionFields, reaction, whole, 4));
        visit(context, &reaction);
        return success;
    };
    const auto readMetadata = [&](const char *key, ondemand::value value) -> HoldfastOutcome {
        static constexpr Key reactions("reactions");
        if (!reactions.matches(key) || tokenOf(value) != "[") { return skipMember(key, value, 3); }
        ondemand::array array;
        HOLDFAST_TRY(outcomeOf(value.get_array().get(array)));
        return forEachElement(array, visitReaction);
    };
    ondemand::document document;
    HOLDFAST_TRY(memory.inner.open(post, document));
    ondemand::object object;
    HOLDFAST_TRY(outcomeOf(document.get_object().get(object)));
    HOLDFAST_TRY(forEachMember(object, [&](const char *key, ondemand::value value) -> HoldfastOutcome {
        static constexpr Key metadataKey("metadata");
        if (!metadataKey.matches(key) || tokenOf(value) != "{") { return skipMember(key, value, 2); }
        ondemand::object metadata;
        HOLDFAST_TRY(outcomeOf(value.get_object().get(metadata)));
        return forEachMember(metadata, readMetadata);
    }));
    return Parser::close(document);
}

HoldfastOutcome holdfast_visit_channels(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastChannel *)) noexcept {
    return visitRecords(memory.inner, json, channelFields, context, visit);
}

HoldfastOutcome holdfast_visit_users(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastUser *)) noexcept {
    return visitRecords(memory.inner, json, userFields, context, visit);
}

HoldfastOutcome holdfast_visit_teams(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastTeam *)) noexcept {
    return visitRecords(memory.inner, json, teamFields, context, visit);
}

HoldfastOutcome holdfast_visit_preferences(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastPreference *)) noexcept {
    return visitRecords(memory.inner, json, preferenceFields, context, visit);
}

HoldfastOutcome holdfast_visit_strings(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastText *)) noexcept {
    return visitValues(memory.inner, json, [&](ondemand::value value) -> HoldfastOutcome {
        HoldfastText text;
        HOLDFAST_TRY(readText(value, nullptr, text));
        visit(context, &text);
        return success;
    });
}

}
