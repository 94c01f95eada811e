import { parseStart } from "@/shared/format";

/** What the address of an embedded player says about how to play. */
export interface Parameters {
  /** Seconds. */
  start: number;
  /** Seconds; absent for the video's own end. */
  end?: number;
  autoplay: boolean;
  muted: boolean;
  loop: boolean;
  controls: boolean;
}

/** Reads `?start=1m30s&end=95&autoplay=1&muted=1&loop=1&controls=0`. What makes no sense is as if it were not there. */
export function parseParameters(search: string): Parameters {
  const query = new URLSearchParams(search);
  const start = parseStart(query.get("start") ?? query.get("t"));
  const end = parseStart(query.get("end"));
  return {
    start,
    ...(end > start ? { end } : {}),
    autoplay: flag(query.get("autoplay"), false),
    muted: flag(query.get("muted"), false),
    loop: flag(query.get("loop"), false),
    controls: flag(query.get("controls"), true),
  };
}

function flag(value: string | null, usual: boolean): boolean {
  if (value === null) return usual;
  if (/^(0|false|no|off)$/i.test(value)) return false;
  return /^(|1|true|yes|on)$/i.test(value) ? true : usual;
}
