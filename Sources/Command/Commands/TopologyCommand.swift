import ArgumentParser
import JSONDocument
import Topology
import Web
import World

/// `gossamer topology`: about topology files.
struct TopologyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology", abstract: "Check topology files.", subcommands: [CheckCommand.self])

    struct CheckCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Check a topology file whole, and show what it says.",
            discussion: "Every problem is shown with file, line and column; then the exit code is 64.")

        @Argument(help: ArgumentHelp("The topology file.", valueName: "file"))
        var file: String

        @Flag(help: "Print JSON, for programs.")
        var json = false

        func run() async throws {
            let topology: Topology
            do {
                topology = try Topology.loadChecked(file, from: SystemFileSystem())
            } catch {
                if json { Console.put(TopologyText.document(error, file: file)) }
                throw CommandFailure(.usage, json ? "" : "\(error)")
            }
            if json { return Console.put(TopologyText.document(topology)) }
            for warning in topology.warnings { Console.note("warning: \(warning)") }
            Console.put(TopologyText.table(topology).text())
            Console.note("\(file) is in order: mesh \(topology.mesh), \(topology.nodes.count) nodes")
        }
    }
}

enum TopologyText {
    static func table(_ topology: Topology) -> Table {
        var table = Table([
            .init("NODE"), .init("ADDRESS"), .init("BINDS"), .init("ADMIN"), .init("EDGE"), .init("ROLES"), .init("ZONE"),
            .init("CAPACITY", .right), .init("DATA"),
        ])
        for node in topology.nodes {
            table.add([
                node.name, node.address.description, "\(node.bind):\(node.port)-\(node.workPort)",
                node.admin?.description ?? "-", node.edge?.description ?? "-", node.roles.joined(separator: ","),
                node.zone.isEmpty ? "-" : node.zone, NumberText.fixed(Double(node.capacity) / 100, digits: 2), node.dataDir,
            ])
        }
        return table
    }

    static func document(_ topology: Topology) -> JSON {
        [
            "ok": true, "file": .string(topology.file), "mesh": .string(topology.mesh),
            "nodes": .array(topology.nodes.map { node in
                [
                    "name": .string(node.name), "address": .string(node.address.description),
                    "admin": .text(node.admin?.description), "edge": .text(node.edge?.description),
                    "roles": .array(node.roles.map { .string($0) }), "zone": .string(node.zone),
                    "capacity": .number(Double(node.capacity) / 100), "dataDir": .string(node.dataDir),
                ]
            }),
            "warnings": .array(topology.warnings.map(problem)),
        ]
    }

    static func document(_ error: TopologyError, file: String) -> JSON {
        ["ok": false, "file": .string(file), "problems": .array(error.problems.map(problem))]
    }

    private static func problem(_ problem: TopologyProblem) -> JSON {
        [
            "code": .string(problem.code.rawValue), "line": .number(problem.line), "column": .number(problem.column),
            "key": .string(problem.keyPath), "value": .text(problem.value), "message": .string(problem.sentence),
            "suggestion": .text(problem.suggestion),
        ]
    }
}
