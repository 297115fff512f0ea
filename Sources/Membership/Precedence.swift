/// Which of two claims about one name holds: a total order, so that every node that has heard both agrees, in whatever order it
/// heard them.
///
/// 1. The higher **life**. A process that started later replaces the earlier one, whatever was said about either.
/// 2. Within a life, the lower **address**. Two processes with one name and life are a mistake in somebody's configuration; all must agree
///    on one of them, and which one does not matter.
/// 3. `left` beats everything of its life: nobody takes back a farewell.
/// 4. The higher **incarnation**, which only the member itself raises: its answer to an accusation.
/// 5. Within an incarnation, the worse **status**: alive, then suspect, then dead. An accusation stands until it is answered.
///
/// Metadata is outside this order: it has its own version, because an accusation carries no metadata and must not hide a change of it.
/// (memberlist orders both by one number; a suspicion at a new incarnation that overtakes the alive message loses the update.)
package struct Precedence: Hashable, Comparable, Sendable {
    package var life: UInt64
    package var address: MemberAddress
    package var incarnation: UInt64
    package var status: MemberStatus

    package init(life: UInt64, address: MemberAddress, incarnation: UInt64, status: MemberStatus) {
        self.life = life
        self.address = address
        // A farewell is final, so it needs no number.
        self.incarnation = status == .left ? 0 : incarnation
        self.status = status
    }

    package init(_ member: Member) {
        self.init(
            life: member.identity.life, address: member.address, incarnation: member.incarnation, status: member.status)
    }

    package init(_ record: MemberRecord) {
        self.init(
            life: record.identity.life, address: record.address, incarnation: record.incarnation, status: record.status)
    }

    package static func < (a: Precedence, b: Precedence) -> Bool {
        if a.life != b.life { return a.life < b.life }
        if a.address != b.address { return a.address > b.address }
        if a.status == .left || b.status == .left { return a.status != .left }
        if a.incarnation != b.incarnation { return a.incarnation < b.incarnation }
        return a.status.rawValue < b.status.rawValue
    }
}
