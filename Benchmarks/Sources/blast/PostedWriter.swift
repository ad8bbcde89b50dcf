import WorldInterface

/// Makes `posted` frames up to the digits of their `seq`.
struct PostedWriter {
    struct Frame {
        var payload: [UInt8]
        /// Where the post's id begins.
        var identifier: Int
        /// Where these numbers of the post begin.
        var createAt: Int
        var updateAt: Int
        var messageBytes: Int
    }

    static let identifierLength = 26
    /// Shorter frames leave out what servers have added to a post with collapsed threads.
    private static let fullShapeFrom = 800
    private static let time = "1795453375035"

    private let bytes: Int
    private var random: Generator
    private let channels: [String]
    private let users: [String]
    private let team: String

    init(bytes: Int, seed: UInt64) {
        self.bytes = bytes
        var random = Generator(seed: seed)
        channels = (0..<16).map { _ in random.identifier() }
        users = (0..<64).map { _ in random.identifier() }
        team = random.identifier()
        self.random = random
    }

    mutating func next() -> Frame {
        let channel = random.element(of: channels)
        let user = random.element(of: users)
        let mentions = random.chance(1, in: 4) && bytes >= Self.fullShapeFrom ? #""mentions":"[\"\#(user)\"]","# : ""
        // Some are longer, some shorter; on the average they are as long as asked for.
        let spread = bytes / 8
        let target = bytes - spread + random.number(below: 2 * spread + 1)
        let numberBytes = 9
        let rest = frame(channel, user, mentions, escaped: "").utf8.count + numberBytes
        let (message, escaped) = message(escapedBytes: target - rest)
        let text = frame(channel, user, mentions, escaped: escaped)
        let payload = Array(text.utf8)
        let start = Self.position(of: #"{\"id\":\""#, in: payload, from: 0)
        let createAt = Self.position(of: Self.time, in: payload, from: start)
        let updateAt = Self.position(of: Self.time, in: payload, from: createAt + Self.time.utf8.count)
        return Frame(
            payload: payload, identifier: start + #"{\"id\":\""#.utf8.count, createAt: createAt, updateAt: updateAt,
            messageBytes: message.utf8.count)
    }

    private mutating func frame(_ channel: String, _ user: String, _ mentions: String, escaped: String) -> String {
        let threads =
            bytes >= Self.fullShapeFrom
            ? #"\"reply_count\":0,\"last_reply_at\":0,\"participants\":null,"# : ""
        let post =
            #"{\"id\":\"31sb5rzrrtbojesad8dkeuh4wh\",\"create_at\":\#(Self.time),\"update_at\":\#(Self.time),"#
            + #"\"edit_at\":0,\"delete_at\":0,\"is_pinned\":false,\"user_id\":\"\#(user)\","#
            + #"\"channel_id\":\"\#(channel)\",\"root_id\":\"\",\"original_id\":\"\",\"message\":\"\#(escaped)\","#
            + #"\"type\":\"\",\"props\":{},\"hashtags\":\"\",\"pending_post_id\":\"\",\#(threads)\"metadata\":{}}"#
        let name = bytes >= Self.fullShapeFrom ? ("Test Channel", "testchan", "@admin") : ("Ops", "ops", "@ana")
        return #"{"event":"posted","data":{"channel_display_name":"\#(name.0)","channel_name":"\#(name.1)","#
            + #""channel_type":"O",\#(mentions)"post":"\#(post)","sender_name":"\#(name.2)","set_online":true,"#
            + #""team_id":"\#(team)"},"broadcast":{"omit_users":null,"user_id":"","channel_id":"\#(channel)","#
            + #""team_id":""},"seq":"#
    }

    private static let words = [
        "the", "deploy", "is", "done", "and", "all", "checks", "are", "green", "please", "have", "a", "look", "at",
        "this",
        "build", "before", "lunch", "thanks", "server", "restarted", "twice", "today", "who", "knows", "why", "logs",
        "say",
        "nothing", "useful", "rollback", "tomorrow", "morning", "release", "notes", "need", "your", "review",
    ]
    /// As meant, and as it stands in a JSON string within a JSON string.
    private static let specials: [(meant: String, escaped: String)] = [
        ("\n", #"\\n"#), (#""quoted""#, #"\\\"quoted\\\""#), ("für", "für"), ("Größe", "Größe"), ("🚀", "🚀"), ("👍", "👍"),
    ]

    /// Words of about so many bytes as they stand in the frame; at least one.
    private mutating func message(escapedBytes: Int) -> (meant: String, escaped: String) {
        var (meant, escaped) = ("ok", "ok")
        while escaped.utf8.count + 4 < escapedBytes {
            var word = random.element(of: Self.specials)
            if !random.chance(1, in: 16) {
                word.meant = random.element(of: Self.words)
                word.escaped = word.meant
            }
            meant += " " + word.meant
            escaped += " " + word.escaped
        }
        return (meant, escaped)
    }

    private static func position(of pattern: String, in text: [UInt8], from start: Int) -> Int {
        let pattern = Array(pattern.utf8)
        var position = start
        while position + pattern.count <= text.count, !text[position...].starts(with: pattern) { position += 1 }
        return position
    }
}

/// A small generator, the same everywhere for a seed (SplitMix64).
struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(below limit: Int) -> Int { Int(next() >> 33) % max(1, limit) }

    mutating func chance(_ part: Int, in whole: Int) -> Bool { number(below: whole) < part }

    mutating func element<Element>(of elements: [Element]) -> Element { elements[number(below: elements.count)] }

    /// As Mattermost makes them: 26 characters of an alphabet that is easy to read aloud.
    mutating func identifier() -> String {
        let alphabet = Array("ybndrfg8ejkmcpqxot1uwisza345h769")
        return String((0..<26).map { _ in element(of: alphabet) })
    }
}
