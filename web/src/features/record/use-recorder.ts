import { useSyncExternalStore } from "react";
import { recorder } from "@/recorder/recorder";
import { type Leftover, recovery } from "@/recorder/recovery";
import type { RecorderView } from "@/recorder/view";

export function useRecorder(): RecorderView {
  return useSyncExternalStore(recorder.subscribe, recorder.snapshot);
}

export function useLeftovers(): readonly Leftover[] {
  return useSyncExternalStore(recovery.subscribe, recovery.snapshot);
}
