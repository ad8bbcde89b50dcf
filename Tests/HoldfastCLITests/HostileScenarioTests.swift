import Foundation
import Testing

@Suite("Scenarios edited by hand", .timeLimit(.minutes(10)))
struct HostileScenarioTests {
    @Test(
        "are refused where they cannot be run",
        arguments: [
            #""seconds":1e300,"gateways":1,"postsPerHour":1,"faults":[]"#,
            #""seconds":-1,"gateways":1,"postsPerHour":1,"faults":[]"#,
            #""seconds":10,"gateways":0,"postsPerHour":1,"faults":[]"#,
            #""seconds":10,"gateways":1000000000,"postsPerHour":1,"faults":[]"#,
            #""seconds":10,"gateways":1,"postsPerHour":-5,"faults":[]"#,
            #""seconds":10,"gateways":1,"postsPerHour":1,"#
                + #""faults":[{"id":1,"kind":"partition","at":1,"seconds":1,"gateways":[7],"strength":0}]"#,
            #""seconds":10,"gateways":1,"postsPerHour":1,"#
                + #""faults":[{"id":1,"kind":"partition","at":-1,"seconds":1,"gateways":[0],"strength":0}]"#,
        ])
    func refuse(members: String) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("scenario-\(UUID().uuidString)")
        try Data("{\"seed\":1,\(members)}".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = try CommandProcess(["soak", "--virtual", "--scenario", file.path])
        #expect(await process.status() == 64)
        #expect(process.errors.all.contains { $0.contains("--scenario") })
    }
}
