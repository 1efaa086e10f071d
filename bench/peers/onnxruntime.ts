import { fileURLToPath } from "node:url";
import { folderOf, loadInstalled } from "./installed.ts";
import { type Output, onnxModel } from "./onnxModel.ts";
import { type Bounds, type Method, type Peer, type PeerData, Unavailable } from "./peer.ts";

interface Tensor {
  data: Float32Array;
}

interface Session {
  run(feeds: Record<string, Tensor>, fetches?: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/** What is used of onnxruntime-web and onnxruntime-node; see `installed.ts` for why these are not its own types. */
interface OnnxRuntime {
  Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => Tensor;
  InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  env: { logLevel?: string; wasm?: { numThreads: number; wasmPaths: string } };
}

const BOUNDS: Bounds = { loss: 8, grad: 256 };

const SESSION = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
};

async function methodOf(
  ort: OnnxRuntime,
  name: string,
  providers: string[],
  fillsOutputs: boolean,
  { rows, classes, logits, labels }: PeerData,
): Promise<Method> {
  const create = (outputs: readonly Output[]) =>
    ort.InferenceSession.create(onnxModel(rows, classes, outputs), {
      ...SESSION,
      executionProviders: providers,
    });
  const both = await create(["loss", "grad"]);
  const alone = await create(["loss"]);
  const losses = await create(["losses"]);
  const tensor = (data: Float32Array) => new ort.Tensor("float32", data, [rows, classes]);
  const feeds = { logits: tensor(logits), labels: tensor(Float32Array.from(labels)) };
  const grad = new Float32Array(logits.length);
  const lossTensor = new ort.Tensor("float32", new Float32Array(1), []);
  const fetches = fillsOutputs ? { loss: lossTensor, grad: tensor(grad) } : undefined;
  const fetchesAlone = fillsOutputs ? { loss: lossTensor } : undefined;
  let last: Float32Array = grad;
  return {
    name,
    bounds: BOUNDS,
    async lossAndGradient() {
      const results = await both.run(feeds, fetches);
      if (!fetches) last = results.grad?.data ?? last;
      return (fetches ? lossTensor : results.loss)?.data[0] ?? NaN;
    },
    async lossAlone() {
      const results = await alone.run(feeds, fetchesAlone);
      return (fetches ? lossTensor : results.loss)?.data[0] ?? NaN;
    },
    gradient: () => last,
    rowLosses: async () => (await losses.run(feeds)).losses?.data ?? [],
    free() {
      for (const session of [both, alone, losses]) void session.release();
    },
  };
}

/** In WebAssembly. Every call copies its inputs to the linear memory and its outputs back. */
export const onnxruntimeWeb: Peer = {
  name: "onnxruntime-web",
  async open() {
    const { library: ort, version } = await loadInstalled<OnnxRuntime>("onnxruntime-web");
    if (!ort.env.wasm) throw new Unavailable("onnxruntime-web has no WebAssembly backend here");
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = fileURLToPath(new URL("dist/", folderOf("onnxruntime-web")));
    // Its first session leaves a global Worker behind, by which others would take Node for a browser and start threads.
    const { Worker } = globalThis;
    const first = await ort.InferenceSession.create(onnxModel(1, 1, ["loss"]), {
      executionProviders: ["wasm"],
    });
    await first.release();
    Object.assign(globalThis, { Worker });
    return {
      version,
      methods: async (data) => [
        await methodOf(ort, "onnxruntime-web, copies included", ["wasm"], false, data),
      ],
    };
  },
};

/** Native code, on arrays of JavaScript's, also for the results. */
export const onnxruntimeNode: Peer = {
  name: "onnxruntime-node",
  async open() {
    const { library: ort, version } = await loadInstalled<OnnxRuntime>("onnxruntime-node");
    return {
      version,
      methods: async (data) => [await methodOf(ort, "onnxruntime-node", ["cpu"], true, data)],
    };
  },
};
