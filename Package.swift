// swift-tools-version:6.2
import PackageDescription

// One room is one target; a room imports only rooms of lower floors. docs/ARCHITECTURE.md shows the house.

let package = Package(
    name: "gossamer",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "gossamer", targets: ["gossamer"]),
        .library(name: "Mesh", targets: ["Mesh"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: outside + foundation + mesh + work + surfaces + tests
)

/// Floor 0: the system's libraries, and C for what Swift cannot see of them.
var outside: [Target] {
    [
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CMessagePack", providers: [.apt(["libmsgpack-dev"])]),
        .systemLibrary(name: "CPrimesieve", providers: [.apt(["libprimesieve-dev"])]),
        .target(name: "CMessagePackShims", dependencies: ["CMessagePack"]),
        .target(name: "CReactor"),
        .target(name: "CSystem"),
        .target(name: "CContracts"),
    ]
}

/// Floors 1 and 2: the world, the codec, and the protocols as plain values.
var foundation: [Target] {
    [
        .target(name: "World", dependencies: ["CSystem"]),
        .target(name: "MessagePack", dependencies: ["CMessagePack", "CMessagePackShims"]),
        .target(name: "Wire", dependencies: ["World", "MessagePack"]),
        .target(name: "Membership", dependencies: ["World", "MessagePack"]),
        .target(name: "Placement", dependencies: ["World"]),
    ]
}

/// Floors 3 and 4: frames between nodes, and actors on top of them.
var mesh: [Target] {
    [
        .target(
            name: "Transport",
            dependencies: ["World", "MessagePack", "Wire", "CZeroMQ", "CReactor", .product(name: "Logging", package: "swift-log")]),
        .target(
            name: "Mesh",
            dependencies: [
                "World", "MessagePack", "Wire", "Membership", "Placement", "Transport", "CContracts",
                .product(name: "Logging", package: "swift-log"),
            ]),
    ]
}

/// Floor 6: the work.
var work: [Target] {
    [
        .target(name: "Primes", dependencies: ["World", "Placement", "Mesh", "CPrimesieve"]),
    ]
}

/// Floors 7 and 8: what people and programs meet.
var surfaces: [Target] {
    [
        .target(name: "Topology", dependencies: ["World", "Yams"]),
        .target(
            name: "Edge",
            dependencies: ["World", "Mesh", "Primes", .product(name: "Hummingbird", package: "hummingbird")]),
        .target(
            name: "Admin",
            dependencies: ["World", "Mesh", "Placement", .product(name: "Hummingbird", package: "hummingbird")]),
        .executableTarget(name: "gossamer", dependencies: ["Command"]),
        .target(
            name: "Command",
            dependencies: [
                "World", "Topology", "Mesh", "Primes", "Edge", "Admin", "CSystem",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
            ]),
    ]
}

var tests: [Target] {
    [
        .target(name: "TestSupport", dependencies: ["World"], path: "Tests/TestSupport"),
    ]
}
