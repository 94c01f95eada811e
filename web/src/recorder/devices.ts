import { openCamera, openMicrophone, stopAll } from "./capture";
import { Mixer, type SoundSource } from "./mixer";
import type { Settings } from "./settings";

/** The camera and the microphone that are open, and the mix of all sound. */
export class Devices {
  /** A device was unplugged, or taken away by the system. */
  onLost: (kind: "camera" | "microphone") => void = () => undefined;
  #onChange: () => void;
  #camera: MediaStream | undefined;
  #microphone: MediaStream | undefined;
  #cameraFor = "";
  #microphoneFor = "";
  #mixer: Mixer | undefined;
  /** Calls to `open` run one after the other: the last one says what is open in the end. */
  #line: Promise<unknown> = Promise.resolve();
  /** Grows when everything is closed, so that a device whose opening took longer does not stay open. */
  #closings = 0;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get camera(): MediaStream | undefined {
    return this.#camera;
  }

  get microphone(): MediaStream | undefined {
    return this.#microphone;
  }

  /** The mix. */
  get track(): MediaStreamTrack | undefined {
    return this.#mixer?.track;
  }

  get hasSound(): boolean {
    return this.has("microphone") || this.has("system");
  }

  has(kind: SoundSource): boolean {
    return this.#mixer?.has(kind) ?? false;
  }

  level(kind: SoundSource): number {
    return this.#mixer?.level(kind) ?? 0;
  }

  mute(muted: boolean): void {
    this.#mixer?.mute(muted);
  }

  /** The screen's sound, or nothing. */
  system(screen: MediaStream | undefined): void {
    if (screen === undefined && this.#mixer === undefined) return;
    this.#mixer ??= new Mixer();
    this.#mixer.connect("system", screen);
  }

  /** Opens what is wanted, closes what is not, and leaves alone what is open already. */
  open(settings: Settings, wanted: { camera: boolean; microphone: boolean }): Promise<void> {
    const turn = this.#line.then(() => this.#open(settings, wanted));
    this.#line = turn.catch(() => undefined);
    return turn;
  }

  close(): void {
    this.#closings += 1;
    this.#closeCamera();
    this.#closeMicrophone();
    this.#mixer?.close();
    this.#mixer = undefined;
    this.#onChange();
  }

  async #open(settings: Settings, wanted: { camera: boolean; microphone: boolean }): Promise<void> {
    const camera = wanted.camera
      ? JSON.stringify([settings.cameraId, settings.height, settings.frameRate, settings.source === "camera"])
      : "";
    if (camera !== this.#cameraFor) {
      this.#closeCamera();
      if (wanted.camera) {
        this.#camera = this.#unlessClosed(await this.#during(openCamera(settings)));
        if (this.#camera === undefined) return;
        this.#cameraFor = camera;
        this.#camera.getVideoTracks()[0]?.addEventListener("ended", () => {
          this.#closeCamera();
          this.onLost("camera");
        });
      }
    }
    const microphone = wanted.microphone ? JSON.stringify([settings.microphoneId, settings.cleanVoice]) : "";
    if (microphone !== this.#microphoneFor) {
      this.#closeMicrophone();
      if (wanted.microphone) {
        this.#microphone = this.#unlessClosed(await this.#during(openMicrophone(settings)));
        if (this.#microphone === undefined) return;
        this.#microphoneFor = microphone;
        this.#mixer ??= new Mixer();
        this.#mixer.connect("microphone", this.#microphone);
        this.#microphone.getAudioTracks()[0]?.addEventListener("ended", () => {
          this.#closeMicrophone();
          this.onLost("microphone");
        });
      }
    }
    this.#onChange();
  }

  async #during(opening: Promise<MediaStream>): Promise<{ stream: MediaStream; closings: number }> {
    const closings = this.#closings;
    return { stream: await opening, closings };
  }

  #unlessClosed({ stream, closings }: { stream: MediaStream; closings: number }): MediaStream | undefined {
    if (closings === this.#closings) return stream;
    stopAll(stream);
    return undefined;
  }

  #closeCamera(): void {
    stopAll(this.#camera);
    this.#camera = undefined;
    this.#cameraFor = "";
  }

  #closeMicrophone(): void {
    stopAll(this.#microphone);
    this.#microphone = undefined;
    this.#microphoneFor = "";
    this.#mixer?.connect("microphone", undefined);
  }
}
