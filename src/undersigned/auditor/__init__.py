"""The auditor: replays both logs and recounts, sharing no code with the server (`docs/protocol.md`, section 6)."""
