import Command
import Edge
import Limits
import Testing
import TestSupport
import Topology
import World

/// How the limits of a topology file reach the edges.
@Suite struct LimitSettingsTests {
    private static let node = "mesh: m\nnodes:\n  - {name: a, port: 7100}\n"
    private static let digest = String(repeating: "0123456789abcdef", count: 4)

    private static func settings(_ limits: String) throws -> LimitSettings {
        LimitSettings(try Topology.parse(node + limits, file: "mesh.yaml").limits)
    }

    @Test func aFileThatSaysNothingHasTheLimitsOfTheContract() throws {
        #expect(try Self.settings("") == .contract)
        let contract = LimitSettings.contract
        #expect(contract.post == LimitPolicy(limit: 20, window: .seconds(60), segments: 6, queue: 5))
        #expect(contract.get == LimitPolicy(limit: 100, window: .seconds(60), segments: 1, queue: 10))
        #expect(contract.all == LimitPolicy(limit: 1_000, window: .seconds(60), segments: 1, queue: 0))
    }

    @Test(arguments: ["local.yaml", "single.yaml", "reference.yaml"]) func theFilesToStartFromHaveThem(_ name: String) throws {
        let settings = LimitSettings(try Self.shipped(name).limits), contract = LimitSettings.contract
        #expect(settings.post == contract.post && settings.get == contract.get && settings.all == contract.all)
    }

    @Test func theLabRaisesThemAndHasThem() throws {
        let settings = LimitSettings(try Self.shipped("lab.yaml").limits)
        for policy in [settings.post, settings.get, settings.all] { #expect(policy.limit == 1_000_000 && policy.isValid) }
    }

    private static func shipped(_ name: String) throws -> Topology {
        try Topology.loadChecked(PythonEnvironment.packageRoot + "/topology/" + name, from: SystemFileSystem())
    }

    @Test func whatAKeyDoesNotSayIsAsForEverybody() throws {
        let settings = try Self.settings(
            "limits: {post: {limit: 3}, get: {window: 2m}, keys: {shop: {sha256: \(Self.digest), post: {limit: 30, queue: 9}}}}\n")
        let post = LimitPolicy(limit: 3, window: .seconds(60), segments: 6, queue: 3)
        #expect(settings.post == post, "a queue goes no further than its limit")
        let key = try #require(settings.keys[Self.digest])
        #expect(key.name == "shop" && key.post == LimitPolicy(limit: 30, window: .seconds(60), segments: 6, queue: 9))
        #expect(key.get == settings.get && settings.get.window == .seconds(120))
    }

    private static func problems(_ limits: String) throws -> [String] {
        try withDirectory { directory in
            let file = directory + "/mesh.yaml"
            try append(node + limits, to: file)
            do throws(TopologyError) {
                _ = try Topology.loadChecked(file, from: SystemFileSystem())
                return []
            } catch { return error.problems.map { String($0.description.dropFirst(directory.count + 1)) } }
        }
    }

    @Test func aQueueThatIsLongerThanItsLimitIsRefused() throws {
        let own = try Self.problems("limits:\n  get: {limit: 3, queue: 4}\n")
        let sentence = "has a queue of 4 and a limit of 3; a queue has at most as many places as the limit"
        #expect(own == ["mesh.yaml:5:19: limits.get \(sentence)"])
        let shop = "{sha256: \(Self.digest), post: {limit: 3, queue: 4}}"
        let key = try Self.problems("limits:\n  post: {limit: 4, queue: 4}\n  keys:\n    shop: \(shop)\n")
        #expect(key.count == 1 && key[0].hasPrefix("mesh.yaml:7:") && key[0].contains("limits.keys.shop.post \(sentence)"), "\(key)")
    }

    @Test func aProxyIsAnAddressOrAPrefix() throws {
        #expect(try Self.problems("limits: {trustedProxies: [10.0.0.1, \"10.0.0.0/8\", \"::1\", \"2001:db8::/32\"]}\n") == [])
        let wrong = try Self.problems("limits: {trustedProxies: [10.0.0.1, proxy.example, 10.0.0.0/33]}\n")
        #expect(wrong.count == 2, "\(wrong)")
        #expect(wrong.first?.contains("\"proxy.example\" is no proxy") == true && wrong.last?.contains("\"10.0.0.0/33\" is no proxy") == true)
    }

    /// What the file's reader lets pass is what the limits take as it is.
    @Test func theRangesOfTheFileAreThoseOfTheLimits() throws {
        let windows = LimitPolicy.windowsAllowed
        for (key, range, unit) in [
            ("limit", LimitPolicy.limitsAllowed, ""), ("segments", LimitPolicy.segmentsAllowed, ""),
            ("queue", LimitPolicy.queuesAllowed, ""),
            ("window", Int(windows.lowerBound.seconds)...Int(windows.upperBound.seconds), "s"),
        ] {
            func isRead(_ value: Int) -> Bool { (try? Self.settings("limits: {get: {\(key): \(value)\(unit)}}\n")) != nil }
            #expect(isRead(range.lowerBound) && isRead(range.upperBound), "\(key)")
            #expect(!isRead(range.lowerBound - 1) && !isRead(range.upperBound + 1), "\(key)")
        }
    }
}
