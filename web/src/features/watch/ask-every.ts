import type { Video } from "@/api/types";

/** How long until the video is to be asked for again, in milliseconds. */
export function askEvery(video: Video | undefined, told: boolean, now = Date.now()): number | false {
  if (video === undefined || video.state === "failed") return false;
  const polled = told || video.state === "ready" ? LONGEST_MS : video.playable ? UNTIL_READY_MS : UNTIL_PLAYABLE_MS;
  const ends = Date.parse(video.playback.expires_at ?? "");
  const fresh = Number.isNaN(ends) ? LONGEST_MS : Math.max(SHORTEST_MS, ends - now - BEFORE_EXPIRY_MS);
  const wait = Math.min(polled, fresh);
  return wait >= LONGEST_MS ? false : wait;
}

const UNTIL_PLAYABLE_MS = 1000;
const UNTIL_READY_MS = 2000;
/** Addresses with a grant are asked for again this long before they end. */
const BEFORE_EXPIRY_MS = 10 * 60_000;
const SHORTEST_MS = 5000;
/** A timer cannot be longer. */
const LONGEST_MS = 2 ** 31 - 1;
