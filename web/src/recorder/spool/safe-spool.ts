import type { Spool } from "./types";

/** What memory may hold when the disk takes no more. About half an hour at 2 Mbit/s. */
const MOST_BYTES = 512 * 1024 * 1024;

/** Neither the disk nor memory takes another part. */
export class SpoolFull extends Error {
  override readonly name = "SpoolFull";
}

/**
 * A spool that goes on in memory when the device's storage refuses: a take is then sent straight from there. What it holds in memory
 * does not outlive the tab, so `onMemory` is told.
 */
export class SafeSpool implements Spool {
  #inner: Spool | undefined;
  #onMemory: (take: string) => void;
  #memory = new Map<string, Map<number, ArrayBuffer>>();
  #bytes = 0;
  #most: number;

  constructor(inner: Spool | undefined, onMemory: (take: string) => void, most = MOST_BYTES) {
    this.#inner = inner;
    this.#onMemory = onMemory;
    this.#most = most;
  }

  async create(meta: Parameters<Spool["create"]>[0]): Promise<void> {
    try {
      if (this.#inner === undefined) throw new DOMException("", "NotSupportedError");
      await this.#inner.create(meta);
    } catch {
      this.#remember(meta.id);
    }
  }

  open(take: string) {
    return this.#inner?.open(take) ?? Promise.resolve(undefined);
  }

  async append(take: string, number: number, bytes: ArrayBuffer): Promise<void> {
    // Once refused, a take stays in memory: asking a full disk again each second helps nobody.
    const kept = this.#memory.get(take);
    if (kept === undefined) {
      try {
        await this.#inner?.append(take, number, bytes);
        return;
      } catch {
        this.#remember(take);
      }
    }
    if (this.#bytes + bytes.byteLength > this.#most) throw new SpoolFull();
    this.#bytes += bytes.byteLength;
    this.#memory.get(take)?.set(number, bytes);
  }

  async read(take: string, number: number): Promise<ArrayBuffer | undefined> {
    return this.#memory.get(take)?.get(number) ?? (await this.#inner?.read(take, number).catch(() => undefined));
  }

  async drop(take: string, number: number): Promise<void> {
    if (this.#forget(take, number)) return;
    await this.#inner?.drop(take, number).catch(() => undefined);
  }

  async end(take: string, count: number): Promise<void> {
    // Without this record a recovered take ends with its last part, which is the same.
    await this.#inner?.end(take, count).catch(() => undefined);
  }

  async remove(take: string): Promise<void> {
    for (const number of this.#memory.get(take)?.keys() ?? []) this.#forget(take, number);
    this.#memory.delete(take);
    await this.#inner?.remove(take).catch(() => undefined);
  }

  list(): Promise<string[]> {
    return this.#inner?.list() ?? Promise.resolve([]);
  }

  peek(take: string) {
    return this.#inner?.peek(take) ?? Promise.resolve(undefined);
  }

  /** Whether a take's bytes would be lost with this tab. */
  inMemory(take: string): boolean {
    return this.#memory.has(take);
  }

  #remember(take: string): void {
    this.#memory.set(take, new Map());
    this.#onMemory(take);
  }

  #forget(take: string, number: number): boolean {
    const bytes = this.#memory.get(take)?.get(number);
    if (bytes === undefined) return false;
    this.#bytes -= bytes.byteLength;
    return this.#memory.get(take)?.delete(number) ?? false;
  }
}
