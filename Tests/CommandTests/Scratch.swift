import Foundation
import TestSupport
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

/// Writes a program that may be started at once.
///
/// Another process writes it: if this one did, a child that a test beside this one starts meanwhile could inherit the file
/// while it is open for writing, and the system runs no such file ("text file busy").
func writeProgram(_ text: String, to path: String) throws {
    let output = try CommandLineTool.runBlocking(
        "sh", ["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh", path], input: Array(text.utf8))
    try #require(output.status == 0, "\(output.standardError)")
}

func append(_ text: String, to path: String) throws {
    let old = (try? SystemFileSystem().read(path)) ?? []
    try SystemFileSystem().writeDurably(old + Array(text.utf8), to: path)
}
