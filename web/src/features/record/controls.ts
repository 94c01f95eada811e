import { createContext, useContext } from "react";
import type { Bubble } from "@/recorder/bubble";
import type { SoundSource } from "@/recorder/mixer";
import type { Settings } from "@/recorder/settings";

/** What the fields and meters of a studio work on: the recorder, or a broadcast. */
export interface StudioControls {
  choose(changes: Partial<Settings>): void;
  /** Opens camera and microphone; the browser asks. */
  allow(): Promise<void>;
  moveBubble(bubble: Bubble): void;
  /** How loud a source is now, from 0 to 1. */
  level(kind: SoundSource): number;
}

export const Controls = createContext<StudioControls | undefined>(undefined);

export function useControls(): StudioControls {
  const controls = useContext(Controls);
  if (controls === undefined) throw new Error("no studio around this");
  return controls;
}
