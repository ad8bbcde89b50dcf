import Foundation
import Holdfast
import HoldfastMattermost
import TestCertificates
import TestProxy
import Testing
import WorldInterface

/// The ways to a server, end to end: the WebSocket and REST of one connection, which must take the same.
@Suite(.timeLimit(.minutes(10))) struct TransportTests {
    @Test func aBasePathInFrontOfTheServerIsKept() async throws {
        try await TransportRig.run { front, simulator, _ in
            let endpoint = try await front.start { .strip("/chat/team", of: $0, to: simulator) }
            return "http://\(endpoint)/chat/team/"
        } _: { rig in
            try await rig.proveBothPlanes()
            let heads = await rig.front.heads
            #expect(heads.contains { $0.hasPrefix("GET /chat/team/api/v4/websocket HTTP/1.1\r\n") })
            #expect(heads.contains { $0.hasPrefix("GET /chat/team/api/v4/users/me HTTP/1.1\r\n") })
        }
    }

    @Test(.enabled(if: hasIPv6, "this machine has no IPv6")) func anIPv6LiteralIsReached() async throws {
        try await TransportRig.run(host: "::1") { _, simulator, _ in
            "http://\(simulator)"
        } _: { rig in
            try await rig.proveBothPlanes()
        }
    }

    @Test(arguments: [false, true]) func aProxyIsAskedForATunnelByBoth(hasPassword: Bool) async throws {
        try await TransportRig.run { front, simulator, options in
            let proxy = try await front.start { head in
                let isKnown = head.contains("\r\nProxy-Authorization: Basic Ym90OmRvZ0AxOg==")
                return isKnown || !hasPassword
                    ? .tunnel(of: head, to: simulator) : .answer("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
            }
            options.proxy = .proxy(try ProxyServer("http://\(hasPassword ? "bot:dog%401:@" : "")\(proxy)"))
            // A name that only the proxy knows.
            return "http://chat.internal.invalid:8065"
        } _: { rig in
            try await rig.proveBothPlanes()
            let heads = await rig.front.heads
            #expect(heads.count >= 2)
            #expect(heads.allSatisfy { $0.hasPrefix("CONNECT chat.internal.invalid:8065 HTTP/1.1\r\n") })
        }
    }

    @Test(arguments: [false, true]) func tlsGoesThroughAProxyWithAndWithoutTLSOfItsOwn(isSecure: Bool) async throws {
        let certificates = TestCertificates()
        let (authority, identity) = (certificates.authorityFile, certificates.server)
        try await TransportRig.run(tls: identity) { front, simulator, options in
            options.tls.certificateAuthorityFile = authority
            let proxy = try await front.start(tls: isSecure ? identity : nil) { .tunnel(of: $0, to: simulator) }
            options.proxy = .proxy(ProxyServer(isSecure: isSecure, endpoint: proxy))
            return "https://localhost:8065"
        } _: { rig in
            try await rig.proveBothPlanes()
            let heads = await rig.front.heads
            #expect(heads.count >= 2)
            #expect(heads.allSatisfy { $0.hasPrefix("CONNECT localhost:8065 HTTP/1.1\r\n") })
        }
        withExtendedLifetime(certificates) {}
    }

    @Test func anInternationalNameIsItsASCIIFormForDNSHostAndTLS() async throws {
        // Only the proxy can find it, and notes for which name it was asked.
        try await TransportRig.run { front, simulator, options in
            let proxy = try await front.start { .tunnel(of: $0, to: simulator) }
            options.proxy = .proxy(ProxyServer(endpoint: proxy))
            return "http://bücher.example"
        } _: { rig in
            try await rig.proveBothPlanes()
            let heads = await rig.front.heads
            #expect(heads.allSatisfy { $0.hasPrefix("CONNECT xn--bcher-kva.example:80 HTTP/1.1\r\n") })
        }
    }

    @Test func aProxyThatWantsAPasswordIsNamedAndTheAttemptIsRepeated() async throws {
        try await TransportRig.run { front, _, options in
            let proxy = try await front.start { _ in .answer("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n") }
            options.proxy = .proxy(ProxyServer(endpoint: proxy))
            return "http://chat.internal.invalid"
        } _: { rig in
            let reason = try await rig.failure()
            #expect(reason.contains("wants a user and a password"), "\(reason)")
            try await rig.log.wait("a second attempt") { _ in
                rig.log.transitions.count { $0.to == .connecting } >= 2
            }
        }
    }

    @Test func aRedirectToHTTPSOfTheSameHostIsFollowedByBoth() async throws {
        let certificates = TestCertificates()
        let authority = certificates.authorityFile
        try await TransportRig.run(tls: certificates.server) { front, simulator, options in
            options.tls.certificateAuthorityFile = authority
            let endpoint = try await front.start { head in
                let target = head.split(separator: " ").dropFirst().first ?? ""
                return .answer(
                    "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://\(simulator)\(target)\r\n"
                        + "Content-Length: 0\r\n\r\n")
            }
            return "http://\(endpoint)"
        } _: { rig in
            try await rig.proveBothPlanes()
        }
        withExtendedLifetime(certificates) {}
    }

    @Test func aRedirectToAnotherHostIsAnErrorThatNamesTheURL() async throws {
        try await TransportRig.run { front, _, _ in
            let endpoint = try await front.start { head in
                let target = head.split(separator: " ").dropFirst().first ?? ""
                return .answer(
                    "HTTP/1.1 301 Moved\r\nLocation: https://www.chat.example\(target)\r\nContent-Length: 0\r\n\r\n")
            }
            return "http://\(endpoint)"
        } _: { rig in
            let reason = try await rig.failure()
            #expect(reason.contains("give https://www.chat.example as the server URL"), "\(reason)")
            #expect(!reason.contains(rig.fixture.botToken))
        }
    }
}

/// Whether this machine has a loopback address of IPv6.
private let hasIPv6: Bool = {
    let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_addr = in6addr_loopback
    return withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
        }
    }
}()
