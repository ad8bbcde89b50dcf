import Testing
import WorldInterface

@testable import Holdfast

/// A service whose links do nothing by themselves: the test says what the network does. Checks on the way that the
/// engine keeps the contract of `Link`.
final class ScriptedService: Service, @unchecked Sendable {
    // Sound as Sendable: only the one thread that turns the manual world touches it.
    typealias Event = Int
    private(set) var links: [ScriptedLink] = []
    /// What a link does at once when it begins.
    var onBegin: (ScriptedLink) -> Void = { _ in }

    func makeLink(port: LinkPort<Int>, world: any World) -> any Link {
        #expect(liveLinks.isEmpty, "a second link while one lives")
        let link = ScriptedLink(port: port, service: self)
        links.append(link)
        return link
    }

    var liveLinks: [ScriptedLink] { links.filter { $0.phase != .destroyed } }
    var link: ScriptedLink {
        guard let link = links.last else { preconditionFailure("no link was made") }
        return link
    }
}

final class ScriptedLink: Link {
    enum Phase { case made, begun, closing, destroyed }

    let port: LinkPort<Int>
    private unowned let service: ScriptedService
    private(set) var phase = Phase.made
    private(set) var probe: (round: UInt32, cause: ProbeCause)?
    /// The number of the latest probe, also when it is over; 0 before the first.
    private(set) var latestRound: UInt32 = 0
    private(set) var probeCauses: [ProbeCause] = []
    private(set) var isPaused = false
    /// Where the test says that a successor may go on.
    var resumePoint: ResumePoint?
    var awaited = ""

    init(port: LinkPort<Int>, service: ScriptedService) {
        self.port = port
        self.service = service
    }

    func begin() {
        #expect(phase == .made)
        phase = .begun
        service.onBegin(self)
    }

    func beginProbe(round: UInt32, cause: ProbeCause, due: Instant) {
        #expect(phase == .begun && probe == nil)
        probe = (round, cause)
        latestRound = round
        probeCauses.append(cause)
    }

    func cancelProbe() { probe = nil }

    func beginClose() {
        #expect(phase == .begun && probe == nil)
        phase = .closing
    }

    func destroy() {
        #expect(phase != .destroyed && probe == nil)
        phase = .destroyed
    }

    func pauseReading() { isPaused = true }
    func resumeReading() { isPaused = false }

    func answer(_ outcome: Verdict.Outcome) {
        guard let probe else { return }
        port.report(.verdict(Verdict(outcome, check: "script", detail: "as told"), round: probe.round))
    }
}
