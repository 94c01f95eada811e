import { session } from "@/api/client";
import type { Video, VideoChanges } from "@/api/types";
import type { UploadProblem } from "@/uploads/types";
import type { Bubble } from "./bubble";
import { CaptureFailure } from "./capture";
import { chooseType } from "./codecs";
import type { SoundSource } from "./mixer";
import { OwnTake } from "./own-take";
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
import type { Settings } from "./settings";
import { onMemory } from "./store";
import { Studio } from "./studio";
import type { Take } from "./take";
import { Tape } from "./tape";
import type { Plan, RecorderView } from "./view";

/** Shorter is a slip of the hand. */
const SHORTEST_MS = 500;

/** The recorder of this tab: what there is to record with, a tape that runs, and the take it becomes. Lives outside of the pages. */
export class Recorder {
  #session: SessionState = INITIAL;
  #studio = new Studio({
    onChange: () => this.#changed(),
    onTrouble: (trouble) => this.#step({ type: "trouble", trouble }),
    onLost: (kind) => this.#lost(kind),
    onSharingStopped: () => void this.stop("sharing_stopped"),
  });
  #tape = new Tape();
  #plan: Plan | undefined;
  #own: OwnTake | undefined;
  #run = new AbortController();
  #problem: UploadProblem | undefined;
  #failure: unknown;
  #finished: Video | undefined;
  #view: RecorderView;
  #listeners = new Set<() => void>();

  constructor() {
    this.#view = this.#look();
    onMemory((take) => {
      if (this.#take === undefined || take === this.#take.meta.id)
        this.#step({ type: "trouble", trouble: "storage_full" });
    });
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
    return this.#studio.level(kind);
  }

  /** Milliseconds of the take so far. */
  elapsed = (): number => recordedMs(this.#session, performance.now());

  /** The page is open: what may be opened without asking is. */
  async enter(): Promise<void> {
    await this.#studio.relist();
    if (isBusy(this.#session.phase)) return;
    if (this.#session.phase === "done") this.#reset();
    await this.#studio.preview();
  }

  /** The page is closed: devices are only kept for a take that runs. */
  leave(): void {
    if (!isBusy(this.#session.phase)) this.#studio.closeDevices();
  }

  /** Opens the chosen devices, so that they can be seen and heard before the take. */
  allow(): Promise<void> {
    return this.#studio.allow();
  }

  choose(changes: Partial<Settings>): void {
    this.#studio.choose(changes);
    if (this.#session.phase === "setup") void this.#studio.adjust();
    this.#changed();
  }

  moveBubble(bubble: Bubble): void {
    this.#studio.moveBubble(bubble);
  }

  dismiss(trouble: Trouble): void {
    this.#step({ type: "dismiss", trouble });
  }

  /** Begins a take. Called by a click: the browser's own dialogue for screens needs one. */
  async start(plan: Plan): Promise<void> {
    if (this.#session.phase !== "setup" && this.#session.phase !== "done") return;
    this.#reset();
    this.#begin(plan);
    try {
      await this.#studio.open(this.#session.muted);
      await this.#roll();
    } catch (error) {
      await this.#giveUp(error);
    }
  }

  pause(): void {
    if (this.#session.phase !== "recording") return;
    this.#tape.pause();
    this.#step({ type: "pause" });
  }

  resume(): void {
    if (this.#session.phase !== "paused") return;
    this.#tape.resume();
    this.#step({ type: "resume" });
  }

  mute(muted: boolean): void {
    this.#studio.mute(muted);
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
    await this.#tape.end();
    this.#studio.closePicture();
    this.#studio.closeDevices();
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
    await this.#tape.end();
    await this.#abandon();
    this.#step({ type: "reset" });
    this.#begin(plan);
    try {
      await this.#roll();
    } catch (error) {
      await this.#giveUp(error);
    }
  }

  /** Throws the take away, here and on the server. */
  async discard(): Promise<void> {
    const { phase } = this.#session;
    if (phase === "opening" || phase === "countdown") return this.stop();
    if (!isRunning(phase) && phase !== "stuck") return;
    await this.#tape.end();
    this.#studio.closePicture();
    await this.#abandon();
    this.#reset();
    void this.enter();
  }

  /** Changes what viewers read; saved by itself. */
  edit(changes: VideoChanges & Partial<Omit<Plan, "account">>): void {
    if (this.#plan === undefined) return;
    this.#plan = { ...this.#plan, ...changes };
    this.#own?.edit(changes);
    this.#changed();
  }

  get #take(): Take | undefined {
    return this.#own?.take;
  }

  #begin(plan: Plan): void {
    this.#step({ type: "open" });
    this.#plan = plan;
    this.#run = new AbortController();
  }

  /** Counts down while the video is made, and starts. */
  async #roll(): Promise<void> {
    const { signal } = this.#run;
    signal.throwIfAborted();
    const type = chooseType((candidate) => MediaRecorder.isTypeSupported(candidate), this.#studio.hasSound);
    if (type === undefined || this.#studio.stream === undefined) throw new CaptureFailure("unsupported");
    const opening = this.#openTake(type);
    try {
      for (let left = this.#studio.settings.countdown; left > 0; left -= 1) {
        this.#step({ type: "count", left });
        await wait(1000, signal);
      }
    } finally {
      // Even a cancelled countdown waits for it: what was made has to be removed.
      await opening.catch(() => undefined);
    }
    await opening;
    signal.throwIfAborted();
    const { stream } = this.#studio;
    if (stream === undefined) throw new CaptureFailure("unsupported");
    const take = this.#take;
    this.#tape.start(stream, type, this.#studio.settings, {
      chunk: (data) => take?.chunk(data),
      failed: () => void this.stop("recorder_failed"),
    });
    this.#step({ type: "begun" });
    this.#own?.keepAwake();
  }

  async #openTake(type: string): Promise<void> {
    this.#own = await OwnTake.open(this.#plan as Plan, type, {
      onChange: () => this.#changed(),
      onFull: () => void this.stop("memory_full"),
    });
    this.#changed();
  }

  /** A take that could not begin: says why, unless somebody called it off. */
  async #giveUp(error: unknown): Promise<void> {
    await this.#abandon();
    this.#studio.closePicture();
    const cancelled = error instanceof DOMException && error.name === "AbortError";
    let trouble = error instanceof CaptureFailure ? error.trouble : undefined;
    if (cancelled && error.message in TROUBLES) trouble = error.message as Trouble;
    this.#step({ type: "refused", trouble });
    this.#failure = trouble !== undefined || cancelled ? undefined : error;
    this.#changed();
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
      this.#own?.letGo();
      this.#step({ type: "done" });
    } catch (error) {
      this.#problem = problemOf(error);
      this.#step({ type: "stuck" });
    }
  }

  /** Forgets the take and removes what there is of it. */
  async #abandon(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    await own?.abandon();
  }

  #reset(trouble?: Trouble): void {
    this.#own = undefined;
    this.#plan = undefined;
    this.#problem = undefined;
    this.#failure = undefined;
    this.#finished = undefined;
    this.#step({ type: "reset", trouble });
  }

  #lost(kind: "camera" | "microphone"): void {
    if (!isBusy(this.#session.phase)) return;
    if (kind === "camera" && this.#studio.settings.source === "camera") {
      void this.stop("camera_lost");
      return;
    }
    if (kind === "camera") this.#studio.cameraOff();
    this.#step({ type: "trouble", trouble: kind === "camera" ? "camera_lost" : "microphone_lost" });
  }

  #step(event: SessionEvent): void {
    this.#session = step(this.#session, event, performance.now());
    const { phase } = this.#session;
    setPresence(
      "/record",
      isBusy(phase) ? { elapsed: this.elapsed, paused: phase === "paused", to: "/record" } : undefined,
    );
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
      ...this.#studio.look(),
      plan: this.#plan,
      videoId: take?.meta.id,
      save: this.#own?.save ?? { kind: "clean" },
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
