import { loadInstalled } from "./installed.ts";
import type { Method, Peer, PeerData } from "./peer.ts";

/** What is used of an array of jax-js: every use consumes it, `ref` makes one more. */
interface JaxArray {
  ref: JaxArray;
  add(other: JaxArray): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  data(): Promise<Float32Array>;
  blockUntilReady(): Promise<JaxArray>;
  dispose(): void;
}

type Formula = (logits: JaxArray, labels: JaxArray) => JaxArray;

/** What is used of jax-js; see `installed.ts` for why these are not its own types. */
interface Jax {
  init(device: string): Promise<string[]>;
  defaultDevice(device: string): string;
  jit<F>(f: F): F;
  valueAndGrad(f: Formula): (logits: JaxArray, labels: JaxArray) => [JaxArray, JaxArray];
  numpy: {
    array(values: Float32Array | number, options?: { shape: number[] }): JaxArray;
    exp(x: JaxArray): JaxArray;
    log1p(x: JaxArray): JaxArray;
    sum(x: JaxArray, axis: number): JaxArray;
    mean(x: JaxArray): JaxArray;
  };
}

function methodOf(jax: Jax, { rows, classes, logits, labels }: PeerData): Method {
  const { numpy: np } = jax;
  const floatLabels = Float32Array.from(labels);
  const put = (values: Float32Array) => np.array(values, { shape: [rows, classes] });
  const s = put(logits);
  const y = put(floatLabels);

  function rowLosses(x: JaxArray, t: JaxArray): JaxArray {
    const sign = np.array(1).sub(t.ref.mul(2));
    const e = np.exp(x.mul(sign));
    const a = np.sum(e.ref.mul(np.array(1).sub(t.ref)), 1);
    const b = np.sum(e.mul(t), 1);
    return np.log1p(a).add(np.log1p(b));
  }
  const both = jax.jit(jax.valueAndGrad((x, t) => np.mean(rowLosses(x, t))));
  const alone = jax.jit((x: JaxArray, t: JaxArray) => np.mean(rowLosses(x, t)));
  const losses = jax.jit(rowLosses);
  let grad: JaxArray | undefined;
  const gradient = async () => (await grad?.ref.data()) ?? new Float32Array(0);
  return {
    name: "jax-js wasm, jit",
    // Its log1p is off by up to 200 ULP.
    bounds: { loss: 256, grad: 64 },
    async lossAndGradient() {
      grad?.dispose();
      const [loss, slope] = both(s.ref, y.ref);
      grad = await slope.blockUntilReady();
      return (await loss.data())[0] ?? NaN;
    },
    lossAlone: async () => (await alone(s.ref, y.ref).data())[0] ?? NaN,
    gradient,
    rowLosses: () => losses(s.ref, y.ref).data(),
    async copyIn() {
      for (const values of [logits, floatLabels]) (await put(values).blockUntilReady()).dispose();
      return rows;
    },
    copyOut: async () => (await gradient()).length,
    free() {
      for (const array of [s, y, grad]) array?.dispose();
    },
  };
}

export const jaxJs: Peer = {
  name: "jax-js",
  async open() {
    // Node 20 has no `navigator`, which jax-js asks for WebGPU.
    if (typeof navigator === "undefined")
      Object.assign(globalThis, { navigator: { hardwareConcurrency: 1 } });
    const { library: jax, version } = await loadInstalled<Jax>("@jax-js/jax");
    await jax.init("wasm");
    jax.defaultDevice("wasm");
    return { version, methods: (data) => [methodOf(jax, data)] };
  },
};
