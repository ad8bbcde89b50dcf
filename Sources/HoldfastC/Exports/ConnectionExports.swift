// The functions of holdfast.h, by their names there. The compiler compares each with its declaration.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CHoldfast
internal import Synchronization

@c @implementation
public func holdfast_connection_open(
    _ engine: holdfast_engine, _ options: UnsafePointer<holdfast_options>?,
    _ connection: UnsafeMutablePointer<holdfast_connection>?
) -> holdfast_status {
    answering { () throws(Failure) in
        let connection = try required(connection, "connection")
        connection.pointee = 0
        guard let options else {
            throw Failure(Status.argument, "options is NULL; fill a holdfast_options by holdfast_options_init()")
        }
        let found = try Handles.engines.find(engine)
        connection.pointee = try found.open(try Options(options))
        return Status.done
    }
}

@c @implementation
public func holdfast_connection_start(_ connection: holdfast_connection) -> holdfast_status {
    answering { () throws(Failure) in
        try Handles.connections.find(connection).start()
        return Status.done
    }
}

@c @implementation
public func holdfast_connection_stop(_ connection: holdfast_connection, _ deadline: UInt32) -> holdfast_status {
    answering { () throws(Failure) in
        try Handles.connections.find(connection).stop(deadline: .milliseconds(deadline))
        return Status.done
    }
}

@c @implementation
public func holdfast_connection_wait(_ connection: holdfast_connection, _ timeout: UInt32) -> holdfast_status {
    answering { () throws(Failure) in
        let session = try Handles.connections.find(connection)
        if timeout > 0 {
            try refuse(onLoopOf: session.engine, "holdfast_connection_wait() waits for the engine's loop")
        }
        return session.waitUntilEnded(milliseconds: timeout) ? Status.done : Status.timeout
    }
}

@c @implementation
public func holdfast_connection_reconnect(_ connection: holdfast_connection) -> holdfast_status {
    answering { () throws(Failure) in
        try Handles.connections.find(connection).reconnect()
        return Status.done
    }
}

@c @implementation
public func holdfast_connection_probe(_ connection: holdfast_connection) -> holdfast_status {
    answering { () throws(Failure) in
        try Handles.connections.find(connection).probe()
        return Status.done
    }
}

@c @implementation
public func holdfast_connection_state(
    _ connection: holdfast_connection, _ state: UnsafeMutablePointer<Int32>?
) -> holdfast_status {
    answering { () throws(Failure) in
        let state = try required(state, "state")
        state.pointee = Int32(try Handles.connections.find(connection).sightings.state.rawValue)
        return Status.done
    }
}

@c @implementation
public func holdfast_connection_counters(
    _ connection: holdfast_connection, _ counters: UnsafeMutablePointer<holdfast_counters>?
) -> holdfast_status {
    answering { () throws(Failure) in
        let target = try required(counters, "counters")
        let sightings = try Handles.connections.find(connection).sightings
        var known = holdfast_counters()
        known.size = MemoryLayout<holdfast_counters>.size
        known.deliveries = sightings.deliveries.load(ordering: .relaxed)
        if let counters = sightings.counters {
            known.transitions = counters.transitions
            known.attempts = counters.attempts
            known.ready = counters.ready
            known.resumed = counters.resumed
            known.alive = counters.alive
            known.deaf = counters.deaf
            known.inconclusive = counters.inconclusive
            known.pauses = counters.pauses
        }
        try writeKnown(known, to: target, size: target.pointer(to: \.size)?.pointee ?? 0, "holdfast_counters")
        return Status.done
    }
}

@c @implementation
public func holdfast_connection_close(_ connection: holdfast_connection) -> holdfast_status {
    answering { () throws(Failure) in
        try Handles.connections.remove(connection).close(deadline: .seconds(1))
        return Status.done
    }
}

@c @implementation
public func holdfast_acknowledge(_ connection: holdfast_connection, _ number: Int64) -> holdfast_status {
    answering { () throws(Failure) in
        try Handles.connections.find(connection).acknowledge(number)
        return Status.done
    }
}
