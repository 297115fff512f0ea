import World

// A NETWORK OF THE LAB'S OWN
//
// The lab has addresses of the Internet, and port 53 and 80 of them. That works in a network namespace, which has a loopback interface
// of its own and no way out (network_namespaces(7)). Root may make one; anybody else may where the system lets users have user
// namespaces, in which they are root (user_namespaces(7)). A process enters one before it has threads, so the command runs itself
// again by way of unshare(1), and whoever joins later is brought in by nsenter(1).

/// The kind of namespace that a lab runs in.
package enum LabNamespace: String, CaseIterable, Sendable {
    /// Made by root.
    case net
    /// In a user namespace of its own.
    case user

    /// The words before a command that is to run in a new one.
    package var making: [String] {
        switch self {
        case .net: ["unshare", "--net", "--"]
        case .user: ["unshare", "--user", "--map-root-user", "--net", "--"]
        }
    }

    /// The words before a command that is to run in that of a process.
    package func joining(_ process: Int32) -> [String] {
        switch self {
        case .net: ["nsenter", "--target", "\(process)", "--net", "--"]
        case .user: ["nsenter", "--target", "\(process)", "--user", "--preserve-credentials", "--net", "--"]
        }
    }

    /// The first that this machine lets this user make.
    /// - Throws: `unavailable` with what each attempt has said.
    package static func permitted(_ world: any World) async throws -> LabNamespace {
        var complaints: [String] = []
        for kind in allCases {
            let outcome = try await SystemTool.run(kind.making + ["true"], world)
            if outcome.isSuccess { return kind }
            complaints.append(outcome.text.isEmpty ? "\(kind.making[0]) ended with \(outcome.ending)" : outcome.text)
        }
        throw CommandFailure(
            .unavailable, "this user may have no network namespace here (\(complaints.joined(separator: "; "))); "
                + "run the lab as root, or let users have user namespaces (kernel.unprivileged_userns_clone, or the rules of AppArmor)")
    }
}

/// Programs of the system that do their work at once.
enum SystemTool {
    struct Outcome: Sendable {
        let ending: ChildProcess.Ending
        /// What it has said, on both streams, in one line.
        let text: String

        var isSuccess: Bool { ending == .exited(code: 0) }
    }

    /// Runs a program to its end, found on the PATH or where the system's own are.
    static func run(_ words: [String], _ world: any World) async throws -> Outcome {
        // The shell has both streams in one, and the paths that a user's PATH lacks.
        let line = "PATH=\"$PATH:/usr/sbin:/sbin\"; exec \"$@\" 2>&1"
        do {
            return try await world.compute {
                let child = try ChildProcess(
                    path: "/bin/sh", arguments: ["-c", line, "sh"] + words, output: .pipe, error: .file("/dev/null"))
                var lines: [String] = []
                while let line = child.readLine() { if lines.count < 20 { lines.append(line) } }
                return Outcome(ending: child.wait().ending, text: lines.joined(separator: " "))
            }
        } catch let error as FileError {
            throw CommandFailure(.software, "\(words.joined(separator: " ")) cannot be run: \(error)")
        }
    }
}
