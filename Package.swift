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
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: outside + foundation + mesh + jobs + work + surfaces + examples + tests
)

var log: Target.Dependency { .product(name: "Logging", package: "swift-log") }
var hummingbird: Target.Dependency { .product(name: "Hummingbird", package: "hummingbird") }
var httpClient: Target.Dependency { .product(name: "AsyncHTTPClient", package: "async-http-client") }
var sqlite: [Target.Dependency] {
    [.product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift")]
}

/// Floor 0: the system's libraries, and C for what Swift cannot see of them.
var outside: [Target] {
    [
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CMessagePack", providers: [.apt(["libmsgpack-dev"])]),
        .systemLibrary(name: "CPrimesieve", providers: [.apt(["libprimesieve-dev"])]),
        .systemLibrary(name: "CMaxMindDB", providers: [.apt(["libmaxminddb-dev"])]),
        .systemLibrary(name: "CAres", providers: [.apt(["libc-ares-dev"])]),
        .systemLibrary(name: "CIDN2", providers: [.apt(["libidn2-dev"])]),
        .target(name: "CMessagePackShims", dependencies: ["CMessagePack"]),
        .target(name: "CReactor"),
        .target(name: "CLookup", dependencies: ["CMaxMindDB"]),
        .target(name: "CPlatform"),
        .target(name: "CContracts"),
        .target(name: "CStoreFile", linkerSettings: [.linkedLibrary("sqlite3")]),
    ]
}

/// Floors 1 to 4: the world, the codec, and the protocols and rules of work as plain values.
var foundation: [Target] {
    [
        .target(name: "World", dependencies: ["CPlatform"]),
        .target(name: "JSONDocument"),
        .target(name: "MessagePack", dependencies: ["CMessagePack", "CMessagePackShims"]),
        .target(name: "Wire", dependencies: ["World", "MessagePack"]),
        .target(name: "Membership", dependencies: ["World", "MessagePack"]),
        .target(name: "Placement", dependencies: ["World"]),
        .target(name: "Registers", dependencies: ["World", "MessagePack", "CStoreFile"] + sqlite),
        .target(name: "Choreography", dependencies: ["World", "MessagePack", "Placement", "Registers"]),
        .target(name: "Orders", dependencies: ["World", "Registers", "Choreography"]),
        .target(name: "Items", dependencies: ["World", "MessagePack", "Registers", "Choreography"]),
    ]
}

/// Floors 3 and 4: frames between nodes, and actors on top of them.
var mesh: [Target] {
    [
        .target(
            name: "Transport",
            dependencies: ["World", "MessagePack", "Wire", "CZeroMQ", "CReactor", "CPlatform", log]),
        .target(
            name: "Mesh",
            dependencies: [
                "World", "MessagePack", "Wire", "Membership", "Placement", "Transport", "CContracts",
                log,
            ]),
    ]
}

/// Floor 5: jobs, which nodes share and gather; registers, which they decide together; and limits, which they count together.
var jobs: [Target] {
    [
        .target(name: "Jobs", dependencies: ["World", "Registers", "Choreography"]),
        .target(
            name: "Truth",
            dependencies: [
                "World", "MessagePack", "Membership", "Placement", "Registers", "Choreography", "Mesh", log,
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(name: "Limits", dependencies: ["World", "Membership", "Placement", "Mesh"]),
    ]
}

/// Floor 6: the work, and what the floors above share.
var work: [Target] {
    [
        .target(name: "Primes", dependencies: ["World", "MessagePack", "Choreography", "Jobs", "CPrimesieve"]),
        .target(
            name: "Lookup",
            dependencies: [
                "World", "JSONDocument", "MessagePack", "Choreography", "Jobs", "CMaxMindDB", "CAres", "CIDN2", "CLookup", httpClient, log,
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .target(name: "Topology", dependencies: ["World", "Yams"]),
        .target(name: "Web", dependencies: ["World", "JSONDocument", "Registers", hummingbird, log]),
    ]
}

/// Floors 7 and 8: what people and programs meet.
var surfaces: [Target] {
    [
        .target(
            name: "Edge",
            dependencies: [
                "World", "JSONDocument", "MessagePack", "Registers", "Choreography", "Orders", "Items", "Jobs", "Truth", "Limits", "Lookup", "Primes", "Web",
                hummingbird, log, .product(name: "Crypto", package: "swift-crypto"),
            ],
            resources: documentFiles.map { .embedInCode("Swagger/" + $0) }),
        .target(
            name: "Admin",
            dependencies: [
                "World", "JSONDocument", "MessagePack", "Wire", "Membership", "Placement", "Registers", "Choreography", "Transport", "Mesh",
                "Jobs", "Truth", "Web", hummingbird, log,
            ],
            resources: pageFiles.map { .embedInCode("Page/" + $0) }),
        .target(
            name: "Chaos",
            dependencies: ["World", "JSONDocument", "Orders", "Items", "Jobs", "Lookup", "Primes", "Topology", "Yams"]),
        .target(name: "Lab", dependencies: ["World", "JSONDocument", "Lookup", "Web", hummingbird, log]),
        .target(
            name: "Campaign",
            dependencies: [
                "World", "MessagePack", "Membership", "Placement", "Registers", "Choreography", "Orders", "Items", "Jobs", "Truth", "Primes",
            ]),
        .target(
            name: "Command",
            dependencies: [
                "CPlatform", "World", "JSONDocument", "MessagePack", "Wire", "Membership", "Placement", "Registers", "Campaign", "Choreography", "Orders", "Items",
                "Transport",
                "Mesh", "Jobs", "Truth", "Limits", "Lookup", "Primes", "Topology", "Web", "Edge", "Admin", "Chaos", "Lab", log, httpClient,
                .product(name: "GRDBSQLite", package: "GRDB.swift"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "gossamer", dependencies: ["Command"]),
    ]
}

/// The live page of the admin ports, compiled into the program.
var pageFiles: [String] {
    ["page.html", "page.css", "tables.css", "page.js", "stream.js", "words.js", "members.js", "ring.js", "jobs.js", "work.js", "trace.js", "work.css"]
}

/// The page of the edges that shows their OpenAPI document, compiled into the program.
var documentFiles: [String] { ["swagger.html", "swagger.css", "swagger.js", "schema.js", "trial.js"] }

/// Programs that docs/ shows; the tests build and run them.
var examples: [Target] {
    [
        .executableTarget(
            name: "ChatRoom", dependencies: ["World", "Membership", "Mesh"], path: "docs/examples/ChatRoom"),
        .executableTarget(
            name: "Whois",
            dependencies: [
                "World", "JSONDocument", "Lookup", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ], path: "docs/examples/Whois"),
    ]
}

var tests: [Target] {
    [
        .target(name: "TestSupport", dependencies: ["CPlatform", "World", log], path: "Tests/TestSupport"),
        .target(
            name: "WebTestSupport", dependencies: ["JSONDocument", "Web", "TestSupport", httpClient], path: "Tests/WebTestSupport"),
        .target(
            name: "JobTestSupport",
            dependencies: ["World", "Membership", "Mesh", "Registers", "Choreography", "Jobs", "Truth", "TestSupport", log],
            path: "Tests/JobTestSupport"),
        .target(name: "OrderTestSupport", dependencies: ["World", "Choreography", "Orders"], path: "Tests/OrderTestSupport"),
        .target(name: "WorkTestSupport", dependencies: ["World", "Registers", "Choreography"], path: "Tests/WorkTestSupport"),
        .target(name: "ItemTestSupport", dependencies: ["World", "Items"], path: "Tests/ItemTestSupport"),
        .target(name: "CourierTestSupport", dependencies: ["World", "Registers", "Choreography"], path: "Tests/CourierTestSupport"),
        .testTarget(name: "HouseTests", dependencies: ["TestSupport"]),
        .testTarget(name: "WorldTests", dependencies: ["World"]),
        .testTarget(name: "MessagePackTests", dependencies: ["MessagePack", "TestSupport"]),
        .testTarget(
            name: "WireTests", dependencies: ["World", "MessagePack", "Wire", "Registers", "TestSupport"], exclude: ["vectors"]),
        .testTarget(name: "MembershipTests", dependencies: ["World", "MessagePack", "Membership", "TestSupport"]),
        .testTarget(name: "PlacementTests", dependencies: ["World", "Placement"]),
        .testTarget(
            name: "CampaignTests",
            dependencies: [
                "World", "Membership", "Placement", "Registers", "Choreography", "Orders", "Items", "Jobs", "Primes", "Campaign",
            ]),
        .testTarget(
            name: "RegistersTests",
            dependencies: [
                "World", "MessagePack", "Placement", "Registers", "TestSupport", .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        .testTarget(
            name: "ChoreographyTests",
            dependencies: ["World", "MessagePack", "Placement", "Registers", "Choreography", "WorkTestSupport"]),
        .testTarget(name: "JobsTests", dependencies: ["World", "Registers", "Choreography", "Jobs", "WorkTestSupport"]),
        .testTarget(name: "OrdersTests", dependencies: ["World", "Registers", "Choreography", "Orders", "CourierTestSupport"]),
        .testTarget(
            name: "ItemsTests",
            dependencies: ["World", "MessagePack", "Registers", "Choreography", "Items", "CourierTestSupport", "WorkTestSupport"]),
        .testTarget(
            name: "TransportTests",
            dependencies: ["World", "MessagePack", "Wire", "Transport", "CReactor", "CZeroMQ", "TestSupport", log]),
        .testTarget(
            name: "MeshTests",
            dependencies: ["World", "Wire", "Membership", "Placement", "Transport", "Mesh", "TestSupport", log]),
        .testTarget(
            name: "TruthTests",
            dependencies: [
                "World", "MessagePack", "Membership", "Placement", "Registers", "Choreography", "Transport", "Mesh", "Truth", "TestSupport",
                "WorkTestSupport", log,
            ]),
        .testTarget(name: "LimitsTests", dependencies: ["World", "Limits"]),
        .testTarget(
            name: "PrimesTests",
            dependencies: ["World", "MessagePack", "Registers", "Choreography", "Jobs", "Truth", "Primes", "TestSupport", "JobTestSupport"]),
        .testTarget(
            name: "LookupTests",
            dependencies: [
                "World", "JSONDocument", "MessagePack", "Registers", "Choreography", "Jobs", "Truth", "Web", "Lookup", "Lab", "TestSupport",
                "JobTestSupport", "WebTestSupport", hummingbird, log, .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["vectors"]),
        .testTarget(
            name: "TopologyTests", dependencies: ["World", "Membership", "Transport", "Jobs", "Lookup", "Primes", "Topology", "Yams"]),
        .testTarget(
            name: "ChaosTests", dependencies: ["World", "JSONDocument", "Topology", "Chaos", "Command", "TestSupport"]),
        .testTarget(name: "JSONDocumentTests", dependencies: ["JSONDocument"]),
        .testTarget(name: "WebTests", dependencies: ["World", "JSONDocument", "Web", "TestSupport", "WebTestSupport", httpClient]),
        .testTarget(
            name: "LabTests",
            dependencies: ["World", "JSONDocument", "Topology", "Web", "Lookup", "Lab", "TestSupport", "WebTestSupport", log]),
        .testTarget(
            name: "EdgeTests",
            dependencies: [
                "World", "JSONDocument", "Orders", "Jobs", "Lookup", "Primes", "Web", "Edge", "WebTestSupport", "OrderTestSupport", "Items",
                "ItemTestSupport", "WorkTestSupport", "Choreography", "Registers", "Truth", "Limits", "TestSupport", httpClient, hummingbird, log,
            ]),
        .testTarget(
            name: "AdminTests",
            dependencies: [
                "World", "JSONDocument", "MessagePack", "Wire", "Membership", "Placement", "Registers", "Choreography", "Orders", "Transport",
                "Mesh", "Jobs", "Truth", "Web", "Admin", "TestSupport", "WebTestSupport", "WorkTestSupport", httpClient, log,
            ]),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "World", "JSONDocument", "Topology", "Web", "Transport", "Membership", "Mesh", "Orders", "Edge", "Command", "CStoreFile",
                "TestSupport", "WebTestSupport", "OrderTestSupport", "WorkTestSupport", "Admin", "Choreography", "Items", "ItemTestSupport", "Campaign",
                "Registers", "Truth", "Limits", "Lookup", "Chaos", "Lab", log, hummingbird,
            ]),
    ]
}
