import type { Facts } from "./messages";

/** Bits per second that a picture of so many lines is given, at 30 frames a second. */
const RATES: readonly [height: number, rate: number][] = [
  [1080, 4_500_000],
  [720, 2_500_000],
  [480, 1_200_000],
  [360, 700_000],
];
/** What the sound takes, at most. */
const SOUND = 192_000;
/** A result that is not much smaller is not worth its loss. */
const WORTH = 0.7;

export function rateOf(height: number): number {
  return RATES.find(([lines]) => lines <= height)?.[1] ?? 700_000;
}

/** The sizes to which a video can be shrunk so that it is worth it, largest first. A tall video counts by its width. */
export function heightsFor({ width, height, bitrate, shrinkable }: Facts): number[] {
  if (!shrinkable) return [];
  const lines = Math.min(width, height);
  return RATES.filter(([side, rate]) => side <= lines && rate + SOUND < bitrate * WORTH).map(([side]) => side);
}

/** The height of a result whose shorter side has so many lines; even, as encoders want it. */
export function heightOf(side: number, { width, height }: Pick<Facts, "width" | "height">): number {
  return height <= width ? side : 2 * Math.round((side * height) / width / 2);
}
