const WINDOW_MS = 5000;

/** How many bits a second have arrived lately. */
export class Rate {
  #seen: { at: number; bytes: number }[] = [];

  /** So many bytes have arrived at this time, in milliseconds of a monotonic clock. */
  add(bytes: number, at: number): void {
    this.#seen.push({ at, bytes });
    this.#seen = this.#seen.filter((one) => one.at > at - WINDOW_MS);
  }

  /** Bits per second of the last seconds before this time. */
  at(now: number): number {
    const recent = this.#seen.filter((one) => one.at > now - WINDOW_MS);
    const first = recent[0];
    if (first === undefined) return 0;
    const bytes = recent.reduce((sum, one) => sum + one.bytes, 0);
    return (bytes * 8000) / Math.max(1000, now - first.at);
  }
}
