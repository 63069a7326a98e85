"""Looks at an instance as it lies on its machine and says what does not hold: changes nothing, prints no secret."""
