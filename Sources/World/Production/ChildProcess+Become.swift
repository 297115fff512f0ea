import Glibc

extension ChildProcess {
    /// Runs another program in place of this one: under the same number, with the same streams and the same terminal. What this process
    /// has begun is gone with it. Returns only by throwing.
    /// - Parameter words: the program, found on the PATH unless it has a slash, and its arguments.
    /// - Throws: ``FileError`` when it cannot be started.
    public static func become(_ words: [String]) throws(FileError) -> Never {
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        // What is ignored stays so in the next program, which expects none of it.
        Glibc.signal(SIGPIPE, SIG_DFL)
        execvp(words.first ?? "", arguments)
        let reason = errno
        throw FileError(
            code: reason == ENOENT ? .notFound : reason == EACCES ? .permission : .other, path: words.first ?? "",
            reason: String(cString: strerror(reason)))
    }
}
