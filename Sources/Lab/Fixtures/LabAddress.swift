import Lookup

/// One address of the lab's world, and everything that its servers say of it.
package struct LabAddress: Sendable {
    /// What the files of the GeoIP service know of an address.
    package struct Place: Sendable {
        let city: String
        let region: (code: String, name: String)
        let country: (code: String, name: String)
        let postalCode: String
        let latitude: Double
        let longitude: Double
        let timeZone: String
        let system: UInt32
        let holder: String
    }

    /// What reverse lookups find.
    package enum Reverse: Sendable {
        /// These names, in this order.
        case names([String])
        /// An alias, and the name that it leads to (RFC 2317).
        case alias(String, name: String)
        /// The name is there and has no PTR record.
        case noData
        /// Nothing, so that the answer is NXDOMAIN.
        case noName
        /// The zone's server cannot load it (SERVFAIL).
        case broken
        /// The zone's server refuses to answer (REFUSED).
        case refused
        /// The zone's server drops the question.
        case silent
    }

    /// How the address is reached from the nodes.
    package enum Reach: Sendable {
        /// It is an address of `lo`, which answers echoes.
        case here
        /// Packets go out and none comes back.
        case silent
        /// No way leads there.
        case nowhere
    }

    /// Who holds it, as the RDAP server has it.
    package struct Network: Sendable {
        let handle: String
        let name: String
        /// In prefix notation.
        let prefix: String
        let holder: String
        let country: String
    }

    package let text: String
    /// What it is there to show, for people.
    package let purpose: String
    package let place: Place?
    package let reverse: Reverse
    package let reach: Reach
    package let network: Network?

    init(
        _ text: String, _ purpose: String, place: Place? = nil, reverse: Reverse = .noName, reach: Reach = .here,
        network: Network? = nil
    ) {
        self.text = text
        self.purpose = purpose
        self.place = place
        self.reverse = reverse
        self.reach = reach
        self.network = network
    }

    /// The address itself: a fixture that is none is a fault of the program.
    package var address: IPAddress {
        guard let address = IPAddress(text) else { preconditionFailure("\(text), an address of the lab, is none") }
        return address
    }
}
