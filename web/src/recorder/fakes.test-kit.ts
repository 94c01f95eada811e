import { type Folder, type SyncFile, TakeFiles } from "./spool/take-files";
import type { Spool, StoredTake, TakeMeta } from "./spool/types";

/** A disk in memory. `room` bytes are left; what was not flushed is lost by `crash`. */
export class FakeDisk {
  room = Number.POSITIVE_INFINITY;
  files = new Map<string, { bytes: Uint8Array; flushed: Uint8Array }>();

  folder(take: string): Folder {
    return {
      open: async (name, create) => {
        const key = `${take}/${name}`;
        let entry = this.files.get(key);
        if (entry === undefined) {
          if (!create) return undefined;
          entry = { bytes: new Uint8Array(), flushed: new Uint8Array() };
          this.files.set(key, entry);
        }
        return this.#file(entry);
      },
      remove: async (name) => {
        this.files.delete(`${take}/${name}`);
      },
      names: async () =>
        [...this.files.keys()].filter((key) => key.startsWith(`${take}/`)).map((key) => key.slice(take.length + 1)),
    };
  }

  /** The machine goes off: only what was flushed stays, and of the rest perhaps `torn` bytes. */
  crash(torn = 0): void {
    for (const entry of this.files.values()) {
      entry.bytes = entry.bytes.slice(0, Math.min(entry.bytes.length, entry.flushed.length + torn));
    }
  }

  #file(entry: { bytes: Uint8Array; flushed: Uint8Array }): SyncFile {
    return {
      getSize: () => entry.bytes.length,
      read: (buffer, { at }) => {
        const part = entry.bytes.subarray(at, at + buffer.length);
        buffer.set(part);
        return part.length;
      },
      write: (buffer, { at }) => {
        const taken = buffer.subarray(0, Math.max(0, Math.min(buffer.length, this.room)));
        this.room -= taken.length;
        const next = new Uint8Array(Math.max(entry.bytes.length, at + taken.length));
        next.set(entry.bytes);
        next.set(taken, at);
        entry.bytes = next;
        return taken.length;
      },
      truncate: (size) => {
        entry.bytes = entry.bytes.slice(0, size);
      },
      flush: () => {
        entry.flushed = entry.bytes.slice();
      },
      close: () => undefined,
    };
  }
}

/** The spool of the worker, on a fake disk. */
export class FakeSpool implements Spool {
  disk = new FakeDisk();
  #open = new Map<string, TakeFiles>();

  async create(meta: TakeMeta) {
    this.#open.set(meta.id, await TakeFiles.create(this.disk.folder(meta.id), meta));
  }

  async open(take: string): Promise<StoredTake | undefined> {
    const files = await TakeFiles.open(this.disk.folder(take));
    if (files !== undefined) this.#open.set(take, files);
    return files?.stored();
  }

  peek(take: string) {
    return this.open(take);
  }

  async append(take: string, number: number, bytes: ArrayBuffer) {
    await this.#need(take).append(number, new Uint8Array(bytes));
  }

  async read(take: string, number: number) {
    return this.#need(take).read(number)?.buffer as ArrayBuffer | undefined;
  }

  async drop(take: string, number: number) {
    await this.#need(take).drop(number);
  }

  async end(take: string, count: number) {
    await this.#need(take).end(count);
  }

  async remove(take: string) {
    this.#open.delete(take);
    for (const key of [...this.disk.files.keys()]) if (key.startsWith(`${take}/`)) this.disk.files.delete(key);
  }

  async list() {
    return [...new Set([...this.disk.files.keys()].map((key) => key.split("/")[0] ?? ""))];
  }

  #need(take: string): TakeFiles {
    const files = this.#open.get(take);
    if (files === undefined) throw new Error("the take is not open");
    return files;
  }
}

export const META: TakeMeta = { id: "v1", account: "a1", title: "A take", partSize: 8, startedAt: 0 };

/** A chunk of `length` bytes that are all `value`. */
export function chunk(value: number, length = 4): Blob {
  return new Blob([new Uint8Array(length).fill(value)]);
}
