import { session } from "@/api/client";
import type { Video, VideoChanges } from "@/api/types";
import { browserTransport } from "@/uploads/browser-transport";
import { DetailsSaver } from "@/uploads/details-saver";
import type { SaveState, UploadProblem } from "@/uploads/types";
import type { Bubble } from "./bubble";
import { CaptureFailure, type DeviceList, isGranted, listDevices } from "./capture";
import { AUDIO_BIT_RATE, chooseType, fileName, videoBitRate } from "./codecs";
import { Devices } from "./devices";
import { claim } from "./locks";
import type { SoundSource } from "./mixer";
import { Picture } from "./picture";
import { setPresence } from "./presence";
import { problemOf } from "./recovery";
import {
  INITIAL,
  isBusy,
  isRunning,
  recordedMs,
  type SessionEvent,
  type SessionState,
  step,
  type Trouble,
} from "./session";
import { loadSettings, type Settings, saveSettings } from "./settings";
import { onMemory, takeDeps } from "./store";
import { Take } from "./take";
import type { Plan, RecorderView } from "./view";

/** One second: the longest stretch that a crash can lose. */
const CHUNK_MS = 1000;
/** Shorter is a slip of the hand. */
const SHORTEST_MS = 500;

/** The recorder of this tab: devices, picture and sound in, a take out. Lives outside of the pages. */
export class Recorder {
  #session: SessionState = INITIAL;
  #settings: Settings = loadSettings(storage());
  #devices = new Devices(() => this.#changed());
  #known: DeviceList = { cameras: [], microphones: [] };
  #picture = new Picture(() => this.#changed());
  #plan: Plan | undefined;
  #take: Take | undefined;
  #release: (() => void) | undefined;
  #saver: DetailsSaver | undefined;
  #save: SaveState = { kind: "clean" };
  #recorder: MediaRecorder | undefined;
  #run = new AbortController();
  #problem: UploadProblem | undefined;
  #failure: unknown;
  #finished: Video | undefined;
  #wakeLock: WakeLockSentinel | undefined;
  #view: RecorderView;
  #listeners = new Set<() => void>();

