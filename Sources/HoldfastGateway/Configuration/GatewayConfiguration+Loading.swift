extension GatewayConfiguration {
    /// The largest file that is read, in bytes.
    public static let maximumFileBytes = 16 << 20

    /// What was read, and what is remarkable in it without being wrong.
    public struct Loaded: Equatable, Sendable {
        public var configuration: GatewayConfiguration
        /// By their place in the file; at most `InvalidConfiguration.mostProblems`.
        public var warnings: [ConfigurationProblem]
    }

    /// Reads a configuration file, its secrets too. Blocks the thread for as long as the disk takes.
    ///
    /// - Parameters:
    ///   - path: of the file. Relative paths in it begin at its folder.
    ///   - surroundings: where secrets and other files come from.
    /// - Throws: everything that is wrong with it, by line and column.
    public static func load(
        _ path: String, surroundings: Surroundings = .process
    ) throws(InvalidConfiguration) -> Loaded {
        try read(
            try contents(path), file: path, folder: FileReading.folder(of: path), surroundings: surroundings)
    }

    /// The path of the control socket that a configuration file names; nil where it wants none. Reads nothing but that file,
    /// and looks at nothing else in it: whoever sends commands need not have the secrets. Blocks the thread for as long as the
    /// disk takes.
    public static func controlSocket(ofFile path: String) throws(InvalidConfiguration) -> String? {
        let source = SourceText(try contents(path))
        let tree = try tree(source, file: path)
        var reader = ConfigurationReader(
            source: source, folder: FileReading.folder(of: path), surroundings: .process, wrong: [])
        let control = reader.readControl(tree.root)
        guard reader.findings.isEmpty else { throw InvalidConfiguration(file: path, reader.findings, in: source) }
        return control
    }

    private static func contents(_ path: String) throws(InvalidConfiguration) -> [UInt8] {
        do throws(UnusableFile) {
            return try FileReading.contents(path, most: maximumFileBytes)
        } catch {
            throw InvalidConfiguration(file: path, reason: error.description)
        }
    }

    private static func tree(_ source: SourceText, file: String) throws(InvalidConfiguration) -> JSONTree {
        do throws(JSONTree.Unreadable) {
            return try JSONTree(source)
        } catch {
            throw InvalidConfiguration(file: file, [error.finding], in: source)
        }
    }

    /// Reads the contents of a configuration file.
    ///
    /// - Parameters:
    ///   - file: its name, for errors.
    ///   - folder: where relative paths begin; absolute.
    public static func read(
        _ bytes: [UInt8], file: String, folder: String, surroundings: Surroundings = .process
    ) throws(InvalidConfiguration) -> Loaded {
        guard bytes.count <= maximumFileBytes else {
            throw InvalidConfiguration(file: file, reason: "has more than \(maximumFileBytes >> 20) MiB")
        }
        let source = SourceText(bytes)
        let tree = try tree(source, file: file)
        var check = ShapeCheck()
        check.check(tree.root, as: ConfigurationKeys.root)
        var reader = ConfigurationReader(
            source: source, folder: folder, surroundings: surroundings, wrong: check.wrong)
        let configuration = reader.read(tree.root)
        let findings = tree.duplicates + check.findings + reader.findings
        guard findings.isEmpty, let configuration else {
            throw InvalidConfiguration(file: file, findings, in: source)
        }
        let warnings = [ConfigurationProblem].sorted(
            reader.warnings, in: source, most: InvalidConfiguration.mostProblems)
        return Loaded(configuration: configuration, warnings: warnings)
    }

    /// Whether a text has the shape that the schema describes; for the test that compares the two.
    static func hasShape(_ bytes: [UInt8]) -> Bool {
        guard let tree = try? JSONTree(SourceText(bytes)) else { return false }
        var check = ShapeCheck()
        check.check(tree.root, as: ConfigurationKeys.root)
        return check.findings.isEmpty
    }
}
