import { AUDIO_BIT_RATE, videoBitRate } from "./codecs";
import type { Settings } from "./settings";

/** One second: the longest stretch that a crash can lose. */
const CHUNK_MS = 1000;
const KEYFRAME_MS = 1000;

/** The browser's own recorder, which gives a chunk each second, or as often as it is asked to. */
export class Tape {
  #recorder: MediaRecorder | undefined;

  start(
    stream: MediaStream,
    mimeType: string,
    { height, frameRate }: Settings,
    on: { chunk(data: Blob): void; failed(): void },
    everyMs = CHUNK_MS,
  ): void {
    const recorder = new MediaRecorder(stream, {
      mimeType,
      videoBitsPerSecond: videoBitRate(height, frameRate),
      audioBitsPerSecond: AUDIO_BIT_RATE,
      // A viewer of the running take joins at a keyframe, and a segment ends at one.
      videoKeyFrameIntervalDuration: KEYFRAME_MS,
    });
    recorder.ondataavailable = ({ data }) => on.chunk(data);
    recorder.onerror = () => on.failed();
    this.#recorder = recorder;
    recorder.start(everyMs);
  }

  pause(): void {
    // What is in the encoder goes to the disk before the recording rests.
    this.#recorder?.requestData();
    this.#recorder?.pause();
  }

  resume(): void {
    this.#recorder?.resume();
  }

  /** Resolves when the last bytes have been given. */
  async end(): Promise<void> {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    if (recorder === undefined || recorder.state === "inactive") return;
    const stopped = new Promise<void>((resolve) => recorder.addEventListener("stop", () => resolve(), { once: true }));
    recorder.stop();
    await stopped;
  }
}
