import type { DataType, KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";
import { isFloat32Array } from "../engine/checks.js";
import type { Tensor, TensorFlow } from "./tensorflow.js";

/*
 * The numbers of tensors, without more copies than there have to be. `cpu` hands out its own arrays, which nobody may write
 * to, and keeps those that it is given. `wasm` copies in both directions, unless its heap is read and written directly. That
 * is not documented: it is tried once a backend, and the documented way taken where it fails.
 */

export type Values = Float32Array | Int32Array | Uint8Array;

/** A backend that shows its heap. */
interface Heap {
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  /** Brings the tensor here if it is on another backend. */
  getMemoryOffset(dataId: object): number;
  /** Valid until the heap grows, which any new tensor may cause. */
  typedArrayFromHeap(info: TensorInfo): Values;
}

const heaps = new WeakMap<KernelBackend, Heap | undefined>();

const METHODS = ["makeOutput", "getMemoryOffset", "typedArrayFromHeap"] as const satisfies (keyof Heap)[];

function hasMethods(backend: object): backend is Heap {
  return METHODS.every((name) => typeof (backend as Partial<Heap>)[name] === "function");
}

/** Whether what is written to the heap is what the documented way reads. */
function isTrue(tf: TensorFlow, heap: Heap): boolean {
  try {
    const probe = [1.5, -2, 3];
    return tf.tidy(() => {
      const back = tensorOn(tf, heap, probe, [probe.length]).dataSync();
      const read = heap.typedArrayFromHeap(tf.tensor(probe));
      return (
        read.length === probe.length && probe.every((value, i) => value === back[i] && value === read[i])
      );
    });
  } catch {
    return false;
  }
}

function heapOf(tf: TensorFlow): Heap | undefined {
  const backend = tf.backend();
  if (heaps.has(backend)) return heaps.get(backend);
  const heap = hasMethods(backend) && isTrue(tf, backend) ? backend : undefined;
  heaps.set(backend, heap);
  return heap;
}

function tensorOn(tf: TensorFlow, heap: Heap, values: ArrayLike<number>, shape: readonly number[]): Tensor {
  const made = tf.engine().makeTensorFromTensorInfo(heap.makeOutput([...shape], "float32"));
  heap.typedArrayFromHeap(made).set(values);
  return made;
}

/** The numbers of a tensor, to read only, and until the next tensor is made or moved. */
export function readValues(tf: TensorFlow, tensor: Tensor): Values {
  const heap = heapOf(tf);
  if (!heap) {
    const values: Values = tensor.dataSync();
    // On cpu, a cast to float32 leaves the array of the type before.
    return tensor.dtype === "float32" && !isFloat32Array(values) ? Float32Array.from(values) : values;
  }
  // First: a tensor that comes from another backend may make the heap grow, which detaches what looks at it.
  heap.getMemoryOffset(tensor.dataId);
  return heap.typedArrayFromHeap(tensor);
}

/** An array that was copied to a heap, for the next one to be written to: to take memory costs as much as a kernel. */
let spare = new Float32Array(0);

/** An array to write a tensor's numbers to and to give away. What is in it is not defined. */
export function takeArray(length: number): Float32Array<ArrayBuffer> {
  if (spare.length !== length) return new Float32Array(length);
  const array = spare;
  spare = new Float32Array(0);
  return array;
}

/** A float32 tensor of these numbers. The array is given away: the backend may keep it, or it is used again. */
export function giveTensor(
  tf: TensorFlow,
  values: Float32Array<ArrayBuffer>,
  shape: readonly number[],
): Tensor {
  const heap = heapOf(tf);
  if (!heap) return tf.tensor(values, [...shape], "float32");
  const made = tensorOn(tf, heap, values, shape);
  spare = values;
  return made;
}
