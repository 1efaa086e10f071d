import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import tty from "node:tty";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createProgress } from "../../src/cli/progress.ts";

/* How far a command has come, on a terminal that is made up. */

let written = "";

beforeEach(() => {
  written = "";
  vi.useFakeTimers({ toFake: ["performance"] });
  for (const name of ["CI", "NO_COLOR"]) vi.stubEnv(name, undefined);
  vi.stubEnv("TERM", "xterm");
  vi.spyOn(tty, "isatty").mockImplementation((descriptor) => descriptor === 2);
  vi.spyOn(fs, "writeSync").mockImplementation((descriptor: number, text: unknown) => {
    expect(descriptor).toBe(2);
    written += text;
    return String(text).length;
  });
  syncBuiltinESMExports();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

describe("the progress of a command", () => {
  it("is a line that updates itself ten times a second, in whole percent", () => {
    const progress = createProgress();
    progress.update("eval", 0);
    expect(written).toBe("\r\x1b[Keval 0 %");
    for (const share of [0.1, 0.2, 0.3]) {
      vi.advanceTimersByTime(33);
      progress.update("eval", share);
    }
    expect(written).toBe("\r\x1b[Keval 0 %");
    vi.advanceTimersByTime(1);
    progress.update("eval", 0.299);
    expect(written).toBe("\r\x1b[Keval 0 %\r\x1b[Keval 29 %");
    vi.advanceTimersByTime(100);
    progress.update("threshold", 0.999);
    expect(written).toBe("\r\x1b[Keval 0 %\r\x1b[Keval 29 %\r\x1b[Kthreshold 99 %");
  });

  it("vanishes in the end", () => {
    const progress = createProgress();
    progress.update("eval", 0);
    progress.clear();
    expect(written).toBe("\r\x1b[Keval 0 %\r\x1b[K");
  });

  it("wipes nothing where it has shown nothing", () => {
    createProgress().clear();
    expect(written).toBe("");
  });

  it.each<[string, () => void]>([
    ["no terminal", () => void vi.mocked(tty.isatty).mockReturnValue(false)],
    ["CI", () => void vi.stubEnv("CI", "true")],
    ["NO_COLOR", () => void vi.stubEnv("NO_COLOR", "1")],
    ["a dumb terminal", () => void vi.stubEnv("TERM", "dumb")],
  ])("is not shown with %s", (_, arrange) => {
    arrange();
    const progress = createProgress();
    progress.update("eval", 0.5);
    progress.clear();
    expect(written).toBe("");
  });
});
