"""BBS with blind issuance and pseudonyms: the pinned profile `undersigned/1` (`docs/protocol.md`, section 2).

Pure: randomness is an argument, and nothing here reads a clock, a disk or a socket. Letters of the
drafts (`A`, `e`, `D`, `Abar`) live in this package and nowhere else.
"""
