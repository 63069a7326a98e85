"""The ledger: acts wait here, then go into a public log by rounds (`docs/protocol.md`, section 5)."""
