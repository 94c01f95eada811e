import { session } from "@/api/client";
import { defaultVisibility } from "@/shared/video/default-visibility";
import { uploader } from "@/uploads";

let waiting: File[] = [];

/** Uploads files, or keeps them until somebody has signed in. */
export function addFiles(files: Iterable<File>): void {
  if (session.status === "signed_in") uploader.add(files, defaultVisibility());
  else waiting = [...waiting, ...files];
}

/** Starts what was dropped before signing in. */
export function addWaitingFiles(): void {
  const files = waiting;
  waiting = [];
  if (files.length > 0) uploader.add(files, defaultVisibility());
}

/** The files of a drop; folders are left out, they have no bytes to read. */
export function filesOf(data: DataTransfer): File[] {
  const items = [...data.items].filter((item) => item.kind === "file");
  if (items.length === 0) return [...data.files];
  return items.flatMap((item) => {
    if (item.webkitGetAsEntry?.()?.isDirectory) return [];
    const file = item.getAsFile();
    return file ? [file] : [];
  });
}
