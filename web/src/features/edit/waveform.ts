/** The loudness of a video over time, from its sound as players get it. */

/** Peaks, 0 to 1, each for an equal share of the video; those not known yet are 0. */
export type Peaks = Float32Array;

export const PEAKS = 1200;
/** Segments that are decoded; of longer videos as many are taken evenly. */
const MOST_SEGMENTS = 240;
const AT_ONCE = 4;

interface SoundSegment {
  url: string;
  start: number;
  duration: number;
}

/** The sound's playlist in a multivariant playlist: that of its group, or the only stream. */
export function soundPlaylist(text: string): string | undefined {
  const media = text.split("\n").filter((line) => line.startsWith("#EXT-X-MEDIA:TYPE=AUDIO"));
  const chosen = media.find((line) => line.includes("DEFAULT=YES")) ?? media[0];
  const uri = chosen === undefined ? undefined : /URI="([^"]+)"/.exec(chosen)?.[1];
  if (uri !== undefined) return uri;
  // A sound alone names no picture.
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.startsWith("#EXT-X-STREAM-INF") && !line.includes("RESOLUTION="));
  return at < 0 ? undefined : lines[at + 1];
}

/** The init segment and the segments of a media playlist. */
export function segmentsOf(text: string, base: string): { init: string | undefined; segments: SoundSegment[] } {
  const init = /#EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1];
  const segments: SoundSegment[] = [];
  let start = 0;
  let duration = 0;
  for (const line of text.split("\n")) {
    if (line.startsWith("#EXTINF:")) duration = Number.parseFloat(line.slice(8));
    else if (line !== "" && !line.startsWith("#")) {
      segments.push({ url: new URL(line, base).href, start, duration });
      start += duration;
    }
  }
  return { init: init === undefined ? undefined : new URL(init, base).href, segments };
}

/** Reads the sound and tells the peaks as they become known. */
export async function loadPeaks(
  hlsUrl: string,
  duration: number,
  tell: (peaks: Peaks) => void,
  signal: AbortSignal,
): Promise<void> {
  const master = new URL(hlsUrl, location.href).href;
  const uri = soundPlaylist(await text(master, signal));
  if (uri === undefined) return;
  const playlist = new URL(uri, master).href;
  const { init, segments } = segmentsOf(await text(playlist, signal), playlist);
  if (init === undefined || duration <= 0) return;
  const front = await bytes(init, signal);
  const peaks: Peaks = new Float32Array(PEAKS);
  const every = Math.max(1, Math.ceil(segments.length / MOST_SEGMENTS));
  const chosen = segments.filter((_, index) => index % every === 0);
  const context = new OfflineAudioContext(1, 1, 8000);
  for (let at = 0; at < chosen.length; at += AT_ONCE) {
    const some = chosen.slice(at, at + AT_ONCE);
    await Promise.all(
      some.map(async (segment) => {
        const media = await bytes(segment.url, signal);
        const file = new Uint8Array(front.byteLength + media.byteLength);
        file.set(new Uint8Array(front));
        file.set(new Uint8Array(media), front.byteLength);
        const sound = await context.decodeAudioData(file.buffer);
        place(peaks, sound.getChannelData(0), segment, every, duration);
      }),
    );
    if (signal.aborted) return;
    tell(peaks.slice());
  }
}

/** Writes the peaks of one segment, and of those after it that were left out. */
function place(peaks: Peaks, samples: Float32Array, segment: SoundSegment, every: number, duration: number): void {
  const from = Math.floor((segment.start / duration) * PEAKS);
  const to = Math.min(PEAKS, Math.ceil(((segment.start + segment.duration * every) / duration) * PEAKS));
  const count = Math.max(1, to - from);
  for (let index = 0; index < count; index += 1) {
    const begin = Math.floor((samples.length * index) / count);
    const end = Math.max(begin + 1, Math.floor((samples.length * (index + 1)) / count));
    let peak = 0;
    for (let at = begin; at < end && at < samples.length; at += 1) peak = Math.max(peak, Math.abs(samples[at] ?? 0));
    if (from + index < PEAKS) peaks[from + index] = Math.max(peaks[from + index] ?? 0, peak);
  }
}

async function text(url: string, signal: AbortSignal): Promise<string> {
  return (await ok(url, signal)).text();
}

async function bytes(url: string, signal: AbortSignal): Promise<ArrayBuffer> {
  return (await ok(url, signal)).arrayBuffer();
}

async function ok(url: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${response.status}`);
  return response;
}
