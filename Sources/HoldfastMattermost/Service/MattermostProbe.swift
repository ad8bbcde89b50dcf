import ConnectionLifecycle
import Holdfast
import WorldInterface

/// One probe: a ladder of checks, cheapest first, on the live connection. Loop-confined; lives as long as the probe.
///
/// 1. *reply*: the `ping` action, judged by content. FAIL is deaf and decides alone; no answer is left to the
///    machine's deadline, as a miss.
/// 2. *revision*: `GET /users/me`; a change is a suspicion or a verdict, an error changes nothing.
/// 3. *canary*: a private preference that must come back as an event.
///
/// Each plane is judged by its own evidence: once the reply is good, REST that fails or hangs cannot make the connection
/// look dead. Shortly before the machine's deadline the probe therefore concludes from what it knows.
final class MattermostProbe {
    private enum Rung {
        case reply(sequence: Int64)
        case revision(Task<Void, Never>)
        case writingCanary(nonce: String, Task<Void, Never>)
        /// Written; the event is awaited. `sawEvents` tells whether others arrived meanwhile.
        case awaitingCanary(nonce: String, since: Instant, sawEvents: Bool)
        case ended
    }

    private let link: MattermostLink
    private let round: UInt32
    private let conclusion: Instant
    /// The canary's way back may take so long before its absence proves anything, in nanoseconds.
    private let patience: UInt64
    private var timer: (any DeadlineTimer)?
    private var rung = Rung.ended
    private var canaryArrived = false
    /// The revision to adopt when the connection is proven.
    private var newRevision: Revision?
    /// In the order in which it was found, divided by commas.
    private var evidence = ""

    init(link: MattermostLink, round: UInt32, due: Instant) {
        self.link = link
        self.round = round
        let now = link.world.now
        // The last fifth is left for the answer of the other side of the deadline: ours.
        let time = due.nanoseconds(since: now)
        conclusion = now.advanced(byNanoseconds: time / 5 * 4)
        patience = time / 10 * 3
    }

    func begin() {
        guard link.options.replyCheck else { return checkRevision() }
        rung = .reply(sequence: link.sendPing())
    }

    /// Ends the probe without a verdict. Idempotent.
    func end() {
        switch rung {
        case .revision(let task), .writingCanary(_, let task):
            #if CLASSIC_BUGS
                if ClassicBug.active != .timerAfterClose { task.cancel() }
            #else
                task.cancel()
            #endif
        case .reply, .awaitingCanary, .ended: break
        }
        rung = .ended
        timer?.close()
        timer = nil
    }

    /// Before REST is asked, for only what it says may be concluded without.
    private func armConclusion() {
        guard timer == nil, link.world.now < conclusion else { return }
        let timer = link.world.makeTimer { [unowned self] in conclude() }
        self.timer = timer
        timer.arm(at: conclusion)
    }

    // MARK: - Reply

    func received(_ reply: Reply) {
        guard case .reply(let sequence) = rung, reply.sequenceReply == sequence else { return }
        guard reply.isOK else { return finish(.deaf, "reply", link.told(reply)) }
        found(MattermostProbe.answered.detail)
        checkRevision()
    }

    /// What most probes find where no other check follows.
    private static let answered = Verdict(.alive, check: "reply", detail: "ping answered OK")

    // MARK: - Revision

    private func checkRevision() {
        guard link.options.revisionCheck else { return checkCanary() }
        armConclusion()
        let etag = link.baseline?.etag
        rung = .revision(
            link.world.run { [client = link.client] in
                await client.revision(ifNoneMatch: etag)
            } then: { [self] in
                revisionAnswered($0)
            })
    }

    private func revisionAnswered(_ answer: Result<Me, MattermostError>) {
        guard case .revision = rung else {
            #if CLASSIC_BUGS
                if ClassicBug.active == .timerAfterClose { pollAgain() }
            #endif
            return
        }
        switch answer {
        case .success(.unchanged): found("revision unchanged")
        case .success(.user(let user, let etag)):
            let revision = Revision(updateAt: user.updateAt, etag: etag)
            if let before = link.baseline, before.updateAt == revision.updateAt {
                link.baseline = revision
                found("revision unchanged")
            } else if changed(to: revision) {
                return
            }
        case .failure(let error):
            link.port.report(.note(.warning, "probe: revision check failed: \(error); this changes nothing"))
            found("revision check failed")
        }
        checkCanary()
    }

    #if CLASSIC_BUGS
        private func pollAgain() {
            let timer = link.world.makeTimer { [self] in pollAgain() }
            timer.arm(at: link.world.now + .seconds(30))
        }
    #endif

