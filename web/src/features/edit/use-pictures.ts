import { useEffect, useState } from "react";
import type { Edit } from "@/api/types";
import { loadTiles, type Tile } from "./storyboard-tiles";
import { loadPeaks, type Peaks } from "./waveform";

/** The small pictures and the loudness of the whole video. Both help; neither is needed to cut. */
export function usePictures(edit: Edit): { tiles: readonly Tile[]; peaks: Peaks | undefined } {
  const [tiles, setTiles] = useState<readonly Tile[]>([]);
  const [peaks, setPeaks] = useState<Peaks>();
  // They are those of the whole video, whatever is cut: the first address will do.
  const [first] = useState(edit);
  useEffect(() => {
    const stop = new AbortController();
    const { hls_url, storyboard_url } = first.original;
    loadTiles(storyboard_url, stop.signal).then(setTiles, () => undefined);
    loadPeaks(hls_url, first.duration_us / 1e6, setPeaks, stop.signal).catch(() => undefined);
    return () => stop.abort();
  }, [first]);
  return { tiles, peaks };
}
