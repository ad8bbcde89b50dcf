internal import CSimdJSON

/// Adds a copy of each record that is visited to the array at `context`.
private func add<Element>(_ element: Element, to context: UnsafeMutableRawPointer?) {
    context?.assumingMemoryBound(to: [Element].self).pointee.append(element)
}

private func collect<Element>(
    _ visit: (UnsafeMutableRawPointer) -> HoldfastOutcome
) throws(DecodingFailure) -> [Element] {
    var elements: [Element] = []
    try withUnsafeMutablePointer(to: &elements) { visit(UnsafeMutableRawPointer($0)) }.check()
    return elements
}

extension String {
    /// The strings of a JSON array; none when it is absent or null.
    static func list(_ json: HoldfastText) throws(DecodingFailure) -> [String] {
        try collect { context in
            holdfast_visit_strings(json, context) { context, text in
                if let text { add(text.pointee.string, to: context) }
            }
        }
    }
}

extension PostRow {
    /// The posts of a JSON array, or the values of an object.
    static func list(_ json: HoldfastText) throws(DecodingFailure) -> [PostRow] {
        try collect { context in
            holdfast_visit_posts(json, context) { context, record, text in
                if let record { add(PostRow(post: Post(storage: .make(record.pointee, text))), to: context) }
            }
        }
    }

    /// Who reacted to it, and how: those that it has now.
    var reactions: [Reaction] {
        get throws(DecodingFailure) {
            try withPadding(text.utf8) { json throws(DecodingFailure) in
                try collect { context in
                    holdfast_visit_reactions_of_post(json, context) { context, record in
                        if let record { add(Reaction(record.pointee), to: context) }
                    }
                }
            }
        }
    }
}

extension Channel {
    static func list(_ json: HoldfastText) throws(DecodingFailure) -> [Channel] {
        try collect { context in
            holdfast_visit_channels(json, context) { context, record in
                if let record { add(Channel(record.pointee), to: context) }
            }
        }
    }
}

extension User {
    static func list(_ json: HoldfastText) throws(DecodingFailure) -> [User] {
        try collect { context in
            holdfast_visit_users(json, context) { context, record in
                if let record { add(User(record.pointee), to: context) }
            }
        }
    }
}

extension Team {
    static func list(_ json: HoldfastText) throws(DecodingFailure) -> [Team] {
        try collect { context in
            holdfast_visit_teams(json, context) { context, record in
                if let record { add(Team(record.pointee), to: context) }
            }
        }
    }
}

extension Preference {
    static func list(_ json: HoldfastText) throws(DecodingFailure) -> [Preference] {
        try collect { context in
            holdfast_visit_preferences(json, context) { context, record in
                if let record { add(Preference(record.pointee), to: context) }
            }
        }
    }
}
