/** Progress on standard error: one line that updates itself on a terminal, a plain line now and then elsewhere. */
export interface Progress {
  /** What is going on; shown if the last update is long enough ago. */
  update(text: string): void;
  /** The outcome of a step; always shown, and stays. */
  done(text: string): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const { CI, NO_COLOR, TERM } = process.env;
  const inPlace = stream.isTTY && !CI && !NO_COLOR && TERM !== "dumb";
  const interval = inPlace ? 100 : 5000;
  let last = performance.now() - interval;

  const write = (text: string, final: boolean): void => {
    last = performance.now();
    if (!inPlace) {
      stream.write(`${text}\n`);
      return;
    }
    stream.cursorTo(0);
    // A line that wraps could not be written over.
    stream.write(final ? text : text.slice(0, stream.columns - 1));
    stream.clearLine(1);
    if (final) stream.write("\n");
  };
  return {
    update(text) {
      if (performance.now() - last >= interval) write(text, false);
    },
    done(text) {
      write(text, true);
    },
  };
}
