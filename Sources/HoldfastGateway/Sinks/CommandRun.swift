internal import UVEventLoop
internal import WorldInterface

/// One run of a sink's program: its lines, and its end. Loop-confined.
final class CommandRun: StreamHandler {
    private var process: ChildProcess?
    private var line: [UInt8] = []
    private let hear: ([UInt8]) -> Void
    private let complain: (String) -> Void
    private let onExit: (ChildProcess.Ending) -> Void
    /// The program has ended, and so has its output: what it said last was heard.
    private var ending: ChildProcess.Ending?
    private var isOutputOver = false
    private let loop: EventLoop
    private var patience: (any DeadlineTimer)?

    /// How long the output may outlive the program: a child of its own may hold it open.
    private static let afterlife = Duration.seconds(1)
    /// A longer line is none of this protocol.
    private static let maximumLine = 1 << 20
    /// A program that does not read is killed before it costs more memory.
    private static let maximumQueue = 64 << 20

    init(
        _ command: GatewayConfiguration.Command, on loop: EventLoop, hear: @escaping ([UInt8]) -> Void,
        complain: @escaping (String) -> Void, onExit: @escaping (ChildProcess.Ending) -> Void
    ) throws(NetworkError) {
        self.hear = hear
        self.complain = complain
        self.onExit = onExit
        self.loop = loop
        process = try ChildProcess(
            on: loop, command.program, command.arguments, environment: command.environment, handler: self
        ) { [self] ending in
            self.ending = ending
            if !isOutputOver { waitForOutput() }
            settle()
        }
    }

    private func waitForOutput() {
        let timer = loop.makeTimer { [self] in process?.stream?.close() }
        timer.arm(at: loop.now + Self.afterlife)
        patience = timer
    }

    func write(_ line: [UInt8]) {
        guard let stream = process?.stream else { return }
        stream.write(line)
        if stream.queuedByteCount > Self.maximumQueue {
            complain("it does not read its input, and is killed")
            signal(9)
        }
    }

    func end() { process?.stream?.finishWriting() }

    func signal(_ number: Int32) { process?.signal(number) }

    func streamOpened() {}

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line += rest[..<end]
            rest = rest[(end + 1)...]
            let whole = line
            line = []
            if !whole.isEmpty { hear(whole) }
        }
        line += rest
        guard line.count > Self.maximumLine else { return }
        line = []
        complain("it said a line of more than \(Self.maximumLine) bytes, and is killed")
        signal(9)
    }

    func streamDrained() {}

    func streamClosed(_ reason: StreamClosure) {
        isOutputOver = true
        // Whoever closes its output without ending can say nothing any more.
        if ending == nil { signal(15) }
        settle()
    }

    private func settle() {
        guard let ending, isOutputOver else { return }
        patience?.close()
        patience = nil
        process = nil
        onExit(ending)
    }
}
