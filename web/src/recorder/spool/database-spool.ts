import { isMeta } from "./take-files";
import type { Spool, StoredTake, TakeMeta } from "./types";

export const NAME = "vitascope.takes";

/** The spool in IndexedDB, for browsers without private files. Slower, but a strict transaction is on the disk all the same. */
export function databaseSpool(): Spool & { describe(take: string): Promise<TakeMeta | undefined> } {
  let database: Promise<IDBDatabase> | undefined;
  const connect = () => {
    database ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("takes");
        request.result.createObjectStore("parts");
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return database;
  };

  /** Runs one transaction and gives what its request found. */
  const run = async <T>(
    mode: IDBTransactionMode,
    work: (takes: IDBObjectStore, parts: IDBObjectStore) => IDBRequest<T> | undefined,
  ): Promise<T | undefined> => {
    const connection = await connect();
    return new Promise((resolve, reject) => {
      const transaction = connection.transaction(["takes", "parts"], mode, { durability: "strict" });
      const request = work(transaction.objectStore("takes"), transaction.objectStore("parts"));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error ?? new DOMException("", "AbortError"));
    });
  };

  const all = (take: string) => IDBKeyRange.bound([take, 0], [take, Number.MAX_SAFE_INTEGER]);

  return {
    create: async (meta) => {
      await run("readwrite", (takes) => takes.put({ meta }, meta.id));
    },
    async describe(take) {
      const found = await run("readonly", (takes) => takes.get(take) as IDBRequest<{ meta: unknown }>);
      return isMeta(found?.meta) ? found.meta : undefined;
    },
    async open(take): Promise<StoredTake | undefined> {
      const found = await run("readonly", (takes) => takes.get(take) as IDBRequest<{ meta: unknown; count?: number }>);
      if (found === undefined || !isMeta(found.meta)) return undefined;
      const keys = (await run("readonly", (_, parts) => parts.getAllKeys(all(take)))) ?? [];
      let bytes = 0;
      const numbers = keys.map((key) => (key as [string, number])[1]);
      for (const number of numbers) bytes += (await this.read(take, number))?.byteLength ?? 0;
      return { meta: found.meta, numbers, count: found.count, bytes };
    },
    append: async (take, number, bytes) => {
      await run("readwrite", (_, parts) => parts.put(bytes, [take, number]));
    },
    read: (take, number) => run("readonly", (_, parts) => parts.get([take, number]) as IDBRequest<ArrayBuffer>),
    drop: async (take, number) => {
      await run("readwrite", (_, parts) => parts.delete([take, number]));
    },
    end: async (take, count) => {
      const found = await run("readonly", (takes) => takes.get(take));
      await run("readwrite", (takes) => takes.put({ ...found, count }, take));
    },
    remove: async (take) => {
      await run("readwrite", (takes, parts) => {
        parts.delete(all(take));
        return takes.delete(take);
      });
    },
    peek(take) {
      return this.open(take);
    },
    list: async () => ((await run("readonly", (takes) => takes.getAllKeys())) ?? []).map(String),
  };
}
