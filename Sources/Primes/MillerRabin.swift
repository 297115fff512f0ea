/// Whether a number is prime, by itself, without knowing any primes below it.
///
/// The test of Miller (1976) and Rabin (1980), which is no lottery here: no composite below 3.18 x 10^23 passes it for each of the first
/// twelve primes as base (Sorenson and Webster, "Strong pseudoprimes to twelve prime bases", Math. Comp. 86, 2017), and ours
/// end at 2^64.
package enum MillerRabin {
    private static let bases: [UInt64] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]

    package static func isPrime(_ number: UInt64) -> Bool {
        if number < 2 { return false }
        for base in bases where number % base == 0 { return number == base }
        // Odd and above 37 from here on.
        let twos = (number - 1).trailingZeroBitCount
        let odd = (number - 1) >> UInt64(twos)
        return bases.allSatisfy { passes(number, base: $0, odd: odd, twos: twos) }
    }

    /// Primes among from ... to.
    static func count(_ from: UInt64, _ to: UInt64) -> UInt64 {
        (from...to).reduce(0) { isPrime($1) ? $0 + 1 : $0 }
    }

    /// With number - 1 = odd x 2^twos: base^odd is 1, or squaring it fewer than `twos` times gives -1.
    private static func passes(_ number: UInt64, base: UInt64, odd: UInt64, twos: Int) -> Bool {
        var value = power(base, odd, modulo: number)
        if value == 1 || value == number - 1 { return true }
        for _ in 1..<max(twos, 1) {
            value = product(value, value, modulo: number)
            if value == number - 1 { return true }
        }
        return false
    }

    private static func power(_ base: UInt64, _ exponent: UInt64, modulo: UInt64) -> UInt64 {
        var (result, square, rest) = (UInt64(1), base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = product(result, square, modulo: modulo) }
            square = product(square, square, modulo: modulo)
            rest >>= 1
        }
        return result
    }

    /// Both factors are below the modulus, so the quotient fits.
    private static func product(_ a: UInt64, _ b: UInt64, modulo: UInt64) -> UInt64 {
        modulo.dividingFullWidth(a.multipliedFullWidth(by: b)).remainder
    }
}
