import World

extension World {
    /// Finds something out for each of the keys, for all at the same time. What has come when the time is over counts; the rest is called off.
    /// - Throws: what `body` throws, and `CancellationError`.
    func gather<Key: Hashable & Sendable, Value: Sendable>(
        _ keys: some Collection<Key>, within time: Duration, _ body: @escaping @Sendable (Key) async throws -> Value
    ) async throws -> [Key: Value] {
        try await withThrowingTaskGroup(of: (Key, Value)?.self) { group in
            defer { group.cancelAll() }
            for key in keys { group.addTask { (key, try await body(key)) } }
            group.addTask {
                try await self.sleep(for: time)
                return nil
            }
            var found: [Key: Value] = [:]
            for _ in keys {
                guard let next = try await group.next(), let (key, value) = next else { break }
                found[key] = value
            }
            return found
        }
    }
}
