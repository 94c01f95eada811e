import type { Bubble } from "./bubble";
import { CaptureFailure, type DeviceList, isGranted, listDevices } from "./capture";
import { Devices } from "./devices";
import type { SoundSource } from "./mixer";
import { Picture } from "./picture";
import type { Trouble } from "./session";
import { loadSettings, type Settings, saveSettings } from "./settings";

export interface StudioHooks {
  onChange(): void;
  onTrouble(trouble: Trouble): void;
  /** A device of the running take was unplugged, or taken away by the system. */
  onLost(kind: "camera" | "microphone"): void;
  /** “Stop sharing” in the browser's own bar. */
  onSharingStopped(): void;
}

/** What there is to record with: settings, devices, the picture and the sound. Opens no more than a take or its preview needs. */
export class Studio {
  #hooks: StudioHooks;
  #settings: Settings = loadSettings(storage());
  #devices: Devices;
  #picture: Picture;
  #known: DeviceList = { cameras: [], microphones: [] };

  constructor(hooks: StudioHooks) {
    this.#hooks = hooks;
    this.#devices = new Devices(hooks.onChange);
    this.#picture = new Picture(hooks.onChange);
    this.#devices.onLost = (kind) => {
      void this.relist();
      hooks.onLost(kind);
    };
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.relist());
  }

  get settings(): Settings {
    return this.#settings;
  }

  get hasSound(): boolean {
    return this.#devices.hasSound;
  }

  /** What a take is made of; without a picture there is none. */
  get stream(): MediaStream | undefined {
    if (this.#picture.track === undefined) return undefined;
    const stream = new MediaStream([this.#picture.track]);
    const { track } = this.#devices;
    if (this.hasSound && track !== undefined) stream.addTrack(track);
    return stream;
  }

  /** What the page shows of it. */
  look() {
    return {
      settings: this.#settings,
      devices: this.#known,
      camera: this.#devices.camera,
      microphone: this.#devices.microphone,
      picture: this.#picture.stream,
      aspect: this.#picture.aspect,
      bubble: this.#picture.bubble,
      bubbleOn: this.#picture.bubbleOn,
      systemSound: this.#devices.has("system"),
    };
  }

  /** How loud a source is now, from 0 to 1. */
  level(kind: SoundSource): number {
    return this.#devices.level(kind);
  }

  mute(muted: boolean): void {
    this.#devices.mute(muted);
  }

  moveBubble(bubble: Bubble): void {
    this.#picture.move(bubble);
  }

  /** The take goes on without the bubble. */
  cameraOff(): void {
    this.#picture.cameraOff();
  }

  async relist(): Promise<void> {
    this.#known = await listDevices();
    this.#hooks.onChange();
  }

  /** Opens what may be opened without asking, so that it can be seen and heard before the take. */
  async preview(): Promise<void> {
    const [camera, microphone] = await Promise.all([isGranted("camera"), isGranted("microphone")]);
    await this.#prepare({ camera, microphone }).catch(() => undefined);
  }

  /** The same, and the browser asks. */
  async allow(): Promise<void> {
    await this.#prepare({ camera: true, microphone: true }).catch((error: unknown) => this.#tell(error));
  }

  choose(changes: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...changes };
    saveSettings(this.#settings, storage());
  }

  /** After a choice: only what is open already, or what may be opened without asking. */
  async adjust(): Promise<void> {
    const open = { camera: this.#devices.camera !== undefined, microphone: this.#devices.microphone !== undefined };
    try {
      const [camera, microphone] = await Promise.all([
        open.camera || isGranted("camera"),
        open.microphone || isGranted("microphone"),
      ]);
      await this.#prepare({ camera, microphone });
    } catch (error) {
      this.#tell(error);
    }
  }

  /** Opens everything that a take needs; asks for a screen where there is to be one. */
  async open(muted: boolean): Promise<void> {
    const settings = this.#settings;
    const screen = settings.source === "camera" ? undefined : await this.#picture.share(settings);
    screen?.getVideoTracks()[0]?.addEventListener("ended", () => this.#hooks.onSharingStopped());
    await this.#devices.open(settings, {
      camera: settings.source === "camera" || settings.bubble,
      microphone: settings.microphone,
    });
    // Asked up front: a browser may otherwise remove what is stored when it needs room.
    void navigator.storage?.persist?.().catch(() => false);
    this.#devices.system(screen);
    this.#devices.mute(muted);
    this.#picture.open(settings, this.#devices.camera?.getVideoTracks()[0]);
    if (screen !== undefined && settings.systemAudio && screen.getAudioTracks().length === 0) {
      this.#hooks.onTrouble("no_system_audio");
    }
  }

  /** The take is over: the screen is let go, and devices stay for the next one. */
  closePicture(): void {
    this.#picture.close();
    this.#devices.system(undefined);
  }

  closeDevices(): void {
    this.#devices.close();
  }

  async #prepare(may: { camera: boolean; microphone: boolean }): Promise<void> {
    const { source, bubble, microphone } = this.#settings;
    await this.#devices.open(this.#settings, {
      camera: may.camera && (source === "camera" || bubble),
      microphone: may.microphone && microphone,
    });
    await this.relist();
  }

  #tell(error: unknown): void {
    this.#hooks.onTrouble(error instanceof CaptureFailure ? error.trouble : "unsupported");
  }
}

function storage(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
