// The functions of holdfast.h, by their names there. The compiler compares each with its declaration.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CHoldfast

@c @implementation
public func holdfast_engine_start(_ engine: UnsafeMutablePointer<holdfast_engine>?) -> holdfast_status {
    answering { () throws(Failure) in
        let engine = try required(engine, "engine")
        engine.pointee = 0
        engine.pointee = Handles.engines.add(try Engine.start())
        return Status.done
    }
}

@c @implementation
public func holdfast_engine_close(_ engine: holdfast_engine, _ deadline: UInt32) -> holdfast_status {
    answering { () throws(Failure) in
        let found = try Handles.engines.find(engine)
        guard !found.isAdopted else {
            throw Failure(Status.state, "the engine is on a loop of the host; end it by holdfast_engine_leave()")
        }
        try refuse(onLoopOf: found, "holdfast_engine_close() waits for the engine's thread")
        // Of two threads that end it, one finds it gone.
        try Handles.engines.remove(engine).close(deadline: .milliseconds(deadline))
        return Status.done
    }
}

@c @implementation
public func holdfast_engine_adopt(
    _ uvLoop: UnsafeMutableRawPointer?, _ engine: UnsafeMutablePointer<holdfast_engine>?
) -> holdfast_status {
    answering { () throws(Failure) in
        let engine = try required(engine, "engine")
        engine.pointee = 0
        guard let uvLoop else { throw Failure(Status.argument, "uv_loop is NULL; give a uv_loop_t *") }
        engine.pointee = Handles.engines.add(try Engine.adopt(uvLoop))
        return Status.done
    }
}

@c @implementation
public func holdfast_engine_leave(
    _ engine: holdfast_engine, _ deadline: UInt32, _ onLeft: holdfast_on_left?,
    _ userData: UnsafeMutableRawPointer?
) -> holdfast_status {
    answering { () throws(Failure) in
        let found = try Handles.engines.find(engine)
        guard found.isAdopted else {
            throw Failure(Status.state, "the engine has a thread of its own; end it by holdfast_engine_close()")
        }
        guard found.loop.isOnLoop else {
            throw Failure(
                Status.thread, "holdfast_engine_leave() must be called on the thread that the engine's loop runs on")
        }
        let farewell = LeftCallback(onLeft: onLeft, userData: userData)
        try Handles.engines.remove(engine).leave(deadline: .milliseconds(deadline)) { farewell.call() }
        return Status.done
    }
}

private struct LeftCallback: @unchecked Sendable {
    // Sound as Sendable: see `Callbacks`.
    let onLeft: holdfast_on_left?
    let userData: UnsafeMutableRawPointer?

    func call() { onLeft?(userData) }
}

/// Whatever waits on the loop's own thread waits for ever.
func refuse(onLoopOf engine: Engine, _ what: String) throws(Failure) {
    guard engine.loop.isOnLoop else { return }
    throw Failure(Status.thread, "\(what), and would wait for ever on it; call it from another thread")
}
