import HoldfastMattermost

extension PureScenario {
    /// The server's `posted` event, checked and peeked; and read as a handler does.
    static var json: [PureScenario] {
        [700, 1200, 4096].flatMap { byteCount in
            let frame = Bytes(Array(PostedFrame.text(byteCount).utf8))
            return [
                PureScenario(
                    group: .json, name: "json: decode \(byteCount) B",
                    run: { count in
                        let decoder = FrameDecoder()
                        var sum = 0
                        for _ in 0..<count {
                            guard case .event(let event)? = try? decoder.decode(UnsafeRawBufferPointer(frame.content))
                            else { return -1 }
                            sum &+= Int(event.sequence)
                        }
                        return sum
                    }, reference: .hashing(frame)),
                PureScenario(
                    group: .json, name: "json: decode and content \(byteCount) B",
                    run: { count in
                        let decoder = FrameDecoder()
                        var sum = 0
                        for _ in 0..<count {
                            guard case .event(let event)? = try? decoder.decode(UnsafeRawBufferPointer(frame.content)),
                                case .posted(let posted)? = try? event.content
                            else { return -1 }
                            let post = posted.post
                            sum &+= post.message.utf8.count &+ post.id.utf8.count
                            sum &+= post.channelID.utf8.count &+ post.userID.utf8.count
                        }
                        return sum
                    }, reference: .hashing(frame)),
            ]
        }
    }
}
