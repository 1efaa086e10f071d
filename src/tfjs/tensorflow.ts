import type * as core from "@tensorflow/tfjs-core";
import { describe, fail } from "../engine/checks.js";

export type Tensor = core.Tensor;

/** What the losses and metrics use of TensorFlow.js: `@tensorflow/tfjs`, or `@tensorflow/tfjs-core` alone, has all of it. */
export type TensorFlow = Pick<
  typeof core,
  | "abs"
  | "add"
  | "backend"
  | "cast"
  | "clone"
  | "customGrad"
  | "engine"
  | "equal"
  | "exp"
  | "getBackend"
  | "greater"
  | "keep"
  | "log"
  | "max"
  | "maximum"
  | "mean"
  | "mul"
  | "neg"
  | "notEqual"
  | "relu"
  | "reshape"
  | "scalar"
  | "sigmoid"
  | "sqrt"
  | "sub"
  | "sum"
  | "tensor"
  | "tidy"
  | "where"
  | "div"
>;

/** Whether a value is a tensor, of whichever copy of TensorFlow.js. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "dataId" in value && "shape" in value;
}

/** The argument `tf`, checked for what is used of it first. */
export function tensorFlow(value: unknown): TensorFlow {
  const tf = value as Partial<TensorFlow> | null | undefined;
  if (typeof tf?.customGrad !== "function" || typeof tf.engine !== "function") {
    const received = isTensor(value) ? "a tensor" : describe(value);
    fail("TYPE", "tf", "TensorFlow.js: what `import * as tf` gives", received);
  }
  return tf as TensorFlow;
}

/** An argument of a loss or metric that has to be a tensor in use. */
export function tensor(value: unknown, argument: string): Tensor {
  if (!isTensor(value)) fail("TYPE", argument, "a tensor", describe(value));
  if (value.isDisposed) fail("DISPOSED", argument, "a tensor in use", "one that was disposed of");
  return value;
}

/** A shape as error messages show it. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
