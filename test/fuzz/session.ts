import fc, { type Arbitrary } from "fast-check";
import { LossError, type Variant } from "../../src/index.ts";
import { refusingEngine } from "../support/refusingEngine.ts";
import { type Call, calls } from "./arbitraries.ts";
import { type Arguments, faultOf, faultsIn } from "./faults.ts";
import { copyOf, differenceOf, type Got, judge } from "./judge.ts";
import { Layout, type Where } from "./layout.ts";
import { type Exact, exactOf, expectedError } from "./model.ts";
import { Player } from "./player.ts";
import { wrongPrediction } from "./predictions.ts";

/*
 * Sequences of calls on instances that live long. Whatever is done to them, every call has to give what the reference gives,
 * or the right error, and to leave alone what is not its own.
 */

/** What happens while the options of a call are read. */
type Intrusion = "call" | "allocate" | "free";

/** Something that is done to each instance. */
export type Step =
  | { do: "call"; call: Call; where: Where }
  | { do: "call wrongly"; call: Call; where: Where; fault: string; place: number }
  | { do: "call in a call"; call: Call; inner: Call; where: Where; intrusion: Intrusion; isProxy: boolean }
  | { do: "refuse memory"; call: Call }
  | { do: "allocate"; rows: number; classes: number; isSoft: boolean }
  | { do: "free"; index: number }
  | { do: "grow" }
  | { do: "predict"; call: Call; threshold: number; k: number };

/** A sequence of steps, on new instances or on those that live long. */
export interface Session {
  isFresh: boolean;
  steps: Step[];
}

/** Everything in arrays of its own. */
const PLAIN: Where = { logits: "apart", labels: "apart", grad: "fresh", loss: "fresh", offset: 0 };

const wheres: Arbitrary<Where> = fc.record({
  logits: fc.constantFrom("apart", "memory"),
  labels: fc.constantFrom("apart", "memory"),
  grad: fc.constantFrom("fresh", "apart", "memory", "in place"),
  loss: fc.constantFrom("fresh", "apart"),
  offset: fc.nat(15),
});

/** Calls that throw no error of their own. */
const soundCalls = calls.map((call): Call => (expectedError(call) ? { ...call, reduction: "sum" } : call));

const steps: Arbitrary<Step> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ do: fc.constant("call"), call: calls, where: wheres }) },
  {
    weight: 20,
    arbitrary: soundCalls.chain((call) =>
      faultsIn(call).chain(({ fault, place }) =>
        fc.record({
          do: fc.constant("call wrongly"),
          call: fc.constant(call),
          where: wheres,
          fault: fc.constant(fault),
          place: fc.constant(place),
        }),
      ),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("call in a call"),
      call: calls,
      inner: calls,
      where: wheres,
      intrusion: fc.constantFrom<Intrusion>("call", "allocate", "free"),
      isProxy: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("refuse memory"), call: calls }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("allocate"),
      rows: fc.nat(20),
      classes: fc.integer({ min: 1, max: 50 }),
      isSoft: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("free"), index: fc.nat(10) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("grow") }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("predict"),
      call: calls,
      threshold: fc.oneof(
        fc.float({ min: -5, max: 5, noNaN: true }),
        fc.constantFrom(0, 1e-50, 1e20, -1e300),
      ),
      k: fc.nat(25),
    }),
  },
) as Arbitrary<Step>;

/** Any session. */
export const sessions: Arbitrary<Session> = fc.record({
  isFresh: fc.constantFrom(false, false, false, false, false, false, false, false, false, true),
  steps: fc.array(steps, { minLength: 1, maxLength: 8, size: "max" }),
});

const PAGE = 2 ** 16;

function fail(message: string): never {
  throw new Error(message);
}

/** An error has to be the right one; anything else that is thrown is a fault of the library. */
function checkError(thrown: unknown, right: Partial<LossError>): void {
  if (!(thrown instanceof LossError)) fail(`thrown: ${thrown instanceof Error ? thrown.stack : thrown}`);
  for (const [name, value] of Object.entries(right)) {
    const got = thrown[name as keyof LossError];
    if (got !== value) fail(`the error has ${name} ${got}, not ${value}: ${thrown.message}`);
  }
}

/** What was thrown, or returned. */
function outcomeOf(call: () => unknown): { thrown: unknown } | { got: unknown } {
  try {
    return { got: call() };
  } catch (thrown) {
    return { thrown };
  }
}

