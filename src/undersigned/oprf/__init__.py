"""The oblivious function that turns subjects into tags: RFC 9497, mode 0x00, suite ristretto255-SHA512."""
