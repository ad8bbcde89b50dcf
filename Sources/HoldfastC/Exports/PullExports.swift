// The functions of holdfast.h, by their names there. The compiler compares each with its declaration.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CHoldfast
internal import Synchronization

@c @implementation
public func holdfast_next(
    _ connection: holdfast_connection, _ timeout: UInt32, _ delivery: UnsafeMutablePointer<holdfast_delivery>?
) -> holdfast_status {
    answering { () throws(Failure) in
        let delivery = try required(delivery, "delivery")
        delivery.pointee = 0
        let session = try Handles.connections.find(connection)
        guard let queue = session.queue else {
            throw Failure(
                Status.state, "the connection hands its deliveries to on_delivery; open it without to pull them")
        }
        if timeout > 0 { try refuse(onLoopOf: session.engine, "holdfast_next() waits for the engine's loop") }
        switch queue.next(milliseconds: timeout) {
        case nil: return Status.timeout
        case .end: return Status.end
        case .failed(let error): throw Failure(Status.store, error.message)
        case .delivery(let taken):
            delivery.pointee = Handles.deliveries.add(DeliveryRecord(taken))
            session.sightings.deliveries.add(1, ordering: .relaxed)
            return Status.done
        }
    }
}

@c @implementation
public func holdfast_delivery_read(
    _ delivery: holdfast_delivery, _ info: UnsafeMutablePointer<holdfast_delivery_info>?
) -> holdfast_status {
    answering { () throws(Failure) in
        let info = try required(info, "info")
        try Handles.deliveries.find(delivery).write(to: info)
        return Status.done
    }
}

@c @implementation
public func holdfast_delivery_free(_ delivery: holdfast_delivery) -> holdfast_status {
    answering { () throws(Failure) in
        try Handles.deliveries.remove(delivery)
        return Status.done
    }
}
