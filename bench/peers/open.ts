import type { Named, Skipped } from "./measureShape.ts";
import { type Peer, Unavailable } from "./peer.ts";

/** The peers that are there, and by name what is not, and why. */
export async function openPeers(peers: readonly Peer[]): Promise<{ opened: Named[]; skipped: Skipped[] }> {
  const opened: Named[] = [];
  const skipped: Skipped[] = [];
  for (const peer of peers) {
    try {
      const found = await peer.open();
      opened.push({ ...found, peer: peer.name });
      skipped.push(...(found.skipped ?? []));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      skipped.push({ name: peer.name, reason: error.message });
    }
  }
  return { opened, skipped };
}
