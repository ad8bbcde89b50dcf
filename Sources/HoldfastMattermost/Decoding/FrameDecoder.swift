internal import CSimdJSON

/// Reads the server's text frames. It has no state of its own: the parser is the thread's.
public struct FrameDecoder: Sendable {
    public init() {}

    /// Checks all of a frame and reads it, in one pass; strings are made of it when they are asked for.
    ///
    /// - Parameters:
    ///   - bytes: one text frame, followed by at least 64 readable bytes of any value (as `WebSocketDecoder` hands it out).
    ///     Not needed after the call.
    ///   - attempt: the number of the connection attempt that it came by; see `MattermostEvent.attempt`.
    ///   - isReplayed: whether an event, unless it is a `hello`, came again after a resume.
    /// - Throws: `DecodingFailure` when the frame is no JSON, or none of Mattermost's.
    public func decode(
        _ bytes: UnsafeRawBufferPointer, attempt: UInt32 = 0, isReplayed: Bool = false
    ) throws(DecodingFailure) -> Frame {
        var envelope = HoldfastEnvelope()
        var content = HoldfastContent()
        try holdfast_read_frame(HoldfastText(bytes), &envelope, &content).check()
        if envelope.isEvent {
            // A hello says that nothing is replayed.
            let isHello = envelope.kind == MattermostEvent.Kind.hello.rawValue
            return .event(
                MattermostEvent(
                    storage: .make(
                        envelope, &content, bytes, attempt: attempt, isReplayed: isReplayed && !isHello)))
        }
        return .reply(try Reply(envelope, bytes))
    }

    /// The same for bytes of any origin, which are copied once more.
    public func decode(_ text: String) throws(DecodingFailure) -> Frame {
        try withPadding(text.utf8) { padded throws(DecodingFailure) in
            try decode(UnsafeRawBufferPointer(start: padded.bytes, count: padded.count))
        }
    }
}

/// What the server sends.
public enum Frame: Sendable {
    case event(MattermostEvent)
    /// The answer to an action of the client.
    case reply(Reply)
}

/// The answer to an action: `{"status":"OK","seq_reply":1,…}`.
public struct Reply: Hashable, Sendable {
    /// The `seq` of the action that is answered.
    public var sequenceReply: Int64?
    /// `status` is `OK`. A socket that has gone deaf answers `FAIL`.
    public var isOK: Bool
    /// Why not.
    public var error: ReplyError?
    /// The raw JSON of `data`.
    public var data: String?

    public init(sequenceReply: Int64?, isOK: Bool, error: ReplyError? = nil, data: String? = nil) {
        self.sequenceReply = sequenceReply
        self.isOK = isOK
        self.error = error
        self.data = data
    }

    init(_ envelope: HoldfastEnvelope, _ frame: UnsafeRawBufferPointer) throws(DecodingFailure) {
        sequenceReply = envelope.hasSequence ? envelope.sequence : nil
        isOK = envelope.isOK
        data = envelope.data.isAbsent ? nil : frame.slice(envelope.data).string
        if !envelope.error.isAbsent {
            var record = HoldfastError()
            try holdfast_read_error(frame.slice(envelope.error), &record).check()
            error = ReplyError(record)
        }
    }
}

/// An error as the server words it.
public struct ReplyError: Hashable, Sendable, CustomStringConvertible {
    /// E.g. `api.web_socket_router.not_authenticated.app_error`.
    public var id: String
    public var message: String
    /// As of HTTP.
    public var statusCode: Int

    public init(id: String, message: String, statusCode: Int) {
        self.id = id
        self.message = message
        self.statusCode = statusCode
    }

    init(_ record: HoldfastError) {
        id = record.id.string
        message = record.message.string
        statusCode = Int(record.statusCode)
    }

    public var description: String { "\(statusCode) \(id): \(message)" }
}
