import type { SpoolAnswer, SpoolCall } from "./messages";
import type { Spool } from "./types";

/** Whether this browser has a private file system that a worker can write to. */
export function hasPrivateFiles(): boolean {
  return (
    typeof navigator.storage?.getDirectory === "function" &&
    typeof FileSystemFileHandle !== "undefined" &&
    typeof Worker !== "undefined"
  );
}

/** The spool in its worker. */
export function workerSpool(): Spool {
  const worker = new Worker(new URL("./spool.worker.ts", import.meta.url), { type: "module", name: "takes" });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let calls = 0;
  let broken: Error | undefined;
  worker.onmessage = ({ data }: MessageEvent<SpoolAnswer>) => {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ("error" in data) call?.reject(new DOMException(data.error, data.name));
    else call?.resolve(data.value);
  };
  worker.onerror = () => {
    broken = new DOMException("the worker that keeps takes has failed", "UnknownError");
    for (const call of waiting.values()) call.reject(broken);
    waiting.clear();
  };
  const ask = <T>(method: SpoolCall["method"], words: unknown[]): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (broken !== undefined) return reject(broken);
      calls += 1;
      waiting.set(calls, { resolve: resolve as (value: unknown) => void, reject });
      // Not transferred: when the disk is full, the caller still has the bytes.
      worker.postMessage({ id: calls, method, words } satisfies SpoolCall);
    });
  return {
    create: (meta) => ask("create", [meta]),
    open: (take) => ask("open", [take]),
    append: (take, number, bytes) => ask("append", [take, number, bytes]),
    read: (take, number) => ask("read", [take, number]),
    drop: (take, number) => ask("drop", [take, number]),
    end: (take, count) => ask("end", [take, count]),
    remove: (take) => ask("remove", [take]),
    list: () => ask("list", []),
    peek: (take) => ask("peek", [take]),
  };
}