    /// Whether that ended the probe.
    private func changed(to revision: Revision) -> Bool {
        let detail =
            link.baseline.map { "the account changed: update_at \($0.updateAt) → \(revision.updateAt)" }
            ?? "the account's revision was not known before dialling"
        if link.options.onRevisionChange == .reconnect, link.baseline != nil {
            finish(.deaf, "revision", detail)
            return true
        }
        newRevision = revision
        #if CLASSIC_BUGS
            if ClassicBug.active == .lateBaseline, link.baseline == nil { return false }
        #endif
        link.suspicion = detail
        found(detail)
        return false
    }

    // MARK: - Canary

    private func checkCanary() {
        let isWanted =
            switch link.options.canary {
            case .always: true
            case .suspicion: link.suspicion != nil
            case .never: false
            }
        guard isWanted, !link.userID.isEmpty else { return alive() }
        armConclusion()
        let nonce = link.makeNonce()
        let entry = Preference(userID: link.userID, category: canaryCategory, name: "probe", value: nonce)
        rung = .writingCanary(
            nonce: nonce,
            link.world.run { [client = link.client] () async -> MattermostError? in
                do throws(MattermostError) {
                    try await client.setPreferences([entry])
                    return nil
                } catch {
                    return error
                }
            } then: { [self] in
                canaryWritten($0)
            })
    }

    private func canaryWritten(_ error: MattermostError?) {
        guard case .writingCanary(let nonce, _) = rung else { return }
        if let error {
            link.port.report(.note(.warning, "probe: the canary could not be written: \(error); this changes nothing"))
            found("canary not written")
            return alive()
        }
        if canaryArrived { return canaryReturned() }
        rung = .awaitingCanary(nonce: nonce, since: link.world.now, sawEvents: false)
    }

    func received(_ event: MattermostEvent) {
        switch rung {
        case .writingCanary(let nonce, _):
            // The event may overtake the answer of the request that caused it.
            if event.carriesCanary(nonce) { canaryArrived = true }
        case .awaitingCanary(let nonce, let since, _):
            if event.carriesCanary(nonce) { return canaryReturned() }
            rung = .awaitingCanary(nonce: nonce, since: since, sawEvents: true)
        case .reply, .revision, .ended: break
        }
    }

    private func canaryReturned() {
        link.suspicion = nil
        found("canary came back")
        finish(.alive, "canary", evidence)
    }

    // MARK: - Conclusion

    private func found(_ what: String) { evidence = evidence.isEmpty ? what : "\(evidence), \(what)" }

    private func alive() {
        if evidence == MattermostProbe.answered.detail { return finish(MattermostProbe.answered) }
        finish(.alive, link.options.replyCheck ? "reply" : "revision", evidence)
    }

    private func conclude() {
        switch rung {
        case .reply, .ended: break
        case .revision(let task):
            task.cancel()
            link.port.report(.note(.warning, "probe: the revision check did not answer in time; this changes nothing"))
            found("revision check unanswered")
            alive()
        case .writingCanary(_, let task):
            task.cancel()
            link.port.report(
                .note(.warning, "probe: the canary's request was not answered in time; this changes nothing"))
            found("canary not written")
            alive()
        case .awaitingCanary(_, _, sawEvents: true):
            finish(.alive, "canary", "other events arrived after the canary was written")
        case .awaitingCanary(_, let since, _) where link.world.now.nanoseconds(since: since) < patience:
            // Slow is not deaf: all before it took so long that too little time is left. The suspicion remains.
            link.port.report(
                .note(.warning, "probe: the server answered too slowly to judge by the canary; this changes nothing"))
            found("canary not judged")
            alive()
        case .awaitingCanary:
            finish(
                .deaf, "canary",
                "the server took the canary and did not push it: \(link.suspicion ?? "no event at all")")
        }
    }

    private func finish(_ outcome: Verdict.Outcome, _ check: String, _ detail: String) {
        finish(Verdict(outcome, check: check, detail: detail))
    }

    private func finish(_ verdict: Verdict) {
        if verdict.outcome == .alive, let newRevision { link.baseline = newRevision }
        end()
        link.port.report(.verdict(verdict, round: round))
    }
}

/// The private preference's category; at most 32 characters (server: `model/preference.go`).
let canaryCategory = "holdfast_canary"

extension MattermostEvent {
    /// Whether this is the echo of our own canary. Other sockets of the account have theirs: the nonce tells.
    fileprivate func carriesCanary(_ nonce: String) -> Bool {
        guard kind == .preferencesChanged, case .preferencesChanged(let preferences)? = try? content else {
            return false
        }
        return preferences.contains { $0.category == canaryCategory && $0.value == nonce }
    }
}
