import { type RefObject, useEffect, useRef, useState } from "react";
import { PlayerEngine } from "@/player/engine";
import { nextKept, type Pieces, secondsInside } from "./pieces";

export interface Preview {
  /** Where the picture is, in microseconds of the whole video. */
  at: number;
  playing: boolean;
  failed: boolean;
  seek: (us: number) => void;
  toggle: () => void;
  retry: () => void;
}

/** Plays the whole video and leaves out what is cut, as it stands at this moment: there is nothing to wait for. */
export function usePreview(
  video: RefObject<HTMLVideoElement | null>,
  source: { url: string; freshUrl: () => Promise<string>; duration: number; frameRate: number | undefined },
  pieces: Pieces,
): Preview {
  const engine = useRef<PlayerEngine>(undefined);
  const latest = useRef({ pieces, source });
  latest.current = { pieces, source };
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [failed, setFailed] = useState(false);
  const wanted = useRef<number>(undefined);

  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    const { url, duration } = latest.current.source;
    const player = new PlayerEngine({
      video: element,
      url,
      freshUrl: () => latest.current.source.freshUrl(),
      startAt: secondsInside(nextKept(latest.current.pieces, 0) ?? 0, latest.current.source.frameRate),
      duration: duration / 1e6,
    });
    engine.current = player;
    const unsubscribe = player.subscribe(() => setFailed(player.state.phase === "failed"));
    let frame = 0;
    const look = () => {
      frame = requestAnimationFrame(look);
      // A place that was asked for is where the playhead is, although its picture is still on the way.
      const us = wanted.current ?? Math.round(element.currentTime * 1e6);
      setAt(us);
      if (element.paused || element.seeking) return;
      const ahead = 1e9 / (latest.current.source.frameRate ?? 30_000);
      const next = nextKept(latest.current.pieces, us);
      if (next === undefined) element.pause();
      else if (next > us + ahead / 2) element.currentTime = secondsInside(next, latest.current.source.frameRate);
    };
    frame = requestAnimationFrame(look);
    const change = () => setPlaying(!element.paused);
    const arrived = () => {
      wanted.current = undefined;
    };
    element.addEventListener("play", change);
    element.addEventListener("pause", change);
    element.addEventListener("playing", arrived);
    return () => {
      cancelAnimationFrame(frame);
      element.removeEventListener("play", change);
      element.removeEventListener("pause", change);
      element.removeEventListener("playing", arrived);
      unsubscribe();
      player.destroy();
      engine.current = undefined;
    };
  }, [video]);

  return {
    at,
    playing,
    failed,
    seek: (us) => {
      const element = video.current;
      if (element === null) return;
      wanted.current = us;
      setAt(us);
      element.currentTime = secondsInside(us, source.frameRate);
    },
    toggle: () => {
      const element = video.current;
      if (element === null) return;
      if (!element.paused) {
        wanted.current = undefined;
        element.pause();
        return;
      }
      const from = wanted.current ?? Math.round(element.currentTime * 1e6);
      const next = nextKept(pieces, from) ?? nextKept(pieces, 0) ?? 0;
      wanted.current = undefined;
      if (next !== from) element.currentTime = secondsInside(next, source.frameRate);
      void engine.current?.play();
    },
    retry: () => void engine.current?.retry(),
  };
}
