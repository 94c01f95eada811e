import { useSyncExternalStore } from "react";
import { uploader } from "@/uploads";
import type { UploadItem } from "@/uploads/types";

export function useUploads(): readonly UploadItem[] {
  return useSyncExternalStore(uploader.subscribe, uploader.snapshot);
}
