import Registers
import World

extension FileResults {
    /// Questions in a row that nobody answers, after which no more is asked in a pass.
    private static let silences = 8

    /// Takes away what is of work that is over, of that whose hour has ended so long ago. See the essay on results.
    package func sweep(olderThan retention: Duration, now: WallTime, _ isOver: @Sendable (WorkID) async -> Bool?) async {
        let end = now.nanosecondsSince1970.subtractingReportingOverflow(retention.nanoseconds)
        guard !end.overflow else { return }
        var rest = names(madeBefore: CreationHour(WallTime(nanosecondsSince1970: max(end.partialValue, 0))))[...]
        var silences = 0
        while silences < Self.silences, let work = rest.first?.work {
            let names = rest.prefix { $0.work == work }
            rest = rest.dropFirst(names.count)
            switch await isOver(work) {
            case true?:
                silences = 0
                // Only what lay here when it was asked.
                await remove(Array(names))
            case false?: silences = 0
            case nil: silences += 1
            }
        }
    }
}
