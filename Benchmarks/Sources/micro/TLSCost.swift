import BenchmarkKit
import COpenSSLReference
import Foundation
import UVEventLoop
import WorldInterface

/// What receiving over TLS costs beyond receiving over TCP, beside what OpenSSL itself costs for the same records.
///
/// Both streams receive the same bursts, each small enough to be one read; the sender, on another loop, sends the next
/// only when it is asked to, so that neither is measured at another size of reads. Counted is the CPU time of the
/// receiving thread. OpenSSL alone reads the same records from memory, in C, without sockets.
enum TLSCost {
    private struct Shape {
        let name: String
        let recordBytes, records: Int
        var burstBytes: Int { recordBytes * records }
    }

    static func measure(_ effort: Effort) async throws -> [Figure] {
        let folder = FileManager.default.temporaryDirectory.path + "/holdfast-micro-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (certificate, key) = (folder + "/certificate.pem", folder + "/key.pem")
        guard reference_write_certificate(certificate, key), let alone = reference_tls_create(certificate, key) else {
            throw Failure("OpenSSL cannot make a certificate in \(folder)")
        }
        defer { reference_tls_destroy(alone) }
        let tcp = try await BurstPair(identity: nil)
        let tls = try await BurstPair(identity: (certificate, key))
        var figures: [Figure] = []
        for shape in [
            Shape(name: "16 KB records", recordBytes: 16 << 10, records: 3),
            Shape(name: "1,200 B records", recordBytes: 1200, records: 40),
        ] {
            figures += try await measure(shape, effort, tcp, tls, alone)
        }
        try await tcp.close()
        try await tls.close()
        return figures
    }

    private static func measure(
        _ shape: Shape, _ effort: Effort, _ tcp: BurstPair, _ tls: BurstPair, _ alone: OpaquePointer
    ) async throws -> [Figure] {
        // A run receives about 50 MB.
        let bursts = max(1, Int(effort.runNanoseconds / 20e6 * 50e6) / shape.burstBytes)
        let kilobytes = Double(bursts * shape.burstBytes) / 1024
        var costs: [[Double]] = [[], [], [], []]
        var ratios: [[Double]] = [[], []]
        for run in 0...effort.runs {
            let overTCP = Double(try await tcp.receive(shape.recordBytes, shape.records, bursts)) / kilobytes
            let overTLS = Double(try await tls.receive(shape.recordBytes, shape.records, bursts)) / kilobytes
            let open = try openAlone(shape, bursts, alone, isFed: false) / kilobytes
            let fed = try openAlone(shape, bursts, alone, isFed: true) / kilobytes
            guard run > 0 else { continue }
            for (index, cost) in [overTCP, overTLS, open, fed].enumerated() { costs[index].append(cost) }
            ratios[0].append((overTLS - overTCP) / open)
            ratios[1].append((overTLS - overTCP) / fed)
        }
        let names = ["receive over TCP", "receive over TLS", "OpenSSL alone", "OpenSSL alone, fed by BIO_write"]
        return zip(names, costs).compactMap { name, costs in
            Summary(costs).map { Figure("tls: \(name), \(shape.name)", unit: "CPU ns per KB", $0) }
        }
            + zip(["OpenSSL alone", "OpenSSL alone, fed"], [2, 3]).compactMap { name, index in
                guard let summary = Summary(ratios[index - 2]), let tcp = costs[0].min(), let tls = costs[1].min(),
                    let reference = costs[index].min()
                else { return nil }
                var figure = Figure("tls: (TLS - TCP) / \(name), \(shape.name)", unit: "ratio", summary)
                // A difference has the noise of both, and noise only adds: the least costs are the nearest to the truth.
                figure.ratio = ((tls - tcp) / reference).rounded(to: 4)
                figure.reference = "\(name), least costs"
                return figure
            }
    }

    private static func openAlone(
        _ shape: Shape, _ bursts: Int, _ alone: OpaquePointer, isFed: Bool
    ) throws -> Double {
        var received = 0
        let spent = reference_tls_open(alone, shape.recordBytes, shape.records, bursts, isFed, &received)
        guard received == bursts * shape.burstBytes else {
            throw Failure("OpenSSL alone read \(received) of \(bursts * shape.burstBytes) bytes")
        }
        return Double(spent)
    }
}
