import Membership
import Mesh
import TestSupport
import Testing
import World

/// What a node takes for itself, and gives back.
@Suite struct NodeLifeTests {
    @Test func aDataDirectoryHasOneNode() async throws {
        let mesh = try await TestMesh(1)
        let configuration = mesh[0].configuration
        let error = #expect(throws: NodeError.self) { try Node(configuration, world: SystemWorld()) }
        #expect(error?.code == .dataDirectory)
        #expect(error?.message.contains(configuration.dataDirectory) == true)
        let process = try String(decoding: SystemFileSystem().read("/proc/self/stat"), as: UTF8.self).prefix { $0 != " " }
        #expect(error?.message.contains(process) == true, "\(error?.message ?? "")")
        try await mesh.start()
        await mesh[0].stop()
        let next = try Node(configuration, world: SystemWorld())
        #expect(next.identity.life == mesh[0].identity.life + 1)
        await next.stop()
        await mesh.stop()
    }

    @Test func aNodeThatWasNeverStartedTakesItsThreadWithIt() async throws {
        let directory = "/tmp/gossamer-unstarted-\(TestPorts.block())", files = SystemFileSystem()
        func threads() -> Int {
            (try? files.list("/proc/self/task"))?.filter { task in
                (try? files.read("/proc/self/task/\(task)/comm")).map { String(decoding: $0, as: UTF8.self) } == "unstarted\n"
            }.count ?? 0
        }
        let keeper = Keeper(try Node(
            NodeConfiguration(
                mesh: "m", name: "unstarted", bindHost: "127.0.0.1",
                address: MemberAddress(host: "127.0.0.1", port: TestPorts.block()), seeds: [],
                metadata: MemberMetadata(), dataDirectory: directory),
            world: SystemWorld()))
        try await eventually("the loop runs") { threads() == 1 }
        keeper.letGo()
        try await eventually("the loop has ended") { threads() == 0 }
        try files.removeTree(directory)
    }
}
