import JSONDocument
import World

/// One job from its submission to its end, on a terminal: a progress bar, and Ctrl-C that ends the job.
struct JobRun {
    let client: EdgeClient
    /// For programs: nothing but the result is printed.
    let isQuiet: Bool
    let world: any World

    /// - Parameters:
    ///   - path: of the kind of work.
    ///   - unit: what its parts are called.
    func run<Picture: JobPicture>(
        _ order: JSON, at path: String, as type: Picture.Type, unit: String
    ) async throws -> (result: Picture, wasInterrupted: Bool) {
        let ticket = try await client.submit(order, to: path)
        if !isQuiet { Console.note("\(ticket.edge)\(ticket.path)") }
        let interrupts = Interrupts(world)
        world.spawn("cancel") { [client, world] in
            while interrupts.count == 0 { do { try await world.sleep(for: .milliseconds(50)) } catch { return } }
            await client.cancel(ticket)
        }
        let screen = ProgressScreen(isShown: Terminal.error.isInteractive && !isQuiet, unit: unit, world: world)
        // The bar stays, an unfinished one too: it shows how far it came.
        defer { screen.end() }
        let result = try await client.follow(ticket, as: type) { screen.show(done: $0.done, total: $0.total) }
        return (result, interrupts.count > 0)
    }
}

/// The progress bar of long work.
final class ProgressScreen {
    private let isShown: Bool
    private let unit: String
    private let world: any World
    private let started: Instant
    private var block = LiveBlock(.error)

    init(isShown: Bool, unit: String, world: any World) {
        self.isShown = isShown
        self.unit = unit
        self.world = world
        started = world.now
    }

    /// - Parameter more: lines below the bar.
    func show(done: Int, total: Int, more: [String] = []) {
        guard isShown else { return }
        let bar = ProgressBar(done: done, total: total, elapsed: world.now - started, unit: unit)
        block.draw([bar.line(width: Terminal.error.columns)] + more)
    }

    func end() { block.keep() }
}
