import World

public struct Replica: ~Copyable {
    public init(
        store: any RegisterStore, map: ReplicaMap, machine: any RegisterMachine, configuration: ReplicaConfiguration = .init(),
        random: RandomStream, mutations: Set<Mutation> = [], now: Instant, wall: WallTime
    ) {}
    public mutating func handle(_ input: ReplicaInput, now: Instant, wall: WallTime) -> [ReplicaEffect] { [] }
    public var nextDeadline: Instant { .distantFuture }
    public private(set) var standing = Standing.asking
}
