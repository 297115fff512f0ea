/// Hard limits of results that are too large for registers. What exceeds them is refused, and nothing that was announced goes for it.
public enum ResultLimits {
    /// Bytes of one result.
    public static let bytes = 1 << 20
    /// Bytes that travel in one call: the largest result and what goes with it is more than a frame holds, and others use the lane too.
    public static let pieceBytes = 256 << 10
    /// Nodes that keep a result, as far as so many are there.
    public static let copies = 2
    /// Results that a node fetches from others at a time, to keep them.
    public static let fetches = 16
    /// Bytes of all results that a node keeps, unless it is told otherwise.
    public static let storedBytes = 1 << 30
    /// Files in which it keeps them, unless it is told otherwise.
    public static let storedFiles = 16_384
}
