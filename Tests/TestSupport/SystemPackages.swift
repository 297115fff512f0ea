import Foundation

/// Programs of the system that tests need, from Debian's packages.
enum SystemPackages {
    /// Finds a program, and installs packages when it is not there.
    /// - Parameters:
    ///   - paths: where it may be; the first that is there is given.
    ///   - purpose: what tests do with it, for the message, as "ask a real name server".
    /// - Throws: ``CommandLineTool/Failure`` that says how to get it. A test must let it through: what no real program has been asked is
    ///   untested.
    static func program(_ paths: [String], from packages: [String], purpose: String) throws -> String {
        func find() -> String? { paths.first { access($0, X_OK) == 0 } }
        if let found = find() { return found }
        // One at a time on the machine: apt takes a lock that it does not wait for, and tests run side by side.
        let script = """
            exec 9>/tmp/gossamer-tests-packages.lock && flock -w 600 9 || exit 1
            for path in \(paths.joined(separator: " ")); do [ -x "$path" ] && exit 0; done
            export DEBIAN_FRONTEND=noninteractive
            apt-get update -qq
            apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
            """
        let output = try? CommandLineTool.runBlocking("/bin/sh", ["-c", script, "sh"] + packages, seconds: 900)
        if let found = find() { return found }
        throw CommandLineTool.Failure(description: """
            These tests \(purpose) and found no \(paths[0]) (\(output?.standardError.suffix(300) ?? "no shell")). \
            Install it as root: apt-get install \(packages.joined(separator: " "))
            """)
    }
}
