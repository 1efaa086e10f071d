/** Fetches the embeddings and their labels. */

const GREATEST = 127;

/**
 * @returns the number of dimensions, the names of the labels, and two splits: inputs, float32 [rows, dimensions], and
 *   sparse labels
 */
export async function loadData(folder) {
  const [description, bytes] = await Promise.all([
    fetch(new URL("embeddings.json", folder)).then((response) => response.json()),
    fetch(new URL("embeddings.bin", folder)).then((response) => response.arrayBuffer()),
  ]);
  const { dimensions, labels } = description;
  const all = Float32Array.from(new Int8Array(bytes), (coordinate) => coordinate / GREATEST);

  function split({ rows, offsets, indices }, firstRow) {
    return {
      rows,
      inputs: all.subarray(firstRow * dimensions, (firstRow + rows) * dimensions),
      labels: { offsets: Int32Array.from(offsets), indices: Int32Array.from(indices) },
    };
  }
  return {
    dimensions,
    labels,
    train: split(description.train, 0),
    validation: split(description.validation, description.train.rows),
  };
}
