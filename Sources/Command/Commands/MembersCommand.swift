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
        let first = try await access.readMembers()
        guard watch else { return show(first.rows) }
        try await follow(access, from: first, world)
    }

    private func show(_ rows: [MemberRow]) {
        if mesh.json { return Console.put(.array(rows.map(\.document))) }
        Console.put(MemberRow.table(rows).text())
        for warning in MemberRow.warnings(rows) { Console.note(warning) }
        Console.note(MemberRow.summary(rows))
    }

    /// The first node that answers is asked each time, so that who is asked changes when it falls silent: every picture
    /// says whose it is. When nobody answers, that is shown, until somebody does again.
    private func follow(_ access: MeshAccess, from first: MeshAccess.Members, _ world: any World) async throws {
        let interrupts = Interrupts(world)
        var block = LiveBlock(.output)
        var last: MembersPicture?
        var picture = MembersPicture(first)
        while interrupts.count == 0, Console.isRead {
            if Terminal.output.isInteractive && !mesh.json {
                block.draw(picture.lines)
            } else if picture != last {
                tell(picture, last)
            }
            last = picture
            try await world.sleep(for: .milliseconds(500))
            do { picture = MembersPicture(try await access.readMembers(isQuiet: true)) } catch {
                guard error.status == .unavailable else { throw error }
                picture = .nobody(error.message)
            }
        }
    }

    private func tell(_ picture: MembersPicture, _ last: MembersPicture?) {
        switch picture {
        case .nobody(let message): Console.note(message)
        case .seen(let rows, let witness):
            if let last, last.witness != witness { Console.note("as \(witness) sees it:") }
            if mesh.json { return Console.put(lines: [.array(rows.map(\.document))]) }
            Console.put(MemberRow.table(rows).text())
            for warning in MemberRow.warnings(rows) { Console.note(warning) }
        }
    }
}

/// What `members --watch` shows at one moment.
package enum MembersPicture: Sendable {
    case seen([MemberRow], witness: String)
    /// Nobody answers, and why.
    case nobody(String)

    init(_ members: MeshAccess.Members) { self = .seen(members.rows, witness: members.witness) }

    var witness: String? { if case .seen(_, let witness) = self { witness } else { nil } }

    /// For a terminal.
    package var lines: [String] {
        switch self {
        case .seen(let rows, let witness):
            MemberRow.table(rows).lines() + MemberRow.warnings(rows) + ["\(MemberRow.summary(rows)), as \(witness) sees it"]
        case .nobody(let message): message.split(separator: "\n").map(String.init)
        }
    }
}

extension MembersPicture: Equatable {
    /// Whether nothing has happened in between: what only grows with time, or follows the load, is no news.
    package static func == (a: MembersPicture, b: MembersPicture) -> Bool {
        switch (a, b) {
        case (.nobody, .nobody): true
        case (.seen(let rows, let witness), .seen(let others, let other)):
            witness == other && rows.map(\.lasting) == others.map(\.lasting)
        default: false
        }
    }
}
