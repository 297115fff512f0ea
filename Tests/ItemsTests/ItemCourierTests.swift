import Choreography
import CourierTestSupport
import Items
import Testing
import World

/// Items, brought to their tenants by couriers that die while calls get lost.
@Suite struct ItemCourierTests {
    @Test(arguments: 0..<20 as Range<UInt64>) func whatWasSealedCountsOnceWhoeverDies(seed: UInt64) throws {
        let stage = CourierStage([Tenant.self, Delivery.self], seed: seed)
        var random = RandomStream(seed: seed, name: "moments")
        // Each delivery shares half of its items with the one before.
        for number in 0..<4 {
            let moment = Int64(random.below(4_000)), isSealed = number != 2
            stage.at(moment) { stage in
                let parcels = Parcel.parcels(of: Scene.items(3, 4, idBytes: 8_000, from: 2 * number))
                for load in Parcel.loads(of: parcels) { try stage.tell(load, to: Scene.delivery(number), as: Scene.id(number)) }
                guard isSealed else { return }
                try stage.tell(Seal(parcels: UInt32(parcels.count)), to: Scene.delivery(number), as: Scene.id(number))
            }
        }
        for number in 0..<5 {
            let add = Add(ids: ["\(number)" + String(repeating: "-", count: 8_000), "alone \(number)"], parcel: nil)
            stage.at(Int64(random.below(6_000))) { try $0.tell(add, to: Scene.tenant("t1"), as: Scene.id(100 + number)) }
        }
        for _ in 0..<12 {
            let node = random.below(3)
            stage.at(Int64(random.below(10_000))) { $0.kill(node) }
        }
        stage.at(15_000) { $0.loss = 0 }
        stage.play(until: .seconds(300))
        #expect(stage.trouble == nil, "\(String(describing: stage.trouble))")
        // 0 ..< 6 and 6 ..< 10, for what only the third would have brought is there by the others.
        let counts = try (0..<3).map { try stage.actors.state(of: Scene.tenant("t\($0)"), Tenant.self).count }
        #expect(counts == [10, 15, 10])
        for number in 0..<4 {
            let delivery = try stage.actors.state(of: Scene.delivery(number), Delivery.self)
            #expect(delivery.status == (number == 2 ? .abandoned : .done))
            #expect(stage.actors.isFinished(Scene.delivery(number)))
        }
        for actor in stage.actors.names { #expect(stage.actors.due(actor) == nil, "\(actor) has yet to be looked after") }
    }
}
