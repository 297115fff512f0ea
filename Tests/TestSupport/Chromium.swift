import Foundation

/// The browser in which pages are looked at.
public enum Chromium {
    /// The program; Debian's package is installed when none is there.
    /// - Throws: ``CommandLineTool/Failure`` that says how to get it. A test must let it through: a page that no browser has shown is
    ///   untested.
    public static func program() async throws -> String {
        if let found = find() { return found }
        let install = try? await CommandLineTool.run(
            "apt-get", ["install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core"], seconds: 600)
        if let found = find() { return found }
        throw CommandLineTool.Failure(description: """
            This test looks at a page in Chromium and found none (apt-get: \(install?.standardError.suffix(300) ?? "not there")). \
            Install it: apt-get install chromium
            """)
    }

    private static func find() -> String? {
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first { access($0, X_OK) == 0 }
    }
}
