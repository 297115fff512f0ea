import Foundation
import MessagePack
import TestSupport
import Testing
import Transport
import Wire
import World

/// The independent client of Tests/Python, written from docs/WIRE.md, against the links of a node with a stub above them.
@Suite(.serialized, .bounded) struct PythonClientTests {
    private static let client = PythonEnvironment.packageRoot + "/Tests/Python/gossamer_client.py"

    private struct Result {
        let status: Int32
        let json: [String: Any]
        let error: String
    }

    private func run(_ node: RealNode, mesh: String = "m", _ arguments: [String]) async throws -> Result {
        let port = "\(node.address.port)"
        let python = try await PythonEnvironment.prepare(packages: ["msgpack", "pyzmq"])
        let output = try await CommandLineTool.run(python, [Self.client, mesh, "127.0.0.1", port] + arguments, seconds: 60)
        let json = try? JSONSerialization.jsonObject(with: Data(output.standardOutput)) as? [String: Any]
        return Result(status: output.status, json: json ?? [:], error: output.standardError)
    }

    /// A node that echoes calls of its first target, refuses those of the second, and knows one member.
    private func makeNode(chaos: Bool = false) async throws -> RealNode {
        let node = try await RealNode("n1", targets: ["Echo.echo(_:)", "Echo.fail()"], chaos: chaos)
        let identity = node.identity
        let address = node.address
        await node.node.with { _, delegate in
            delegate.onFrame = { links, kind, frame, session, lane in
                let answer: any Frame
                switch kind {
                case .call:
                    guard let call = try? Call.unpack(frame) else { return }
                    answer = call.target == 0
                        ? Reply(id: call.id, result: call.arguments)
                        : ReplyError(id: call.id, code: .calleeFailed, message: "it failed", typeName: "EchoError")
                case .membersQuery:
                    guard let query = try? MembersQuery.unpack(frame) else { return }
                    answer = MembersReply(
                        id: query.id, version: 1,
                        members: [
                            .init(identity: identity, address: address, status: .alive, incarnation: 0, roles: ["store"], edge: nil)
                        ])
                default: return
                }
                _ = links.send(on: session.id, lane: lane, as: .control) { answer.pack(into: &$0) }
            }
        }
        return node
    }

    @Test func itShakesHandsListsMembersAndCalls() async throws {
        let node = try await makeNode()
        let result = try await run(node, ["--members", "--targets", "--call", "Echo.echo(_:)", "[\"hello\", 42, null]", "--repeat", "200"])
        #expect(result.status == 0, "\(result.error)")
        #expect(result.json["targets"] as? [String] == ["Echo.echo(_:)", "Echo.fail()"])
        #expect((result.json["members"] as? [[String: Any]])?.first?["name"] as? String == "n1")
        #expect((result.json["members"] as? [[String: Any]])?.first?["status"] as? String == "alive")
        #expect(result.json["result"] as? NSArray == ["hello", 42, NSNull()])
        try await node.until("the client's goodbye") { _, delegate in
            delegate.heard.lost.map(\.reason) == [.goodbye("done")]
        }
        #expect(await node.node.with { links, _ in links.metrics.malformed } == 0)
        await node.stop()
    }

    @Test func anErrorOfTheCalleeArrivesAsOne() async throws {
        let node = try await makeNode()
        let result = try await run(node, ["--call", "Echo.fail()", "[]"])
        #expect(result.status == 1 && result.error.contains("code 1: it failed"))
        await node.stop()
    }

    @Test func anotherMeshRefusesItWithAReason() async throws {
        let node = try await makeNode()
        let result = try await run(node, mesh: "other", [])
        #expect(result.status == 1 && result.error.contains("Refused: code 1") && result.error.contains("mesh m"))
        #expect(node.node.logs.all.contains { $0.contains("python-client") && $0.contains("wrongMesh") })
        await node.stop()
    }

    @Test func aWireVersionOfTheFutureIsRefusedAndSaidOnBothSides() async throws {
        let node = try await makeNode()
        let result = try await run(node, ["--versions", "8,9"])
        #expect(result.status == 1 && result.error.contains("Refused: code 2") && result.error.contains("8 to 9"))
        #expect(node.node.logs.all.contains { $0.contains("noCommonVersion") && $0.contains("8 to 9") })
        await node.stop()
    }

    @Test func itsCallsSurviveLoss() async throws {
        let node = try await makeNode(chaos: true)
        _ = await node.node.with { links, _ in
            links.setFault(FaultRule(name: "loss", lanes: [.work], action: .drop, probability: 0.2, ttlMs: 60_000))
        }
        let result = try await run(node, ["--call", "Echo.echo(_:)", "[1]", "--repeat", "25", "--timeout", "20"])
        #expect(result.status == 0, "\(result.error)")
        #expect(result.json["result"] as? [Int] == [1])
        await node.stop()
    }
}
