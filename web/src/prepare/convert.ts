import {
  ALL_FORMATS,
  BlobSource,
  BufferTarget,
  Conversion,
  canEncodeVideo,
  EncodedPacketSink,
  Input,
  type InputVideoTrack,
  MkvOutputFormat,
  MovOutputFormat,
  MP4,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
  QTFF,
  Quality,
  type Target,
} from "mediabunny";
import { rateOf } from "./heights";
import type { Facts, Forecast, Job, Prepared, Range, Refusal } from "./messages";
import { openOutput } from "./output-file";

/** Ends a job with a reason that a page has words for. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal, detail = "") {
    super(detail);
    this.refusal = refusal;
  }
}

/** The server copies a picture whose keyframes stand as close as its own would (two seconds). */
const KEYFRAME_SECONDS = 2;
const SAMPLE_SECONDS = 2;

/** Reads what a file is, from its index alone where it has one. */
export function look(file: File): Promise<Facts> {
  return reading(file, lookInto);
}

async function lookInto(input: Input, file: File): Promise<Facts> {
  const track = await pictureOf(input);
  const duration = (await input.getDurationFromMetadata()) ?? (await input.computeDuration());
  const [width, height] = [await track.getDisplayWidth(), await track.getDisplayHeight()];
  if (!(duration > 0)) throw new Refused("unreadable");
  return {
    duration,
    width,
    height,
    bitrate: (file.size * 8) / duration,
    shrinkable: (await track.canDecode()) && (await canEncodeVideo("avc", { width, height })),
  };
}

/** Shrinks a piece from the middle, to say how long all of it takes and how large it gets. */
export function forecast(file: File, height: number): Promise<Forecast> {
  return reading(file, (input) => forecastOf(input, height));
}

async function forecastOf(input: Input, height: number): Promise<Forecast> {
  const duration = (await input.getDurationFromMetadata()) ?? (await input.computeDuration());
  const start = duration > 2 * SAMPLE_SECONDS ? duration / 3 : 0;
  const length = Math.min(SAMPLE_SECONDS, duration - start);
  const target = new BufferTarget();
  const began = performance.now();
  const conversion = await conversionOf(input, target, { range: { start, end: start + length }, height });
  await conversion.execute();
  const times = duration / length;
  return {
    seconds: ((performance.now() - began) / 1000) * times,
    bytes: (target.buffer?.byteLength ?? 0) * times,
  };
}

/** Trims, shrinks or both, and answers with the new file. */
export function run(file: File, job: Job, steering: Steering): Promise<Prepared> {
  return reading(file, (input) => runOn(input, file, job, steering));
}

/** How a job is followed and stopped. */
interface Steering {
  onProgress(share: number): void;
  /** Is given what stops it. */
  onCancel(cancel: () => void): void;
}

async function runOn(input: Input, file: File, job: Job, { onProgress, onCancel }: Steering): Promise<Prepared> {
  const range = job.range && (job.height === undefined ? await fromKeyframe(input, job.range) : job.range);
  const output = await openOutput(file.size);
  if (output === undefined) throw new Refused("no_room");
  try {
    const conversion = await conversionOf(input, output.target, { ...job, range });
    conversion.onProgress = onProgress;
    onCancel(() => void conversion.cancel());
    await conversion.execute();
    const { fileExtension, mimeType } = conversion.output.format;
    const name = `${file.name.replace(/\.[^.]{1,5}$/, "")}${fileExtension}`;
    return { file: await output.take(name, mimeType), start: range?.start ?? 0 };
  } catch (error) {
    await output.discard();
    if (error instanceof DOMException && error.name === "QuotaExceededError") throw new Refused("no_room");
    throw error;
  }
}

async function reading<T>(file: File, work: (input: Input, file: File) => Promise<T>): Promise<T> {
  const input = new Input({ source: new BlobSource(file), formats: ALL_FORMATS });
  try {
    return await work(input, file);
  } finally {
    input.dispose();
  }
}

async function pictureOf(input: Input): Promise<InputVideoTrack> {
  const track = (await input.canRead()) ? await input.getPrimaryVideoTrack() : null;
  if (track === null) throw new Refused("unreadable");
  return track;
}

/**
 * A copy can begin at a keyframe only. It begins at the first one within the range, sound and picture together: what lies before
 * the cut is not in the file, not even hidden.
 */
async function fromKeyframe(input: Input, { start, end }: Range): Promise<Range> {
  if (start <= 0) return { start: 0, end };
  const sink = new EncodedPacketSink(await pictureOf(input));
  const exact = { verifyKeyPackets: true };
  const before = (await sink.getKeyPacket(start, exact)) ?? (await sink.getFirstKeyPacket(exact));
  if (before === null) throw new Refused("unreadable");
  // The index may round: a thousandth of a second is no frame.
  const first = before.timestamp >= start - 0.001 ? before : await sink.getNextKeyPacket(before, exact);
  if (first === null || first.timestamp >= end) throw new Refused("too_short");
  return { start: first.timestamp, end };
}

async function conversionOf(input: Input, target: Target, { range, height }: Job): Promise<Conversion> {
  const output = new Output({ format: await formatLike(input), target });
  const conversion = await Conversion.init({
    input,
    output,
    trim: range,
    copy: height === undefined ? { mode: "forced", boundaryPolicy: "shrink" } : { boundaryPolicy: "shrink" },
    video:
      height === undefined
        ? undefined
        : {
            codec: "avc",
            height,
            quality: new Quality({ bitrate: rateOf(height), bitrateMode: "variable" }),
            keyFrameInterval: KEYFRAME_SECONDS,
            forceTranscode: true,
          },
    showWarnings: false,
  });
  // A picture without its sound is not what anybody asked for.
  const lost = conversion.discardedTracks.filter(({ track }) => track.type !== "subtitle");
  if (!conversion.isValid || lost.length > 0) {
    throw new Refused("unsupported", lost.map(({ reason }) => reason).join(", "));
  }
  return conversion;
}

/** The container it came in; whatever is neither MP4 nor QuickTime fits into Matroska. */
async function formatLike(input: Input): Promise<OutputFormat> {
  const format = await input.getFormat();
  if (format === MP4) return new Mp4OutputFormat();
  if (format === QTFF) return new MovOutputFormat();
  return new MkvOutputFormat();
}
