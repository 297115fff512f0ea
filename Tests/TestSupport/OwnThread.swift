import Foundation

/// Runs `body`, which waits for something outside this process, on a thread of its own.
///
/// The tests of one process share a few threads, two on a small machine, with the code that they test. Whoever blocks one of
/// them, be it of Swift's pool or of a world's `compute`, keeps all others waiting for as long.
public func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}
