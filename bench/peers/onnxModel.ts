/*
 * The model of ONNX that computes loss and gradient, written out as the bytes of its protocol buffer: a few kinds of
 * messages, for which no library is needed.
 */

const FLOAT = 1;
const INT64 = 7;
const OPSET = 18;
/** The least version of the file format that has this opset. */
const IR_VERSION = 8;

const utf8 = new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** A field of a message: a number, a text, or the bytes of a message within. */
function field(id: number, value: number | string | Iterable<number>): number[] {
  if (typeof value === "number") return [...varint(id << 3), ...varint(value)];
  const bytes = typeof value === "string" ? [...utf8.encode(value)] : [...value];
  return [...varint((id << 3) | 2), ...varint(bytes.length), ...bytes];
}

/** An operation: its inputs by name, and its output, which has one name. */
interface Node {
  output: string;
  operation: string;
  inputs: string[];
  /** Of reductions: whether the axis stays. */
  keepDims?: boolean;
}

function nodeBytes({ output, operation, inputs, keepDims }: Node): number[] {
  const attribute =
    keepDims === undefined ? [] : [field(1, "keepdims"), field(3, Number(keepDims)), field(20, 2)];
  return [
    ...inputs.flatMap((input) => field(1, input)),
    ...field(2, output),
    ...field(4, operation),
    ...(attribute.length > 0 ? field(5, attribute.flat()) : []),
  ];
}

function constantBytes(name: string, type: number, dims: number[], data: ArrayBuffer): number[] {
  return [
    ...dims.flatMap((dim) => field(1, dim)),
    ...field(2, type),
    ...field(8, name),
    ...field(9, new Uint8Array(data)),
  ];
}

function valueBytes(name: string, dims: number[]): number[] {
  const shape = dims.flatMap((dim) => field(1, field(1, dim)));
  return [...field(1, name), ...field(2, field(1, [...field(1, FLOAT), ...field(2, shape)]))];
}

/** The same operations as those of the other libraries with a gradient of their own. */
const NODES: Node[] = [
  { output: "twice", operation: "Mul", inputs: ["labels", "two"] },
  { output: "sign", operation: "Sub", inputs: ["one", "twice"] },
  { output: "flipped", operation: "Mul", inputs: ["sign", "logits"] },
  { output: "e", operation: "Exp", inputs: ["flipped"] },
  { output: "positive", operation: "Mul", inputs: ["e", "labels"] },
  { output: "negative", operation: "Sub", inputs: ["e", "positive"] },
  { output: "a", operation: "ReduceSum", inputs: ["negative", "axes"], keepDims: true },
  { output: "b", operation: "ReduceSum", inputs: ["positive", "axes"], keepDims: true },
  { output: "a1", operation: "Add", inputs: ["a", "one"] },
  { output: "b1", operation: "Add", inputs: ["b", "one"] },
  // ONNX has no log1p.
  { output: "logA", operation: "Log", inputs: ["a1"] },
  { output: "logB", operation: "Log", inputs: ["b1"] },
  { output: "losses", operation: "Add", inputs: ["logA", "logB"] },
  { output: "loss", operation: "ReduceMean", inputs: ["losses"], keepDims: false },
  { output: "shareA", operation: "Div", inputs: ["factor", "a1"] },
  { output: "shareB", operation: "Div", inputs: ["factor", "b1"] },
  { output: "gradA", operation: "Mul", inputs: ["negative", "shareA"] },
  { output: "gradB", operation: "Mul", inputs: ["positive", "shareB"] },
  { output: "grad", operation: "Sub", inputs: ["gradA", "gradB"] },
];

export type Output = "loss" | "losses" | "grad";

/** Only the operations that these outputs need. */
function needed(outputs: readonly string[]): Node[] {
  const names = new Set(outputs);
  const found: Node[] = [];
  for (const node of [...NODES].reverse()) {
    if (!names.has(node.output)) continue;
    for (const input of node.inputs) names.add(input);
    found.unshift(node);
  }
  return found;
}

/** A model that makes these outputs of `logits` and `labels`, both float32 [rows, classes]. */
export function onnxModel(rows: number, classes: number, outputs: readonly Output[]): Uint8Array {
  const dims: Record<Output, number[]> = { loss: [], losses: [rows, 1], grad: [rows, classes] };
  const nodes = needed(outputs);
  const scalars = Object.entries({ one: 1, two: 2, factor: 1 / rows });
  const graph = [
    ...nodes.flatMap((node) => field(1, nodeBytes(node))),
    ...field(2, "zlpr"),
    ...scalars
      .filter(([name]) => nodes.some(({ inputs }) => inputs.includes(name)))
      .flatMap(([name, value]) => field(5, constantBytes(name, FLOAT, [], Float32Array.of(value).buffer))),
    ...field(5, constantBytes("axes", INT64, [1], BigInt64Array.of(1n).buffer)),
    ...["logits", "labels"].flatMap((name) => field(11, valueBytes(name, [rows, classes]))),
    ...outputs.flatMap((name) => field(12, valueBytes(name, dims[name]))),
  ];
  return Uint8Array.from([
    ...field(1, IR_VERSION),
    ...field(7, graph),
    ...field(8, [...field(1, ""), ...field(2, OPSET)]),
  ]);
}
