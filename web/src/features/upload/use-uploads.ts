import { useSyncExternalStore } from "react";
import { elsewhere, uploader } from "@/uploads";
import type { UploadItem } from "@/uploads/types";

export function useUploads(): readonly UploadItem[] {
  return useSyncExternalStore(uploader.subscribe, uploader.snapshot);
}

/** The videos that other tabs of this browser upload just now. */
export function useElsewhere(): ReadonlySet<string> {
  return useSyncExternalStore(elsewhere.subscribe, elsewhere.snapshot);
}
