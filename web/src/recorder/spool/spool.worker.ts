// Holds the files of takes. A worker, because only workers may write to the origin's private file system synchronously, which
// is the one way to know that a chunk has been flushed.
import type { SpoolAnswer, SpoolCall } from "./messages";
import { type Folder, type SyncFile, TakeFiles } from "./take-files";
import type { Spool, TakeMeta } from "./types";

const ROOT = "takes";

interface SyncFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncFile>;
}

async function root(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
}

async function names(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const found: string[] = [];
  for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) found.push(name);
  return found;
}

function folderOf(handle: FileSystemDirectoryHandle): Folder {
  return {
    open: async (name, create) => {
      try {
        const file = (await handle.getFileHandle(name, { create })) as SyncFileHandle;
        return await file.createSyncAccessHandle();
      } catch (error) {
        if (!create && error instanceof DOMException && error.name === "NotFoundError") return undefined;
        throw error;
      }
    },
    remove: (name) => handle.removeEntry(name),
    names: () => names(handle),
  };
}

const open = new Map<string, TakeFiles>();

function need(take: string): TakeFiles {
  const files = open.get(take);
  if (files === undefined) throw new Error("the take is not open");
  return files;
}

const spool: Spool = {
  async create(meta: TakeMeta) {
    const handle = await (await root()).getDirectoryHandle(meta.id, { create: true });
    open.set(meta.id, await TakeFiles.create(folderOf(handle), meta));
  },
  async open(take) {
    const known = open.get(take);
    if (known !== undefined) return known.stored();
    const files = await TakeFiles.open(folderOf(await (await root()).getDirectoryHandle(take)));
    if (files !== undefined) open.set(take, files);
    return files?.stored();
  },
  append: (take, number, bytes) => need(take).append(number, new Uint8Array(bytes)),
  read: async (take, number) => need(take).read(number)?.buffer as ArrayBuffer | undefined,
  drop: (take, number) => need(take).drop(number),
  end: (take, count) => need(take).end(count),
  async remove(take) {
    open.get(take)?.close();
    open.delete(take);
    await (await root()).removeEntry(take, { recursive: true });
  },
  list: async () => names(await root()),
  async peek(take) {
    const known = open.get(take);
    if (known !== undefined) return known.stored();
    const files = await TakeFiles.open(folderOf(await (await root()).getDirectoryHandle(take)));
    files?.close();
    return files?.stored();
  },
};

/** One call after the other: a file takes one writer, and what was appended first is read first. */
let line: Promise<void> = Promise.resolve();

async function run({ id, method, words }: SpoolCall): Promise<void> {
  let answer: SpoolAnswer;
  try {
    answer = { id, value: await (spool[method] as (...all: unknown[]) => Promise<unknown>)(...words) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
    answer = { id, name, error: message };
  }
  const bytes = "value" in answer && answer.value instanceof ArrayBuffer ? [answer.value] : [];
  postMessage(answer, { transfer: bytes });
}

addEventListener("message", (event: MessageEvent<SpoolCall>) => {
  line = line.then(() => run(event.data));
});
