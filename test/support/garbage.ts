import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

// The collector of garbage is there for flags only, which a test can set for a context of its own.
setFlagsFromString("--expose-gc");

export const collectGarbage = runInNewContext("gc") as () => void;
