import { browserNetwork, browserTransport } from "@/uploads/browser-transport";
import { databaseSpool } from "./spool/database-spool";
import { SafeSpool } from "./spool/safe-spool";
import type { Spool } from "./spool/types";
import { hasPrivateFiles, workerSpool } from "./spool/worker-spool";
import type { TakeDeps } from "./take";

const memoryListeners = new Set<(take: string) => void>();

/** Told when a take can only be kept in memory from now on. */
export function onMemory(listener: (take: string) => void): void {
  memoryListeners.add(listener);
}

/** The one place where this tab keeps takes: private files, else the database, else memory. */
export const spool = new SafeSpool(durable(), (take) => {
  for (const listener of memoryListeners) listener(take);
});

function durable(): Spool | undefined {
  if (hasPrivateFiles()) return workerSpool();
  return typeof indexedDB === "undefined" ? undefined : databaseSpool();
}

/** What every take of this tab stands on. */
export function takeDeps(take: string, hooks: Pick<TakeDeps, "onChange" | "onFull">): TakeDeps {
  return {
    transport: browserTransport,
    network: browserNetwork,
    spool,
    now: () => Date.now(),
    // Bytes in memory would leave gaps behind if the tab died: they go in their order.
    parallel: () => (spool.inMemory(take) ? 1 : 3),
    ...hooks,
  };
}
