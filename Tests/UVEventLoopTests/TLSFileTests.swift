import TestCertificates
import Testing
import UVEventLoop
import WorldInterface

/// Files that cannot be used are named, with what to do: the same for streams and requests.
@Suite(.timeLimit(.minutes(10))) struct TLSFileTests {
    static let wrong: [(@Sendable (TestCertificates) -> TLSClientOptions, [String])] = [
        (
            { _ in TLSClientOptions(certificateAuthorityFile: "/nonexistent.pem") },
            ["/nonexistent.pem", "No such file", "PEM"]
        ),
        ({ TLSClientOptions(certificateAuthorityFile: $0.server.privateKeyFile) }, ["server.key", "certificates"]),
        ({ _ in TLSClientOptions(certificateChainFile: "/nonexistent.pem") }, ["/nonexistent.pem", "No such file"]),
        ({ TLSClientOptions(certificateChainFile: $0.client.privateKeyFile) }, ["client.key", "PEM"]),
        ({ TLSClientOptions(certificateChainFile: $0.client.certificateChainFile) }, ["client.pem", "key"]),
        (
            {
                TLSClientOptions(
                    certificateChainFile: $0.client.certificateChainFile, privateKeyFile: "/nonexistent.key")
            }, ["/nonexistent.key", "No such file"]
        ),
        (
            {
                TLSClientOptions(
                    certificateChainFile: $0.client.certificateChainFile, privateKeyFile: $0.server.privateKeyFile)
            }, ["server.key is not that of", "client.pem", "pair"]
        ),
        (
            {
                TLSClientOptions(
                    certificateChainFile: $0.client.certificateChainFile, privateKeyFile: $0.encryptedKeyFile)
            }, ["encrypted.key is encrypted", "openssl pkey"]
        ),
        ({ TLSClientOptions(privateKeyFile: $0.client.privateKeyFile) }, ["client.key", "certificate"]),
        ({ _ in TLSClientOptions(revocationListFile: "/nonexistent.crl") }, ["/nonexistent.crl", "No such file"]),
        ({ TLSClientOptions(revocationListFile: $0.authorityFile) }, ["authority.pem", "openssl crl"]),
    ]

    @Test(arguments: wrong.indices)
    func whatIsWrongWithAFileIsSaid(index: Int) async throws {
        let (options, words) = TLSFileTests.wrong[index]
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let endpoint = Endpoint(host: "127.0.0.1", port: 1)
            let outcomes = [
                await rig.outcomeByStream(endpoint, options(certificates)),
                await rig.outcomeByRequest(endpoint, options(certificates)),
            ]
            for outcome in outcomes {
                #expect(outcome.kind == .tlsFailed)
                #expect(words.allSatisfy("\(outcome)".contains), "\(outcome)")
            }
        }
    }

    @Test(arguments: ["", String(repeating: "x", count: 256)])
    func aProtocolThatCannotBeOfferedIsRefused(name: String) async throws {
        try await LoopRig.run { rig in
            let outcome = await rig.outcomeByStream(
                Endpoint(host: "127.0.0.1", port: 1), TLSClientOptions(applicationProtocols: ["http/1.1", name]))
            #expect(outcome.kind == .malformed, "\(outcome)")
        }
    }

    @Test func optionsThatSayNothingMoreAreTheSame() {
        var options = TLSClientOptions(certificateChainFile: "chain", applicationProtocols: ["http/1.1"])
        #expect(options != TLSClientOptions())
        options.certificateChainFile = nil
        options.applicationProtocols = []
        #expect(options == TLSClientOptions())
        #expect(options.hashValue == TLSClientOptions().hashValue)
        // It is copied along with each connection.
        #expect(MemoryLayout<TLSClientOptions>.size == 24)
    }
}
