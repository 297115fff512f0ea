import JSONDocument
import Testing

/// Orders and items on meshes of real processes, one short run each; the scenarios of the house take their time.
extension RunTests {
    @Test func ordersEndAndConserveMoneyAndStockWhenANodeDies() async throws {
        try await withPlace { place in
            let text = """
                name: test
                topology: {nodes: 3, edges: 2}
                workload:
                  - orders:
                      {rate: 6, for: 5s, customers: 2, items: 2, failing: 14, unaffordable: 7, outOfStock: 7, cancelled: 20, repeated: 14}
                steps:
                  - at: 1s
                    kill: n3
                expect: [orders end, effects once, money conserved, stock conserved]
                bites: [victim seen dead]

                """
            try await place.expect(0, from: ["chaos", "run", place.write(text, to: "orders.yaml"), "--keep"])
            let history = try place.history()
            let placed = history.filter { $0["op"] == "submit" && $0["outcome"] == "ok" }
            let ids = Set(placed.compactMap { $0["key"]?.string })
            #expect(ids.count == 30, "each order is one, however often it was handed in")
            #expect(placed.count > ids.count, "some were sent again")
            #expect(Set(placed.compactMap { $0["via"]?.string }) == ["n1", "n2"])
            #expect(history.contains { $0["op"] == "cancel" })
            let ends = history.filter { $0["op"] == "audit" }.compactMap { $0["output"]?["status"]?.string }
            #expect(ends.count == 60 && Set(ends) == ["Shipped", "Cancelled"], "both edges tell of all: \(ends.count)")
            // Two customers, one who is poor, two items, and one of which there is too little.
            #expect(history.count { $0["op"] == "put" && $0["outcome"] == "ok" } == 6)
            #expect(history.count { $0["op"] == "get" && $0["output"]?["held"] == 0 } == 12)
        }
    }

    /// Faults that only orders and items can show.
    @Test(arguments: [
        ("kill-all-during-orders", "fresh-seeds", "  BROKEN   effects once: an order that was sent again is two"),
        ("halves-during-items", "majority-of-the-living", "  BROKEN   items counted once: "),
        ("late-letters-during-orders", "no-inbox", "  BROKEN   stock conserved: "),
    ])
    func plantedFaultsAreFound(_ scenario: String, _ mutation: String, _ finding: String) async throws {
        try await withPlace { place in
            try await place.expect(1, from: ["chaos", "run", chaos(scenario), "--mutate", mutation])
            #expect(place.text("out").contains(finding), "\(place.text("out"))")
        }
    }

    @Test func itemsCountOnceWhenAnEdgeIsCutOff() async throws {
        try await withPlace { place in
            let text = """
                name: test
                topology: {nodes: 3, edges: 2}
                workload:
                  - items: {tenants: 2, workers: 6, rate: 30, for: 5s}
                steps:
                  - at: 1s
                    cut: {isolate: n2, for: 2s}
                expect: [items counted once, counts linearizable]
                bites: [rule hits > 0]

                """
            try await place.expect(0, from: ["chaos", "run", place.write(text, to: "items.yaml"), "--keep"])
            let history = try place.history()
            let additions = history.filter { $0["op"] == "add" }, totals = history.filter { $0["op"] == "total" }
            #expect(Set(additions.compactMap { $0["key"]?.string }) == ["tenant-1-1", "tenant-1-2"])
            #expect(Set(additions.filter { $0["outcome"] == "ok" }.compactMap { $0["via"]?.string }) == ["n1", "n2"])
            // In the end each edge counts each tenant.
            #expect(totals.count == 4 && totals.allSatisfy { $0["outcome"] == "ok" })
            #expect(Set(totals.map { "\($0["via"]?.string ?? "") \($0["key"]?.string ?? "")" }).count == 4)
            // What was unknown is settled before that.
            let unknown = additions.filter { $0["outcome"] == "unknown" }, settled = history.filter { $0["op"] == "settle" }
            #expect(settled.count == unknown.count && settled.allSatisfy { $0["outcome"] == "ok" })
            let lines = place.text("out")
            #expect(lines.contains("  ok       items counted once: ") && lines.contains("  ok       counts linearizable: "), "\(lines)")
        }
    }
}
