import Glibc
import Synchronization
import World

/// Counts the requests to end, by Ctrl-C or from other processes. The third is not counted any more: it ends the process,
/// whatever this waits for.
package final class Interrupts: Sendable {
    private let received = Atomic(0)

    /// Asks a supervisor to leave its nodes to whoever sends it.
    package static let handover: [Int32] = [SIGUSR1]

    /// - Parameters:
    ///   - numbers: the signals that count.
    ///   - notice: called at every one.
    package init(
        _ world: any World, _ numbers: [Int32] = Signals.ending, notice: @escaping @Sendable () -> Void = {}
    ) {
        let signals = Signals(numbers)
        world.spawn("interrupts") { [weak self] in
            for await _ in signals {
                guard let count = self?.received.add(1, ordering: .relaxed).newValue else { return }
                if count > 2 { exit(ExitStatus.interrupted.rawValue) }
                notice()
            }
        }
    }

    /// How many have come: the first asks for an orderly end, the second for one at once.
    package var count: Int { received.load(ordering: .relaxed) }
}
