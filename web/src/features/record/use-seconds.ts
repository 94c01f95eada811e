import { useEffect, useState } from "react";

const TICK_MS = 250;

/** Whole seconds of something that goes on. */
export function useSeconds(elapsed: () => number): number {
  const [seconds, setSeconds] = useState(() => Math.floor(elapsed() / 1000));
  useEffect(() => {
    const look = () => setSeconds(Math.floor(elapsed() / 1000));
    look();
    const timer = setInterval(look, TICK_MS);
    return () => clearInterval(timer);
  }, [elapsed]);
  return seconds;
}
