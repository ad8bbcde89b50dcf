#if CLASSIC_BUGS
    import ConnectionLifecycle

    /// Puts a classic bug back into the engine, and looks in how many scenarios it is found.
    package struct BugHunt: Sendable {
        package let bug: ClassicBug
        package private(set) var scenarios = 0
        package private(set) var found = 0
        /// By what, and how often.
        package private(set) var kinds: [Violation.Kind: Int] = [:]
        /// The seed that found it first.
        package private(set) var firstSeed: UInt64?

        package init(_ bug: ClassicBug) { self.bug = bug }

        /// One scenario. Not beside anything else that runs the engine in this process.
        package mutating func run(_ scenario: Scenario) {
            ClassicBug.active = bug
            defer { ClassicBug.active = nil }
            scenarios += 1
            guard let violation = VirtualRun.run(scenario).violations.first else { return }
            found += 1
            kinds[violation.kind, default: 0] += 1
            if firstSeed == nil { firstSeed = scenario.seed }
        }
    }
#endif
