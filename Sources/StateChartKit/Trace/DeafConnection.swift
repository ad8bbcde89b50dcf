extension RecordedTrace {
    /// A connection that goes deaf, is found out and replaced: what `holdfast demo --cause cycle --seed 7 --trace FILE` wrote on
    /// a machine with two processors, from the last good proof to the end of catching up. Nothing is changed but the times,
    /// which begin at zero. Where the table no longer allows this path, record it anew.
    static let deafConnection = #"""
        {"type":"trace","version":1,"table":"78cee0d5f2c00e57"}
        {"type":"transition","at":0,"generation":1,"id":"T09","from":"open","event":"probeDue","to":"probing","reason":"Silence proves nothing: ask at intervals."}
        {"type":"verdict","at":4,"generation":1,"verdict":"alive","check":"reply","detail":"ping answered OK, revision unchanged"}
        {"type":"transition","at":4,"generation":1,"id":"T15","from":"probing","event":"alive","to":"open","reason":"reply: ping answered OK, revision unchanged"}
        {"type":"mark","at":8,"text":"the bot's account is disabled and enabled again"}
        {"type":"transition","at":1930,"generation":1,"id":"T09","from":"open","event":"probeDue","to":"probing","reason":"Silence proves nothing: ask at intervals."}
        {"type":"verdict","at":1930,"generation":1,"verdict":"deaf","check":"reply","detail":"FAIL api.web_socket_router.not_authenticated.app_error (401)"}
        {"type":"transition","at":1930,"generation":1,"id":"T16","from":"probing","event":"deaf","to":"stale","reason":"reply: FAIL api.web_socket_router.not_authenticated.app_error (401)"}
        {"type":"transition","at":2180,"generation":1,"id":"T24","from":"stale","event":"drained","to":"terminating","reason":"What was on its way has been delivered."}
        {"type":"transition","at":2181,"generation":1,"id":"T29","from":"terminating","event":"closed","to":"backoff","reason":"closed"}
        {"type":"transition","at":2184,"generation":2,"id":"T34","from":"backoff","event":"retryDue","to":"connecting","reason":"The wait is over."}
        {"type":"transition","at":2187,"generation":2,"id":"T03","from":"connecting","event":"ready","to":"open","reason":"hello, and the first ping was answered"}
        {"type":"catch_up","at":2188,"generation":2,"phase":"began","wait_s":null,"channels":3,"channels_done":0,"deliveries":0,"reason":"a new connection (attempt 2)"}
        {"type":"catch_up","at":2226,"generation":2,"phase":"finished","wait_s":null,"channels":3,"channels_done":3,"deliveries":100,"reason":"a new connection (attempt 2)"}
        """#
}
