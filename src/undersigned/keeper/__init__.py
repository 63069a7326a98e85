"""The keeper: holds the keys under which addresses become tags, in a process and under an account of its own.

It sees blinded elements and salted hashes, never an address, and is told by nobody whose they are.
"""
