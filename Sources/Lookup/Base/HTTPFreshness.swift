import World

/// For how long an answer over HTTP may be kept by whoever shares it with others (RFC 9111, 4.2).
package enum HTTPFreshness: Hashable, Sendable {
    /// Nothing says so.
    case unsaid
    /// Not at all, or not without asking again.
    case forbidden
    /// For this long from now; zero when it has been on the way for as long as it holds.
    case lasts(Duration)

    /// Of the header fields of these names, each `nil` when it is not there.
    /// - Parameters:
    ///   - cacheControl: all of them, joined by commas.
    ///   - now: by this node's clock, in place of a missing `date`.
    package init(cacheControl: String?, expires: String?, date: String?, age: String?, now: WallTime) {
        var ages: [String: Int64] = [:]
        for part in (cacheControl ?? "").split(separator: ",").prefix(32) {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmed { $0 == " " || $0 == "\t" || $0 == "\"" }.asciiLowercased }
            guard let name = pair.first else { continue }
            // "no-cache" and "private" with a list concern only the fields of that list.
            if pair.count == 1, ["no-store", "no-cache", "private"].contains(name) {
                self = .forbidden
                return
            }
            if pair.count == 2, let seconds = Self.seconds(pair[1]) { ages[name] = ages[name] ?? seconds }
        }
        let passed = age.flatMap { Self.seconds($0.trimmed { $0 == " " }) } ?? 0
        if let most = ages["s-maxage"] ?? ages["max-age"] {
            self = .lasts(.seconds(max(0, most - passed)))
        } else if let expires {
            // What is no date has expired (RFC 9111, 5.3). The two clocks may differ, so the server's own counts where it is told.
            let sent = date.flatMap { WallTime(httpDate: $0) } ?? now
            let rest = WallTime(httpDate: expires).map { ($0.millisecondsSince1970 - sent.millisecondsSince1970) / 1_000 } ?? 0
            self = .lasts(.seconds(max(0, rest - passed)))
        } else {
            self = .unsaid
        }
    }

    /// How long to keep it: within the range, this long where nothing says so, and `nil` for what may not be kept or has expired.
    package func keep(within range: ClosedRange<Duration>, otherwise: Duration) -> Duration? {
        switch self {
        case .unsaid: otherwise
        case .forbidden: nil
        case .lasts(let rest): rest > .zero ? min(max(rest, range.lowerBound), range.upperBound) : nil
        }
    }

    /// Whole seconds; what is longer than nine digits counts as their most (RFC 9111, 1.2.2).
    static func seconds(_ text: String) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return text.utf8.count <= 9 ? Int64(text) : 999_999_999
    }
}

extension StringProtocol {
    fileprivate func trimmed(_ isOuter: (Character) -> Bool) -> String {
        String(drop(while: isOuter).reversed().drop(while: isOuter).reversed())
    }
}
