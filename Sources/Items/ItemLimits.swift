import Choreography

/// Hard limits of items. What exceeds them is refused by name before anything happens.
public enum ItemLimits {
    /// Bytes of a tenant's name, in UTF-8: it is the name of a durable actor.
    public static let tenantBytes = ActorName.maximumBytes - Tenant.kind.utf8.count - 1
    /// Bytes of an item's id, in UTF-8: it has to fit into an event.
    public static let idBytes = 15 << 10

    /// Tenants of one request. Each gets a letter and answers it, and no more than ``letters`` of them at a time: so all take 21 turns, or
    /// some forty where their bytes fill a request. In the nine seconds of an edge a turn may take 200 ms then, for four commits one after
    /// the other.
    public static let tenants = 1_000

    /// For whoever asks for more.
    public static func tooMany(tenants count: Int) -> String {
        "\(count) tenants in one request; at most \(tenants) are allowed: divide them among several"
    }

    /// Bytes of the ids of one parcel, as ``Parcel/size(of:)`` counts them. With a tenant's name it has to fit into an event.
    static let parcelBytes = ChoreographyLimits.eventBytes - 768
    /// Ids of one parcel: rows of one change, of which several may be folded into one.
    package static let parcelItems = 1_024
    /// Parcels of one delivery.
    static let parcels = 65_536
    /// Letters of a delivery that are under way at a time, and their bytes. All may be for one tenant, and lie in one row then.
    static let letters = 48, letterBytes = 48 << 10
    /// How long a delivery waits to be complete, by the wall clock of its home. Who has begun it and has not said that it is by then is
    /// gone.
    package static let loading = Duration.seconds(60)
}
