import TestCertificates
import Testing
import UVEventLoop
import WorldInterface

/// What a client should make of a server.
enum TLSExpectation: Sendable {
    /// The answer has these words.
    case answer(String)
    /// An error of this kind, with these words.
    case error(NetworkError.Kind, [String])

    func isMet(by outcome: TLSOutcome) -> Bool {
        switch self {
        case .answer(let words): outcome.kind == nil && outcome.description.contains(words)
        case .error(let kind, let words): outcome.kind == kind && words.allSatisfy(outcome.description.contains)
        }
    }
}

/// One row of the matrix: how the server is, how the client is, and what comes of it.
struct TLSCase: Sendable, CustomStringConvertible {
    enum Server: Sendable {
        case openssl([String])
        /// Lines of the server's block.
        case nginx(@Sendable (TestCertificates) -> [String])
    }

    let description: String
    let server: Server
    let identity: @Sendable (TestCertificates) -> TLSServerOptions
    let client: @Sendable (TestCertificates) -> TLSClientOptions
    let host: String
    let expectation: TLSExpectation
    /// Where a request fares otherwise.
    let requestExpectation: TLSExpectation

    init(
        _ description: String, _ server: Server,
        identity: @escaping @Sendable (TestCertificates) -> TLSServerOptions = \.server, host: String = "127.0.0.1",
        client: @escaping @Sendable (TestCertificates) -> TLSClientOptions = {
            TLSClientOptions(certificateAuthorityFile: $0.authorityFile)
        },
        _ expectation: TLSExpectation, request: TLSExpectation? = nil
    ) {
        self.description = description
        self.server = server
        self.identity = identity
        self.host = host
        self.client = client
        self.expectation = expectation
        requestExpectation = request ?? expectation
    }

    /// A stream's and a request's row of the table, without what differs from run to run.
    static func row(
        _ name: String, _ peer: String, _ stream: TLSOutcome, _ request: TLSOutcome, _ port: UInt16
    ) -> String {
        let texts = [stream, request].map { outcome in
            "\(outcome)".replacing(":\(port)", with: "").replacing("|", with: "\\|")
        }
        return "| \(name) | \(peer) | \(texts[0]) | \(texts[1]) |"
    }
}

extension String {
    fileprivate func replacing(_ old: String, with new: String) -> String {
        split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}

@Suite(.timeLimit(.minutes(10))) struct TLSMatrixTests {
    @Test(.enabled(if: OpenSSLServer.path != nil, "openssl is not here: .ci/setup --all"))
    func everyKindOfServerIsHandledInWordsThatHelpByOpenSSL() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            var table: [String] = []
            for test in TLSCase.openssl {
                guard case .openssl(let arguments) = test.server else { continue }
                let server = try await OpenSSLServer(
                    test.identity(certificates), arguments.map { $0 == "AUTHORITY" ? certificates.authorityFile : $0 })
                table.append(await TLSMatrixTests.check(rig, test, "s_server", certificates, server.port))
                server.process.kill()
            }
            print(table.joined(separator: "\n"))
        }
    }

    @Test(.enabled(if: NginxServer.path != nil, "nginx is not here: .ci/setup --all"))
    func everyKindOfServerIsHandledInWordsThatHelpByNginx() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let blocks = TLSCase.nginx.map { test in
                guard case .nginx(let lines) = test.server else { return NginxServer.Block() }
                return NginxServer.Block(identity: test.identity(certificates), lines: lines(certificates))
            }
            let server = try await NginxServer(rig, in: certificates.directory, blocks)
            var table: [String] = []
            for (test, port) in zip(TLSCase.nginx, server.ports) {
                table.append(await TLSMatrixTests.check(rig, test, "nginx", certificates, port))
            }
            rig.loop.closeHTTPConnections()
            server.end(in: certificates.directory)
            print(table.joined(separator: "\n"))
        }
    }

    private static func check(
        _ rig: isolated LoopRig, _ test: TLSCase, _ peer: String, _ certificates: TestCertificates, _ port: UInt16
    ) async -> String {
        let endpoint = Endpoint(host: test.host, port: port)
        let options = test.client(certificates)
        let stream = await rig.outcomeByStream(endpoint, options)
        #expect(test.expectation.isMet(by: stream), "\(peer), \(test), stream: \(stream)")
        let request = await rig.outcomeByRequest(endpoint, options)
        #expect(test.requestExpectation.isMet(by: request), "\(peer), \(test), request: \(request)")
        return TLSCase.row(test.description, peer, stream, request, port)
    }
}
