import { useSyncExternalStore } from "react";
import { type BroadcastView, broadcaster } from "@/broadcast/broadcaster";

export function useBroadcast(): BroadcastView {
  return useSyncExternalStore(broadcaster.subscribe, broadcaster.snapshot);
}
