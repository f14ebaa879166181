import math

class Vector:
    def __init__(self, *v): self.v = v
    def __add__(self, o): return Vector(*(a + b for a, b in zip(self.v, o.v)))
    def __repr__(self): return "V" + repr(self.v)

def sieve(n):
    s = bytearray([1]) * (n + 1)
    for i in range(2, int(n ** .5) + 1):
        if s[i]: s[i * i::i] = bytes(len(s[i * i::i]))
    return sum(s) - 2

print(sieve(100000), sum(i * i for i in range(10000)), 3 ** 500 % 10 ** 40)
print(Vector(1, 2.5) + Vector(3, -0.0), 0.1 + 0.2, 1e308 * 10, -math.inf, math.nan)
for f in (math.sin, math.exp, math.log1p, math.tanh, math.gamma, math.erf, math.sqrt):
    print(f.__name__, [f(x / 7) for x in range(1, 9)])
print([round(x / 8, 2) for x in range(-9, 10)], [int(x / 3) for x in (-7, 7, 1e15)])
print(divmod(-7, 3), -7 // 2, 7 % -3, (1 << 200) >> 190, (-5) ** 3, 2 ** 0.5, 10 ** -3)
print(float.fromhex("0x1.8p-1074"), (0.1).hex(), 5e-324 / 2, 2.0 ** -1022 * 0.75)
d = {}
for i in range(20000): d[(i * 7919) % 1009] = d.get((i * 7919) % 1009, 0) + i
print(len(d), max(d.values()), sorted(d.items())[:4])
try: [][3]
except IndexError as e: print("IndexError:", e)
def deep(n): return 0 if n == 0 else 1 + deep(n - 1)
print(deep(800))
try: deep(10 ** 6)
except RecursionError: print("recursion limit")
print("naïve ünïcode ≤ 日本".encode(), "%-8s|%8.3f|%x" % ("ab", math.pi, 255))
g = (x for x in "generator" if x not in "aeiou")
print("".join(g), *map(str.upper, ["x", "y"]), sep=",")
