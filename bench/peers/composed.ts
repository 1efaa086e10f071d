/* The loss made of operations of TensorFlow.js, on any backend, in Node and in browsers. */

/** What is used of a tensor of TensorFlow.js. */
export interface Tensor {
  dataSync(): Float32Array;
  dispose(): void;
}

/** What is used of TensorFlow.js; see `installed.ts` for why these are not its own types. */
export interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  getBackend(): string;
  ready(): Promise<void>;
  tensor2d(values: Float32Array, shape: [number, number]): Tensor;
  scalar(value: number): Tensor;
  clone(x: Tensor): Tensor;
  zeros(shape: number[]): Tensor;
  randomNormal(shape: number[], mean?: number, deviation?: number, dtype?: string, seed?: number): Tensor;
  variable(tensor: Tensor): Tensor;
  tidy<T extends Tensor | Tensor[]>(run: () => T): T;
  add(a: Tensor | number, b: Tensor | number): Tensor;
  sub(a: Tensor | number, b: Tensor | number): Tensor;
  mul(a: Tensor | number, b: Tensor | number): Tensor;
  div(a: Tensor | number, b: Tensor | number): Tensor;
  exp(x: Tensor): Tensor;
  log1p(x: Tensor): Tensor;
  sum(x: Tensor, axis?: number, keepDims?: boolean): Tensor;
  mean(x: Tensor): Tensor;
  concat(tensors: Tensor[], axis: number): Tensor;
  zerosLike(x: Tensor): Tensor;
  logSumExp(x: Tensor, axis: number): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  valueAndGrad(f: (x: Tensor) => Tensor): (x: Tensor) => { value: Tensor; grad: Tensor };
  customGrad(
    f: (
      x: Tensor,
      save: (tensors: Tensor[]) => void,
    ) => {
      value: Tensor;
      gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor;
    },
  ): (x: Tensor) => Tensor;
  train: {
    sgd(rate: number): { minimize(f: () => Tensor, returnCost: boolean, variables: Tensor[]): Tensor };
  };
}

/**
 * The loss of each row as the author of the loss gives it for Keras: two log-sum-exps, from which the other side is kept
 * out by a score of -10^12.
 */
export function composedRowLosses(tf: TensorFlow, logits: Tensor, labels: Tensor): Tensor {
  const flipped = tf.mul(tf.sub(1, tf.mul(2, labels)), logits);
  const negative = tf.sub(flipped, tf.mul(labels, 1e12));
  const positive = tf.sub(flipped, tf.mul(tf.sub(1, labels), 1e12));
  const zeros = tf.zerosLike(tf.sum(flipped, 1, true));
  return tf.add(
    tf.logSumExp(tf.concat([negative, zeros], 1), 1),
    tf.logSumExp(tf.concat([positive, zeros], 1), 1),
  );
}

/** e^s of the negative and e^-s of the positive classes, each beside zeros, and 1 + their sums over each row. */
export function sides(tf: TensorFlow, logits: Tensor, labels: Tensor) {
  const e = tf.exp(tf.mul(tf.sub(1, tf.mul(2, labels)), logits));
  const positive = tf.mul(e, labels);
  const negative = tf.sub(e, positive);
  return { negative, positive, a: tf.sum(negative, 1, true), b: tf.sum(positive, 1, true) };
}
