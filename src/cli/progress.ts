import { writeSync } from "node:fs";
import { isatty } from "node:tty";

const STANDARD_ERROR = 2;

const INTERVAL_MS = 100;

/** How far a command has come: a line on standard error that updates itself, and vanishes in the end. */
export interface Progress {
  update(what: string, share: number): void;
  clear(): void;
}

/** Nothing where nobody watches: only on a terminal, and not in continuous integration. */
export function createProgress(): Progress {
  const { CI, NO_COLOR, TERM } = process.env;
  if (!isatty(STANDARD_ERROR) || CI || NO_COLOR || TERM === "dumb") return { update() {}, clear() {} };
  let last = -INTERVAL_MS;
  let isShown = false;
  return {
    update(what, share) {
      if (performance.now() - last < INTERVAL_MS) return;
      last = performance.now();
      isShown = true;
      writeSync(STANDARD_ERROR, `\r\x1b[K${what} ${Math.floor(100 * share)} %`);
    },
    clear() {
      if (isShown) writeSync(STANDARD_ERROR, "\r\x1b[K");
    },
  };
}
