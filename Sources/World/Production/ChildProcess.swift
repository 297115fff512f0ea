import Glibc

/// A program that this process has started.
public struct ChildProcess: Sendable {
    /// Where a child reads from.
    public enum Input: Sendable {
        /// Nothing: the end at once.
        case null
        /// A pipe that nobody writes to, and that ends when this process does, however it ends. See ``Terminal/whenEnded(_:)``.
        case lifeline
    }

    /// Where a child writes to.
    public enum Output: Sendable {
        case inherited
        /// Appends to the file; it is made when it is not there.
        case file(String)
        /// Read by this process; see ``ChildProcess/output``.
        case pipe
    }

    /// How a child has ended.
    public enum Ending: Hashable, Sendable, CustomStringConvertible {
        case exited(code: Int32)
        case signalled(Int32)

        public var description: String {
            switch self {
            case .exited(let code): "exit code \(code)"
            case .signalled(SIGKILL): "killed (signal 9)"
            case .signalled(let number): "signal \(number) (\(String(cString: strsignal(number))))"
            }
        }
    }

    /// What ``wait()`` reports.
    public struct Report: Sendable {
        public let ending: Ending
        /// Processor time in user and system mode, all threads.
        public let processorTime: Duration
    }

    public let identity: ProcessIdentity
    private let readEnd: Int32
    /// Held open for as long as the process lives.
    private let lifeline: Int32

    public var pid: Int32 { identity.pid }

    /// Starts `path` with these arguments (without the program's name) in a session of its own, so that a terminal's
    /// signals reach this process alone.
    public init(path: String, arguments: [String], input: Input = .null, output: Output, error: Output) throws(FileError) {
        var actions = SpawnActions()
        defer { actions.destroy() }
        try actions.connectInput(input)
        try actions.connect(output, to: 1)
        try actions.connect(error, to: 2)
        let pid = try actions.spawn(path: path, arguments: arguments)
        readEnd = actions.readEnd
        lifeline = actions.lifeline
        // The child cannot vanish from the table before it is waited for; a zombie has no identity, and its exit is
        // reported all the same.
        identity = ProcessIdentity(pid: pid) ?? ProcessIdentity(pid: pid, startTicks: 0, boot: "")
    }

    /// Waits for the end. Blocks; once only. See ``World/compute(_:)``.
    public func wait() -> Report {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(pid, &status, 0, &usage) < 0 && errno == EINTR {}
        return report(status, usage)
    }

    /// The report if the child has ended, without waiting. `nil` while it runs; once only after that.
    public func poll() -> Report? {
        var status: Int32 = 0
        var usage = rusage()
        guard wait4(pid, &status, WNOHANG, &usage) == pid else { return nil }
        return report(status, usage)
    }

    private func report(_ status: Int32, _ usage: rusage) -> Report {
        if readEnd >= 0 { close(readEnd) }
        if lifeline >= 0 { close(lifeline) }
        let signal = status & 0x7f
        return Report(
            ending: signal == 0 ? .exited(code: (status >> 8) & 0xff) : .signalled(signal),
            processorTime: usage.processorTime)
    }

    /// Reads one line of the piped output, without its end. `nil` at the end of the output. Blocks.
    public func readLine() -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = read(readEnd, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1 else { return line.isEmpty ? nil : String(decoding: line, as: UTF8.self) }
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
    }

    /// Sends a signal to the child, which cannot be another process: its number is its own until it is waited for.
    @discardableResult
    public func signal(_ number: Int32) -> Bool { kill(pid, number) == 0 }

    /// The program this process runs.
    public static var ownProgram: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : "/proc/self/exe"
    }
}

/// Processor time that a process has used.
public enum ProcessorTime {
    /// Of this process, all threads, user and system mode.
    public static var own: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .nanoseconds(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

extension rusage {
    fileprivate var processorTime: Duration {
        .microseconds((ru_utime.tv_sec + ru_stime.tv_sec) * 1_000_000 + Int(ru_utime.tv_usec + ru_stime.tv_usec))
    }
}
