import { afterEach, describe, expect, it, vi } from "vitest";
import { LossError } from "../../src/engine/error.ts";
import { slotOf, slotsAt, WORDS_BYTES } from "../../src/parallel/slots.ts";
import { Bell, type SharedRows, SLOTS, type Turn, Turns, WORDS } from "../../src/parallel/turns.ts";

/* How rows are shared out, by several takers in one thread: what they do is what threads do at any time. */

const words = () => new Int32Array(new SharedArrayBuffer(4 * WORDS));
const JOB: Turn = { number: 7, rows: 10, range: 3, isChecked: true, seats: 2 };

/** So many takers of the turns in these words. */
function takers(shared: Int32Array, count: number, lostAfter = 0): Turns[] {
  return Array.from({ length: count }, () => new Turns(shared, 0, lostAfter));
}

/** Notes down which rows it is given. */
function noting(): SharedRows & { checked: number[][]; computed: number[][] } {
  const [checked, computed]: number[][][] = [[], []];
  return {
    checked: checked as number[][],
    computed: computed as number[][],
    check: (start, rows) => checked?.push([start, rows]),
    compute: (start, rows) => computed?.push([start, rows]),
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("turns", () => {
  it("are open from `open` on, for as many as there are seats", () => {
    const [first, second, third] = takers(words(), 3) as [Turns, Turns, Turns];
    expect(first.join()).toBe(false);
    expect(first.isOver).toBe(true);
    first.open(JOB, false);
    expect(first.isOver).toBe(false);
    expect(second.number).toBe(7);
    expect(second.hasCaller).toBe(false);
    expect(second.isUntouched).toBe(true);
    expect(second.join()).toBe(true);
    expect(second.isUntouched).toBe(false);
    expect(third.join()).toBe(true);
    expect(new Turns(words(), 0, 0).join()).toBe(false);
    expect(first.join()).toBe(false);
  });

  it("have a seat that the caller takes", () => {
    const [caller, second, third] = takers(words(), 3) as [Turns, Turns, Turns];
    caller.open(JOB, true);
    expect(second.hasCaller).toBe(true);
    expect(second.isUntouched).toBe(false);
    expect(second.join()).toBe(true);
    expect(third.join()).toBe(false);
  });

  it("are over for all when one has left, and say who was the last", () => {
    const [first, second, third] = takers(words(), 3) as [Turns, Turns, Turns];
    first.open({ ...JOB, seats: 3 }, false);
    first.join();
    second.join();
    expect(first.leave()).toBe(false);
    expect(third.join()).toBe(false);
    expect(third.isOver).toBe(true);
    expect(second.leave()).toBe(true);
    expect(third.isUntouched).toBe(false);
  });

  it("wake who waits to be alone, when another one leaves", () => {
    const notify = vi.spyOn(Atomics, "notify");
    const [first, second, third] = takers(words(), 3) as [Turns, Turns, Turns];
    first.open({ ...JOB, seats: 3 }, true);
    second.join();
    third.join();
    second.leave();
    expect(notify).not.toHaveBeenCalled();
    third.leave();
    expect(notify).toHaveBeenCalledOnce();
    expect(first.waitForOthers()).toBe(true);
    expect(second.join()).toBe(false);
  });

  it("give each row once, some at a time, the last ones too", () => {
    const [first, second] = takers(words(), 2) as [Turns, Turns];
    first.open(JOB, true);
    second.join();
    const rows = noting();
    first.work(rows);
    const others = noting();
    second.work(others);
    expect(rows.checked).toEqual([]);
    expect(rows.computed).toEqual([
      [0, 3],
      [3, 3],
      [6, 3],
      [9, 1],
    ]);
    expect(others).toMatchObject({ checked: [], computed: [] });
    expect(first.fault).toBeUndefined();
  });

  it("have all rows checked before one is computed", () => {
    const turns = new Turns(words(), 0, 0);
    turns.open({ ...JOB, isChecked: false }, true);
    const rows = noting();
    const order: string[] = [];
    turns.work({
      check(start, count) {
        order.push("check");
        rows.check(start, count);
      },
      compute(start, count) {
        order.push("compute");
        rows.compute(start, count);
      },
    });
    expect(order.join(" ")).toBe("check check check check compute compute compute compute");
    expect(rows.checked).toEqual(rows.computed);
    expect(rows.checked).toHaveLength(4);
  });

  it("wait for rows that another one checks, and tell those who wait of the last", () => {
    const shared = words();
    const [first, second] = takers(shared, 2, 10_000) as [Turns, Turns];
    first.open({ ...JOB, rows: 6, isChecked: false, seats: 3 }, true);
    second.join();
    const notify = vi.spyOn(Atomics, "notify");
    const wait = vi.spyOn(Atomics, "wait").mockReturnValue("ok");
    const order: string[] = [];
    first.work({
      check: () => {
        order.push("first checks");
        if (order.length > 1) return;
        // In the middle of it, the other one checks the rest and waits; it comes back when that is woken.
        wait.mockImplementationOnce(() => {
          expect(order).toEqual(["first checks", "second checks"]);
          second.fail("lost");
          return "ok";
        });
        second.work({ check: () => order.push("second checks"), compute: () => order.push("computes") });
      },
      compute: () => order.push("computes"),
    });
    expect(order).toEqual(["first checks", "second checks"]);
    expect(wait).toHaveBeenCalledOnce();
    expect(notify).toHaveBeenCalled();
    expect(first.fault).toBe("lost");
  });

  it("are refused by one error, after which nothing is taken any more", () => {
    const [first, second] = takers(words(), 2) as [Turns, Turns];
    first.open({ ...JOB, isChecked: false }, true);
    second.join();
    const rows = noting();
    first.work({
      check() {
        throw new LossError("RANGE", { argument: "labels", expected: "0 or 1", received: "2" });
      },
      compute: rows.compute,
    });
    second.work(rows);
    expect(rows).toMatchObject({ checked: [], computed: [] });
    expect(second.fault).toBe("refused");
    // The next job has nothing of it.
    second.leave();
    first.waitForOthers();
    first.open(JOB, false);
    expect(first.fault).toBeUndefined();
  });

  it("pass on what is no refusal", () => {
    const turns = new Turns(words(), 0, 0);
    turns.open({ ...JOB, isChecked: false }, true);
    const trap = new Error("unreachable");
    const failing = () => {
      throw trap;
    };
    expect(() => turns.work({ check: failing, compute: failing })).toThrow(trap);
    expect(turns.fault).toBeUndefined();
    turns.fail("lost");
    expect(turns.fault).toBe("lost");
  });

  it("say how long all takers have worked together", () => {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const [first, second] = takers(words(), 2) as [Turns, Turns];
    first.open({ ...JOB, isChecked: false }, true);
    second.join();
    const slow: SharedRows = {
      check: () => {
        now += 1;
      },
      compute: () => {
        now += 2;
      },
    };
    first.work(slow);
    expect(second.busy).toBe(4 * 1 + 4 * 2);
    second.work(slow);
    expect(second.busy).toBe(12);
    second.leave();
    first.waitForOthers();
    first.open(JOB, false);
    expect(first.busy).toBe(0);
  });

  it("have room for that, however long all of them were halted", () => {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const seats = 128;
    const all = takers(words(), seats);
    const first = all[0] as Turns;
    first.open({ ...JOB, rows: seats, range: 1, seats }, false);
    /** Each is in the middle of a row when the next one takes another. */
    function work(taker: number): void {
      all[taker]?.join();
      const compute = () => {
        now += 3_600_000;
        if (taker + 1 < seats) work(taker + 1);
      };
      all[taker]?.work({ check: () => {}, compute });
    }
    work(0);
    expect(first.busy).toBeGreaterThan(1_000_000);
  });

  it("give up who does not come, by the time that this thread has worked itself", () => {
    const [first, second] = takers(words(), 2, 200) as [Turns, Turns];
    const wait = vi.spyOn(Atomics, "wait").mockReturnValue("timed-out");
    first.open(JOB, true);
    second.join();
    expect(first.waitForOthers()).toBe(false);
    // More than 200 ms, of which each sleep has 50.
    expect(wait).toHaveBeenCalledTimes(5);
    expect(second.fault).toBe("lost");

    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    wait.mockClear();
    const [third, fourth] = takers(words(), 2, 200) as [Turns, Turns];
    third.open({ ...JOB, rows: 1 }, true);
    fourth.join();
    third.work({
      check() {},
      compute() {
        now += 10;
      },
    });
    expect(third.waitForOthers()).toBe(false);
    expect(wait).toHaveBeenCalledTimes(9);
    // Who is woken has not slept all that time.
    wait.mockReset().mockReturnValueOnce("ok").mockReturnValueOnce("not-equal").mockReturnValue("timed-out");
    expect(third.waitForOthers()).toBe(false);
    expect(wait).toHaveBeenCalledTimes(11);
  });

  it("look for the others for a while before they sleep", () => {
    const shared = words();
    const [first, second] = [new Turns(shared, 5, 1000), new Turns(shared, 5, 1000)];
    first.open(JOB, true);
    second.join();
    const wait = vi.spyOn(Atomics, "wait").mockReturnValue("timed-out");
    let looks = 0;
    const load = Atomics.load;
    vi.spyOn(Atomics, "load").mockImplementation(((words: Int32Array, index: number) => {
      if (index === 0 && ++looks === 100) second.leave();
      return load(words, index);
    }) as never);
    expect(first.waitForOthers()).toBe(true);
    expect(looks).toBeGreaterThanOrEqual(100);
    expect(wait).not.toHaveBeenCalled();
  });
});

describe("a bell", () => {
  it("numbers jobs, beyond the largest int32 too", () => {
    const shared = words();
    const bell = new Bell(shared, 0, 2);
    expect(bell.next).toBe(1);
    bell.ring(1);
    expect(bell.next).toBe(2);
    shared[0] = 2 ** 31 - 1;
    expect(bell.next).toBe(-(2 ** 31));
    bell.ring(1);
    expect(shared[0]).toBe(-(2 ** 31));
  });

  it("wakes those who sleep, not those who look", () => {
    const shared = words();
    const bell = new Bell(shared, 0, 2);
    const notify = vi.spyOn(Atomics, "notify");
    expect(bell.isHeard).toBe(false);
    bell.ring(3);
    expect(notify).toHaveBeenLastCalledWith(shared, 0, 3);
    shared[1] = 1;
    expect(bell.isHeard).toBe(true);
    bell.ring(3);
    expect(notify).toHaveBeenLastCalledWith(shared, 0, 2);
    shared[1] = 3;
    bell.ring(3);
    expect(notify).toHaveBeenCalledTimes(2);
  });

  it("is waited for asleep, by the number of the last job", () => {
    const shared = words();
    const bell = new Bell(shared, 5, 1);
    const wait = vi.spyOn(Atomics, "wait").mockImplementation(() => {
      bell.ring(1);
      return "ok";
    });
    expect(bell.wait(0, false)).toBe(1);
    expect(wait).toHaveBeenCalledOnce();
    expect(wait).toHaveBeenCalledWith(shared, 0, 0);
    expect(bell.wait(0, false)).toBe(1);
    expect(wait).toHaveBeenCalledOnce();
  });

  it("is looked for by the eager, who are counted then", () => {
    const shared = words();
    const bell = new Bell(shared, 5, 1);
    const wait = vi.spyOn(Atomics, "wait");
    const load = Atomics.load;
    let looks = 0;
    vi.spyOn(Atomics, "load").mockImplementation(((words: Int32Array, index: number) => {
      if (index === 0 && ++looks === 70) {
        expect(words[1]).toBe(1);
        bell.ring(1);
      }
      return load(words, index);
    }) as never);
    expect(bell.wait(0, true)).toBe(1);
    expect(wait).not.toHaveBeenCalled();
    expect(shared[1]).toBe(0);
    // Of more than there are cores for, nobody looks.
    shared[1] = 1;
    wait.mockImplementation(() => {
      expect(shared[1]).toBe(1);
      bell.ring(1);
      return "ok";
    });
    const before = looks;
    expect(bell.wait(1, true)).toBe(2);
    expect(wait).toHaveBeenCalledOnce();
    expect(looks - before).toBeLessThan(10);
    shared[1] = 0;
    wait.mockClear();
    // Not for ever: then they sleep.
    wait.mockImplementation(() => {
      bell.ring(1);
      return "ok";
    });
    expect(bell.wait(2, true)).toBe(3);
    expect(wait).toHaveBeenCalledOnce();
    expect(shared[1]).toBe(0);
  });
});

it("slots lie apart, and have jobs in turn", () => {
  const buffer = new SharedArrayBuffer(2 * WORDS_BYTES + 8 * 64 * SLOTS);
  const { bell, slots } = slotsAt(
    buffer,
    { words: 0, jobs: 2 * WORDS_BYTES },
    { patience: 0, lookers: 1, lostAfter: 0 },
  );
  expect(slots).toHaveLength(SLOTS);
  slots.forEach(({ turns, job }, i) => {
    job.fill(i + 1);
    turns.open({ ...JOB, number: i }, false);
  });
  slots.forEach(({ turns, job }, i) => {
    expect(new Set(job)).toEqual(new Set([i + 1]));
    expect(turns.number).toBe(i);
  });
  expect(bell.next).toBe(1);
  for (const number of [0, 1, 5, -1, -(2 ** 31)]) {
    expect(slotOf(slots, number)).toBe(slots[((number % SLOTS) + SLOTS) % SLOTS]);
    expect(slotOf(slots, number)).not.toBe(slotOf(slots, number + 1));
  }
});
