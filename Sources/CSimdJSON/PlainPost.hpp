#pragma once

// The post in an event is JSON in a JSON string. It is read there as it stands, its quotes being the escaped quotes of that
// string: nothing is unescaped before somebody asks for it.

#include "PlainReader.hpp"

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

/// Reads the post in a JSON string, which begins at `start`, in its escaped form. Where it ends: there is the closing quote.
/// Null where it is not plain; `post` may have been written to then.
///
/// - Parameter isASCII: becomes false where that is not known of the post.
inline const char *readPlainPost(const char *start, const char *end, HoldfastPost &post, bool &isASCII) {
    PlainReader<EscapedTwice> reader(start, end);
    if (!reader.takeRecord<postFields>(post, [] { return false; })) { return nullptr; }
    if (reader.position >= end || *reader.position != '"') { return nullptr; }
#pragma clang loop unroll(full)
    for (const Field<HoldfastPost> &field : postFields) {
        if (field.need == Need::required && (post.*field.range).offset == 0) { return nullptr; }
    }
    isASCII = isASCII && reader.isASCII();
    return reader.position;
}

}  // namespace holdfast
