import Registers
import World

extension FileResults {
    /// Questions in a row that nobody answers, after which no more is asked in a pass.
    private static let silences = 8

    /// Takes away what is of work that is over, of that whose hour has ended so long ago. See the essay on results.
    package func sweep(olderThan retention: Duration, now: WallTime, _ isOver: @Sendable (WorkID) async -> Bool?) async {
        let end = now.nanosecondsSince1970.subtractingReportingOverflow(retention.nanoseconds)
        guard !end.overflow else { return }
        var over: Set<WorkID> = [], silences = 0
        for work in works(madeBefore: CreationHour(WallTime(nanosecondsSince1970: max(end.partialValue, 0)))) {
            guard silences < Self.silences else { break }
            switch await isOver(work) {
            case true?: over.insert(work)
            case false?: silences = 0
            case nil: silences += 1
            }
        }
        if !over.isEmpty { await remove(over) }
    }
}
