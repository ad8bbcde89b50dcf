#pragma once

// The client's side of the opening handshake (RFC 6455 section 4.1), with the SHA-1 (RFC 3174) that it asks for.

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

inline std::array<uint8_t, 20> sha1(std::string_view message) {
    std::vector<uint8_t> padded(message.begin(), message.end());
    padded.push_back(0x80);
    while (padded.size() % 64 != 56) { padded.push_back(0); }
    for (int shift = 56; shift >= 0; shift -= 8) { padded.push_back(uint8_t(uint64_t(message.size()) * 8 >> shift)); }
    uint32_t state[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    auto rotate = [](uint32_t value, int by) { return value << by | value >> (32 - by); };
    for (size_t block = 0; block < padded.size(); block += 64) {
        uint32_t word[80];
        for (int index = 0; index < 16; index += 1) {
            const uint8_t *at = &padded[block + size_t(index) * 4];
            word[index] = uint32_t(at[0]) << 24 | uint32_t(at[1]) << 16 | uint32_t(at[2]) << 8 | at[3];
        }
        for (int index = 16; index < 80; index += 1) {
            word[index] = rotate(word[index - 3] ^ word[index - 8] ^ word[index - 14] ^ word[index - 16], 1);
        }
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
        for (int index = 0; index < 80; index += 1) {
            uint32_t mixed, constant;
            if (index < 20) {
                mixed = (b & c) | (~b & d), constant = 0x5A827999;
            } else if (index < 40) {
                mixed = b ^ c ^ d, constant = 0x6ED9EBA1;
            } else if (index < 60) {
                mixed = (b & c) | (b & d) | (c & d), constant = 0x8F1BBCDC;
            } else {
                mixed = b ^ c ^ d, constant = 0xCA62C1D6;
            }
            const uint32_t next = rotate(a, 5) + mixed + e + constant + word[index];
            e = d, d = c, c = rotate(b, 30), b = a, a = next;
        }
        state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
    }
    std::array<uint8_t, 20> digest;
    for (size_t index = 0; index < 20; index += 1) { digest[index] = uint8_t(state[index / 4] >> (24 - index % 4 * 8)); }
    return digest;
}

inline std::string base64(const uint8_t *bytes, size_t count) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (size_t start = 0; start < count; start += 3) {
        const uint32_t group = uint32_t(bytes[start]) << 16 | uint32_t(start + 1 < count ? bytes[start + 1] : 0) << 8
            | uint32_t(start + 2 < count ? bytes[start + 2] : 0);
        text += alphabet[group >> 18];
        text += alphabet[group >> 12 & 63];
        text += start + 1 < count ? alphabet[group >> 6 & 63] : '=';
        text += start + 2 < count ? alphabet[group & 63] : '=';
    }
    return text;
}

/// What a server that speaks WebSocket answers to `key`.
inline std::string acceptance(const std::string &key) {
    const auto digest = sha1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    return base64(digest.data(), digest.size());
}

/// Whether the head, without its empty line, is a 101 that fits `key`.
inline bool isUpgrade(std::string_view head, const std::string &key) {
    if (head.substr(0, 12) != "HTTP/1.1 101") { return false; }
    static constexpr std::string_view name = "sec-websocket-accept:";
    for (size_t line = head.find("\r\n"); line != std::string_view::npos; line = head.find("\r\n", line + 2)) {
        std::string_view field = head.substr(line + 2);
        field = field.substr(0, field.find("\r\n"));
        if (field.size() < name.size()) { continue; }
        bool isIt = true;
        for (size_t index = 0; index < name.size() && isIt; index += 1) { isIt = (field[index] | 0x20) == (name[index] | 0x20); }
        if (!isIt) { continue; }
        std::string_view value = field.substr(name.size());
        while (!value.empty() && value.front() == ' ') { value.remove_prefix(1); }
        while (!value.empty() && value.back() == ' ') { value.remove_suffix(1); }
        return value == acceptance(key);
    }
    return false;
}
