import JSONDocument
import World

/// A lookup job, as the edge tells of it.
package struct LookupDocument: JobPicture {
    /// The outcome of one service.
    package struct Result: Sendable {
        package let service: String
        /// How long ago it was found, when it was kept from an earlier lookup.
        package let age: Duration?
        package let isSuccess: Bool
        package let error: String
        package let duration: Duration
        package let data: JSON
        /// The node that looked; empty when none did.
        package let node: String
        /// The address that was looked up; empty when none was chosen.
        package let address: String
        /// Where the reason of a failure lies; empty when it is not told.
        package let failureSource: String
    }

    package let target: String
    package let targetType: String
    package let status: String
    package let results: [Result]
    /// Services, or lookups when the target is looked up from several nodes.
    package let total: Int
    /// The nodes from which the target is looked up, each for itself; nil when the mesh has chosen one for each service.
    package let vantage: [String]?
    package let warnings: [String]
    package let document: JSON

    package var done: Int { results.count }
    package var isOver: Bool { status == "Completed" || status == "Failed" }

    package init(_ json: JSON) throws(CommandFailure) {
        guard let target = json["target"]?.string, let status = json["status"]?.string else {
            throw CommandFailure(.protocolError, "a lookup without target or status: \(json.text().prefix(200))")
        }
        self.target = target
        self.status = status
        targetType = json["targetType"]?.string ?? ""
        results = (json["results"]?.elements ?? []).map { result in
            Result(
                service: result["serviceName"]?.string ?? result["serviceType"]?.string ?? "?",
                age: result["cache"]?["hit"] == .bool(true) ? .seconds(result["cache"]?["ageSeconds"]?.integer(Int64.self) ?? 0) : nil,
                isSuccess: result["success"] == .bool(true), error: result["errorMessage"]?.string ?? "",
                duration: .milliseconds(result["durationMs"]?.integer(Int64.self) ?? 0), data: result["result"] ?? .null,
                node: result["node"]?.string ?? "", address: result["resolvedAddress"]?.string ?? "",
                failureSource: result["failureSource"]?.string ?? "")
        }
        vantage = json["vantage"]?["nodes"]?.elements.map { $0.compactMap(\.string) }
        total = (json["requestedServices"]?.elements?.count ?? results.count) * (vantage?.count ?? 1)
        warnings = (json["warnings"]?.elements ?? []).compactMap(\.string)
        document = json
    }

    package static func == (a: LookupDocument, b: LookupDocument) -> Bool { a.document == b.document }

    /// What is counted.
    package var unit: String { Self.unit(isCompared: vantage != nil) }

    package static func unit(isCompared: Bool) -> String { isCompared ? "lookups" : "services" }

    /// What a person wants to read: a line for each service, or for each of its nodes.
    package var table: Table {
        let hasNodes = vantage != nil
        var table = Table(
            [.init("SERVICE")] + (hasNodes ? [.init("NODE"), .init("ADDRESS")] : []) + [.init("TOOK", .right), .init("RESULT")])
        for result in results {
            let source = hasNodes && !result.failureSource.isEmpty ? " (\(result.failureSource))" : ""
            let text = result.isSuccess ? LookupText.sentence(result.service, result.data) : "failed\(source): \(result.error)"
            let found = text + Self.kept(result.age)
            table.add([result.service] + (hasNodes ? [result.node, result.address] : []) + [Self.took(result.duration), found])
        }
        return table
    }

    /// That somebody else had it looked up; the document has whole seconds.
    private static func kept(_ age: Duration?) -> String {
        guard let age else { return "" }
        let seconds = age.components.seconds
        return " (kept, found \(seconds < 1 ? "< 1 s" : seconds < 60 ? "\(seconds) s" : DurationText.short(age)) ago)"
    }

    /// The document has whole milliseconds: fewer than ten are not told to the tenth, and none is not nothing.
    private static func took(_ duration: Duration) -> String {
        switch duration {
        case ..<Duration.milliseconds(1): "< 1 ms"
        case ..<Duration.milliseconds(10): "\(duration.nanoseconds / 1_000_000) ms"
        default: DurationText.short(duration)
        }
    }
}

/// The results of lookups in a sentence each.
enum LookupText {
    static func sentence(_ service: String, _ data: JSON) -> String {
        let text = switch service {
        case "GeoIP": place(data)
        case "Ping": echoes(data)
        case "RDAP": registration(data)
        case "ReverseDNS": names(data)
        default: ""
        }
        return text.isEmpty ? data.text() : text
    }

    private static func place(_ data: JSON) -> String {
        let place = ["city", "regionName", "country"].compactMap { data[$0]?.string }.filter { !$0.isEmpty }
        let owner = ["as", "isp", "org"].compactMap { data[$0]?.string }.first { !$0.isEmpty }
        return (place + [owner].compactMap(\.self)).joined(separator: ", ")
    }

    private static func echoes(_ data: JSON) -> String {
        guard let sent = data["packetsSent"]?.integer(), let received = data["packetsReceived"]?.integer() else { return "" }
        let method = data["method"]?.string.map { ", by \($0)" } ?? ""
        guard received > 0, let average = data["averageRoundtripMs"]?.text(), let least = data["minRoundtripMs"]?.text(),
            let most = data["maxRoundtripMs"]?.text()
        else { return "\(received) of \(sent) echoes answered\(method)" }
        return "\(received) of \(sent) echoes answered, \(average) ms on average, \(least) to \(most)\(method)"
    }

    private static func registration(_ data: JSON) -> String {
        let names = ["handle", "name", "ldhName"].compactMap { data[$0]?.string }.filter { !$0.isEmpty }
        return names.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: ", ")
    }

    private static func names(_ data: JSON) -> String {
        guard data["found"] == .bool(true) else { return "no name" }
        let aliases = (data["aliases"]?.elements ?? []).compactMap(\.string)
        return ([data["hostName"]?.string].compactMap(\.self) + aliases).joined(separator: ", ")
    }
}
