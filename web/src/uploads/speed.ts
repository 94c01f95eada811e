/** Measures a transfer over the last few seconds: quick to follow a change, steady enough to read. */
export class SpeedMeter {
  #samples: { at: number; bytes: number }[] = [];

  /** `bytes` is the running total, `at` a monotonic time in milliseconds. */
  add(bytes: number, at: number): void {
    const last = this.#samples.at(-1);
    // A resumed or repeated part takes back what it had counted; measuring starts over.
    if (last !== undefined && bytes < last.bytes) this.#samples = [];
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > WINDOW_MS) this.#samples.shift();
  }

  /** Bytes per second at a time: undefined until there is something to tell, 0 when nothing has moved for a while. */
  rate(now: number): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (last !== undefined && now - last.at >= STALLED_MS) return 0;
    if (first === undefined || last === undefined || last.at - first.at < SHORTEST_MS) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}

const WINDOW_MS = 6000;
/** A line that moves nothing for so long has stalled; slow ones report progress several times a second. */
export const STALLED_MS = 4000;
const SHORTEST_MS = 500;
