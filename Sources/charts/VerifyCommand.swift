import StateChartKit

enum VerifyCommand {
    static let command = Command(name: "verify", summary: "x", usage: "x", run: run)
    private static func run(_ given: [String]) async throws(Failure) {
        print(StateChart.standard.promela(loading: given.contains("--loading")), terminator: "")
    }
}
