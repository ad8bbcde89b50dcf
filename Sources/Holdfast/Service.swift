public import ConnectionLifecycle
public import WorldInterface

/// The seam to a chat service: what the engine must know to keep a connection to it honest.
///
/// A service is a description (where, who, which checks); each connection attempt asks it for a `Link`.
public protocol Service: Sendable {
    /// What the service delivers.
    associatedtype Event: Sendable

    /// Makes the link of one attempt, not yet begun. Called on the loop.
    ///
    /// - Parameters:
    ///   - port: where the link reports to; valid until `destroy`.
    ///   - world: the world on whose loop the link lives.
    func makeLink(port: LinkPort<Event>, world: any World) -> any Link
}

/// One link to the server, through its three phases: attempt, socket, closing. Loop-confined.
///
/// The engine calls each method at most once per phase and in order; a link reports through its port and may do so
/// from within a call. After `destroy` it must report nothing, hold no handle and run no task.
public protocol Link: AnyObject {
    /// Begins the attempt: identify (note the account's revision *before* dialling), dial, authenticate, wait for the
    /// greeting, prove that the connection answers. Ends in `ready` or `attemptFailed`.
    func begin()
    /// Begins a proof that events still arrive. Ends in one `verdict` that carries `round`, unless it is cancelled;
    /// without one by `due` the machine counts a miss.
    func beginProbe(round: UInt32, cause: ProbeCause, due: Instant)
    /// Drops the running probe; its result is not wanted any more.
    func cancelProbe()
    /// Begins the close, from either of the other phases. Ends in `closed`. Messages that arrive meanwhile are still delivered.
    func beginClose()
    /// What the attempt waits for, such as "the answer to the upgrade": told where that takes too long. Empty where it does not
    /// say.
    var awaited: String { get }
    /// Where a successor may go on, should this link end now. Asked for just before it is dropped, also when it has already
    /// reported its end; whether it is kept is the engine's decision. Nil where a successor must start clean.
    var resumePoint: ResumePoint? { get }
    /// Releases everything at once. Nothing is reported afterwards.
    func destroy()
    /// Stops and resumes reading from the network.
    func pauseReading()
    func resumeReading()
}

extension Link {
    /// Links that know no resume.
    public var resumePoint: ResumePoint? { nil }
    /// Links that do not say.
    public var awaited: String { "" }
}

/// A place in a server's stream of events, from which a later link may go on instead of starting anew. The engine only
/// carries it from one link to the next.
public struct ResumePoint: Hashable, Sendable {
    /// The server's name for the session.
    public var sessionID: String
    /// The number of the first event that did not arrive.
    public var nextSequence: Int64
    /// The account's revision when the session was last proven; nil where it is not known.
    public var revision: Int64?

    public init(sessionID: String, nextSequence: Int64, revision: Int64?) {
        self.sessionID = sessionID
        self.nextSequence = nextSequence
        self.revision = revision
    }
}

/// Where an attempt begins: one reference wide, for few of many connections have a point to go on from.
enum Place {
    case clean
    indirect case resuming(ResumePoint)

    init(_ point: ResumePoint?) { self = point.map { .resuming($0) } ?? .clean }

    /// Nil where it has to start clean.
    var resumePoint: ResumePoint? {
        switch self {
        case .clean: nil
        case .resuming(let point): point
        }
    }
}

/// Why a probe runs.
public enum ProbeCause: Hashable, Sendable {
    /// The first after the connection became ready.
    case first
    /// The interval has passed.
    case interval
    /// An earlier probe was not answered.
    case again
    /// Somebody asked for it.
    case requested
    /// Something looked wrong; the evidence says what.
    case suspicion(String)
}

/// What a probe returns.
public struct Verdict: Hashable, Sendable {
    public enum Outcome: String, CaseIterable, Sendable {
        /// Proven to deliver.
        case alive
        /// Proven not to deliver.
        case deaf
        /// No proof either way: a miss.
        case inconclusive
    }

    public var outcome: Outcome
    /// The check that decided, by its name in the service, e.g. `reply`.
    public var check: String { didSet { evidence = Verdict.evidence(check, detail) } }
    /// What it found, for a person; one line, no secret.
    public var detail: String { didSet { evidence = Verdict.evidence(check, detail) } }
    /// Both, for the records: made once, so that a service that finds the same again and again can keep the verdict.
    private(set) var evidence: String

    public init(_ outcome: Outcome, check: String, detail: String) {
        self.outcome = outcome
        self.check = check
        self.detail = detail
        evidence = Verdict.evidence(check, detail)
    }

    private static func evidence(_ check: String, _ detail: String) -> String { "\(check): \(detail)" }
}

/// What a link reports.
public enum LinkReport: Sendable {
    /// Greeted and proven to answer. `isResumed`: it goes on where `LinkPort.resumePoint` said, without a gap.
    case ready(String, isResumed: Bool = false)
    /// The attempt is over and has released everything. `retryAfter` goes with `rateLimited`.
    case attemptFailed(Failure, String, retryAfter: Duration? = nil)
    /// Something looks wrong; only causes a probe.
    case suspicion(String)
    /// The established connection ended.
    case lost(String)
    /// The result of the probe `round`.
    case verdict(Verdict, round: UInt32)
    /// The close is complete.
    case closed(String)
    /// For the log only.
    case note(LogLevel, String)
}

public enum LogLevel: String, CaseIterable, Sendable {
    case debug, info, warning, error
}
