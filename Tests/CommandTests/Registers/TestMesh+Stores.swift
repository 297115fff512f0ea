import Command
import JSONDocument
import Synchronization
import TestSupport
import Testing
import Web
import World

/// A mesh of processes whose stores are replaced.
extension TestMesh {
    /// Kills a node, takes its disk away, and starts it again: it has another store then, which holds nothing.
    func wipe(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let old = process(name) == nil ? nil : try #require(await ownStore(of: name), sourceLocation: sourceLocation)
        if process(name) != nil { try await kill([name]) }
        try SystemFileSystem().removeTree(place(name).directory)
        try await up(name, sourceLocation: sourceLocation)
        try await untilStore(at: name, is: "spare", sourceLocation: sourceLocation)
        // Who is asked for a change must know of the new store.
        try await until(name, seenBy: names.filter { process($0) != nil }, sourceLocation: sourceLocation) { row in
            row.isAlive && row.document["labels"]?["store"]?.string.map { $0 != old } == true
        }
    }

    /// The id of a node's own store.
    private func ownStore(of name: String) async -> String? {
        await members(at: name)?.last { $0.name == name }?.document["labels"]?["store"]?.string
    }

    /// Runs `gossamer store` with these arguments.
    func store(_ arguments: String...) async throws -> Outcome { try await run(["store"] + arguments + ["--topology", file]) }

    /// Waits until no change is under way at any of these nodes, and their epoch is at least this.
    func untilSettled(_ epoch: Int, at observers: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let deadline = world.now + .seconds(60)
        var last: JSON?
        for observer in observers {
            while true {
                last = await stores(at: observer)
                if last?["change"] == .null, let seen = last?["epoch"]?.integer(Int.self), seen >= epoch { break }
                guard world.now < deadline else {
                    Issue.record("epoch \(epoch) is not settled at \(observer): \(last?.text() ?? "no answer")", sourceLocation: sourceLocation)
                    return
                }
                try await world.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Every one of these values is there, asked through every node that runs.
    func expectAll(_ values: [String: String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let running = names.filter { process($0) != nil }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in running {
                group.addTask {
                    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                        let answer = await self.ask(name, "/kv/\(key)")
                        #expect(
                            answer?.json?["value"]?.string == value, "\(key) at \(name): \(answer?.text ?? "no answer")",
                            sourceLocation: sourceLocation)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Puts values through these nodes while `body` runs, each client after the answer to its last. Gives what was acknowledged.
    func puttingMeanwhile(at clients: [String], prefix: String, _ body: () async throws -> Void) async throws -> [String: String] {
        let acknowledged = Tally(), isOver = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in clients {
                group.addTask {
                    for number in 0..<20_000 where !isOver.isRaised {
                        let key = "\(prefix)-\(client)-\(number)"
                        if await self.put(key, key, at: client)?.status == 200 { acknowledged.note(key) }
                    }
                }
            }
            do {
                // Puts are under way before anything changes, and go on after it.
                try await until { acknowledged.keys.count > 20 }
                try await body()
                let count = acknowledged.keys.count
                try await until { acknowledged.keys.count > count + 20 }
                isOver.raise()
            } catch {
                isOver.raise()
                throw error
            }
            try await group.waitForAll()
        }
        return Dictionary(uniqueKeysWithValues: acknowledged.keys.map { ($0, $0) })
    }
}

/// Says from one task to others that something is over.
private final class Flag: Sendable {
    private let flag = Atomic(false)
    var isRaised: Bool { flag.load(ordering: .acquiring) }
    func raise() { flag.store(true, ordering: .releasing) }
}
