import { CaptureFailure } from "@/recorder/capture";

interface Capturing extends HTMLVideoElement {
  captureStream?(): MediaStream;
  mozCaptureStream?(): MediaStream;
}

/** Whether this browser can take picture and sound out of a player. */
export function canPlayOut(): boolean {
  const element = document.createElement("video") as Capturing;
  return (element.captureStream ?? element.mozCaptureStream) !== undefined;
}

/** A film of the person who broadcasts, played once from its start. */
export class FileSource {
  #element: Capturing = document.createElement("video");
  #address: string;

  constructor(file: File, onEnd: () => void) {
    this.#address = URL.createObjectURL(file);
    this.#element.playsInline = true;
    this.#element.src = this.#address;
    this.#element.onended = onEnd;
  }

  /** Plays it, and gives what it shows and says. */
  async open(): Promise<MediaStream> {
    const element = this.#element;
    try {
      await element.play();
    } catch {
      throw new CaptureFailure("unsupported");
    }
    const stream = element.captureStream?.() ?? element.mozCaptureStream?.();
    if (stream === undefined || element.videoWidth === 0) throw new CaptureFailure("unsupported");
    return stream;
  }

  close(): void {
    this.#element.onended = null;
    this.#element.pause();
    this.#element.removeAttribute("src");
    this.#element.load();
    URL.revokeObjectURL(this.#address);
  }
}
