import CLibuv
import Testing
import WorldInterface

@testable import UVEventLoop

@Suite struct NetworkErrorTests {
    /// libuv's code, address, kind, and words that say what to do.
    static let connects: [(uv_errno_t, String, NetworkError.Kind, String)] = [
        (UV_EMFILE, "192.0.2.1", .tooManyDescriptors, "raise its limit (ulimit -n)"),
        (UV_ENFILE, "192.0.2.1", .tooManyDescriptors, "raise fs.file-max"),
        (UV_ENOBUFS, "192.0.2.1", .outOfMemory, "short of memory for sockets"),
        (UV_ENOMEM, "192.0.2.1", .outOfMemory, "short of memory for sockets"),
        (UV_EADDRNOTAVAIL, "192.0.2.1", .portsExhausted, "widen net.ipv4.ip_local_port_range"),
        (UV_EAGAIN, "192.0.2.1", .portsExhausted, "all local ports are in use"),
        (UV_EADDRNOTAVAIL, "2001:db8::1", .unreachable, "is IPv6 switched off here"),
        (UV_EACCES, "192.0.2.1", .accessDenied, "a firewall or a policy of this machine forbids"),
        (UV_EPERM, "2001:db8::1", .accessDenied, "a firewall or a policy of this machine forbids"),
        (UV_ECONNREFUSED, "192.0.2.1", .refused, "connection refused"),
        (UV_ENETUNREACH, "192.0.2.1", .unreachable, "network is unreachable"),
        (UV_ETIMEDOUT, "192.0.2.1", .timedOut, "timed out"),
    ]

    @Test(arguments: connects.indices) func aConnectsErrorSaysWhatToDo(index: Int) throws {
        let (code, host, kind, words) = Self.connects[index]
        let address = try #require(SocketAddress(numeric: Endpoint(host: host, port: 443)))
        let error = NetworkError(connecting: address, code.rawValue)
        #expect(error.kind == kind)
        #expect(error.message.contains(words), "\(error.message)")
        #expect(error.message.hasPrefix(address.description))
    }

    /// What several addresses said, and what counts.
    static let verdicts: [([NetworkError.Kind], NetworkError.Kind)] = [
        ([], .unreachable), ([.unreachable, .refused], .refused),
        ([.refused, .tooManyDescriptors], .tooManyDescriptors),
        ([.unreachable, .portsExhausted], .portsExhausted), ([.portsExhausted, .timedOut], .timedOut),
        ([.unreachable, .unreachable], .unreachable), ([.timedOut, .outOfMemory], .outOfMemory),
        ([.accessDenied, .refused], .accessDenied),
    ]

    @Test(arguments: verdicts.indices) func theVerdictOfAllAddressesIsTheMostTelling(index: Int) {
        let (kinds, expected) = Self.verdicts[index]
        let attempt = ConnectAttempt(Endpoint(host: "chat.example", port: 443), TCPLiveness())
        attempt.failures = kinds.map { NetworkError($0, "said \($0)") }
        #expect(attempt.verdict.kind == expected)
        for kind in kinds { #expect(attempt.verdict.message.contains("said \(kind)")) }
        #expect(attempt.verdict.message.contains("chat.example:443"))
    }

    @Test func aLookupsErrorSaysWhatToDo() {
        let error = NetworkError(lookingUp: "chat.example", UV_EAI_NONAME.rawValue)
        #expect(error.kind == .nameNotFound)
        #expect(error.message.contains("check the spelling and the name server"))
    }
}
