import { lossOfSoftSums } from "../driver/softSums";
import { lossOfSums } from "../driver/sums";
import { sigmoid, softplus } from "../math/scalar";

/**
 * log(1 + a)(1 + b): each side stands against the threshold on its own.
 *
 * A loss of sums is log(1 + x) of some x(a, b), where a = Σ e^(s - s₀) over the negative classes and
 * b = Σ e^(s₀ - s) over the positive ones. The driver (driver/sums.ts) makes a and b, takes the logarithm, and
 * gives each class its gradient, ∂x/∂a·e^(s - s₀)/(1 + x) or -∂x/∂b·e^(s₀ - s)/(1 + x).
 */
@unmanaged
class Zlpr {
  // In two float64 lanes, two rows at a time, while a and b are moderate.

  @inline
  x(a: v128, b: v128): v128 {
    return v128.add<f64>(v128.add<f64>(a, b), v128.mul<f64>(a, b));
  }

  /** ∂x/∂a */
  @inline
  xa(a: v128, b: v128): v128 {
    return v128.add<f64>(f64x2.splat(1), b);
  }

  /** ∂x/∂b */
  @inline
  xb(a: v128, b: v128): v128 {
    return v128.add<f64>(f64x2.splat(1), a);
  }

  // One row by the logarithms α = log a, β = log b and both = α + β, which may be of any size.

  @inline
  loss(alpha: f64, beta: f64, both: f64): f64 {
    return softplus(alpha) + softplus(beta);
  }

  /** ∂loss/∂α: what the gradients of the negative classes add up to. */
  @inline
  lossAlpha(alpha: f64, beta: f64, both: f64): f64 {
    return sigmoid(alpha);
  }

  /** ∂loss/∂β: what the gradients of the positive classes add up to, but for the sign. */
  @inline
  lossBeta(alpha: f64, beta: f64, both: f64): f64 {
    return sigmoid(beta);
  }

  /** Whether x is a·b, so that ∂x/∂a and ∂x/∂b may be as small as b and a are. */
  @inline
  isProduct(): bool {
    return false;
  }

  /** Whether the loss is 0 where a side has no classes. */
  @inline
  needsBothSides(): bool {
    return false;
  }

  /** Whether every row has exactly one positive class, so that b may be had with all digits. */
  @inline
  hasOnePositive(): bool {
    return false;
  }
}

export function zlpr(): f64 {
  return lossOfSums<Zlpr>(1, 0);
}

export function zlprSoft(isDivergence: bool): f64 {
  return lossOfSoftSums<Zlpr>(isDivergence);
}
