/**
 * A loss as somebody would write it who needs it fast and has nothing but JavaScript: the mean over the rows, and its
 * gradient. No checks of the arguments, and no care for scores so large that eˢ overflows, which the library spends
 * time on; the scores of the benchmark are moderate.
 */
export interface Peer {
  /** Returns the loss, and writes the gradient to `grad`. */
  lossAndGradient(logits: Float32Array, labels: Uint8Array, grad: Float32Array, classes: number): number;
  /** Returns the loss. */
  lossAlone(logits: Float32Array, labels: Uint8Array, classes: number): number;
}
