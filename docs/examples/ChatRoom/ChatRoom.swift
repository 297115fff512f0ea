// A chat room over the mesh. In one terminal:   swift run ChatRoom 7301
// in another:                                   swift run ChatRoom 7311 7301
// Lines typed in one appear in the other.

import Distributed
import Membership
import Mesh
import World

distributed actor Guest {
    typealias ActorSystem = MeshActorSystem
    nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    init(actorSystem: MeshActorSystem) { self.actorSystem = actorSystem }

    distributed func hear(_ line: String, from name: String) { print("\(name): \(line)") }
}

@main struct ChatRoom {
    static let guests = ReceptionKey<Guest>("guests")

    static func main() async throws {
        let ports = CommandLine.arguments.dropFirst().compactMap { UInt16($0) }
        guard let port = ports.first else { return print("usage: ChatRoom PORT [PORT OF ANOTHER]") }
        let world = SystemWorld()
        let node = try Node(
            NodeConfiguration(
                mesh: "chat", name: "guest-\(port)", bindHost: "127.0.0.1",
                address: MemberAddress(host: "127.0.0.1", port: port),
                seeds: ports.dropFirst().map { MemberAddress(host: "127.0.0.1", port: $0) },
                metadata: MemberMetadata(), dataDirectory: ".gossamer/chat/\(port)"),
            world: world)
        try await node.start()

        let me = Guest(actorSystem: node.system)
        try await node.system.receptionist.checkIn(me, as: guests)
        while let line = try await world.compute({ readLine() }) {
            for guest in await node.system.receptionist.lookup(guests) where guest.id != me.id {
                do {
                    try await guest.hear(line, from: node.identity.name)
                } catch {
                    print("(\(guest.id.node.name) did not hear that: \(error))")
                }
            }
        }
        await node.leave()
        await node.stop()
    }
}
