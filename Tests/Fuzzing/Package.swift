// swift-tools-version: 6.1
import PackageDescription

/// The fuzzing targets live in a package of their own: they are built with flags that would spoil the root package. `run`
/// builds them as they must be; see README.md.
let package = Package(
    name: "Fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "holdfast", path: "../..")],
    targets: [
        .target(name: "CLibFuzzer"),
        // The command line's grammar is part of an executable, which no other package can import.
        .target(name: "CommandLineSyntax"),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "CLibFuzzer", "CommandLineSyntax",
                .product(name: "Holdfast", package: "holdfast"),
                .product(name: "HoldfastGateway", package: "holdfast"),
                .product(name: "HoldfastMattermost", package: "holdfast"),
                .product(name: "HoldfastStore", package: "holdfast"),
                .product(name: "SoakKit", package: "holdfast"),
                .product(name: "VirtualSoak", package: "holdfast"),
                .product(name: "WebSocketCodec", package: "holdfast"),
            ]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
