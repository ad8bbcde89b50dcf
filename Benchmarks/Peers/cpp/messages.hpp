#pragma once

// What the server says: simdjson On-Demand, over the read buffer, which is padded.

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>

namespace ondemand = simdjson::ondemand;

/// What is handed over of a post. The strings' memory is used again for the next one.
struct Post {
    std::string id, channelID, userID, message;
};

enum class MessageKind { posted, hello, otherEvent, reply, unreadable };

struct Message {
    MessageKind kind = MessageKind::unreadable;
    /// `seq` of an event, `seq_reply` of a reply.
    int64_t sequence = -1;
    bool isOK = false;
};

class MessageReader {
public:
    /// `capacity` tells how many bytes may be read from `text` on.
    Message read(const char *text, size_t count, size_t capacity, Post &post) {
        Message message;
        ondemand::document document;
        if (outer.iterate(text, count, capacity).get(document)) { return message; }
        std::string_view event;
        if (document["event"].get_string().get(event)) { return readReply(document, message); }
        if (event == "posted") {
            ondemand::raw_json_string nested;
            if (document["data"]["post"].get_raw_json_string().get(nested) || !readPost(nested, count, post)) {
                return message;
            }
            message.kind = MessageKind::posted;
        } else {
            message.kind = event == "hello" ? MessageKind::hello : MessageKind::otherEvent;
        }
        if (document["seq"].get_int64().get(message.sequence)) { message.kind = MessageKind::unreadable; }
        return message;
    }

private:
    ondemand::parser outer, inner;
    std::unique_ptr<uint8_t[]> nestedText;
    size_t nestedCapacity = 0;

    static Message readReply(ondemand::document &document, Message message) {
        std::string_view status;
        if (document["status"].get_string().get(status)) { return message; }
        message.isOK = status == "OK";
        if (!document["seq_reply"].get_int64().get(message.sequence)) { message.kind = MessageKind::reply; }
        return message;
    }

    /// The post is a JSON string that holds JSON: it is unescaped into memory of its own, which is padded too. It is never
    /// longer than the frame it comes in.
    bool readPost(ondemand::raw_json_string nested, size_t count, Post &post) {
        if (nestedCapacity < count) {
            nestedCapacity = count * 2;
            nestedText.reset(new uint8_t[nestedCapacity + 2 * simdjson::SIMDJSON_PADDING]);
        }
        uint8_t *end = nestedText.get();
        std::string_view text;
        if (outer.unescape(nested, end).get(text)) { return false; }
        ondemand::document document;
        if (inner.iterate(text, nestedCapacity + simdjson::SIMDJSON_PADDING).get(document)) { return false; }
        ondemand::object object;
        if (document.get_object().get(object)) { return false; }
        // In the order in which the server writes them, so that each search goes on where the last one ended.
        return assign(object, "id", post.id) && assign(object, "user_id", post.userID)
            && assign(object, "channel_id", post.channelID) && assign(object, "message", post.message);
    }

    static bool assign(ondemand::object &object, std::string_view key, std::string &field) {
        std::string_view value;
        if (object[key].get_string().get(value)) { return false; }
        field.assign(value);
        return true;
    }
};
