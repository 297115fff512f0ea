extension String {
    /// The text as a header may hold it: what is none of these characters is a question mark.
    func inHeader(_ allowed: ClosedRange<Unicode.Scalar> = " "..."~") -> String {
        String(unicodeScalars.map { allowed.contains($0) ? Character($0) : "?" })
    }
}
