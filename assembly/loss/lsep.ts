import { Pairs } from "../driver/pairs";
import { lossOfSums } from "../driver/sums";

/** log(1 + a·b), with scores times a scale, and a margin on the negative ones. */
@unmanaged
class Lsep extends Pairs {

  @inline
  needsBothSides(): bool {
    return true;
  }


  @inline
  hasOnePositive(): bool {
    return false;
  }
}

export function lsep(scale: f64, margin: f64): f64 {
  return lossOfSums<Lsep>(scale, scale * margin);
}
