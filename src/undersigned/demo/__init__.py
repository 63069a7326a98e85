"""The demonstration: one letter from its first word to a count that an outsider checks.

It uses what everybody else uses: the commands, the server over HTTP, the holder and the auditor. Its members,
its organisation and its clock are invented; its proofs, logs and refusals are not.
"""
