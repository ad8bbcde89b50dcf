import HoldfastMattermost
import WorldInterface

/// On the REST API. Each request has three seconds, and 16 MiB for its answer.
let answerCases: [HostileCase] = [
    HostileCase(name: "rest-endless-body") {
        try await refusal(.endless(head: Array("HTTP/1.1 200 OK\r\n\r\n[".utf8), chunk: spaces), "longer than")
    },
    HostileCase(name: "rest-endless-chunks") {
        try await refusal(
            .endless(
                head: Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8),
                chunk: Array("1\r\n \r\n".utf8)),
            "longer than", "timed out", "Timeout was reached")
    },
    HostileCase(name: "rest-gzip-bomb") {
        // 64 MiB of spaces in 400 KB.
        let bomb = GzipBomb.bytes(blocks: 64)
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n"
        return try await refusal(.bytes(Array(head.utf8) + bomb), "longer than")
    },
    HostileCase(name: "rest-endless-headers") {
        try await refusal(
            .endless(
                head: Array("HTTP/1.1 200 OK\r\n".utf8),
                chunk: Array("A: \(String(repeating: "a", count: 1000))\r\n".utf8)),
            "headers of the answer are longer than")
    },
    HostileCase(name: "rest-endless-header-line") {
        try await refusal(
            .endless(head: Array("HTTP/1.1 200 OK\r\nA: ".utf8), chunk: [UInt8](repeating: 0x61, count: 8192)),
            "headers of the answer are longer than")
    },
    HostileCase(name: "rest-slow-trickle") {
        try await refusal(
            .trickle(Array("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n[ ".utf8), every: .milliseconds(20)),
            "Timeout was reached")
    },
    HostileCase(name: "rest-says-nothing") { try await refusal(.silence, "Timeout was reached") },
    HostileCase(name: "rest-redirect-loop") {
        // Redirects are not followed: the token would go to wherever the server points.
        try await refusal(
            .text("HTTP/1.1 302 Found\r\nLocation: /api/v4/users/me\r\nContent-Length: 0\r\n\r\n"), "redirects (302)")
    },
    HostileCase(name: "rest-deep-nesting") {
        let body = String(repeating: "[", count: 4_000_000)
        return try await refusal(.json(body), "not one of Mattermost's")
    },
    HostileCase(name: "rest-long-error") {
        let body =
            #"{"id":"\#(String(repeating: "i", count: 4_000_000))","message":"\#(String(repeating: "m", count: 4_000_000))"}"#
        return try await refusal(.json(body, status: "500 X"), "the server failed (500")
    },
    HostileCase(name: "rest-retry-after-a-million-years") {
        try await refusal(.json("", status: "429 X", headers: "Retry-After: 31536000000000\r\n"), "wait 3600.0 seconds")
    },
]

private let spaces = [UInt8](repeating: 0x20, count: 65_536)

/// What `GET /users/me` throws; one of `words` must be in it, and no line may be long.
private func refusal(_ reply: HostileReply, _ words: String...) async throws -> String {
    let stage = try await Stage(HostileScript(answer: { _ in reply }))
    let line = try await stage.refusal { client async throws(MattermostError) in _ = try await client.me() }
    try require(words.contains { line.contains($0) }, "none of \(words) in: \(line)")
    try require(line.utf8.count < 1000, "an error of \(line.utf8.count) bytes")
    return line
}

/// A gzip file (RFC 1952) made by hand: stored nowhere, and no library needed to write it.
enum GzipBomb {
    /// One block of deflate (RFC 1951 §3.2.6, fixed codes): a space, then runs of 258 of what stands one byte before; again and
    /// again. 13 bits each run: 160 to 1.
    static func bytes(blocks: Int) -> [UInt8] {
        var writer = BitWriter()
        for _ in 0..<blocks {
            writer.append(0, count: 1)  // Not the last block.
            writer.append(1, count: 2)  // Fixed codes.
            writer.appendCode(0x30 + 0x20, count: 8)  // The literal 0x20.
            for _ in 0..<4096 {
                writer.appendCode(0b1100_0101, count: 8)  // 285: a run of 258.
                writer.appendCode(0, count: 5)  // From one byte before.
            }
            writer.appendCode(0, count: 7)  // The block's end.
        }
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + writer.bytes
    }

    private struct BitWriter {
        var bytes: [UInt8] = []
        private var used = 8

        mutating func append(_ bit: UInt8) {
            if used == 8 {
                bytes.append(0)
                used = 0
            }
            bytes[bytes.count - 1] |= bit << UInt8(used)
            used += 1
        }

        /// Numbers begin with their lowest bit, codes with their highest.
        mutating func append(_ value: Int, count: Int) { for index in 0..<count { append(UInt8(value >> index & 1)) } }
        mutating func appendCode(_ value: Int, count: Int) {
            for index in (0..<count).reversed() { append(UInt8(value >> index & 1)) }
        }
    }
}
