/// Frames in, messages out (RFC 6455 §5), over the caller's read buffer.
///
/// A message that lies whole in the buffer is unmasked there and delivered as a slice of it: no copy, no allocation.
/// Only what spans reads, or comes in fragments, is copied to memory of the decoder's own, which is released by the
/// next call after the delivery. The caller pulls, and may stop after any event and go on later with the rest:
///
///     var input = WebSocketInput(buffer)
///     while let event = try decoder.next(&input) { … }
///
/// Not synchronised; belongs to one isolation.
public struct WebSocketDecoder: ~Copyable {
    private enum Phase {
        case header
        case payload
        /// The peer's close frame came: the rest is ignored (§5.5.1).
        case closed
        case failed(WebSocketProtocolError)
    }

    private enum Lent {
        case nothing
        case message
        case control
    }

    private let role: WebSocketRole
    /// Of a payload; no more than 4 GiB, for they are half as wide as they might be: there are many decoders.
    private let maximumFrameBytes, maximumMessageBytes: UInt32
    private let maximumFragments: UInt32
    private let validatesText: Bool
    private var phase = Phase.header
    /// Which buffer the last event's payload lies in.
    private var lent = Lent.nothing
    private var headerByteCount: UInt8 = 0
    /// The kind of the message under way, or nil between messages.
    private var messageOpcode: WebSocketOpcode?
    /// Between messages it is complete, hence as new.
    private var validator = UTF8Validator()
    /// A header that spans reads: up to `FrameHeader.maximumByteCount` bytes.
    private var headerBytes: (UInt64, UInt64) = (0, 0)
    /// The frame under way; its `payloadByteCount` counts down what is still due.
    private var frame = FrameHeader()
    private var fragmentCount: UInt32 = 0
    private var message = PayloadBuffer()
    private var control = PayloadBuffer()

    /// - Parameters:
    ///   - role: the role of *this* side; a client's decoder forbids masks, a server's demands them.
    ///   - validatesText: whether a text that lies whole in the buffer is checked to be UTF-8. Whoever says no owes that
    ///     check (§8.1), by a parser that makes it anyway or by `isUTF8`. A text that comes in parts is checked in any case,
    ///     as it comes, so that it fails at the first wrong byte.
    public init(role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits(), validatesText: Bool = true) {
        self.role = role
        maximumFrameBytes = UInt32(clamping: limits.maximumFrameBytes)
        maximumMessageBytes = UInt32(clamping: limits.maximumMessageBytes)
        maximumFragments = UInt32(clamping: limits.maximumFragments)
        self.validatesText = validatesText
    }

    /// Whether all of a text message is UTF-8 (§8.1).
    public static func isUTF8(_ message: UnsafeRawBufferPointer) -> Bool {
        var validator = UTF8Validator()
        return validator.validate(message) && validator.isComplete
    }

    /// Heap bytes held for a message under way or an event just delivered; zero when idle.
    public var retainedByteCount: Int { message.retainedByteCount + control.retainedByteCount }

    /// The next event, or nil when `input` is used up. After a close event all further input is ignored.
    ///
    /// Ends the life of the payload that the last call returned.
    /// - Throws: the first violation, and the same one on each later call.
    public mutating func next(
        _ input: inout WebSocketInput
    ) throws(WebSocketProtocolError) -> WebSocketEvent? {
        takeBackLent()
        do throws(WebSocketProtocolError) {
            while true {
                switch phase {
                case .header:
                    guard try readHeader(&input) else { return nil }
                    try beginFrame()
                    phase = .payload
                case .payload:
                    if frame.payloadByteCount > 0, input.unreadByteCount == 0 { return nil }
                    let event = frame.opcode.isControl ? try readControl(&input) : try readData(&input)
                    if let event { return event }
                case .closed:
                    _ = input.take(input.unreadByteCount)
                    return nil
                case .failed(let error):
                    throw error
                }
            }
        } catch {
            phase = .failed(error)
            message.release()
            control.release()
            throw error
        }
    }

    @inline(__always)
    private mutating func takeBackLent() {
        guard lent != .nothing else { return }
        switch lent {
        case .nothing: return
        case .message: message.release()
        case .control: control.release()
        }
        lent = .nothing
    }

    // MARK: Header

    /// False when the input ends before the header does.
    @inline(__always)
    private mutating func readHeader(_ input: inout WebSocketInput) throws(WebSocketProtocolError) -> Bool {
        if headerByteCount == 0, input.unreadByteCount >= 2, let bytes = input.unread.baseAddress {
            let needed = try FrameHeader.byteCount(
                first: bytes.load(as: UInt8.self), second: bytes.load(fromByteOffset: 1, as: UInt8.self),
                receivedBy: role)
            if input.unreadByteCount >= needed {
                frame = try FrameHeader(checked: bytes)
                _ = input.take(needed)
                return true
            }
        }
        return try readSplitHeader(&input)
    }

