import { lossOfDistribution } from "../driver/distribution";
import { Pairs } from "../driver/pairs";
import { lossOfSums } from "../driver/sums";

/** LSE(s) - s_t = log(1 + Σ_{i≠t} e^(s_i)·e^(-s_t)): all classes against one. */
@unmanaged
class Softmax extends Pairs {

  @inline
  needsBothSides(): bool {
    return false;
  }


  @inline
  hasOnePositive(): bool {
    return true;
  }
}

export function softmaxCrossEntropy(): f64 {
  return lossOfSums<Softmax>(1, 0);
}

export function softmaxOfDistribution(labelSmoothing: f64, isSoft: bool): f64 {
  return lossOfDistribution(labelSmoothing, isSoft);
}
