import ConnectionLifecycle

extension State {
    /// What a reader should know of it beyond its one line: why it is a state of its own, and how it ends.
    var prose: String {
        switch self {
        case .idle:
            "Created and not started. It owns nothing, so it may wait here for as long as it likes."
        case .connecting:
            """
            One attempt, from the first packet to the proof that the connection answers, under one limit of time. A \
            TCP connection that opens proves little: only a greeted connection that has answered a question counts.
            """
        case .open:
            """
            The state in which a connection spends its life. Silence in it means nothing: perhaps nobody writes, \
            perhaps the connection is deaf. So its deadline does not end it but asks for a proof.
            """
        case .probing:
            """
            A question is on its way, and what comes back is judged by its content. The socket goes on delivering \
            meanwhile. A bad answer ends the connection; a missing one is a miss, and misses are forgiven a few \
            times.
            """
        case .stale:
            """
            The verdict is deaf, and it stands. The socket is kept for a moment, because what was sent before the \
            connection went deaf may still be on its way.
            """
        case .terminating:
            """
            The way out of every connection that still has a socket. Whether a new attempt or the end follows was \
            decided before; a peer that does not answer the close cannot change it, only delay it until the \
            deadline.
            """
        case .backoff:
            """
            Between two attempts. Nothing is owned, so nothing can leak. How long it lasts depends on what failed: \
            at once after the first deaf verdict, longer after each failure in a row, as long as a server asks for.
            """
        case .stopped:
            "The end, for good: nothing is owned and nothing leads on. Who wants to connect again creates anew."
        }
    }
}
