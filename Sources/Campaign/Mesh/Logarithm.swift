/// The natural logarithm by additions and multiplications alone, whose results IEEE 754 fixes: the library's own may differ in the
/// last bit from one machine to the next, and a run with it.
package enum Logarithm {
    /// - Parameter x: positive.
    package static func natural(_ x: Double) -> Double {
        guard x > 0 else { return -745 }
        // x = m * 2^e with m in [0.75, 1.5): then ln m = 2 artanh((m - 1) / (m + 1)), whose series converges fast.
        var mantissa = x.significand, exponent = Double(x.exponent)
        if mantissa >= 1.5 {
            mantissa /= 2
            exponent += 1
        }
        let ratio = (mantissa - 1) / (mantissa + 1), square = ratio * ratio
        var term = ratio, sum = 0.0, odd = 1.0
        while odd < 30 {
            sum += term / odd
            term *= square
            odd += 2
        }
        return 2 * sum + exponent * 0.6931471805599453
    }
}
