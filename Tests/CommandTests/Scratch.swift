import Foundation
import Testing
import World

/// Runs `body` with a fresh directory, and removes it afterwards.
func withDirectory<Value>(_ body: (String) throws -> Value) throws -> Value {
    let path = try makeDirectory()
    defer { try? SystemFileSystem().removeTree(path) }
    return try body(path)
}

func withDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = try makeDirectory()
    defer { try? SystemFileSystem().removeTree(path) }
    return try await body(path)
}

private func makeDirectory() throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/gossamer-" + UUID().uuidString.prefix(8)
    try SystemFileSystem().createDirectory(path)
    return path
}

func append(_ text: String, to path: String) throws {
    let old = (try? SystemFileSystem().read(path)) ?? []
    try SystemFileSystem().writeDurably(old + Array(text.utf8), to: path)
}
