/// How the command ends, in the numbers of `sysexits.h`, so that a script can tell a misspelt file from a mesh that is away.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case ok = 0
    /// The command was understood and carried out, and the answer is no: a goal was missed, a job has failed.
    case negative = 1
    /// The command was carried out and has no answer: nothing is wrong, and nothing is proved.
    case unknown = 2
    /// Arguments or a topology file that make no sense, a node that is not in the file. Nothing was started or changed.
    case usage = 64
    /// What was asked for is not there: a path of a node, a log.
    case noInput = 66
    /// Somebody does not answer, a port is in use, a node runs already.
    case unavailable = 69
    /// A fault of the program, or a node that ended by itself.
    case software = 70
    /// A file could not be read or written.
    case ioError = 74
    /// It took longer than it may.
    case timedOut = 75
    /// The other side answered, and not with what was agreed.
    case protocolError = 76
    /// Ended by Ctrl-C, as shells count it.
    case interrupted = 130

    var meaning: String {
        switch self {
        case .ok: "done"
        case .negative: "the answer is no: a job has failed, a goal was missed"
        case .unknown: "there is no answer: a chaos run proves nothing, nobody knows whether a put counts"
        case .usage: "arguments or a topology file that make no sense, an unknown node; nothing was started"
        case .noInput: "what was asked for is not there: a log, a path of a node"
        case .unavailable: "nobody answers, a port is in use, or a node runs already"
        case .software: "a fault of the program, or a node that ended by itself"
        case .ioError: "a file could not be read or written"
        case .timedOut: "it took longer than it may"
        case .protocolError: "the other side answered something unexpected"
        case .interrupted: "ended by Ctrl-C"
        }
    }

    /// For `--help`.
    static var explanation: String {
        let lines = allCases.map { status in
            let number = String(status.rawValue)
            return "  " + String(repeating: " ", count: 3 - number.count) + number + "  " + status.meaning
        }
        return "EXIT CODES:\n" + lines.joined(separator: "\n")
    }
}
