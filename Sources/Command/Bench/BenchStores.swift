import Glibc
import JSONDocument
import Web
import World

/// Three nodes with a store each, processes of their own, the first of which asks and prints what it finds.
struct BenchStores {
    /// Where the stores lie. What is there goes first.
    let directory: String
    let world: any World

    /// - Parameter more: arguments of all three, beside those that every store has.
    /// - Returns: the line that the first has printed.
    func run(_ clients: ClientCounts, seconds: Double, more: [String] = []) async throws(CommandFailure) -> JSON {
        try? SystemFileSystem().removeTree(directory)
        let common = ["--directory", directory, "--port", String(try BenchNode.freePorts(BenchNode.stores * BenchNode.portsPerNode))] + more
        var others: [ChildProcess] = []
        defer {
            for child in others {
                child.signal(SIGKILL)
                _ = child.wait()
            }
        }
        do {
            for number in 1..<BenchNode.stores {
                let child = try start(["bench", "store", "--number", String(number)] + common)
                others.append(child)
                guard try await world.compute({ child.readLine() }) == "ready" else {
                    throw CommandFailure(.software, "store \(number) has not become ready")
                }
            }
            let first = try start(["bench", "store", "--number", "0", "--clients", clients.description, "--seconds", String(seconds)] + common)
            let line = try await world.compute { first.readLine() }
            let report = first.wait()
            guard report.ending == .exited(code: 0), let line else { throw CommandFailure(.software, "the driver has failed: \(report.ending)") }
            return try JSON(parsing: Array(line.utf8))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.software, "\(error)")
        }
    }

    private func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(path: ChildProcess.ownProgram, arguments: arguments, input: .lifeline, output: .pipe, error: .inherited)
    }
}
