import { afterEach, describe, expect, it, vi } from "vitest";
import * as bench from "../../src/cli/benchCommand.ts";
import * as output from "../../src/cli/output.ts";
import { run } from "../../src/cli/run.ts";
import { failure } from "../support/system.ts";

/* How the command ends: status 0, 1 for what nobody foresaw, 2 for bad input. */

afterEach(() => void vi.restoreAllMocks());

/** Runs a command that prints, or fails to. */
function ending(print: () => void) {
  vi.spyOn(bench, "runBench").mockReturnValue({ command: "bench" } as bench.BenchReport);
  vi.spyOn(output, "print").mockImplementation(print);
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const status = run(["node", "zlpr", "bench", "--json"]);
  return { status, said: error.mock.calls };
}

function fails(error: unknown) {
  return () => {
    throw error;
  };
}

describe("a command", () => {
  it("ends with 0 where all went well", () => {
    expect(ending(() => {})).toEqual({ status: 0, said: [] });
    expect(output.print).toHaveBeenCalledExactlyOnceWith('{\n  "command": "bench"\n}');
  });

  it("ends with 0, quietly, where nobody reads on", () => {
    expect(ending(fails(failure("EPIPE")))).toEqual({ status: 0, said: [] });
  });

  it.each<[string, unknown]>([
    ["an error", new Error("disk on fire")],
    ["an error of the system", Object.assign(new Error("disk on fire"), { code: "EIO" })],
    ["no error object", "disk on fire"],
  ])("ends with 1, and says so, for %s that nobody foresaw", (_, error) => {
    expect(ending(fails(error))).toEqual({
      status: 1,
      said: [["zlpr: unexpected error: disk on fire"]],
    });
  });

  it("survives a thrown null", () => {
    expect(ending(fails(null))).toEqual({ status: 1, said: [["zlpr: unexpected error: null"]] });
  });
});

describe("numbers on the command line", () => {
  /** What commander says of an argument of this flag. */
  function said(...words: string[]): string {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(run(["node", "zlpr", ...words])).toBe(2);
    return write.mock.calls.join("");
  }

  const predict = ["predict", "--logits", "L.npy"];
  const measure = ["eval", "--logits", "L.npy", "--labels", "Y.npy"];

  it.each([
    [predict, "--threshold", "", "Expected a finite number."],
    [predict, "--threshold", " ", "Expected a finite number."],
    [predict, "--threshold", "Infinity", "Expected a finite number."],
    [predict, "--top", "", "Expected a whole number."],
    [predict, "--top", "1e1", "Expected a whole number."],
    [predict, "--top", "+1", "Expected a whole number."],
    [predict, "--top", "12 ", "Expected a whole number."],
    [predict, "--top", "9007199254740993", "Expected a whole number."],
    [measure, "--threshold", " ", 'Expected a finite number or "best".'],
    [measure, "--threshold", "-Infinity", 'Expected a finite number or "best".'],
    [measure, "--gamma", " ", "Expected a number."],
    [measure, "--gamma", "weights.npy", "Expected a number."],
    [measure, "--positive-weights", "weights", "Expected a number or a .npy file [classes]."],
    [measure, "--positive-weights", "", "Expected a number or a .npy file [classes]."],
  ])("%o %s '%s' is refused", (words, flag, value, expected) => {
    expect(said(...words, flag, value)).toContain(`argument '${value}' is invalid. ${expected}\n`);
  });
});
