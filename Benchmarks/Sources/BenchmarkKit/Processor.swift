internal import CProcessor

/// The processors of this machine.
public enum Processor {
    /// Those that this process may use, ascending; empty where the system does not tell.
    public static var allowed: [Int] { (0..<1024).filter { cprocessor_is_allowed(Int32($0)) } }

    /// Keeps the calling thread, and those that it starts from now on, on one processor. False where the system refuses or
    /// cannot.
    public static func pin(to processor: Int) -> Bool { cprocessor_pin(Int32(processor)) }
}
