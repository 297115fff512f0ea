import World

extension Section {
    package func refuse(_ text: Located<String>, _ demand: String, suggestion: String? = nil) {
        diagnostics.report(
            .badValue, at: text.place, value: text.value, "\"\(text.place.keyPath)\" is \"\(text.value)\"; it \(demand)",
            suggestion: suggestion)
    }

    /// Refuses a word that is none of those known, with the nearest of them, or all where none is near.
    package func refuse(_ text: Located<String>, _ demand: String, known: [String], separator: String = ", ") {
        let nearest = NearestName.suggest(text.value, among: known)
        let list = nearest == nil ? "; known: \(known.joined(separator: separator))" : ""
        refuse(text, demand + list, suggestion: nearest)
    }

    package func integer(_ key: String, in range: ClosedRange<Int>) -> Located<Int>? {
        let demand = "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let text = plain(key, demand) else { return nil }
        let digits = text.value.hasPrefix("-") ? text.value.dropFirst() : text.value[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy(DurationNotation.isDigit) else {
            diagnostics.report(
                .wrongType, at: text.place, value: text.value,
                "\"\(text.place.keyPath)\" is the text \"\(text.value)\"; it \(demand)")
            return nil
        }
        guard let number = Int(text.value), range.contains(number) else {
            refuse(text, demand)
            return nil
        }
        return Located(value: number, place: text.place)
    }

    /// A decimal fraction from 0 to a million.
    package func factor(_ key: String) -> Double? {
        let demand = "must be a number from 0 to 1000000, such as 0.8"
        guard let text = plain(key, demand) else { return nil }
        let isNumber = text.value.utf8.allSatisfy { DurationNotation.isDigit($0) || $0 == UInt8(ascii: ".") }
        guard isNumber, let number = Double(text.value), number <= 1_000_000 else {
            refuse(text, demand)
            return nil
        }
        return number
    }

    /// A duration of 1 us to 366 days.
    package func duration(_ key: String) -> Duration? {
        let demand = "must be a duration above zero and of at most 366d with its unit, such as 200ms, 1.5s, 5m, 24h or 30d"
        return duration(key, in: .nanoseconds(1) ... .seconds(366 * 86_400), demand)
    }

    /// A duration within a range of its own.
    package func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
        let (least, most) = (DurationNotation.format(range.lowerBound), DurationNotation.format(range.upperBound))
        return duration(key, in: range, "must be a duration from \(least) to \(most), with its unit, such as 200ms, 1.5s or 5m")
    }

    private func duration(_ key: String, in range: ClosedRange<Duration>, _ demand: String) -> Duration? {
        guard let text = plain(key, demand) else { return nil }
        guard let duration = DurationNotation.parse(text.value), range.contains(duration) else {
            refuse(text, demand)
            return nil
        }
        return duration
    }

    func bytes(_ key: String, in range: ClosedRange<Int>) -> Int? {
        let demand = "must be a number of bytes from \(range.lowerBound) to \(range.upperBound), such as 1400, 64KiB or 16MiB"
        guard let text = plain(key, demand) else { return nil }
        guard let bytes = ByteCountText.parse(text.value), range.contains(bytes) else {
            refuse(text, demand)
            return nil
        }
        return bytes
    }

    package func name(_ key: String) -> Located<String>? {
        guard let text = text(key) else { return nil }
        guard NameText.isValid(text.value) else {
            refuse(text, "is no name: \(NameText.rule)")
            return nil
        }
        return text
    }

    func host(_ key: String, wildcardAllowed: Bool) -> Located<String>? {
        guard let text = text(key) else { return nil }
        guard HostText.isValid(text.value) else {
            refuse(text, "must be an IPv4 address, an IPv6 address without brackets, or a DNS name, without a port")
            return nil
        }
        if !wildcardAllowed, HostText.isWildcard(text.value) {
            refuse(text, "must be an address at which others reach the node, not the wildcard")
            return nil
        }
        return text
    }

    /// An address of the machine: what sockets bind, which ask no resolver.
    func address(_ key: String) -> Located<String>? {
        guard let text = text(key) else { return nil }
        guard HostText.isAddress(text.value) else {
            refuse(
                text, HostText.isValid(text.value)
                    ? "must be an IP address of the machine, such as 127.0.0.1, or 0.0.0.0 for all; a name goes under \"advertise\""
                    : "must be an IPv4 address, or an IPv6 address without brackets, without a port")
            return nil
        }
        return text
    }

    /// One of a few words.
    package func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, of type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let text = text(key) else { return nil }
        guard let choice = Choice(rawValue: text.value) else {
            let words = Choice.allCases.map(\.rawValue)
            refuse(
                text, "must be one of \(words.joined(separator: ", "))",
                suggestion: NearestName.suggest(text.value, among: words))
            return nil
        }
        return choice
    }

    /// Text that travels with the member, or a path: at most 256 bytes, none of them a control character.
    package func shortText(_ key: String) -> Located<String>? {
        guard let text = text(key) else { return nil }
        guard text.value.utf8.count <= 256, text.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            refuse(text, "must have at most 256 bytes and no control characters")
            return nil
        }
        return text
    }

    /// The address of an HTTP server, without a slash at its end.
    func url(_ key: String) -> String? {
        guard let text = shortText(key) else { return nil }
        let rest = ["http://", "https://"].first { text.value.hasPrefix($0) }.map { text.value.dropFirst($0.count) }
        guard let rest, let first = rest.first, first != "/", !rest.contains(where: { $0 == " " || $0 == "?" || $0 == "#" }) else {
            refuse(text, "must be an address that begins with http:// or https://, without a query")
            return nil
        }
        return text.value.hasSuffix("/") ? String(text.value.dropLast()) : text.value
    }

    /// A path, made relative to the working directory when it was relative to the file.
    package func path(_ key: String, beside directory: String) -> Located<String>? {
        guard let text = shortText(key) else { return nil }
        guard !text.value.isEmpty else {
            refuse(text, "must be a path, absolute or relative to this file")
            return nil
        }
        return Located(value: PathText.join(directory, text.value), place: text.place)
    }
}

/// The little about paths that a topology file needs; nothing here touches a disk.
package enum PathText {
    /// The directory of a file: "" for the working directory.
    package static func directory(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "" }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    /// The path without what says nothing: `.`, doubled slashes, and `a/..`. Links are not followed.
    static func normal(_ path: String) -> String {
        let isAbsolute = path.hasPrefix("/")
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !isAbsolute {
                parts.append(part)
            }
        }
        return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
    }

    package static func join(_ directory: String, _ path: String) -> String {
        if directory.isEmpty || path.hasPrefix("/") { return path }
        return directory.hasSuffix("/") ? directory + path : "\(directory)/\(path)"
    }
}
