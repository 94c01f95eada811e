import { claimed } from "./locks";
import { isMeta } from "./spool/take-files";
import type { TakeMeta } from "./spool/types";

/**
 * The takes of an account that a crash left on this device and that no tab works on. Cheap, because every page asks: no worker is started
 * and no part is read.
 */
export async function leftovers(account: string): Promise<TakeMeta[]> {
  // Without a secure context nothing can have been recorded here.
  if (!isSecureContext || navigator.locks === undefined) return [];
  const [metas, busy] = await Promise.all([described(), claimed()]);
  return metas
    .filter((meta) => meta.account === account && !busy.has(meta.id))
    .sort((a, b) => b.startedAt - a.startedAt);
}

async function described(): Promise<TakeMeta[]> {
  const files = await inFiles().catch(() => []);
  const rows = await inDatabase().catch(() => []);
  return [...files, ...rows];
}

async function inFiles(): Promise<TakeMeta[]> {
  if (typeof navigator.storage?.getDirectory !== "function") return [];
  const takes = await (await navigator.storage.getDirectory()).getDirectoryHandle("takes");
  const found: TakeMeta[] = [];
  for await (const handle of (takes as unknown as { values(): AsyncIterable<FileSystemHandle> }).values()) {
    if (handle.kind !== "directory") continue;
    try {
      const file = await (handle as FileSystemDirectoryHandle).getFileHandle("take.json");
      const meta: unknown = JSON.parse(await (await file.getFile()).text());
      if (isMeta(meta)) found.push(meta);
    } catch {
      // Cut off before it was described: there is nothing in it.
    }
  }
  return found;
}

async function inDatabase(): Promise<TakeMeta[]> {
  const { databaseSpool, NAME } = await import("./spool/database-spool");
  const databases = await indexedDB.databases();
  if (!databases.some(({ name }) => name === NAME)) return [];
  const spool = databaseSpool();
  const takes = await Promise.all((await spool.list()).map((take) => spool.describe(take)));
  return takes.filter((meta) => meta !== undefined);
}
