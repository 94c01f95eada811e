import type { Forecast } from "./messages";

/** Time saved below which nobody is asked, in seconds. */
const LEAST_SAVED = 60;
/** The share of the time that must be saved: a forecast is not exact. */
const LEAST_SHARE = 0.25;

/** An upload that runs. */
export interface Running {
  bytesLeft: number;
  /** Bytes per second, as measured. */
  uplink: number;
}

/** Seconds that shrinking first would save; nothing when it is not worth asking. */
export function savedBy({ bytesLeft, uplink }: Running, forecast: Forecast): number | undefined {
  if (!(uplink > 0)) return undefined;
  const asItIs = bytesLeft / uplink;
  const saved = asItIs - (forecast.seconds + forecast.bytes / uplink);
  return saved >= LEAST_SAVED && saved >= asItIs * LEAST_SHARE ? saved : undefined;
}

/** Whether it could be worth asking at all: measuring costs a few seconds of this device's time. */
export function isSlow({ bytesLeft, uplink }: Running): boolean {
  return uplink > 0 && bytesLeft / uplink > 2 * LEAST_SAVED;
}
