/** Until when, in seconds, there are pictures and sound from the playhead on, which may stand `slack` seconds before them. */
export function loadedUntil({ buffered, currentTime }: HTMLVideoElement, slack = 0): number | undefined {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime + slack && buffered.end(index) > currentTime) return buffered.end(index);
  }
  return undefined;
}

/** Seconds by which the playhead may stand before what is loaded: a stream need not begin at exactly 0. */
export const SLACK = 0.1;
