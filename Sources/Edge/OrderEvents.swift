import JSONDocument
import Orders
import Web
import World

/// The events of orders.
public struct OrderEvents: JobEventSource {
    /// How long a change is waited for.
    private static let patience = Duration.seconds(1)

    private let gateway: any OrderGateway

    public init(gateway: any OrderGateway) { self.gateway = gateway }

    public func sighting(of id: WorkID, seen: UInt64?) async -> JobSighting {
        let sighting: OrderSighting?
        do throws(OrderGatewayError) {
            sighting = try await gateway.order(id, seen: seen, patience: Self.patience)
        } catch {
            return .silent(Problem(error))
        }
        guard let sighting else { return .unknown }
        let state = sighting.state
        let ending: JobChange.Ending? =
            switch state.status {
            case .placed, .paid, .reserved, .compensating: nil
            case .shipped: .completed
            case .cancelled: state.reason == Order.customersReason ? .cancelled : .failed
            }
        return .change(
            JobChange(
                version: sighting.number, document: state.document(id), ending: ending, isCompensating: state.status == .compensating))
    }
}
