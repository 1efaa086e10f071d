/* Scores that glide to where they go, unless the reader wants no motion. */

const DURATION = 350;

export interface Glide {
  /** Goes to the end at once. */
  finish(): void;
}

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** Calls `draw` with the way from one to the other, and `done` at its end. */
export function glide(
  from: readonly number[],
  to: readonly number[],
  draw: (scores: number[]) => void,
  done: () => void,
): Glide {
  let frame = 0;
  const finish = () => {
    cancelAnimationFrame(frame);
    draw([...to]);
    done();
  };
  if (stillness.matches) {
    finish();
    return { finish: () => {} };
  }
  const begin = performance.now();
  const next = (now: number) => {
    const t = Math.max(0, (now - begin) / DURATION);
    if (t >= 1) return finish();
    const eased = 1 - (1 - t) ** 3;
    draw(from.map((score, c) => score + (to[c] - score) * eased));
    frame = requestAnimationFrame(next);
  };
  frame = requestAnimationFrame(next);
  return { finish };
}
