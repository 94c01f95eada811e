import { request } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { Broadcast, IngestToken, NewBroadcast, Video } from "@/api/types";
import type { Bubble } from "@/recorder/bubble";
import { CaptureFailure } from "@/recorder/capture";
import { chooseType } from "@/recorder/codecs";
import type { SoundSource } from "@/recorder/mixer";
import { setPresence } from "@/recorder/presence";
import type { Trouble } from "@/recorder/session";
import type { Settings } from "@/recorder/settings";
import { Studio } from "@/recorder/studio";
import { Tape } from "@/recorder/tape";
import type { StudioView } from "@/recorder/view";
import { FileSource } from "./file-source";
import { type Line, type Refusal, Refused, Uplink } from "./uplink";

/** setup → opening → live → ending → ended. `refused`: the server takes no more of this recording; another one may go on. */
export type Phase = "setup" | "opening" | "live" | "refused" | "ending" | "ended";

/** Everything the page shows. Never changed in place. */
export interface BroadcastView extends StudioView {
  phase: Phase;
  muted: boolean;
  troubles: readonly Trouble[];
  /** A file is broadcast instead of devices. */
  fromFile: boolean;
  file?: File;
  id?: string;
  title: string;
  line: Line;
  /** Bytes that have not reached the server. */
  waiting: number;
  /** Seconds of the broadcast that have not reached the server. */
  behind: number;
  /** Bits per second that reach it. */
  rate: number;
  /** Why the server is not there, in its own words. */
  said?: string;
  refusal?: Refusal;
  /** A call that failed. */
  failure?: unknown;
}

/** Pieces this long are sent: each is a delay, and each is a message. */
const CHUNK_MS = 250;
/** The server has forgotten the recording, or could not read on: another recording goes on with the broadcast. */
const NEEDS_ANOTHER: readonly number[] = [4412, 4422];
const MOST_IN_A_MINUTE = 3;
const ENDED = 4410;

