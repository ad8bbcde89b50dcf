import Foundation
import Testing

/// A server that means harm, in every way that there is a bound against: each in a process of its own, over real sockets, so
/// that its peak memory can be told. The cases are in `Tests/HostilePeer`.
@Suite("A hostile peer", .timeLimit(.minutes(10)), .serialized)
struct HostilePeerTests {
    private static let cases = [
        "endless-header", "many-header-fields", "too-many-header-fields", "endless-interim-answers",
        "slow-loris-upgrade",
        "says-nothing", "tls-trickle", "hello-never-comes", "absurd-hello", "absurd-failure", "long-frame",
        "longest-message",
        "endless-empty-fragments", "ping-flood-between-fragments", "pongs-never-read", "faster-than-the-consumer",
        "nobody-listens", "close-never-answered", "retry-after-a-million-years", "rest-endless-body",
        "rest-endless-chunks",
        "rest-gzip-bomb", "rest-endless-headers", "rest-endless-header-line", "rest-slow-trickle", "rest-says-nothing",
        "rest-redirect-loop", "rest-deep-nesting", "rest-long-error", "rest-retry-after-a-million-years",
        "absurd-numbers",
        "absurd-times-of-posts", "endless-channels", "long-ids", "events-while-catch-up-hangs", "gap-with-every-event",
        "page-repeats", "latest-pages-never-end", "since-always-full", "long-names",
    ]

    @Test("every case is run here")
    func list() async throws {
        let process = try CommandProcess(["--list"], executable: "HostilePeer")
        #expect(await process.status() == 0)
        #expect(process.output.all == Self.cases)
    }

    @Test("is borne, and told in words", arguments: cases)
    func bear(name: String) async throws {
        let process = try CommandProcess([name], executable: "HostilePeer")
        let status = await process.status()
        let line = process.output.all.first ?? ""
        #expect(
            status == 0, "\(name): status \(status), \(line)\n\(process.errors.all.suffix(20).joined(separator: "\n"))")
        // The figures for the report.
        print("hostile peer: \(line)")
    }
}
