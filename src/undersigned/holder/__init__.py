"""The holder: everything that happens on a person's own device (`docs/protocol.md`, section 3).

Reads what an instance publishes and believes none of it before it is checked; keeps the person's secret
in a file of their own. Shares no code with the server's rooms.
"""
