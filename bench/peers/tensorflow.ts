import { composedRowLosses, sides, type Tensor, type TensorFlow } from "./composed.ts";
import type { Method, Peer, PeerData } from "./peer.ts";
import { BACKENDS, COMPOSED_BOUNDS, loadTensorFlow, useBackend } from "./tfjs.ts";

/** What the two formulas have in common: tensors that stay, and the reading of results. */
function onTensors(
  tf: TensorFlow,
  backend: string,
  { rows, classes, logits, labels }: PeerData,
  formula: {
    rowLosses(logits: Tensor, labels: Tensor): Tensor;
    lossAndGradient(logits: Tensor, labels: Tensor): { loss: Tensor; grad: Tensor };
  },
): Omit<Method, "name" | "bounds"> {
  const shape: [number, number] = [rows, classes];
  const floatLabels = Float32Array.from(labels);
  useBackend(tf, backend);
  const s = tf.tensor2d(logits, shape);
  const y = tf.tensor2d(floatLabels, shape);
  let grad: Tensor | undefined;
  function read(tensor: Tensor): number {
    const [value] = tensor.dataSync();
    tensor.dispose();
    return value ?? NaN;
  }
  const values = () => grad?.dataSync() ?? new Float32Array(0);
  return {
    lossAndGradient() {
      useBackend(tf, backend);
      grad?.dispose();
      const [loss, gradient] = tf.tidy(() => {
        const results = formula.lossAndGradient(s, y);
        return [results.loss, results.grad];
      }) as [Tensor, Tensor];
      grad = gradient;
      return read(loss);
    },
    lossAlone() {
      useBackend(tf, backend);
      return read(tf.tidy(() => tf.mean(formula.rowLosses(s, y))));
    },
    gradient: values,
    rowLosses() {
      useBackend(tf, backend);
      const losses = tf.tidy(() => formula.rowLosses(s, y));
      const result = losses.dataSync().slice();
      losses.dispose();
      return result;
    },
    copyIn() {
      useBackend(tf, backend);
      tf.tensor2d(logits, shape).dispose();
      tf.tensor2d(floatLabels, shape).dispose();
      return rows;
    },
    copyOut: () => values().length,
    free() {
      useBackend(tf, backend);
      for (const tensor of [s, y, grad]) tensor?.dispose();
    },
  };
}

function methodsOf(tf: TensorFlow, backend: string, data: PeerData): Method[] {
  const { rows } = data;
  return [
    {
      name: `TensorFlow.js ${backend}, composed`,
      bounds: COMPOSED_BOUNDS,
      ...onTensors(tf, backend, data, {
        rowLosses: (s, y) => composedRowLosses(tf, s, y),
        lossAndGradient(s, y) {
          const { value, grad } = tf.valueAndGrad((x) => tf.mean(composedRowLosses(tf, x, y)))(s);
          return { loss: value, grad };
        },
      }),
    },
    {
      // The operations of the fused loop, one tensor after the other: no maximum, and no second exponential.
      name: `TensorFlow.js ${backend}, own gradient`,
      bounds: { loss: 8, grad: 256 },
      ...onTensors(tf, backend, data, {
        rowLosses(s, y) {
          const { a, b } = sides(tf, s, y);
          return tf.add(tf.log1p(a), tf.log1p(b));
        },
        lossAndGradient(s, y) {
          const { negative, positive, a, b } = sides(tf, s, y);
          const share = (sum: Tensor) => tf.div(1 / rows, tf.add(1, sum));
          return {
            loss: tf.mean(tf.add(tf.log1p(a), tf.log1p(b))),
            grad: tf.sub(tf.mul(negative, share(a)), tf.mul(positive, share(b))),
          };
        },
      }),
    },
  ];
}

export const tensorflow: Peer = {
  name: "tensorflow",
  async open() {
    const { tf, version } = await loadTensorFlow();
    return { version, methods: (data) => BACKENDS.flatMap((backend) => methodsOf(tf, backend, data)) };
  },
};
