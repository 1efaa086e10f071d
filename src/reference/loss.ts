import { JsEngine } from "../engine/js.js";
import { type LossDefinition, lossOn } from "../engine/loss.js";

const engine = new JsEngine();

/** A public loss made of its definition alone, in plain float64: see the loss of this name in `zlpr`. */
export function reference<L>(definition: LossDefinition<object>): L {
  return lossOn<L, LossDefinition<object>>(() => engine, definition);
}
