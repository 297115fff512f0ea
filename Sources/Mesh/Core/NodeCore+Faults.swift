import Transport

/// The fault filter of a node that was started for chaos.
extension NodeCore {
    func setFault(_ rule: FaultRule) -> String? { links.setFault(rule) }
    func clearFault(_ name: String?) { links.clearFault(name) }
    func faults() -> [FaultRuleStatus] { links.listFaults() }
}
