// swift-tools-version: 6.1
import PackageDescription

/// Each module is a floor; dependencies only point down. See CONTRIBUTING.md for the map.
let package = Package(
    name: "holdfast",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "ConnectionLifecycle", targets: ["ConnectionLifecycle"]),
        .library(name: "StateChartKit", targets: ["StateChartKit"]),
        .library(name: "WebSocketCodec", targets: ["WebSocketCodec"]),
        .library(name: "Holdfast", targets: ["Holdfast", "UVEventLoop", "WorldInterface"]),
        .library(name: "HoldfastMattermost", targets: ["HoldfastMattermost"]),
        .library(name: "HoldfastStore", targets: ["HoldfastStore"]),
        .library(name: "HoldfastGateway", targets: ["HoldfastGateway"]),
        .library(name: "MattermostSimulator", targets: ["MattermostSimulator"]),
        .library(name: "SoakKit", targets: ["SoakKit"]),
        .library(name: "VirtualSoak", targets: ["VirtualSoak"]),
        // What Sources/HoldfastC/build makes libholdfast of, for C.
        .library(name: "HoldfastC", type: .static, targets: ["HoldfastC"]),
        .executable(name: "holdfast", targets: ["HoldfastCLI"]),
        .executable(name: "charts", targets: ["charts"]),
    ],
    targets: [
        // System libraries: what .ci/setup installs.
        .systemLibrary(
            name: "CLibuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"]), .brew(["libuv"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .systemLibrary(
            name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
        .systemLibrary(
            name: "CIDN2", pkgConfig: "libidn2", providers: [.apt(["libidn2-dev"]), .brew(["libidn2"])]),
        .target(
            name: "CSimdJSON",
            // SwiftPM leaves it out of optimised builds, and simdjson's assertions in.
            cxxSettings: [.define("NDEBUG", .when(configuration: .release))],
            linkerSettings: [.linkedLibrary("simdjson")]),

        // The pure floor.
        .target(name: "ConnectionLifecycle"),
        .target(name: "StateChartKit", dependencies: ["ConnectionLifecycle"]),
        .target(name: "WebSocketCodec"),
        .target(name: "WorldInterface"),
        .target(name: "Locking"),
        .target(name: "HTTPServing", dependencies: ["WebSocketCodec", "WorldInterface"]),

        // The loop.
        .target(name: "UVEventLoop", dependencies: ["WorldInterface", "Locking", "CLibuv", "COpenSSL", "CCurl"]),

        // The engine, and the first service on it.
        .target(
            name: "Holdfast",
            dependencies: ["ConnectionLifecycle", "WebSocketCodec", "WorldInterface", "Locking", "UVEventLoop"]),
        .target(
            name: "HoldfastMattermost",
            dependencies: ["Holdfast", "ConnectionLifecycle", "WebSocketCodec", "WorldInterface", "CSimdJSON", "CIDN2"]),
        .target(name: "HoldfastStore", dependencies: ["Holdfast", "Locking", "CSQLite"]),
        // Many of them, kept together.
        .target(
            name: "HoldfastGateway",
            dependencies: [
                "Holdfast", "HoldfastMattermost", "HoldfastStore", "ConnectionLifecycle", "WorldInterface", "Locking",
                "UVEventLoop", "CSimdJSON", "StateChartKit", "HTTPServing",
            ],
            resources: [
                .embedInCode("Status/Page/page.html"), .embedInCode("Status/Page/page.css"),
                .embedInCode("Status/Page/page.js"),
            ]),
        .target(
            name: "MattermostSimulator",
            dependencies: ["HTTPServing", "WebSocketCodec", "WorldInterface", "CZlib"]),

        // The engine for C: the header, and what stands behind it.
        .target(name: "CHoldfast"),
        .target(
            name: "HoldfastC",
            dependencies: [
                "CHoldfast", "Holdfast", "HoldfastMattermost", "HoldfastStore", "UVEventLoop", "ConnectionLifecycle",
                "WorldInterface", "Locking", "CLibuv",
            ],
            exclude: ["README.md", "Examples", "build", "holdfast.map", "holdfast.pc.in"]),

        // The same actors in virtual time, under faults, and what judges them.
        .target(name: "SimulatedWorld", dependencies: ["WorldInterface", "ConnectionLifecycle"]),
        .target(name: "SoakKit", dependencies: ["ConnectionLifecycle", "HoldfastMattermost"]),
        .target(
            name: "VirtualSoak",
            dependencies: [
                "SimulatedWorld", "SoakKit", "Holdfast", "HoldfastMattermost", "MattermostSimulator",
                "ConnectionLifecycle", "WorldInterface",
            ]),

        // What people run.
        .executableTarget(
            name: "HoldfastCLI",
            dependencies: [
                "Holdfast", "HoldfastGateway", "HoldfastMattermost", "HoldfastStore", "MattermostSimulator",
                "StateChartKit", "ConnectionLifecycle", "UVEventLoop", "VirtualSoak", "WorldInterface", "Locking",
            ]),
        .executableTarget(name: "charts", dependencies: ["StateChartKit"]),

        .target(
            name: "TestCertificates", dependencies: ["COpenSSL", "WorldInterface"], path: "Tests/TestCertificates"),
        .target(name: "TestProxy", dependencies: ["WorldInterface"], path: "Tests/TestProxy"),
        .executableTarget(
            name: "CrashingGateway",
            dependencies: ["Holdfast", "HoldfastMattermost", "HoldfastStore", "UVEventLoop"],
            path: "Tests/CrashingGateway"),
        .executableTarget(
            name: "HostilePeer",
            dependencies: [
                "Holdfast", "HoldfastMattermost", "UVEventLoop", "WebSocketCodec", "WorldInterface", "Locking",
            ],
            path: "Tests/HostilePeer"),
        .testTarget(name: "ConnectionLifecycleTests", dependencies: ["ConnectionLifecycle"]),
        .testTarget(name: "StateChartKitTests", dependencies: ["StateChartKit", "ConnectionLifecycle"]),
        .testTarget(name: "WebSocketCodecTests", dependencies: ["WebSocketCodec"]),
        .testTarget(
            name: "UVEventLoopTests",
            dependencies: ["UVEventLoop", "WorldInterface", "CLibuv", "TestCertificates", "TestProxy"]),
        .testTarget(
            name: "HoldfastTests",
            dependencies: [
                "Holdfast", "StateChartKit", "ConnectionLifecycle", "WebSocketCodec", "WorldInterface", "Locking",
            ]),
        .testTarget(
            name: "HoldfastStoreTests", dependencies: ["HoldfastStore", "Holdfast", "ConnectionLifecycle", "CSQLite"]),
        .testTarget(
            name: "HoldfastMattermostTests",
            dependencies: [
                "HoldfastMattermost", "HoldfastStore", "Holdfast", "MattermostSimulator", "ConnectionLifecycle",
                "UVEventLoop", "WorldInterface", "Locking", "TestProxy", "TestCertificates",
            ]),
        .testTarget(
            name: "HoldfastGatewayTests",
            dependencies: [
                "HoldfastGateway", "Holdfast", "HoldfastMattermost", "MattermostSimulator", "ConnectionLifecycle",
                "StateChartKit", "HTTPServing", "UVEventLoop", "WorldInterface", "Locking",
            ]),
        .testTarget(
            name: "HoldfastCTests",
            dependencies: [
                "HoldfastC", "CHoldfast", "ConnectionLifecycle", "MattermostSimulator", "UVEventLoop", "WorldInterface",
                "HoldfastMattermost", "Holdfast", "CLibuv", "Locking",
            ]),
        .testTarget(
            name: "MattermostSimulatorTests",
            dependencies: ["MattermostSimulator", "HTTPServing", "UVEventLoop", "WebSocketCodec", "WorldInterface"]),
        .testTarget(
            name: "SimulatedWorldTests",
            dependencies: ["SimulatedWorld", "Holdfast", "MattermostSimulator", "WorldInterface"]),
        .testTarget(name: "VirtualSoakTests", dependencies: ["VirtualSoak", "ConnectionLifecycle"]),
        .testTarget(
            name: "HoldfastCLITests",
            dependencies: [
                "HoldfastCLI", "CrashingGateway", "HostilePeer", "HoldfastMattermost", "HoldfastStore",
                "WebSocketCodec", "Locking", "MattermostSimulator", "TestCertificates", "TestProxy",
                "Holdfast", "StateChartKit",
                "ConnectionLifecycle", "UVEventLoop",
                "WorldInterface",
            ]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
