extension GatewayConfiguration {
    /// A configuration to begin with, for help and documentation: what most gateways need, and some of what they may want.
    public static let sample = """
        {
          "store": "gateway.holdfast",
          "log": { "format": "json", "level": "info" },
          "status": { "listen": "127.0.0.1:8090" },
          "servers": {
            "main": { "url": "https://chat.example.com", "attempts_per_second": 50 }
          },
          "sinks": {
            "lines": { "type": "stdout" },
            "handler": { "type": "command", "command": ["./handler", "--verbose"], "timeout_seconds": 30 },
            "hook": { "type": "webhook", "url": "https://hooks.example.com/chat", "secret_env": "HOOK_SECRET" }
          },
          "accounts": [
            { "name": "bot-1", "server": "main", "token_file": "bot-1.token", "sink": "handler" },
            { "name": "bot-2", "server": "main", "token_env": "BOT_2_TOKEN", "sink": "lines" },
            { "name": "bot-3", "server": "main", "token_file": "bot-3.token", "sink": "hook" }
          ]
        }

        """
}