/** Instances of some variants, and how often their losses were called. */
export class Fuzzer {
  readonly players: readonly Player[];
  /** Calls by loss and form of labels. */
  readonly calls = new Map<string, number>();
  readonly steps = new Map<Step["do"], number>();

  constructor(variants: readonly Variant[]) {
    this.players = variants.map((variant) => new Player(variant));
  }

  /** How many calls there were. */
  get total(): number {
    return [...this.calls.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Runs a session on each instance. Throws for the first thing that is wrong. */
  run({ isFresh, steps }: Session): void {
    const players = isFresh ? this.players.map(({ variant }) => new Player(variant)) : this.players;
    try {
      for (const step of steps) {
        this.steps.set(step.do, (this.steps.get(step.do) ?? 0) + 1);
        this.#step(step, players);
      }
    } finally {
      for (const player of players) player.freeAll();
    }
  }

  #count({ name, form }: Call): void {
    const key = `${name}, ${form}`;
    this.calls.set(key, (this.calls.get(key) ?? 0) + 1);
  }

  #step(step: Step, players: readonly Player[]): void {
    const exact = "call" in step && !expectedError(step.call) ? exactOf(step.call) : undefined;
    if (step.do === "predict") {
      const wrong = wrongPrediction(step.call, step.threshold, step.k);
      if (wrong) fail(wrong);
      return;
    }
    for (const player of players) {
      try {
        this.#on(player, step, exact);
      } catch (error) {
        throw new Error(`${player.variant}, ${step.do}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
    }
  }

  #on(player: Player, step: Exclude<Step, { do: "predict" }>, exact: Exact | undefined): void {
    switch (step.do) {
      case "call":
        this.#call(player, step.call, exact, new Layout(player, step.call, step.where));
        break;
      case "call wrongly":
        this.#callWrongly(player, step);
        break;
      case "call in a call":
        this.#callInCall(player, step, exact);
        break;
      case "refuse memory":
        this.#refuse(player, step.call, exact);
        break;
      case "allocate": {
        const { labels } = player.allocate(step.rows, step.classes, step.isSoft);
        if (labels.length !== step.rows * step.classes || labels.some((x) => x !== 0))
          fail("labels that are not 0");
        break;
      }
      case "free":
        this.#free(player, step.index);
        break;
      case "grow":
        player.grow();
    }
  }

  #call(player: Player, call: Call, exact: Exact | undefined, layout: Layout): void {
    this.#count(call);
    const outcome = outcomeOf(() => player.call(call.name, layout.args));
    // A copy: what is in the memory may be overwritten.
    const got = "got" in outcome ? copyOf(outcome.got as Got) : undefined;
    this.#check(player, call, exact, layout, outcome);
    if (got) this.#callAgain(player, call, got);
  }

  /** The same call with arrays of its own, and once more without a gradient: the same bits. */
  #callAgain(player: Player, call: Call, right: Got): void {
    const calls = call.gradient ? [call, { ...call, gradient: false }] : [call];
    for (const each of calls) {
      this.#count(each);
      const layout = new Layout(player, each, PLAIN);
      const got = player.call(each.name, layout.args) as Got;
      const differs = differenceOf(got, right);
      if (differs) fail(`called again${each.gradient ? "" : " without gradient"}: ${differs}`);
      const changed = layout.changed(false);
      if (changed) fail(`called again: ${changed}`);
    }
  }

  #check(
    player: Player,
    call: Call,
    exact: Exact | undefined,
    layout: Layout,
    outcome: ReturnType<typeof outcomeOf>,
  ): void {
    if ("thrown" in outcome) {
      checkError(outcome.thrown, expectedError(call) ?? fail(`thrown: ${outcome.thrown}`));
    } else {
      if (!exact) fail("no error");
      const got = outcome.got as Got;
      const wrong = layout.misplaced(player, got) ?? judge(call, got, exact);
      if (wrong) fail(wrong);
    }
    const changed = layout.changed("thrown" in outcome);
    if (changed) fail(changed);
  }

  #callWrongly(player: Player, { call, where, fault, place }: Extract<Step, { do: "call wrongly" }>): void {
    this.#count(call);
    const layout = new Layout(player, call, where);
    const { spoil, error } = faultOf(fault);
    const args = spoil(layout.args, call, place);
    const outcome = outcomeOf(() => player.call(call.name, args));
    if (!("thrown" in outcome)) fail(`${fault}: no error`);
    checkError(outcome.thrown, error);
    const changed = layout.changed(true);
    if (changed) fail(`${fault}: ${changed}`);
  }

  #callInCall(player: Player, step: Extract<Step, { do: "call in a call" }>, exact: Exact | undefined): void {
    const { call, inner, where, intrusion, isProxy } = step;
    this.#count(call);
    const layout = new Layout(player, call, where);
    let isDone = false;
    const intrude = () => {
      if (isDone) return;
      isDone = true;
      const innerExact = expectedError(inner) ? undefined : exactOf(inner);
      if (intrusion === "allocate") player.grow();
      else if (intrusion === "free") player.freeAll();
      else this.#call(player, inner, innerExact, new Layout(player, inner, PLAIN));
    };
    const args: Arguments = {
      ...layout.args,
      options: intruded(layout.args.options as object, intrude, isProxy),
    };
    const outcome = outcomeOf(() => player.call(call.name, args));
    if (!isDone) fail("the options were not read");
    const isLost =
      "thrown" in outcome &&
      outcome.thrown instanceof LossError &&
      LOST[intrusion].includes(outcome.thrown.code);
    if (intrusion === "free") {
      // Its batches are gone, and what was in them: only what lies elsewhere can be looked at.
      if ("thrown" in outcome && !isLost)
        checkError(outcome.thrown, expectedError(call) ?? fail(`thrown: ${outcome.thrown}`));
      return;
    }
    if (isLost) {
      const changed = layout.changed(true);
      if (changed) fail(changed);
      return;
    }
    this.#check(player, call, exact, layout, outcome);
  }

  #refuse(player: Player, call: Call, exact: Exact | undefined): void {
    if (player.variant === "js") return;
    const engine = refusingEngine(player.variant);
    const { logits, labels, classes, own, reduction, gradient, rowWeights, mask } = call;
    const options = { classes, ...own, reduction, gradient, rowWeights, mask };
    const attempt = () => {
      this.#count(call);
      return outcomeOf(() => engine.lossOf(call.name)(logits, labels, options as never));
    };
    engine.limit = engine.bytes;
    const refused = attempt();
    if ("thrown" in refused)
      checkError(refused.thrown, expectedError(call) ?? { code: "OUT_OF_MEMORY", argument: "memory" });
    else this.#judge(call, refused.got, exact);
    const tooMuch = outcomeOf(() => engine.allocate(1, engine.bytes));
    if (!("thrown" in tooMuch)) fail("a batch beyond the limit");
    checkError(tooMuch.thrown, { code: "OUT_OF_MEMORY", argument: "memory" });
    engine.limit = engine.bytes + 16 * PAGE;
    const next = attempt();
    if ("thrown" in next)
      checkError(next.thrown, expectedError(call) ?? fail(`after a refusal: ${next.thrown}`));
    else this.#judge(call, next.got, exact);
  }

  #judge(call: Call, got: unknown, exact: Exact | undefined): void {
    const wrong = exact ? judge(call, got as Got, exact) : "no error";
    if (wrong) fail(wrong);
  }

  #free(player: Player, index: number): void {
    const batch = player.free(index);
    if (!batch) return;
    batch.free();
    for (const read of [() => batch.logits, () => batch.labels, () => batch.grad]) {
      const outcome = outcomeOf(read);
      if (!("thrown" in outcome)) fail("an array of a batch that was freed");
      checkError(outcome.thrown, { code: "DISPOSED", argument: "batch" });
    }
  }
}

/** The errors that tell of arrays which are lost to what happened during the call. */
const LOST: Record<Intrusion, readonly LossError["code"][]> = {
  call: [],
  allocate: ["DETACHED"],
  free: ["DISPOSED"],
};

/** Options that do something when they are read for the first time. */
function intruded(options: object, intrude: () => void, isProxy: boolean): object {
  if (isProxy) {
    return new Proxy(options, {
      get(target, name, receiver) {
        intrude();
        return Reflect.get(target, name, receiver);
      },
    });
  }
  const { classes } = options as { classes: number };
  return Object.defineProperty({ ...options }, "classes", {
    enumerable: true,
    get() {
      intrude();
      return classes;
    },
  });
}
