"""Transparency logs by the C2SP specifications: pure functions over octets.

`note` (signed-note), `checkpoint` (tlog-checkpoint), `cosignature` (tlog-cosignature), `merkle`
(RFC 6962), `tile` (tlog-tiles), `proof` (tlog-proof), `policy` (tlog-policy). Nothing here reads a
clock, a disk or a socket: files come through a `read` function, times and seeds are arguments.
"""
