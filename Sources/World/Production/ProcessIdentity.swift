import CPlatform
import Glibc

/// A process beyond doubt: its number, and when it was started, because numbers are given out again.
public struct ProcessIdentity: Hashable, Sendable {
    public let pid: Int32
    /// Clock ticks from the machine's start to the process's, as field 22 of `/proc/PID/stat` counts them (proc(5)).
    public let startTicks: UInt64
    /// The machine's start, as the kernel names it.
    public let boot: String

    public init(pid: Int32, startTicks: UInt64, boot: String) {
        self.pid = pid
        self.startTicks = startTicks
        self.boot = boot
    }

    /// The process that has this number now. `nil` when there is none, or it is a zombie: one whose threads have all ended. Until
    /// then it has its files and ports, although its first thread may be a zombie already.
    public init?(pid: Int32) {
        guard pid > 0, let stat = Self.text("/proc/\(pid)/stat"), let boot = Self.text("/proc/sys/kernel/random/boot_id")
        else { return nil }
        // The second field is the program's name in parentheses and may contain anything, so read behind the last one.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let threads = Int(fields[17]), let ticks = UInt64(fields[19]) else { return nil }
        guard fields[0] != "X", fields[0] != "Z" || threads > 1 else { return nil }
        self.init(pid: pid, startTicks: ticks, boot: String(boot.prefix { !$0.isWhitespace }))
    }

    /// This process.
    public static var own: ProcessIdentity? { ProcessIdentity(pid: getpid()) }

    /// True while the process runs; false too when its number belongs to another one now.
    public var isRunning: Bool { ProcessIdentity(pid: pid) == self }

    /// Sends a signal, to this process and never to another that has come by its number.
    /// - Returns: false when the process is gone, or may not be signalled.
    @discardableResult
    public func signal(_ number: Int32) -> Bool {
        let handle = cplatform_pidfd_open(pid)
        if handle < 0 {
            // Before Linux 5.3: a gap of microseconds remains between the check and the signal.
            return errno == ENOSYS && isRunning && kill(pid, number) == 0
        }
        defer { close(handle) }
        return isRunning && cplatform_pidfd_signal(handle, number) == 0
    }

    private static func text(_ path: String) -> String? {
        (try? SystemFileSystem().read(path)).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension ProcessIdentity: CustomStringConvertible {
    /// One line for a file; ``init(_:)`` reads it.
    public var description: String { "\(pid) \(startTicks) \(boot)" }

    /// Reads what ``description`` has written. `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == 3, let pid = Int32(parts[0]), pid > 0, let ticks = UInt64(parts[1]) else { return nil }
        self.init(pid: pid, startTicks: ticks, boot: String(parts[2]))
    }
}
