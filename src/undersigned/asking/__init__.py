"""The two sides of an instance on two machines: whom each knows by key, and how the letters' side asks an issuer."""
