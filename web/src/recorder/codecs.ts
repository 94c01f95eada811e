/** What MediaRecorder is asked for, the best first: H.264 can be copied into segments, the others have to be encoded again. */
const VIDEO: readonly string[] = [
  "video/x-matroska;codecs=avc1.640028",
  "video/x-matroska;codecs=avc1.42E01F",
  "video/x-matroska;codecs=avc1",
  "video/mp4;codecs=avc1.640028",
  "video/mp4;codecs=avc1.42E01F",
  "video/webm;codecs=vp9",
  "video/webm;codecs=vp8",
  "video/webm;codecs=av01.0.08M.08",
  "video/webm",
  "video/mp4",
];
const SOUND: readonly string[] = ["opus", "mp4a.40.2"];

/** The first type that this browser says it can record, asked at run time and never guessed from its name. */
export function chooseType(supported: (type: string) => boolean, sound: boolean): string | undefined {
  for (const type of VIDEO) {
    if (!sound) {
      if (supported(type)) return type;
      continue;
    }
    // A bare container names its own codecs.
    const types = type.includes("codecs=") ? SOUND.map((codec) => `${type},${codec}`) : [type];
    const found = types.find(supported);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The name that a take's file would have. */
export function fileName(type: string): string {
  const container = /^video\/([a-z0-9-]+)/.exec(type)?.[1] ?? "webm";
  return `recording.${container === "x-matroska" ? "mkv" : container}`;
}

/** Bits per second of the picture: enough for text to stay sharp, bounded so that an ordinary uplink carries it. */
export function videoBitRate(height: number, frameRate: number): number {
  const steps: readonly [number, number][] = [
    [480, 1_500_000],
    [720, 2_500_000],
    [1080, 4_500_000],
    [1440, 8_000_000],
  ];
  const base = steps.find(([most]) => height <= most)?.[1] ?? 12_000_000;
  return frameRate > 30 ? Math.round(base * 1.4) : base;
}

export const AUDIO_BIT_RATE = 128_000;
