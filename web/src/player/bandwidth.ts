import type Hls from "hls.js";
import { Events } from "hls.js";
import { readPreferences, savePreferences } from "./preferences";

/**
 * What the line carries in bit/s, to choose the first rung by: what this browser saw last, or what it says itself. Undefined
 * leaves it to hls.js, which takes the rung that the playlist lists first; on a slow line that may be one to wait for.
 */
export function firstEstimate(): number | undefined {
  const { bandwidth } = readPreferences();
  // Only a slow line is a reason to begin low: going up right after a start has frozen the picture when somebody sought meanwhile.
  if (bandwidth !== undefined) return bandwidth < SLOW ? bandwidth : undefined;
  // https://wicg.github.io/netinfo/, in Mbit/s; browsers do not say more than ten.
  const { connection } = navigator as { connection?: { downlink?: number } };
  const downlink = connection?.downlink ?? MOST_TOLD;
  return downlink > 0 && downlink < MOST_TOLD ? downlink * 1e6 : undefined;
}

/** Keeps what is measured for the next video. */
export function rememberBandwidth(hls: Hls): void {
  let measured = 0;
  hls.on(Events.FRAG_BUFFERED, () => {
    measured += 1;
    const { bandwidthEstimate } = hls;
    if (measured % EVERY === 0 && Number.isFinite(bandwidthEstimate)) {
      savePreferences({ bandwidth: Math.round(bandwidthEstimate) });
    }
  });
}

const MOST_TOLD = 10;
/** Bit/s below which the top rung would be one to wait for. */
const SLOW = 2_500_000;
/** Segments; the first ones measure the start of a connection more than the line. */
const EVERY = 4;
