/// What `holdfast watch` was asked for.
struct WatchOptions {
    var connection: ConnectionOptions
    var transitionsOnly: Bool
    var isPretty: Bool

    static let syntax = Syntax(
        name: "watch", summary: "Keep a connection to a Mattermost server and print what it sees.",
        options: ConnectionOptions.first + [
            .init(
                "--store", "PATH",
                "keep in this file what was printed, and go on from there the next time:\n"
                    + "each post, edit, deletion and reaction once, also what came meanwhile")
        ] + ConnectionOptions.last + [
            TraceFile.option,
            .init("--transitions-only", "print neither verdicts nor events"),
            .init("--json", "JSON Lines on a terminal too"),
        ],
        notes: """
            Prints JSON Lines: transitions (their ids are those of `holdfast chart`), verdicts and events; diagnostics
            go to standard error. On a terminal it prints text for people.

            Without --store it prints the events as the server pushes them. With it, it prints deliveries: what was
            missed is fetched, and what was printed is noted in the file, which belongs to one account.

            A connection that cannot be had is tried again for ever, more and more slowly. SIGINT or SIGTERM closes it
            properly and ends with status 0. With --duration the status is 69 if the server was never reached. A store that
            fails ends it with status 74.
            """)

    init(_ arguments: Arguments) throws(Complaint) {
        connection = try ConnectionOptions(arguments)
        transitionsOnly = arguments.has("--transitions-only")
        isPretty = StandardOutput.isTerminal && !arguments.has("--json")
        if transitionsOnly, connection.storePath != nil {
            throw Complaint("--store and --transitions-only exclude each other: what is not printed is not noted")
        }
    }
}
