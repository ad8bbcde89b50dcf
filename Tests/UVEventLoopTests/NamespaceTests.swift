#if os(Linux)
    import Glibc
    import Testing
    import WorldInterface

    @testable import UVEventLoop

    /// What only a kernel that is set up for it does. Each in a process of its own.
    @Suite(.timeLimit(.minutes(10))) struct NamespaceTests {
        @Test(.enabled(if: Namespace.isAllowed, "this process may not unshare a network: run it as root"))
        func outOfLocalPortsConnectsAndRequestsSaySoAndWorkAgainAfterwards() async throws {
            await #expect(processExitsWith: .success) {
                try await inNamespace { loop in
                    #expect(Namespace.limitLocalPorts(to: 40_000...40_001))
                    let server = try Server(loop) { recorder in
                        recorder.whenReceived = { recorder, _ in
                            recorder.stream?.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8))
                        }
                    }
                    var clients: [Recorder] = []
                    var exhausted: NetworkError?
                    while exhausted == nil, clients.count < 10 {
                        let client = connect(loop, to: server.endpoint)
                        await client.signal.wait("an answer") { client.openedCount == 1 || client.closure != nil }
                        if case .failed(let error)? = client.closure {
                            exhausted = error
                        } else {
                            clients.append(client)
                        }
                    }
                    #expect(clients.count <= 2)
                    #expect(exhausted?.kind == .portsExhausted)
                    #expect(exhausted?.message.contains("all local ports are in use") == true)
                    let request = HTTPRequest(url: "http://\(server.endpoint)/")
                    await #expect {
                        try await loop.perform(request)
                    } throws: {
                        ($0 as? NetworkError)?.kind == .portsExhausted
                    }
                    // A reset leaves no port waiting.
                    for client in clients {
                        client.call { $0.reset() }
                        await client.untilClosed()
                    }
                    #expect(try await loop.perform(request).status == 200)
                    loop.closeHTTPConnections()
                    for accepted in server.accepted { await accepted.untilClosed() }
                    server.close()
                }
            }
        }

        @Test(.enabled(if: Namespace.isAllowed, "this process may not unshare a network: run it as root"))
        func aSilentNameServerHoldsUpNeitherTheLoopNorOtherNames() async throws {
            await #expect(processExitsWith: .success) {
                try await inNamespace { loop in
                    let names = try #require(Namespace.silenceNames(seconds: 5))
                    let server = try Server(loop)
                    let silent = Endpoint(host: "silent.example", port: 1)
                    // Once a thread has it, it cannot be stopped.
                    repeat {
                        let client = connect(loop, to: silent)
                        await turns(loop)
                        client.call { $0.close() }
                        await client.untilClosed()
                    } while loop.resolver.lookupCount == 0
                    // Attempts that come and go, as those of an engine with a connect deadline: one lookup for all.
                    for _ in 0..<100 {
                        let client = connect(loop, to: silent)
                        client.call { $0.close() }
                        await client.untilClosed()
                        #expect(loop.resolver.lookupCount == 1)
                        #expect(loop.activeRequestCount == 1)
                    }
                    // A name that needs no server is found meanwhile.
                    let client = connect(loop, to: Endpoint(host: "localhost", port: server.endpoint.port))
                    await client.untilOpened()
                    #expect(loop.resolver.lookupCount == 1, "the silent one")
                    await close(client, await server.untilAccepted())

                    // A request gives up at its own time, and the loop goes on: libcurl must not wait for its thread.
                    let other = connect(loop, to: Endpoint(host: "other.silent.example", port: 1))
                    await #expect {
                        try await loop.perform(
                            HTTPRequest(url: "http://silent.example/", timeout: .milliseconds(200)))
                    } throws: { ($0 as? NetworkError)?.kind == .timedOut }
                    await turns(loop)
                    #expect(other.closure == nil, "a lookup that began before the request has not ended")
                    loop.closeHTTPConnections()

                    // Who joins the lookup hears how it ends.
                    let late = connect(loop, to: silent)
                    #expect(loop.resolver.lookupCount == 2, "this name's, and the other's")
                    #expect(await late.untilClosed()?.kind == .nameNotFound)
                    await other.untilClosed()
                    server.close()
                    Glibc.close(names)
                }
            }
        }
    }

    /// Runs `body` on a loop whose thread, and all that it starts, is in a new namespace.
    private func inNamespace(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws {
        // The loop's thread is started by one that has entered: both are bound to it.
        let loop = try await withCheckedThrowingContinuation { continuation in
            let start = Unmanaged.passRetained(Start(continuation)).toOpaque()
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { start in
                    guard let start else { return nil }
                    Unmanaged<Start>.fromOpaque(start).takeRetainedValue().run()
                    return nil
                }, start)
            pthread_detach(thread)
        }
        let result: Result<Void, any Error>
        do {
            result = .success(try await loop.run { () async throws in try await body(loop) })
        } catch {
            result = .failure(error)
        }
        try loop.stop()
        try result.get()
    }

    private final class Start {
        private let continuation: CheckedContinuation<EventLoop, any Error>

        init(_ continuation: CheckedContinuation<EventLoop, any Error>) { self.continuation = continuation }

        func run() {
            continuation.resume(
                with: Result {
                    guard Namespace.enter() else { throw NetworkError(.accessDenied, "no namespace") }
                    return try EventLoop.start(name: "namespace")
                })
        }
    }
#endif
