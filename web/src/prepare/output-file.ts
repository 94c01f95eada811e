import { BufferTarget, StreamTarget, type StreamTargetChunk, type Target } from "mediabunny";

/** Where a result is written: the private file system where there is one, else memory. */
export interface OutputFile {
  target: Target;
  /** The whole result under a name. */
  take(name: string, type: string): Promise<File>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** What TypeScript's library does not describe (WHATWG File System). */
interface SyncFile {
  write(bytes: Uint8Array, options: { at: number }): number;
  close(): void;
}
type WorkerFileHandle = FileSystemFileHandle & { createSyncAccessHandle?(): Promise<SyncFile> };
type ListedFolder = FileSystemDirectoryHandle & {
  entries(): AsyncIterable<[string, FileSystemFileHandle | FileSystemDirectoryHandle]>;
};

const FOLDER = "prepared";
/** What an upload may still read is younger. */
const OLD_MS = 24 * 3600_000;
/** The most that is kept in memory, in bytes of the source. */
const MEMORY = 512 * 1024 * 1024;

/** Nothing for a source too large for memory in a browser without a private file system. */
export async function openOutput(sourceBytes: number): Promise<OutputFile | undefined> {
  const inFiles = await inFolder().catch(() => undefined);
  if (inFiles !== undefined) return inFiles;
  return sourceBytes <= MEMORY ? inMemory() : undefined;
}

async function inFolder(): Promise<OutputFile | undefined> {
  const root = await navigator.storage.getDirectory();
  const folder = (await root.getDirectoryHandle(FOLDER, { create: true })) as ListedFolder;
  await removeOld(folder);
  const name = crypto.randomUUID();
  const handle: WorkerFileHandle = await folder.getFileHandle(name, { create: true });
  const access = await handle.createSyncAccessHandle?.();
  if (access === undefined) return undefined;
  let open = true;
  const close = () => {
    if (open) access.close();
    open = false;
  };
  const writable = new WritableStream<StreamTargetChunk>({
    write({ data, position }) {
      let done = 0;
      // A call may write less than it is given.
      while (done < data.length) {
        const wrote = access.write(data.subarray(done), { at: position + done });
        if (wrote === 0) throw new DOMException("no room", "QuotaExceededError");
        done += wrote;
      }
    },
  });
  return {
    target: new StreamTarget(writable, { chunked: true }),
    take: async (title, type) => {
      close();
      return new File([await handle.getFile()], title, { type });
    },
    discard: async () => {
      close();
      await folder.removeEntry(name).catch(() => undefined);
    },
  };
}

function inMemory(): OutputFile {
  const target = new BufferTarget();
  return {
    target,
    take: async (title, type) => new File([target.buffer ?? new ArrayBuffer(0)], title, { type }),
    discard: async () => undefined,
  };
}

/** Results that no upload can need any more; the browser tells nobody when a tab is closed. */
async function removeOld(folder: ListedFolder): Promise<void> {
  for await (const [name, handle] of folder.entries()) {
    if (!("getFile" in handle)) continue;
    try {
      const { lastModified } = await handle.getFile();
      if (Date.now() - lastModified > OLD_MS) await folder.removeEntry(name);
    } catch {
      // Another tab writes it just now.
    }
  }
}
