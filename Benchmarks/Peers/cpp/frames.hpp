#pragma once

// Frames of RFC 6455, parsed in place.

#include <cstdint>
#include <cstring>

struct Frame {
    uint8_t opcode;
    bool isFinal;
    char *payload;
    size_t count;
};

enum class FrameResult { complete, incomplete, invalid };

/// Takes the frame at `position`, which then stands behind it.
inline FrameResult takeFrame(char *&position, char *end, Frame &frame) {
    const size_t left = size_t(end - position);
    if (left < 2) { return FrameResult::incomplete; }
    const uint8_t first = uint8_t(position[0]), second = uint8_t(position[1]);
    // No extension was agreed to, and a server does not mask.
    if ((first & 0x70) != 0 || (second & 0x80) != 0) { return FrameResult::invalid; }
    size_t header = 2, count = second;
    if (second == 126) {
        if (left < 4) { return FrameResult::incomplete; }
        uint16_t value;
        std::memcpy(&value, position + 2, 2);
        header = 4, count = __builtin_bswap16(value);
    } else if (second == 127) {
        if (left < 10) { return FrameResult::incomplete; }
        uint64_t value;
        std::memcpy(&value, position + 2, 8);
        header = 10, count = size_t(__builtin_bswap64(value));
        if (count > 1u << 30) { return FrameResult::invalid; }
    }
    if (left - header < count) { return FrameResult::incomplete; }
    frame = {uint8_t(first & 0x0F), (first & 0x80) != 0, position + header, count};
    position += header + count;
    return FrameResult::complete;
}

/// Writes a masked frame of at most 125 bytes to `output`; its length.
inline size_t writeFrame(char *output, uint8_t opcode, const char *payload, size_t count, uint32_t mask) {
    output[0] = char(0x80 | opcode);
    output[1] = char(0x80 | count);
    std::memcpy(output + 2, &mask, 4);
    for (size_t index = 0; index < count; index += 1) { output[6 + index] = payload[index] ^ output[2 + index % 4]; }
    return count + 6;
}
