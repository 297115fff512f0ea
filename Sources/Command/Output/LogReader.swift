import World

/// Reads a log that may grow, shrink (it was put aside) or not be there yet.
package struct LogReader {
    /// What is taken in at a time; of a larger addition the rest follows with the next reading.
    private static let step = 1 << 20

    private let path: String
    private let files = SystemFileSystem()
    private var offset: Int64 = 0
    /// The beginning of a line whose end has not been written yet.
    private var rest: [UInt8] = []

    package init(path: String) { self.path = path }

    package var exists: Bool { files.exists(path) }

    /// The last lines, at most `count`; of a very large log those of its last 16 MiB.
    package mutating func last(_ count: Int) -> [String] {
        offset = max(0, files.size(of: path) - 16 << 20)
        var lines: [String] = []
        while true {
            let added = added()
            if added.isEmpty { return Array(lines.suffix(count)) }
            lines = Array((lines + added).suffix(max(count, 1)))
        }
    }

    /// The lines that have been completed since the last reading.
    package mutating func added() -> [String] {
        let size = files.size(of: path)
        if size < offset {
            offset = 0
            rest = []
        }
        let bytes = (try? files.read(path, from: offset, limit: Self.step)) ?? []
        offset += Int64(bytes.count)
        rest += bytes
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let complete = rest[..<end]
        rest = Array(rest[(end + 1)...])
        return complete.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The lines of several logs in the order of their times. A line without a time (of a crash, say) stays behind the one
    /// it follows.
    package static func merged(_ sources: [[String]]) -> [String] {
        guard sources.count > 1 else { return sources.first ?? [] }
        var keyed: [(time: Substring, source: Int, place: Int, line: String)] = []
        for (source, lines) in sources.enumerated() {
            var time: Substring = ""
            for (place, line) in lines.enumerated() {
                if isTime(line.prefix(24)) { time = line.prefix(24) }
                keyed.append((time, source, place, line))
            }
        }
        return keyed.sorted { ($0.time, $0.source, $0.place) < ($1.time, $1.source, $1.place) }.map(\.line)
    }

    /// `2025-11-21T06:30:00.123Z`: such texts sort by time.
    private static func isTime(_ text: Substring) -> Bool {
        text.utf8.count == 24 && text.hasSuffix("Z") && text.utf8.enumerated().allSatisfy { place, byte in
            switch place {
            case 4, 7: byte == UInt8(ascii: "-")
            case 10: byte == UInt8(ascii: "T")
            case 13, 16: byte == UInt8(ascii: ":")
            case 19: byte == UInt8(ascii: ".")
            case 23: true
            default: UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            }
        }
    }
}
