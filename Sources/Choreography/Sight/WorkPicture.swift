import World

/// A piece of work as an operator sees it: what has happened, what is to come, and what is done about it now.
public struct WorkPicture: Hashable, Sendable {
    /// The courier that looks after an actor.
    public struct Care: Hashable, Sendable {
        public let actor: ActorName
        /// The node that is the actor's home, as the asked node sees it; nil when no replica lives.
        public let node: String?
        /// What it has under way or tries again; nil when it did not say.
        public let efforts: [Effort]?

        public init(actor: ActorName, node: String?, efforts: [Effort]?) {
            (self.actor, self.node, self.efforts) = (actor, node, efforts)
        }
    }

    public let graph: CausalGraph
    /// Of the actors that wait for something, sorted.
    public let care: [Care]

    public init(graph: CausalGraph, care: [Care]) { (self.graph, self.care) = (graph, care) }

    /// Who brings about what is awaited.
    public func care(for awaited: Awaited) -> Care? { care.first { $0.actor == awaited.owner } }

    /// What has been tried to bring it about; nil when nobody says.
    public func effort(for awaited: Awaited) -> Effort? {
        let errand: Effort.Errand =
            switch awaited.what {
            case .letter(_, let receiver, _, _): .letter(to: receiver)
            case .timer(let name, _, _): .timer(name)
            case .part(let part, _): .part(part)
            }
        let efforts = care(for: awaited)?.efforts
        // Before anything else its courier has to read what the actor wants.
        return efforts?.first { $0.errand == errand } ?? efforts?.first { $0.errand == .reading && $0.attempts > 0 }
    }
}