  constructor() {
    this.#view = this.#look();
    this.#devices.onLost = (kind) => this.#lost(kind);
    onMemory((take) => {
      if (take === this.#take?.meta.id || this.#take === undefined)
        this.#step({ type: "trouble", trouble: "storage_full" });
    });
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.#relist());
    addEventListener("beforeunload", (event) => {
      if (isBusy(this.#session.phase)) event.preventDefault();
    });
    addEventListener("online", () => this.#take?.sender.retry());
    session.subscribe(() => {
      const waits = this.#take?.sender.problem?.code === "signed_out";
      if (waits && session.status === "signed_in") this.#take?.sender.retry();
    });
  }

  snapshot = (): RecorderView => this.#view;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** How loud a source is now, from 0 to 1. */
  level(kind: SoundSource): number {
    return this.#devices.level(kind);
  }

  /** Milliseconds of the take so far. */
  elapsed = (): number => recordedMs(this.#session, performance.now());

  /** The page is open: what may be opened without asking is. */
  async enter(): Promise<void> {
    await this.#relist();
    if (isBusy(this.#session.phase)) return;
    if (this.#session.phase === "done") this.#reset();
    const [camera, microphone] = await Promise.all([isGranted("camera"), isGranted("microphone")]);
    await this.#prepare({ camera, microphone }).catch(() => undefined);
  }

  /** The page is closed: devices are only kept for a take that runs. */
  leave(): void {
    if (!isBusy(this.#session.phase)) this.#devices.close();
  }

  /** Opens the chosen devices, so that they can be seen and heard before the take. */
  async allow(): Promise<void> {
    try {
      await this.#prepare({ camera: true, microphone: true });
    } catch (error) {
      this.#step({ type: "trouble", trouble: error instanceof CaptureFailure ? error.trouble : "unsupported" });
    }
  }

  choose(changes: Partial<Settings>): void {
    const before = this.#settings;
    this.#settings = { ...before, ...changes };
    saveSettings(this.#settings, storage());
    if (this.#session.phase === "setup") {
      // Only what is open already, or what may be opened without asking.
      const open = { camera: this.#devices.camera !== undefined, microphone: this.#devices.microphone !== undefined };
      void Promise.all([open.camera || isGranted("camera"), open.microphone || isGranted("microphone")])
        .then(([camera, microphone]) => this.#prepare({ camera, microphone }))
        .catch((error: unknown) => {
          this.#step({ type: "trouble", trouble: error instanceof CaptureFailure ? error.trouble : "unsupported" });
        });
    }
    this.#changed();
  }

  moveBubble(bubble: Bubble): void {
    this.#picture.move(bubble);
  }

  dismiss(trouble: Trouble): void {
    this.#step({ type: "dismiss", trouble });
  }

  /** Begins a take. Called by a click: the browser's own dialogue for screens needs one. */
  async start(plan: Plan): Promise<void> {
    if (this.#session.phase !== "setup" && this.#session.phase !== "done") return;
    this.#reset();
    this.#step({ type: "open" });
    this.#plan = plan;
    this.#run = new AbortController();
    try {
      await this.#openMedia();
      await this.#roll();
    } catch (error) {
      await this.#abandon();
      this.#closeMedia();
      const cancelled = error instanceof DOMException && error.name === "AbortError";
      if (error instanceof CaptureFailure) this.#step({ type: "refused", trouble: error.trouble });
      else if (cancelled && error.message in TROUBLES)
        this.#step({ type: "refused", trouble: error.message as Trouble });
      else this.#step({ type: "refused" });
      this.#failure = error instanceof CaptureFailure || cancelled ? undefined : error;
      this.#changed();
    }
  }

  pause(): void {
    if (this.#session.phase !== "recording") return;
    // What is in the encoder goes to the disk before the recording rests.
    this.#recorder?.requestData();
    this.#recorder?.pause();
    this.#step({ type: "pause" });
  }

  resume(): void {
    if (this.#session.phase !== "paused") return;
    this.#recorder?.resume();
    this.#step({ type: "resume" });
  }

  mute(muted: boolean): void {
    this.#devices.mute(muted);
    this.#step({ type: "mute", muted });
  }

  /** Ends the take and makes a video of it. `trouble` tells why, when nobody pressed stop. */
  async stop(trouble?: Trouble): Promise<void> {
    if (this.#session.phase === "opening" || this.#session.phase === "countdown") {
      this.#run.abort(new DOMException(trouble ?? "", "AbortError"));
      return;
    }
    if (!isRunning(this.#session.phase)) return;
    const length = this.elapsed();
    this.#step({ type: "stop" });
    if (trouble !== undefined) this.#step({ type: "trouble", trouble });
    await this.#silence();
    this.#closeMedia();
    this.#devices.close();
    if (length < SHORTEST_MS || (await this.#isEmpty())) {
      await this.#abandon();
      this.#reset("too_short");
      return;
    }
    await this.#finish();
  }

  /** Tries again to send the rest of a take that ended. */
  async again(): Promise<void> {
    if (this.#session.phase === "stuck") {
      this.#problem = undefined;
      this.#step({ type: "again" });
      await this.#finish();
    } else {
      this.#take?.sender.retry();
    }
  }

  /** Makes a video of the beginning that the server has. */
  async finishWithSent(): Promise<void> {
    if (this.#session.phase !== "stuck" || this.#take === undefined) return;
    this.#problem = undefined;
    this.#step({ type: "again" });
    await this.#settle(this.#take.finishWithSent());
  }

  /** Throws the take away and begins another one with the same screen and devices. */
  async restart(): Promise<void> {
    if (!isRunning(this.#session.phase) || this.#plan === undefined) return;
    const plan = { ...this.#plan };
    await this.#silence();
    await this.#abandon();
    this.#step({ type: "reset" });
    this.#step({ type: "open" });
    this.#plan = plan;
    this.#run = new AbortController();
    try {
      await this.#roll();
    } catch (error) {
      await this.#abandon();
      this.#closeMedia();
      this.#step({ type: "refused" });
      if (!(error instanceof DOMException && error.name === "AbortError")) this.#failure = error;
      this.#changed();
    }
  }

  /** Throws the take away, here and on the server. */
  async discard(): Promise<void> {
    const { phase } = this.#session;
    if (phase === "opening" || phase === "countdown") return this.stop();
    if (!isRunning(phase) && phase !== "stuck") return;
    await this.#silence();
    this.#closeMedia();
    await this.#abandon();
    this.#reset();
    void this.enter();
  }

  /** Changes what viewers read; saved by itself. */
  edit(changes: VideoChanges & Partial<Omit<Plan, "account">>): void {
    if (this.#plan === undefined) return;
    this.#plan = { ...this.#plan, ...changes };
    this.#saver?.edit(changes);
    this.#changed();
  }

  async #relist(): Promise<void> {
    this.#known = await listDevices();
    this.#changed();
  }

  async #prepare(may: { camera: boolean; microphone: boolean }): Promise<void> {
    const { source, bubble, microphone } = this.#settings;
    await this.#devices.open(this.#settings, {
      camera: may.camera && (source === "camera" || bubble),
      microphone: may.microphone && microphone,
    });
    await this.#relist();
  }

  async #openMedia(): Promise<void> {
    const settings = this.#settings;
    const screen = settings.source === "camera" ? undefined : await this.#picture.share(settings);
    screen?.getVideoTracks()[0]?.addEventListener("ended", () => void this.stop("sharing_stopped"));
    await this.#devices.open(settings, {
      camera: settings.source === "camera" || settings.bubble,
      microphone: settings.microphone,
    });
    // Asked up front: a browser may otherwise remove what is stored when it needs room.
    void navigator.storage?.persist?.().catch(() => false);
    this.#devices.system(screen);
    this.#devices.mute(this.#session.muted);
    this.#picture.open(settings, this.#devices.camera?.getVideoTracks()[0]);
    if (screen !== undefined && settings.systemAudio && screen.getAudioTracks().length === 0) {
      this.#step({ type: "trouble", trouble: "no_system_audio" });
    }
  }

  /** Counts down while the video is made, and starts. */
  async #roll(): Promise<void> {
    const { signal } = this.#run;
    signal.throwIfAborted();
    const sound = this.#devices.hasSound;
    const type = chooseType((candidate) => MediaRecorder.isTypeSupported(candidate), sound);
    if (type === undefined || this.#picture.track === undefined) throw new CaptureFailure("unsupported");
    const opening = this.#openTake(type);
    try {
      for (let left = this.#settings.countdown; left > 0; left -= 1) {
        this.#step({ type: "count", left });
        await wait(1000, signal);
      }
    } finally {
      // Even a cancelled countdown waits for it: what was made has to be removed.
      await opening.catch(() => undefined);
    }
    await opening;
    signal.throwIfAborted();
    const stream = new MediaStream([this.#picture.track]);
    const { track } = this.#devices;
    if (sound && track !== undefined) stream.addTrack(track);
    this.#record(stream, type);
  }

  #record(stream: MediaStream, mimeType: string): void {
    const { height, frameRate } = this.#settings;
    const recorder = new MediaRecorder(stream, {
      mimeType,
      videoBitsPerSecond: videoBitRate(height, frameRate),
      audioBitsPerSecond: AUDIO_BIT_RATE,
      // A viewer of the running take joins at a keyframe, and a segment ends at one.
      videoKeyFrameIntervalDuration: CHUNK_MS,
    });
    const take = this.#take;
    recorder.ondataavailable = ({ data }) => take?.chunk(data);
    recorder.onerror = () => void this.stop("recorder_failed");
    this.#recorder = recorder;
    recorder.start(CHUNK_MS);
    this.#step({ type: "begun" });
    navigator.wakeLock?.request("screen").then(
      (lock) => {
        this.#wakeLock = lock;
      },
      () => undefined,
    );
  }

  async #openTake(type: string): Promise<void> {
    const plan = this.#plan as Plan;
    const { id, part_size } = await browserTransport.init({
      title: plan.title,
      visibility: plan.visibility,
      show_while_recording: plan.show_while_recording,
      file_name: fileName(type),
      content_type: type.split(";")[0] ?? type,
      origin: "recording",
    });
    this.#release = await claim(id);
    const meta = { id, account: plan.account, title: plan.title, partSize: part_size, startedAt: Date.now() };
    this.#take = await Take.begin(
      meta,
      takeDeps(id, { onChange: () => this.#changed(), onFull: () => void this.stop("memory_full") }),
    );
    this.#saver = new DetailsSaver(
      (changes) => browserTransport.edit(id, changes),
      (save) => {
        this.#save = save;
        this.#changed();
      },
    );
    this.#saver.start();
    this.#changed();
  }

  /** Ends the MediaRecorder, and resolves when its last bytes have been taken. */
  async #silence(): Promise<void> {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    if (recorder === undefined || recorder.state === "inactive") return;
    const stopped = new Promise<void>((resolve) => recorder.addEventListener("stop", () => resolve(), { once: true }));
    recorder.stop();
    await stopped;
  }

  async #isEmpty(): Promise<boolean> {
    await this.#take?.settled();
    return this.#take === undefined || this.#take.count === 0;
  }

  async #finish(): Promise<void> {
    if (this.#take !== undefined) await this.#settle(this.#take.finish());
  }

  async #settle(ending: Promise<Video>): Promise<void> {
    try {
      this.#finished = await ending;
      this.#letGo();
      this.#step({ type: "done" });
    } catch (error) {
      this.#problem = problemOf(error);
      this.#step({ type: "stuck" });
    }
  }

  /** Forgets the take and removes what there is of it. */
  async #abandon(): Promise<void> {
    const take = this.#take;
    this.#saver?.close();
    this.#take = undefined;
    // The server's side is removed by its own sweeper if this call does not reach it.
    await take?.discard().catch(() => undefined);
    this.#letGo();
  }

  #letGo(): void {
    this.#release?.();
    this.#release = undefined;
    void this.#wakeLock?.release().catch(() => undefined);
    this.#wakeLock = undefined;
  }

  #closeMedia(): void {
    this.#picture.close();
    this.#devices.system(undefined);
  }

  #reset(trouble?: Trouble): void {
    this.#take = undefined;
    this.#saver = undefined;
    this.#save = { kind: "clean" };
    this.#plan = undefined;
    this.#problem = undefined;
    this.#failure = undefined;
    this.#finished = undefined;
    this.#step({ type: "reset", trouble });
  }

  #lost(kind: "camera" | "microphone"): void {
    void this.#relist();
    if (!isBusy(this.#session.phase)) return;
    if (kind === "camera" && this.#settings.source === "camera") {
      void this.stop("camera_lost");
      return;
    }
    if (kind === "camera") this.#picture.cameraOff();
    this.#step({ type: "trouble", trouble: kind === "camera" ? "camera_lost" : "microphone_lost" });
  }

  #step(event: SessionEvent): void {
    this.#session = step(this.#session, event, performance.now());
    const { phase } = this.#session;
    setPresence(isBusy(phase) ? { elapsed: this.elapsed, paused: phase === "paused" } : undefined);
    this.#changed();
  }

  #changed(): void {
    this.#view = this.#look();
    for (const listener of this.#listeners) listener();
  }

  #look(): RecorderView {
    const take = this.#take;
    return {
      session: this.#session,
      settings: this.#settings,
      devices: this.#known,
      camera: this.#devices.camera,
      microphone: this.#devices.microphone,
      picture: this.#picture.stream,
      aspect: this.#picture.aspect,
      bubble: this.#picture.bubble,
      bubbleOn: this.#picture.bubbleOn,
      systemSound: this.#devices.has("system"),
      plan: this.#plan,
      videoId: take?.meta.id,
      save: this.#save,
      line: take?.sender.line ?? "idle",
      behind: take?.sender.behind ?? 0,
      bytes: take?.bytes ?? 0,
      problem: this.#problem ?? take?.sender.problem,
      failure: this.#failure,
      finished: this.#finished,
    };
  }
}

const TROUBLES: Partial<Record<string, true>> = { sharing_stopped: true, camera_lost: true };

function storage(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

export const recorder = new Recorder();
