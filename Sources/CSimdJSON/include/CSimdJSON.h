#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What Mattermost says, read by simdjson's On-Demand parser. The language of this seam is C: no C++ type and no exception
// crosses it.
//
// Every text that is handed in must be followed by HOLDFAST_JSON_PADDING readable bytes of any value. Everything is
// checked to be JSON, also what is skipped: UTF-8, structure, literals, numbers, escapes, nothing behind the end.
//
// Memory: each thread has two parsers and a buffer for what is unescaped, which grow to the longest text that it has seen
// (and shrink again after one beyond 1 MiB), so that a connection needs none. A text that is handed out lies in the input or
// in such memory: it is valid while the input is and until the next call on this thread of a function of this header.

#define HOLDFAST_JSON_PADDING 64

#if defined(__cplusplus)
#define HOLDFAST_NOEXCEPT noexcept
extern "C" {
#else
#define HOLDFAST_NOEXCEPT
#endif

/// Bytes of a text; `bytes` is null where the key is absent or its value is null.
typedef struct {
    const char *bytes;
    size_t count;
} HoldfastText;

/// A part of a text. (0, 0) where the key is absent or its value is null. Of a string it is the inside of the quotes, still
/// escaped; of an object or array the whole.
typedef struct {
    uint32_t offset;
    /// Twice the bytes that it has, and one more where it is a string with escapes.
    uint32_t countAndEscapes;
} HoldfastRange;

enum {
    HOLDFAST_JSON_OK = 0,
    /// Not JSON.
    HOLDFAST_JSON_MALFORMED = 1,
    /// JSON, but the value of `key` has another type than it must have.
    HOLDFAST_JSON_WRONG_TYPE = 2,
    HOLDFAST_JSON_MISSING_KEY = 3,
    HOLDFAST_JSON_DUPLICATE_KEY = 4,
    /// Nested beyond 128 levels.
    HOLDFAST_JSON_TOO_DEEP = 5,
    HOLDFAST_JSON_TOO_LARGE = 6,
    HOLDFAST_JSON_OUT_OF_MEMORY = 7,
    /// JSON, but neither an event nor a reply.
    HOLDFAST_JSON_NOT_A_FRAME = 8,
    // Only of `holdfast_walk`, which tells apart more of what is not JSON.
    HOLDFAST_JSON_NOT_UTF8 = 9,
    /// Nothing but whitespace.
    HOLDFAST_JSON_EMPTY = 10,
    /// A string is not closed, or has control characters inside.
    HOLDFAST_JSON_BROKEN_STRING = 11,
    /// The text does not end with the bracket that closes its first one.
    HOLDFAST_JSON_INCOMPLETE = 12,
    /// The visitor wanted no more.
    HOLDFAST_JSON_STOPPED = 13,
};

/// How a call ended. `key` is null or a constant.
typedef struct {
    uint8_t code;
    const char *key;
} HoldfastOutcome;

/// The events that are known by name; any other is HOLDFAST_EVENT_OTHER.
enum {
    HOLDFAST_EVENT_OTHER = 0,
    HOLDFAST_EVENT_HELLO = 1,
    HOLDFAST_EVENT_POSTED = 2,
    HOLDFAST_EVENT_POST_EDITED = 3,
    HOLDFAST_EVENT_POST_DELETED = 4,
    HOLDFAST_EVENT_EPHEMERAL_MESSAGE = 5,
    HOLDFAST_EVENT_REACTION_ADDED = 6,
    HOLDFAST_EVENT_REACTION_REMOVED = 7,
    HOLDFAST_EVENT_TYPING = 8,
    HOLDFAST_EVENT_STATUS_CHANGE = 9,
    HOLDFAST_EVENT_USER_UPDATED = 10,
    HOLDFAST_EVENT_USER_ADDED = 11,
    HOLDFAST_EVENT_USER_REMOVED = 12,
    HOLDFAST_EVENT_CHANNEL_VIEWED = 13,
    HOLDFAST_EVENT_CHANNEL_UPDATED = 14,
    HOLDFAST_EVENT_CHANNEL_DELETED = 15,
    HOLDFAST_EVENT_PREFERENCES_CHANGED = 16,
};

/// All that the known events carry in `data`: parts of the frame.
typedef struct {
    HoldfastRange channelDisplayName, channelName, channelType, mentions, senderName;
    HoldfastRange teamID, channelID, userID, parentID, removerID, status;
    HoldfastRange reaction, channel, user, preferences, connectionID, serverVersion;
    int64_t deleteAt;
    bool setOnline;
} HoldfastEventData;

/// A post: parts of its JSON text.
typedef struct {
    HoldfastRange id, userID, channelID, rootID, originalID, message, type, props, hashtags, pendingPostID;
    int64_t createAt, updateAt, editAt, deleteAt, replyCount;
    bool isPinned;
} HoldfastPost;

/// The outside of a frame.
typedef struct {
    bool isEvent;
    /// Of an event: HOLDFAST_EVENT_….
    uint8_t kind;
    /// Of a reply: its status is "OK".
    bool isOK;
    /// An event always has a sequence; a reply may lack one.
    bool hasSequence;
    /// All of the frame is known to be ASCII.
    bool isASCII;
    /// `seq` of an event, not negative; `seq_reply` of a reply.
    int64_t sequence;
    HoldfastRange name;
    HoldfastRange data;
    HoldfastRange broadcast;
    HoldfastRange broadcastUserID;
    HoldfastRange broadcastChannelID;
    HoldfastRange broadcastTeamID;
    /// Of a reply: the object `error`.
    HoldfastRange error;
} HoldfastEnvelope;

/// An event's `data`, read on the way. What is wrong with it does not make the frame unreadable.
typedef struct {
    /// The first member that has another type than it must have.
    HoldfastOutcome outcome;
    HoldfastEventData data;
    /// How reading `data.post` ended: HOLDFAST_JSON_MISSING_KEY where there is none.
    HoldfastOutcome postOutcome;
    HoldfastPost post;
    /// The post's JSON text; the ranges of `post` are its parts.
    HoldfastText postText;
    /// That text is the part of the frame that it is, not unescaped; its own strings are escaped twice.
    bool isPostEscaped;
} HoldfastContent;

typedef struct {
    HoldfastText order, posts, nextPostID, previousPostID;
} HoldfastPostList;

typedef struct {
    HoldfastText userID, postID, emojiName;
    int64_t createAt, updateAt;
} HoldfastReaction;

typedef struct {
    HoldfastText id, username, nickname, firstName, lastName, email, roles, locale;
    int64_t createAt, updateAt, deleteAt;
    bool isBot;
} HoldfastUser;

typedef struct {
    HoldfastText id, teamID, type, displayName, name, header, purpose, creatorID;
    int64_t createAt, updateAt, deleteAt, lastPostAt, totalMessageCount;
} HoldfastChannel;

typedef struct {
    HoldfastText id, name, displayName, type;
    int64_t deleteAt;
} HoldfastTeam;

typedef struct {
    HoldfastText userID, category, name, value;
} HoldfastPreference;

/// What a document is made of.
enum {
    HOLDFAST_NODE_OBJECT = 0,
    HOLDFAST_NODE_OBJECT_END = 1,
    HOLDFAST_NODE_ARRAY = 2,
    HOLDFAST_NODE_ARRAY_END = 3,
    HOLDFAST_NODE_KEY = 4,
    HOLDFAST_NODE_STRING = 5,
    HOLDFAST_NODE_NUMBER = 6,
    HOLDFAST_NODE_TRUE = 7,
    HOLDFAST_NODE_FALSE = 8,
    HOLDFAST_NODE_NULL = 9,
};

/// A part of a document: a bracket, a key or a scalar.
typedef struct {
    /// HOLDFAST_NODE_….
    uint8_t kind;
    /// Where it stands in the text, in bytes; with the quotes that it has.
    uint32_t offset, count;
    /// Of a key and a string what it says, unescaped; of a number as it is written. Else absent.
    HoldfastText text;
} HoldfastNode;

/// An error as the server words it, in a reply or as the body of an HTTP answer.
typedef struct {
    HoldfastText id, message;
    int64_t statusCode;
} HoldfastError;

/// A frame in one pass: its outside, the members of `data`, and the post in there. All of the frame is checked. Hand in an
/// envelope and a content that are zero.
HoldfastOutcome holdfast_read_frame(
    HoldfastText frame, HoldfastEnvelope *envelope, HoldfastContent *content) HOLDFAST_NOEXCEPT;

/// Unescapes what stands between the quotes of a JSON string.
HoldfastOutcome holdfast_unescape(HoldfastText string, HoldfastText *unescaped) HOLDFAST_NOEXCEPT;

/// The same for a string of JSON that stands itself in a JSON string: of a post that was not unescaped. Knows only the
/// escapes that such a post may have.
HoldfastOutcome holdfast_unescape_twice(HoldfastText string, HoldfastText *unescaped) HOLDFAST_NOEXCEPT;

/// Checks that a text is one JSON object.
HoldfastOutcome holdfast_check_object(HoldfastText json) HOLDFAST_NOEXCEPT;

/// Visits all parts of any document, in its order: begin and end of objects and arrays, keys and scalars. All of it is
/// checked while it is walked, so a document may turn out not to be JSON after parts of it were visited; where a key came
/// twice, both are visited. A string with half of a surrogate pair, which no text can hold, is not JSON here.
///
/// - `maximumDepth`: nested objects and arrays beyond it are TOO_DEEP, once their bracket was visited; at most 128 count.
/// - `visit`: returns whether to go on. It must call nothing of this header, and a node's text is valid during its call.
HoldfastOutcome holdfast_walk(
    HoldfastText json, unsigned maximumDepth, void *context, bool (*visit)(void *, const HoldfastNode *)) HOLDFAST_NOEXCEPT;

HoldfastOutcome holdfast_read_post_list(HoldfastText json, HoldfastPostList *list) HOLDFAST_NOEXCEPT;

HoldfastOutcome holdfast_read_post(HoldfastText json, HoldfastPost *post) HOLDFAST_NOEXCEPT;
HoldfastOutcome holdfast_read_reaction(HoldfastText json, HoldfastReaction *reaction) HOLDFAST_NOEXCEPT;
HoldfastOutcome holdfast_read_user(HoldfastText json, HoldfastUser *user) HOLDFAST_NOEXCEPT;
HoldfastOutcome holdfast_read_channel(HoldfastText json, HoldfastChannel *channel) HOLDFAST_NOEXCEPT;
HoldfastOutcome holdfast_read_error(HoldfastText json, HoldfastError *error) HOLDFAST_NOEXCEPT;

/// Visits the reactions in the `metadata` of a post. As below.
HoldfastOutcome holdfast_visit_reactions_of_post(
    HoldfastText post, void *context, void (*visit)(void *, const HoldfastReaction *)) HOLDFAST_NOEXCEPT;

/// Visits the elements of an array, or the values of an object, in order. The texts are valid during the whole call, and
/// `visit` must call nothing of this header. `null` has no elements. Of a post the ranges are parts of its own text, which
/// is handed in with it.
HoldfastOutcome holdfast_visit_posts(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastPost *, HoldfastText)) HOLDFAST_NOEXCEPT;
HoldfastOutcome holdfast_visit_channels(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastChannel *)) HOLDFAST_NOEXCEPT;
HoldfastOutcome holdfast_visit_users(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastUser *)) HOLDFAST_NOEXCEPT;
HoldfastOutcome holdfast_visit_teams(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastTeam *)) HOLDFAST_NOEXCEPT;
HoldfastOutcome holdfast_visit_preferences(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastPreference *)) HOLDFAST_NOEXCEPT;
HoldfastOutcome holdfast_visit_strings(
    HoldfastText json, void *context, void (*visit)(void *, const HoldfastText *)) HOLDFAST_NOEXCEPT;

#if defined(__cplusplus)
}
#endif
