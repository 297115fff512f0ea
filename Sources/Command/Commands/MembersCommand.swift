import ArgumentParser
import JSONDocument
import Web
import World

/// `gossamer members`: who is in the mesh, as one node sees it.
struct MembersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "members", abstract: "Show the members of the mesh, as one node sees them.",
        discussion: "A status is alive, suspect, dead or left. LIFE counts the starts of a node, INC its refutations.")

    @OptionGroup var mesh: MeshOptions

    @Flag(help: "Keep showing them; with --json one array a line, whenever something changes.")
    var watch = false

    func run() async throws {
        let world = SystemWorld()
        let access = try mesh.access(world.files)
        let rows = try await access.members()
        guard watch else { return show(rows) }
        try await follow(access, from: rows, world)
    }

    private func show(_ rows: [MemberRow]) {
        if mesh.json { return Console.put(.array(rows.map(\.document))) }
        Console.put(MemberRow.table(rows).text())
        Console.note(MemberRow.summary(rows))
    }

    private func follow(_ access: MeshAccess, from first: [MemberRow], _ world: any World) async throws {
        let interrupts = Interrupts(world)
        var block = LiveBlock(.output)
        var last: [MemberRow] = []
        var rows = first
        while interrupts.count == 0 {
            if mesh.json {
                if rows != last { Console.put(JSON.array(rows.map(\.document)).text()) }
            } else if Terminal.output.isInteractive {
                block.draw(MemberRow.table(rows).lines() + [MemberRow.summary(rows)])
            } else if rows.map(\.status) != last.map(\.status) {
                Console.put(MemberRow.table(rows).text())
            }
            last = rows
            try await world.sleep(for: .milliseconds(500))
            rows = try await access.members(isQuiet: true)
        }
    }
}
