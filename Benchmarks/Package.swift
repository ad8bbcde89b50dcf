// swift-tools-version: 6.1
import PackageDescription

/// Benchmarks live in a package of their own, so that nobody who depends on Holdfast builds them.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "holdfast", path: "..")],
    targets: [
        .target(name: "CAllocationCounter"),
        // What all benchmarks share: arguments, accounting, children, figures.
        .target(name: "CProcessor"),
        .target(name: "BenchmarkKit", dependencies: ["CProcessor"]),
        // The load server, the engine as a client of it, and the same client in C++.
        .executableTarget(
            name: "blast",
            dependencies: [
                "BenchmarkKit",
                .product(name: "Holdfast", package: "holdfast"),
                .product(name: "WebSocketCodec", package: "holdfast"),
            ]),
        .executableTarget(
            name: "load",
            dependencies: [
                "BenchmarkKit",
                .product(name: "ConnectionLifecycle", package: "holdfast"),
                .product(name: "Holdfast", package: "holdfast"),
                .product(name: "HoldfastMattermost", package: "holdfast"),
            ]),
        .executableTarget(
            name: "compare",
            dependencies: ["BenchmarkKit", .product(name: "Holdfast", package: "holdfast")]),
        .systemLibrary(
            name: "CBenchmarkUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"]), .brew(["libuv"])]),
        .executableTarget(
            name: "cpp-peer", dependencies: ["CBenchmarkUV"], path: "Peers/cpp", exclude: ["run"],
            cxxSettings: [.define("NDEBUG"), .unsafeFlags(["-O3"])],
            linkerSettings: [.linkedLibrary("uv"), .linkedLibrary("simdjson")]),
        // What OpenSSL itself costs: the measure of TLS.
        .target(name: "COpenSSLReference", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .executableTarget(
            name: "micro",
            dependencies: [
                "BenchmarkKit", "CAllocationCounter", "COpenSSLReference",
                .product(name: "ConnectionLifecycle", package: "holdfast"),
                .product(name: "Holdfast", package: "holdfast"),
                .product(name: "HoldfastMattermost", package: "holdfast"),
                .product(name: "WebSocketCodec", package: "holdfast"),
            ]),
        // Compares what micro, valgrind and load measure with thresholds.json.
        .executableTarget(
            name: "gate", dependencies: ["BenchmarkKit", .product(name: "Holdfast", package: "holdfast")]),
        .executableTarget(
            name: "store",
            dependencies: [
                "BenchmarkKit",
                .product(name: "Holdfast", package: "holdfast"),
                .product(name: "HoldfastStore", package: "holdfast"),
            ]),
        .executableTarget(
            name: "catch-up",
            dependencies: [
                "BenchmarkKit",
                .product(name: "Holdfast", package: "holdfast"),
                .product(name: "HoldfastMattermost", package: "holdfast"),
                .product(name: "HoldfastStore", package: "holdfast"),
                .product(name: "MattermostSimulator", package: "holdfast"),
            ]),
        // The product's WebSocket against the Autobahn test suite.
        .executableTarget(
            name: "conformance",
            dependencies: [
                "BenchmarkKit",
                .product(name: "Holdfast", package: "holdfast"),
                .product(name: "WebSocketCodec", package: "holdfast"),
            ]),
        // How late the timers of a loop are.
        .target(
            name: "LoopLag",
            dependencies: [
                .product(name: "Holdfast", package: "holdfast"), .product(name: "SoakKit", package: "holdfast"),
            ]),
        // Loops count their handles; this counts those that are timers.
        .executableTarget(
            name: "soak",
            dependencies: [
                "BenchmarkKit", "LoopLag",
                .product(name: "ConnectionLifecycle", package: "holdfast"),
                .product(name: "Holdfast", package: "holdfast"),
                .product(name: "HoldfastMattermost", package: "holdfast"),
                .product(name: "HoldfastStore", package: "holdfast"),
                .product(name: "MattermostSimulator", package: "holdfast"),
                .product(name: "SoakKit", package: "holdfast"),
                .product(name: "StateChartKit", package: "holdfast"),
            ]),
        .testTarget(
            name: "SoakTests",
            dependencies: [
                .product(name: "SoakKit", package: "holdfast"),
                .product(name: "ConnectionLifecycle", package: "holdfast"),
            ]),
        // A gateway with ten thousand accounts: what it counts and how it is judged, without I/O; and the program.
        .target(
            name: "ScaleKit",
            dependencies: [
                .product(name: "ConnectionLifecycle", package: "holdfast"),
                .product(name: "SoakKit", package: "holdfast"),
            ]),
        .executableTarget(
            name: "scale",
            dependencies: [
                "BenchmarkKit", "LoopLag", "ScaleKit",
                .product(name: "ConnectionLifecycle", package: "holdfast"),
                .product(name: "Holdfast", package: "holdfast"),
                .product(name: "HoldfastGateway", package: "holdfast"),
                .product(name: "HoldfastMattermost", package: "holdfast"),
                .product(name: "HoldfastStore", package: "holdfast"),
                .product(name: "MattermostSimulator", package: "holdfast"),
                .product(name: "SoakKit", package: "holdfast"),
            ]),
        .testTarget(
            name: "ScaleTests",
            dependencies: ["ScaleKit", .product(name: "ConnectionLifecycle", package: "holdfast")]),
        .executableTarget(
            name: "slow",
            dependencies: [
                "BenchmarkKit",
                .product(name: "Holdfast", package: "holdfast"),
                .product(name: "HoldfastMattermost", package: "holdfast"),
                .product(name: "HoldfastStore", package: "holdfast"),
                .product(name: "WebSocketCodec", package: "holdfast"),
            ]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
