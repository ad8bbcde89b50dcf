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
        let bytes: [UInt8]
        do throws(UnusableFile) {
            bytes = try FileReading.contents(path, most: maximumFileBytes)
        } catch {
            throw InvalidConfiguration(file: path, reason: error.description)
        }
        return try read(bytes, file: path, folder: FileReading.folder(of: path), surroundings: surroundings)
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
        let tree: JSONTree
        do throws(JSONTree.Unreadable) {
            tree = try JSONTree(source)
        } catch {
            throw InvalidConfiguration(file: file, [error.finding], in: source)
        }
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
