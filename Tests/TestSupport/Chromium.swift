/// The browser in which pages are looked at.
public enum Chromium {
    /// The program; Debian's package is installed when none is there.
    /// - Throws: ``CommandLineTool/Failure`` that says how to get it.
    public static func program() async throws -> String {
        try await onOwnThread {
            try SystemPackages.program(
                ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"], from: ["chromium", "fonts-dejavu-core"],
                purpose: "look at pages in Chromium")
        }
    }
}
