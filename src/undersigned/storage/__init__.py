"""Files that must not be lost or read by others: keys, and writes that survive a crash."""
