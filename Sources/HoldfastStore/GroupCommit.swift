internal import Holdfast

/// Does all requests that wait in one transaction, which costs little more than one alone: that is how a consumer who
/// acknowledges one after the other keeps up with the inserts. When the transaction fails, each gets one of its own, so that
/// an insert for which there is no space does not fail an acknowledgement that makes some.
///
/// An acknowledgement that was promised has nobody who waits. One that fails is owed: it comes first in every transaction
/// until it succeeds, so that nobody sees the delivery again.
final class GroupCommit {
    private let tables: MailboxTables
    private let queue: RequestQueue
    private var answers: [Result<Answer, StoreError>] = []
    private var owed: [Operation] = []
    /// Promises that were kept and are still in the log.
    private var kept = 0

    init(_ tables: MailboxTables, _ queue: RequestQueue) {
        self.tables = tables
        self.queue = queue
    }

    /// Answers all.
    func perform(_ requests: [Request]) {
        var start = 0
        while start < requests.count {
            var end = start
            var bytes = 0
            repeat {
                bytes += requests[end].operation.weight
                end += 1
            } while end < requests.count && end - start < Limits.groupRequests && bytes < Limits.groupBytes
            perform(group: requests[start..<end])
            start = end
        }
    }

    /// At the end: what is still owed.
    func finish() {
        if !owed.isEmpty { _ = alone(nil) }
        release()
    }

    private func perform(group: ArraySlice<Request>) {
        answers.removeAll(keepingCapacity: true)
        do throws(StoreError) {
            try begin()
            for request in group { answers.append(try tables.perform(request.operation)) }
            try commit()
        } catch {
            tables.rollBack()
            answers.removeAll(keepingCapacity: true)
            for request in group {
                let answer = alone(request.operation)
                if request.answer == nil, case .failure = answer { owed.append(request.operation) }
                answers.append(answer)
            }
        }
        for request in group where request.answer == nil { kept += 1 }
        release()
        for (request, answer) in zip(group, answers) { request.answer?.resume(returning: answer) }
    }

    private func alone(_ operation: Operation?) -> Result<Answer, StoreError> {
        var triesAgain = true
        while true {
            do throws(StoreError) {
                try begin()
                let answer = try operation.map { operation throws(StoreError) in try tables.perform(operation) }
                try commit()
                return answer ?? .success(.done)
            } catch {
                tables.rollBack()
                // A full disk has no space for a longer log. Once the log is in the file, it is written from its start.
                guard error.kind == .full, triesAgain, tables.moveLog() else { return .failure(error) }
                triesAgain = false
            }
        }
    }

    private func begin() throws(StoreError) {
        try tables.begin()
        for operation in owed { _ = try tables.perform(operation) }
    }

    private func commit() throws(StoreError) {
        try tables.commit()
        owed.removeAll()
    }

    private func release() {
        guard owed.isEmpty, kept > 0 else { return }
        queue.release(kept)
        kept = 0
    }
}
