import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Peer, Unavailable } from "./peer.ts";

const script = fileURLToPath(new URL("pytorch.py", import.meta.url));

/** A Python may hide that of the system, which is where a package manager puts PyTorch. */
const PYTHONS = ["python3", "/usr/bin/python3"];

/** PyTorch's version, if this Python has it. */
function versionIn(python: string): string | undefined {
  try {
    const command =
      "import torch; print(torch.__version__, torch.backends.cpu.get_cpu_capability() if hasattr(torch.backends, 'cpu') else '')";
    return execFileSync(python, ["-c", command], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}

export const pytorch: Peer = {
  name: "pytorch",
  async open() {
    for (const python of PYTHONS) {
      const version = versionIn(python);
      if (version === undefined) continue;
      return {
        version: `PyTorch ${version}`,
        programs: [{ name: "PyTorch, eager", bounds: { loss: 8, grad: 64 }, command: [python, script] }],
      };
    }
    throw new Unavailable(`no torch in ${PYTHONS.join(" or ")}`);
  },
};
