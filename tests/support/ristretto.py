"""A second opinion on ristretto255, in whole numbers, as RFC 9496, section 4 tells it. Slow, and not constant-time."""

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # of -1

Point = tuple[int, int]


def negative(value: int) -> bool:
    return value % P % 2 == 1


def absolute(value: int) -> int:
    return -value % P if negative(value) else value % P


def square_root(u: int, v: int) -> tuple[bool, int]:
    """The non-negative root of u/v and whether there is one; else of u/v times the root of -1."""
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    if check in {-u % P, -u * ROOT % P}:
        root = root * ROOT % P
    return check in {u % P, -u % P}, absolute(root)


def decoded(octets: bytes) -> Point | None:
    """The point that 32 octets encode, if they do."""
    s = int.from_bytes(octets, "little")
    if s >= P or negative(s):
        return None
    below, above = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * below * below - above * above) % P
    square, inverse = square_root(1, v * above * above)
    x = absolute(2 * s * inverse * above)
    y = below * inverse * inverse * above * v % P
    return None if not square or negative(x * y) or y == 0 else (x, y)


def encoded(point: Point) -> bytes:
    x, y = point
    one, two = (1 + y) * (1 - y) % P, x * y % P
    _, inverse = square_root(1, one * two * two)
    first, second = inverse * one % P, inverse * two % P
    z = first * second * x * y % P
    if negative(x * y * z):
        _, enchanted = square_root(1, -1 - D)
        x, y, second = y * ROOT % P, x * ROOT % P, first * enchanted % P
    if negative(x * z):
        y = -y
    return absolute(second * (1 - y)).to_bytes(32, "little")


def added(one: Point, other: Point) -> Point:
    (a, b), (c, d) = one, other
    product = D * a * b * c * d
    return (a * d + b * c) * pow(1 + product, -1, P) % P, (b * d + a * c) * pow(1 - product, -1, P) % P


def multiplied(factor: int, point: Point) -> Point:
    out = (0, 1)
    for bit in f"{factor:b}":
        out = added(out, out)
        if bit == "1":
            out = added(out, point)
    return out