    @inline(never)
    private mutating func readSplitHeader(_ input: inout WebSocketInput) throws(WebSocketProtocolError) -> Bool {
        var needed = 2
        while true {
            if headerByteCount >= 2 {
                let (first, second) = withUnsafeBytes(of: headerBytes) { ($0[0], $0[1]) }
                needed = try FrameHeader.byteCount(first: first, second: second, receivedBy: role)
                if headerByteCount == needed { break }
            }
            guard input.unreadByteCount > 0 else { return false }
            let byte = input.take(1)[0]
            let index = Int(headerByteCount)
            withUnsafeMutableBytes(of: &headerBytes) { $0[index] = byte }
            headerByteCount += 1
        }
        headerByteCount = 0
        let parsed = withUnsafeBytes(of: headerBytes) { bytes -> Result<FrameHeader, WebSocketProtocolError> in
            guard let base = bytes.baseAddress else { return .success(FrameHeader()) }
            return Result { () throws(WebSocketProtocolError) in try FrameHeader(checked: base) }
        }
        frame = try parsed.get()
        return true
    }

    /// What the header means in the course of messages, and against the limits (§5.4, §10.4).
    @inline(__always)
    private mutating func beginFrame() throws(WebSocketProtocolError) {
        switch frame.opcode {
        case .close, .ping, .pong:
            return
        case .text, .binary:
            guard messageOpcode == nil else { throw .messageInterrupted }
            messageOpcode = frame.opcode
            fragmentCount = 0
        case .continuation:
            guard messageOpcode != nil else { throw .continuationWithoutMessage }
        }
        guard frame.payloadByteCount <= maximumFrameBytes else { throw .frameTooLong }
        guard frame.payloadByteCount <= Int(maximumMessageBytes) - message.count else { throw .messageTooLong }
        fragmentCount += 1
        guard fragmentCount <= maximumFragments else { throw .tooManyFragments }
    }

    // MARK: Payload

    private mutating func readData(
        _ input: inout WebSocketInput
    ) throws(WebSocketProtocolError) -> WebSocketEvent? {
        let isText = messageOpcode == .text
        if frame.isFinal, message.count == 0, input.unreadByteCount >= frame.payloadByteCount {
            let payload = input.take(frame.payloadByteCount)
            frame.mask.apply(to: payload)
            let bytes = UnsafeRawBufferPointer(payload)
            if isText, validatesText, !(validator.validate(bytes) && validator.isComplete) { throw .invalidUTF8InText }
            return endMessage(isText, bytes)
        }
        let part = input.take(min(frame.payloadByteCount, input.unreadByteCount))
        if part.count > 0 {
            // What further fragments bring is not announced.
            let limit = frame.isFinal ? message.count + frame.payloadByteCount : Int(maximumMessageBytes)
            let copy = message.append(part, limit: limit)
            frame.mask.apply(to: copy)
            if isText, !validator.validate(UnsafeRawBufferPointer(copy)) { throw .invalidUTF8InText }
            frame.payloadByteCount -= part.count
        }
        guard frame.payloadByteCount == 0 else { return nil }
        guard frame.isFinal else {
            phase = .header
            return nil
        }
        guard !isText || validator.isComplete else { throw .invalidUTF8InText }
        lent = .message
        return endMessage(isText, message.padded())
    }

    private mutating func endMessage(_ isText: Bool, _ bytes: UnsafeRawBufferPointer) -> WebSocketEvent {
        phase = .header
        messageOpcode = nil
        return isText ? .text(bytes) : .binary(bytes)
    }

    private mutating func readControl(
        _ input: inout WebSocketInput
    ) throws(WebSocketProtocolError) -> WebSocketEvent? {
        if control.count == 0, input.unreadByteCount >= frame.payloadByteCount {
            let payload = input.take(frame.payloadByteCount)
            frame.mask.apply(to: payload)
            return try endControl(UnsafeRawBufferPointer(payload))
        }
        let part = input.take(min(frame.payloadByteCount, input.unreadByteCount))
        frame.mask.apply(to: control.append(part, limit: control.count + frame.payloadByteCount))
        frame.payloadByteCount -= part.count
        guard frame.payloadByteCount == 0 else { return nil }
        lent = .control
        return try endControl(control.padded())
    }

    private mutating func endControl(
        _ payload: UnsafeRawBufferPointer
    ) throws(WebSocketProtocolError) -> WebSocketEvent {
        phase = .header
        guard frame.opcode == .close else { return frame.opcode == .ping ? .ping(payload) : .pong(payload) }
        phase = .closed
        // A message cut off by the close will never be finished.
        message.release()
        if payload.count == 0 { return .close(code: nil, reason: payload) }
        guard payload.count >= 2, let base = payload.baseAddress else { throw .closePayloadTooShort }
        let number = UInt16(bigEndian: base.loadUnaligned(as: UInt16.self))
        guard let code = WebSocketCloseCode(rawValue: number) else { throw .invalidCloseCode }
        let reason = UnsafeRawBufferPointer(rebasing: payload[2...])
        var reasonValidator = UTF8Validator()
        guard reasonValidator.validate(reason), reasonValidator.isComplete else { throw .invalidUTF8InCloseReason }
        return .close(code: code, reason: reason)
    }
}
