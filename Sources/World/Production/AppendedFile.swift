import Glibc

/// A file to whose end bytes are added, open for as long as this lives. What was added is the system's by then, and outlives the process;
/// but it is not durable. For logs and histories.
public final class AppendedFile: Sendable {
    private let path: String
    private let descriptor: Int32

    /// Makes the file when it is not there, and keeps what is in it when it is.
    public init(path: String) throws(FileError) {
        self.path = path
        descriptor = try SystemFileSystem().open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC)
    }

    deinit { close(descriptor) }

    /// Adds bytes at the end. When it fails a part of them may be there, so what is appended after that would stand behind a torn line.
    public func append(_ bytes: [UInt8]) throws(FileError) {
        try SystemFileSystem().writeAll(bytes, to: descriptor, path: path)
    }
}
