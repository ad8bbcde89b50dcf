import Foundation

/// What the system accounts to this process.
public enum ProcessUsage {
    /// User and system time of all its threads since it began, in seconds.
    public static var cpuSeconds: Double {
        var usage = rusage()
        #if canImport(Glibc)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
            getrusage(RUSAGE_SELF, &usage)
        #endif
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// User and system time of another process, in seconds, to a hundredth; 0 where the system does not tell (it is read from
    /// `/proc`).
    public static func cpuSeconds(of process: Int32) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        // Behind the name, which may hold anything.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident memory of a process, this one where none is named; 0 where the system does not tell (it is read from `/proc`).
    public static func residentBytes(of process: Int32? = nil) -> Int {
        let folder = process.map { "/proc/\($0)" } ?? "/proc/self"
        let text = (try? String(contentsOfFile: "\(folder)/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
    }

    /// Open descriptors of a process; 0 where the system does not tell.
    public static func descriptorCount(of process: Int32? = nil) -> Int {
        let folder = process.map { "/proc/\($0)" } ?? "/proc/self"
        return (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd").count) ?? 0
    }

    /// As many descriptors as the system allows. Returns how many those are.
    @discardableResult
    public static func allowDescriptors() -> Int {
        #if canImport(Glibc)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            return Int(clamping: limit.rlim_cur)
        #else
            return .max
        #endif
    }
}
