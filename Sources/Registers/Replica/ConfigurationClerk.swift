import World

/// What is written in the register of the mesh's configuration.
public protocol WrittenConfiguration: Sendable {
    /// Who decides what.
    var map: ReplicaMap { get }
    /// As it stands in the register, at most ``RegisterLimits/stateBytes`` less eight.
    var document: [UInt8] { get }
    /// The one that ends a reconfiguration: see ``ReplicaMap/settled()``.
    func settled() -> Self
    /// Nil when it is none that this release reads.
    init?(document: [UInt8])
}

/// What a node does about the register of the configuration without being asked: where that has a replica, it reads it from time to
/// time, in case somebody wrote a newer one and died before telling anyone; and it writes the end of a reconfiguration. The home
/// does so first.
public struct ConfigurationClerk<Configuration: WrittenConfiguration>: Sendable {
    public private(set) var known: Configuration
    private var isBusy = false
    private var looksAgain = Instant.zero
    /// Writing has failed: perhaps because there is a newer one.
    private var mayBeOld = false

    /// How often the register is read.
    static var interval: Duration { .seconds(1) }

    public init(_ known: Configuration) { self.known = known }

    /// Takes a configuration over, if it is newer. False when it is not.
    public mutating func adopt(_ configuration: Configuration) -> Bool {
        guard configuration.map.epoch > known.map.epoch else { return false }
        known = configuration
        return true
    }

    /// What to ask of ``RegisterKey/configuration`` now; nil for nothing. One at a time: its end is told to ``ended(_:_:)``.
    /// - Parameters:
    ///   - rank: how many live replicas of the register stand before that of this node; nil when it has none.
    ///   - progress: what the node's replica has said last.
    ///   - operation: an id that was never used.
    public mutating func errand(
        rank: Int?, progress: RescanProgress?, operation: @autoclosure () -> WorkID, now: Instant
    ) -> RegisterWish.Action? {
        guard let rank, !isBusy else { return nil }
        let epoch = known.map.epoch, isDue = looksAgain <= now
        if isDue { looksAgain = now + Self.interval * (1 + 2 * rank) }
        if !mayBeOld, isDue || rank == 0, known.map.isJoint, let progress, progress.epoch == epoch, progress.isComplete {
            isBusy = true
            return .change(operation: operation(), command: ConfigurationMachine.command(after: epoch, known.settled().document))
        }
        guard isDue else { return nil }
        isBusy = true
        return .read([])
    }

    /// Takes the end of an errand. The newer configuration, if one has come to light.
    public mutating func ended(_ action: RegisterWish.Action, _ result: Result<[UInt8], RegisterError>) -> Configuration? {
        isBusy = false
        switch (action, result) {
        case (.change(_, let command), .success):
            // What was written, and not what follows from what is known by now: that may have become newer meanwhile.
            return ConfigurationMachine.content(command).flatMap { Configuration(document: $0.document) }
        case (.change, .failure):
            (mayBeOld, looksAgain) = (true, .zero)
            return nil
        case (.read, .success(let state)):
            mayBeOld = false
            guard let content = ConfigurationMachine.content(state), content.epoch > known.map.epoch else { return nil }
            return Configuration(document: content.document)
        // It is no errand of the clerk's to look at one replica alone.
        case (.read, .failure), (.glance, _), (.look, _): return nil
        }
    }
}