/** The broadcast of this tab. Lives outside of the pages. */
export class Broadcaster {
  #phase: Phase = "setup";
  #studio = new Studio({
    onChange: () => this.#changed(),
    onTrouble: (trouble) => this.#tell(trouble),
    onLost: (kind) => this.#lost(kind),
    onSharingStopped: () => void this.#stopBecause("sharing_stopped"),
  });
  #tape = new Tape();
  #uplink: Uplink | undefined;
  #stream: MediaStream | undefined;
  #fromFile = false;
  #file: File | undefined;
  #player: FileSource | undefined;
  #id: string | undefined;
  #title = "";
  #muted = false;
  #troubles: readonly Trouble[] = [];
  #refusal: Refusal | undefined;
  #failure: unknown;
  #since = 0;
  #restarts: number[] = [];
  #wakeLock: WakeLockSentinel | undefined;
  #view: BroadcastView;
  #listeners = new Set<() => void>();

  constructor() {
    this.#view = this.#look();
    addEventListener("beforeunload", (event) => {
      if (this.#isBusy) event.preventDefault();
    });
    addEventListener("online", () => this.#uplink?.retry());
  }

  snapshot = (): BroadcastView => this.#view;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Milliseconds since it went live. */
  elapsed = (): number => performance.now() - this.#since;

  level(kind: SoundSource): number {
    return this.#studio.level(kind);
  }

  /** The page is open: what may be opened without asking is. */
  async enter(): Promise<void> {
    await this.#studio.relist();
    if (this.#isBusy) return;
    if (this.#phase === "ended") this.#reset();
    if (!this.#fromFile) await this.#studio.preview();
  }

  /** The page is closed: devices are only kept for a broadcast that is on. */
  leave(): void {
    if (!this.#isBusy) this.#studio.closeDevices();
  }

  allow(): Promise<void> {
    return this.#studio.allow();
  }

  choose(changes: Partial<Settings>): void {
    this.#studio.choose(changes);
    if (this.#phase === "setup") void this.#studio.adjust();
    this.#changed();
  }

  /** Broadcasts a file, or devices again. */
  chooseSource(fromFile: boolean, file?: File): void {
    if (this.#isBusy) return;
    this.#fromFile = fromFile;
    this.#file = file;
    if (fromFile) this.#studio.closeDevices();
    else void this.#studio.preview();
    this.#changed();
  }

  moveBubble(bubble: Bubble): void {
    this.#studio.moveBubble(bubble);
  }

  mute(muted: boolean): void {
    this.#muted = muted;
    this.#studio.mute(muted);
    this.#changed();
  }

  dismiss(trouble: Trouble): void {
    this.#troubles = this.#troubles.filter((other) => other !== trouble);
    this.#changed();
  }

  /** Goes live. Called by a click: the browser's own dialogue for screens needs one. `known` is a broadcast that was begun before. */
  async start(wishes: NewBroadcast, known?: string): Promise<void> {
    if (this.#isBusy) return;
    this.#reset();
    this.#step("opening");
    try {
      this.#stream = await this.#open();
      const id = known ?? (await request<Broadcast>("POST", "/api/live", { body: wishes })).id;
      this.#id = id;
      this.#title = wishes.title;
      this.#roll();
      this.#since = performance.now();
      this.#step("live");
      void navigator.wakeLock?.request("screen").then(
        (lock) => {
          this.#wakeLock = lock;
        },
        () => undefined,
      );
    } catch (error) {
      this.#close();
      if (error instanceof CaptureFailure) this.#troubles = [error.trouble];
      else this.#failure = error;
      this.#step("setup");
    }
  }

  /** Goes on after a refusal, with another recording of the same picture. */
  goOn(): void {
    if (this.#phase !== "refused") return;
    this.#refusal = undefined;
    this.#roll();
    this.#step("live");
  }

  /** Ends the broadcast when everything has reached the server. */
  async stop(): Promise<void> {
    if (this.#phase !== "live" && this.#phase !== "refused") return;
    this.#step("ending");
    await this.#tape.end();
    this.#closePicture();
    await this.#uplink?.settled();
    await this.#finish();
  }

  /** Ends it without what has not reached the server yet. */
  async stopNow(): Promise<void> {
    if (this.#phase === "ending") this.#uplink?.close();
    else await this.stop();
    if (this.#failure !== undefined) await this.#finish();
  }

  get #isBusy(): boolean {
    return this.#phase !== "setup" && this.#phase !== "ended";
  }

  async #open(): Promise<MediaStream> {
    if (this.#fromFile) {
      if (this.#file === undefined) throw new CaptureFailure("unsupported");
      this.#player = new FileSource(this.#file, () => void this.stop());
      return this.#player.open();
    }
    await this.#studio.open(this.#muted);
    const { stream } = this.#studio;
    if (stream === undefined) throw new CaptureFailure("unsupported");
    return stream;
  }

  /** Records what is open, and sends it. */
  #roll(): void {
    const stream = this.#stream;
    const sound = stream !== undefined && stream.getAudioTracks().length > 0;
    const type = chooseType((candidate) => MediaRecorder.isTypeSupported(candidate), sound);
    if (type === undefined || stream === undefined) throw new CaptureFailure("unsupported");
    this.#uplink?.close();
    const uplink = new Uplink(
      {
        address: () => this.#address(),
        open: (address) => new WebSocket(address),
        now: () => performance.now(),
        onChange: () => this.#changed(),
        onRefused: (refusal) => void this.#refused(refusal),
      },
      { mime: type, take: crypto.randomUUID() },
    );
    this.#uplink = uplink;
    this.#tape.start(
      stream,
      type,
      this.#studio.settings,
      {
        chunk: (data) => uplink.send(data),
        failed: () => void this.#stopBecause("recorder_failed"),
      },
      CHUNK_MS,
    );
  }

  async #address(): Promise<string> {
    try {
      const path = `/api/live/${encodeURIComponent(this.#id ?? "")}/token`;
      const { token } = await request<IngestToken>("POST", path, { body: {} });
      return `${location.origin.replace(/^http/, "ws")}/ws/ingest?token=${encodeURIComponent(token)}`;
    } catch (error) {
      const over = error instanceof ApiError && (error.status === 404 || error.status === 409);
      throw over ? new Refused({ code: ENDED, message: error.message }) : error;
    }
  }

  async #refused(refusal: Refusal): Promise<void> {
    if (this.#phase !== "live") return;
    await this.#tape.end();
    const now = performance.now();
    this.#restarts = this.#restarts.filter((at) => at > now - 60_000);
    if (NEEDS_ANOTHER.includes(refusal.code) && this.#restarts.length < MOST_IN_A_MINUTE) {
      this.#restarts.push(now);
      this.#roll();
      this.#changed();
      return;
    }
    if (refusal.code === ENDED) {
      this.#close();
      this.#step("ended");
      return;
    }
    this.#refusal = refusal;
    this.#step("refused");
  }

  async #stopBecause(trouble: Trouble): Promise<void> {
    if (!this.#isBusy) return;
    this.#tell(trouble);
    await this.stop();
  }

  async #finish(): Promise<void> {
    this.#failure = undefined;
    this.#changed();
    try {
      await request<Video>("POST", `/api/live/${encodeURIComponent(this.#id ?? "")}/end`, { body: {} });
    } catch (error) {
      // It has ended already, or is gone.
      if (!(error instanceof ApiError && (error.status === 404 || error.status === 409))) {
        this.#failure = error;
        this.#changed();
        return;
      }
    }
    this.#close();
    this.#step("ended");
  }

  #closePicture(): void {
    this.#player?.close();
    this.#player = undefined;
    this.#studio.closePicture();
    this.#studio.closeDevices();
    this.#stream = undefined;
  }

  #close(): void {
    void this.#tape.end();
    this.#uplink?.close();
    this.#uplink = undefined;
    this.#closePicture();
    void this.#wakeLock?.release().catch(() => undefined);
    this.#wakeLock = undefined;
  }

  #reset(): void {
    this.#troubles = [];
    this.#refusal = undefined;
    this.#failure = undefined;
    this.#id = undefined;
    this.#restarts = [];
    this.#step("setup");
  }

  #lost(kind: "camera" | "microphone"): void {
    if (this.#phase !== "live" && this.#phase !== "refused") return;
    if (kind === "camera" && this.#studio.settings.source === "camera") {
      void this.#stopBecause("camera_lost");
      return;
    }
    if (kind === "camera") this.#studio.cameraOff();
    this.#tell(kind === "camera" ? "camera_lost" : "microphone_lost");
  }

  #tell(trouble: Trouble): void {
    this.#troubles = [...this.#troubles.filter((other) => other !== trouble), trouble];
    this.#changed();
  }

  #step(phase: Phase): void {
    this.#phase = phase;
    const on = phase === "live" || phase === "refused" || phase === "ending";
    setPresence("/live/new", on ? { elapsed: this.elapsed, paused: phase !== "live", to: "/live/new" } : undefined);
    this.#changed();
  }

  #changed(): void {
    this.#view = this.#look();
    for (const listener of this.#listeners) listener();
  }

  #look(): BroadcastView {
    return {
      ...this.#studio.look(),
      ...(this.#player === undefined ? {} : { picture: this.#stream }),
      phase: this.#phase,
      muted: this.#muted,
      troubles: this.#troubles,
      fromFile: this.#fromFile,
      file: this.#file,
      id: this.#id,
      title: this.#title,
      line: this.#uplink?.line ?? "connecting",
      waiting: this.#uplink?.waiting ?? 0,
      behind: ((this.#uplink?.behind ?? 0) * CHUNK_MS) / 1000,
      rate: this.#uplink?.rate ?? 0,
      said: this.#uplink?.said,
      refusal: this.#refusal,
      failure: this.#failure,
    };
  }
}

export const broadcaster = new Broadcaster();
