import { endRecord, HEADER, partHeader, scan } from "./records";
import type { StoredTake, TakeMeta } from "./types";

/** A file with synchronous access, as `FileSystemSyncAccessHandle` gives it. */
export interface SyncFile {
  getSize(): number;
  read(buffer: Uint8Array, options: { at: number }): number;
  write(buffer: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** A folder that holds the files of one take. */
export interface Folder {
  open(name: string, create: boolean): Promise<SyncFile | undefined>;
  remove(name: string): Promise<void>;
  names(): Promise<string[]>;
}

const META = "take.json";
const LOG = /^(\d{6})\.log$/;
/** A file that is this long takes no more parts. It is removed when the server has all of them. */
const FILE_BYTES = 16 * 1024 * 1024;

interface LogFile {
  name: string;
  file: SyncFile;
  /** Where the next record goes. */
  end: number;
  /** Parts that the server does not have yet. */
  parts: Map<number, { offset: number; length: number }>;
}

/** The files of one take: parts are appended to a log, flushed one by one, and a log goes when none of its parts is needed. */
export class TakeFiles {
  readonly meta: TakeMeta;
  #folder: Folder;
  #logs: LogFile[] = [];
  #next = 1;
  #count: number | undefined;

  private constructor(folder: Folder, meta: TakeMeta) {
    this.#folder = folder;
    this.meta = meta;
  }

  static async create(folder: Folder, meta: TakeMeta): Promise<TakeFiles> {
    const file = await folder.open(META, true);
    if (file === undefined) throw new Error("the take cannot be described");
    try {
      const bytes = new TextEncoder().encode(JSON.stringify(meta));
      file.truncate(0);
      file.write(bytes, { at: 0 });
      file.flush();
    } finally {
      file.close();
    }
    return new TakeFiles(folder, meta);
  }

  /** Reads what a crash left. Nothing when there is no readable description. */
  static async open(folder: Folder): Promise<TakeFiles | undefined> {
    const meta = await readMeta(folder);
    if (meta === undefined) return undefined;
    const take = new TakeFiles(folder, meta);
    for (const name of (await folder.names()).filter((name) => LOG.test(name)).sort()) await take.#load(name);
    return take;
  }

  stored(): StoredTake {
    const parts = this.#logs.flatMap((log) => [...log.parts]);
    return {
      meta: this.meta,
      numbers: parts.map(([number]) => number).sort((a, b) => a - b),
      count: this.#count,
      bytes: parts.reduce((sum, [, { length }]) => sum + length, 0),
    };
  }

  async append(number: number, bytes: Uint8Array): Promise<void> {
    const log = await this.#writable();
    const offset = log.end + HEADER;
    this.#write(log, [partHeader(number, bytes), bytes]);
    log.parts.set(number, { offset, length: bytes.byteLength });
  }

  async end(count: number): Promise<void> {
    this.#write(await this.#writable(), [endRecord(count)]);
    this.#count = count;
  }

  read(number: number): Uint8Array | undefined {
    for (const log of this.#logs) {
      const part = log.parts.get(number);
      if (part === undefined) continue;
      const bytes = new Uint8Array(part.length);
      return log.file.read(bytes, { at: part.offset }) === part.length ? bytes : undefined;
    }
    return undefined;
  }

  async drop(number: number): Promise<void> {
    for (const log of [...this.#logs]) {
      if (!log.parts.delete(number) || log.parts.size > 0 || log.end < FILE_BYTES) continue;
      log.file.close();
      this.#logs = this.#logs.filter((other) => other !== log);
      await this.#folder.remove(log.name);
    }
  }

  /** Lets the files go; nothing can be read or written after that. */
  close(): void {
    for (const log of this.#logs) log.file.close();
  }

  /** Whole records or nothing: what a full disk cut short is taken back. */
  #write(log: LogFile, pieces: readonly Uint8Array[]): void {
    let at = log.end;
    try {
      for (const piece of pieces) {
        if (log.file.write(piece, { at }) !== piece.byteLength) throw new DOMException("", "QuotaExceededError");
        at += piece.byteLength;
      }
      log.file.flush();
    } catch (error) {
      log.file.truncate(log.end);
      throw error;
    }
    log.end = at;
  }

  async #writable(): Promise<LogFile> {
    const last = this.#logs.at(-1);
    if (last !== undefined && last.end < FILE_BYTES) return last;
    const name = `${String(this.#next).padStart(6, "0")}.log`;
    const file = await this.#folder.open(name, true);
    if (file === undefined) throw new Error(`${name} cannot be made`);
    this.#next += 1;
    const log: LogFile = { name, file, end: 0, parts: new Map() };
    this.#logs.push(log);
    return log;
  }

  async #load(name: string): Promise<void> {
    const file = await this.#folder.open(name, false);
    if (file === undefined) return;
    const { records, whole } = scan(file.getSize(), (offset, length) => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, file.read(bytes, { at: offset }));
    });
    const log: LogFile = { name, file, end: whole, parts: new Map() };
    for (const record of records) {
      if (record.kind === "end") this.#count = record.count;
      else log.parts.set(record.number, record);
    }
    this.#logs.push(log);
    this.#next = Math.max(this.#next, Number(LOG.exec(name)?.[1]) + 1);
  }
}

async function readMeta(folder: Folder): Promise<TakeMeta | undefined> {
  const file = await folder.open(META, false);
  if (file === undefined) return undefined;
  try {
    const bytes = new Uint8Array(Math.min(file.getSize(), 64 * 1024));
    file.read(bytes, { at: 0 });
    const meta: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isMeta(meta) ? meta : undefined;
  } catch {
    return undefined;
  } finally {
    file.close();
  }
}

export function isMeta(value: unknown): value is TakeMeta {
  if (typeof value !== "object" || value === null) return false;
  const { id, account, title, partSize, startedAt } = value as Record<string, unknown>;
  return (
    typeof id === "string" &&
    typeof account === "string" &&
    typeof title === "string" &&
    typeof partSize === "number" &&
    partSize > 0 &&
    typeof startedAt === "number"
  );
}
