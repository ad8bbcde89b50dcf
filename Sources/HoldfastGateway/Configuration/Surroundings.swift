#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension GatewayConfiguration {
    /// What a configuration refers to outside its file: the seam at which tests put something else. Called on the thread of
    /// `load`.
    public struct Surroundings: Sendable {
        /// The contents of a file with a secret.
        public var secretFile: @Sendable (_ path: String) throws(UnusableFile) -> [UInt8]
        /// The value of an environment variable; nil where it is not set.
        public var variable: @Sendable (_ name: String) -> String?
        /// Whether a file can be read, and what keeps from it otherwise.
        public var checkReadable: @Sendable (_ path: String) throws(UnusableFile) -> Void
        /// Whether a program can be started, and what keeps from it otherwise.
        public var checkExecutable: @Sendable (_ path: String) throws(UnusableFile) -> Void
        /// How many processors there are.
        public var processors: Int

        public init(
            secretFile: @escaping @Sendable (_ path: String) throws(UnusableFile) -> [UInt8],
            variable: @escaping @Sendable (_ name: String) -> String?,
            checkReadable: @escaping @Sendable (_ path: String) throws(UnusableFile) -> Void,
            checkExecutable: @escaping @Sendable (_ path: String) throws(UnusableFile) -> Void, processors: Int
        ) {
            self.secretFile = secretFile
            self.variable = variable
            self.checkReadable = checkReadable
            self.checkExecutable = checkExecutable
            self.processors = processors
        }

        /// This process and its files. A file with a secret must be a file, of at most 64 KiB, and no one's but its owner's. In
        /// the folder that `CREDENTIALS_DIRECTORY` names its group may seem to read it, too: see `FileReading.secret`.
        public static let process = Surroundings(
            secretFile: { path throws(UnusableFile) in try FileReading.secret(path) },
            variable: { name in getenv(name).map { String(cString: $0) } },
            checkReadable: { path throws(UnusableFile) in try FileReading.check(path, R_OK) },
            checkExecutable: { path throws(UnusableFile) in try FileReading.check(path, X_OK) },
            processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    /// Why a file cannot be used, without its path, as the end of a sentence: "cannot be read: …".
    public struct UnusableFile: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String

        public init(_ description: String) { self.description = description }
    }
}

/// Reads files to a bound.
enum FileReading {
    typealias UnusableFile = GatewayConfiguration.UnusableFile

    static let maximumSecretBytes = 64 << 10

    /// A private file.
    ///
    /// - Parameter credentials: the folder in which systemd shows a service its credentials. They are root's, and an access list
    ///   gives them to the service's user alone; the mode has the list's mask in the place of the group's rights, and reads 0440.
    static func secret(
        _ path: String, credentials: String? = getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }
    ) throws(UnusableFile) -> [UInt8] {
        // A pipe in its place would wait for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw UnusableFile("cannot be read: \(reason())") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw UnusableFile("cannot be read: \(reason())") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw UnusableFile("is no file") }
        let ofOthers: mode_t = isDirectly(path, in: credentials) ? 0o037 : 0o077
        guard status.st_mode & ofOthers == 0 else {
            throw UnusableFile("can be read or changed by others than its owner; make it private: chmod 600")
        }
        return try contents(descriptor, most: maximumSecretBytes)
    }

    private static func isDirectly(_ path: String, in folder: String?) -> Bool {
        guard let folder, folder.hasPrefix("/"), path.hasPrefix("\(folder)/") else { return false }
        return !path.dropFirst(folder.count + 1).contains("/")
    }

    /// All that there is.
    static func contents(_ path: String, most: Int) throws(UnusableFile) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw UnusableFile("cannot be read: \(reason())") }
        defer { close(descriptor) }
        return try contents(descriptor, most: most)
    }

    private static func contents(_ descriptor: Int32, most: Int) throws(UnusableFile) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw UnusableFile("cannot be read: \(reason())") }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= most else {
                throw UnusableFile("has more than \(most >> 10) KiB; it is another file than meant")
            }
        }
    }

    static func check(_ path: String, _ mode: Int32) throws(UnusableFile) {
        var status = stat()
        guard stat(path, &status) == 0, access(path, mode) == 0 else {
            throw UnusableFile("cannot be \(mode == X_OK ? "started" : "read"): \(reason())")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw UnusableFile("is a folder") }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }

    /// The folder of a file, absolute: what is relative in it stays where it is when the process changes its folder.
    static func folder(of path: String) -> String {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        if folder.hasPrefix("/") { return folder }
        guard let current = getcwd(nil, 0) else { return folder.isEmpty ? "." : folder }
        defer { free(current) }
        return "\(String(cString: current))/\(folder)"
    }
}
