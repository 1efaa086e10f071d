"""The polynomial coefficients of assembly/math, by Remez exchange.

Each coefficient is rounded to the type in which the kernel holds it, lowest degree first, and the remaining ones are
fitted anew. Needs Python 3 and mpmath; prints the coefficients and the greatest relative error that is left.

    python3 scripts/minimax.py
"""

import struct

import mpmath as mp

mp.mp.prec = 120


def float32(x):
    return mp.mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def float64(x):
    return mp.mpf(float(x))


def grid(low, high, steps):
    return [low + (high - low) * mp.mpf(i) / steps for i in range(steps + 1)]


def remez(function, weight, low, high, degrees, fixed, steps=800):
    """Minimises the greatest |weight·(function - polynomial)|, with the coefficients in `fixed` given."""
    n = len(degrees)
    xs = grid(low, high, steps)
    targets = [function(x) - sum(c * x**d for d, c in fixed.items()) for x in xs]
    weights = [weight(x) for x in xs]
    points = sorted(round(steps / 2 * (1 + mp.cos(mp.pi * (2 * i + 1) / (2 * (n + 1))))) for i in range(n + 1))
    coefficients = []
    for _ in range(30):
        a, b = mp.matrix(n + 1, n + 1), mp.matrix(n + 1, 1)
        for row, k in enumerate(points):
            for column, degree in enumerate(degrees):
                a[row, column] = xs[k] ** degree
            a[row, n] = (-1) ** row / weights[k]
            b[row] = targets[k]
        solution = mp.lu_solve(a, b)
        coefficients = [solution[j] for j in range(n)]
        errors = [
            w * (t - sum(c * x**d for c, d in zip(coefficients, degrees))) for x, t, w in zip(xs, targets, weights)
        ]
        extrema = []
        for k in range(len(xs)):
            if extrema and errors[extrema[-1]] * errors[k] > 0:
                if abs(errors[k]) > abs(errors[extrema[-1]]):
                    extrema[-1] = k
            else:
                extrema.append(k)
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        if len(extrema) < n + 1 or extrema == points:
            break
        points = extrema
    return coefficients


def fit(function, weight, low, high, degree, rounded, given=()):
    fixed = dict(enumerate(given))
    for first in range(len(fixed), degree + 1):
        fixed[first] = rounded(remez(function, weight, low, high, range(first, degree + 1), fixed)[0])
    errors = [abs(weight(x) * (function(x) - sum(c * x**d for d, c in fixed.items()))) for x in grid(low, high, 2000)]
    return list(fixed.values()), max(errors)


def show(name, fitted):
    coefficients, error = fitted
    print(f"{name}: relative error 2^{float(mp.log(error, 2)):.1f}")
    for coefficient in coefficients:
        print(f"  {float(coefficient)!r}")


# exp.ts: q(r) of e^r = 1 + r + r²·q(r), for |r| up to ½·ln 2 and a little more, since n is rounded.
half = mp.log(2) / 2 * mp.mpf("1.0005")
show(
    "q of exp",
    fit(
        lambda r: (mp.exp(r) - 1 - r) / r**2 if abs(r) > mp.mpf("1e-12") else mp.mpf("0.5"),
        lambda r: r * r * mp.exp(-r) + mp.mpf("1e-12"),
        -half,
        half,
        4,
        float32,
    ),
)

# log1p.ts: p(t) of log m = s·p(s²), s = (m - 1)/(m + 1), for m from 2/3 to 3/2.
atanh = lambda t: 2 * mp.atanh(mp.sqrt(t)) / mp.sqrt(t) if t > mp.mpf("1e-30") else mp.mpf(2)
show(
    "p of log1p",
    fit(atanh, lambda t: 1 / atanh(t), mp.mpf(0), mp.mpf("0.04") * mp.mpf("1.001"), 3, float32, [mp.mpf(2)]),
)

# log1p64.ts: p(t) of log m = s·p(s²), s = (m - 1)/(m + 1), for m from √½ to √2.
end = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1) * mp.mpf("1.001")) ** 2
show("p of log1p64", fit(atanh, lambda t: 1 / atanh(t), mp.mpf(0), end, 4, float64))

# exp64.ts: the same in float64, and with fewer digits.
for degree, name in [(9, "q of exp64"), (6, "q of shortExp64")]:
    show(
        name,
        fit(
            lambda r: (mp.exp(r) - 1 - r) / r**2 if abs(r) > mp.mpf("1e-15") else mp.mpf("0.5"),
            lambda r: r * r * mp.exp(-r) + mp.mpf("1e-22"),
            -half,
            half,
            degree,
            float64,
        ),
    )
