import type Hls from "hls.js";
import { Events, type Level } from "hls.js";
import { loadedUntil, SLACK } from "./buffered";
import { takeLevels } from "./levels";
import { highestUseful, type Rung, type RungNews, rungOf } from "./rungs";

/** One line of the quality menu. */
export interface Quality {
  name: string;
  /** The short side in pixels, by which people call it. */
  lines: number;
  width: number;
  height: number;
  /** Bit/s, sound included. */
  bitrate: number;
}

/** Why the rung that plays was chosen. */
export type RungReason = "only" | "chosen" | "chosen_absent" | "bandwidth" | "best" | "not_there_yet";

/**
 * Decides which rungs hls.js may choose from, and brings new ones to it. hls.js chooses by bandwidth; it knows nothing of
 * rungs whose segments do not reach the playhead yet.
 */
export class Steering {
  #hls: Hls;
  #video: HTMLVideoElement;
  #address: () => string;
  #reach = new Map<string, { edge: number; complete: boolean }>();
  #wanted: number | undefined;
  #seen = "";
  #playlist: { text: string; address: string } | undefined;
  #asking = false;
  /** Where the segment on the screen begins, in seconds. */
  #playingFrom = 0;
  #liftedAt = Number.NEGATIVE_INFINITY;
  #gone = new AbortController();

  constructor(hls: Hls, video: HTMLVideoElement, address: () => string, wanted: number | undefined) {
    this.#hls = hls;
    this.#video = video;
    this.#address = address;
    this.#wanted = wanted;
    hls.on(Events.LEVEL_UPDATED, (_event, { level, details }) => {
      const name = rungOf(hls.levels[level]?.uri ?? "");
      this.#note(name, details.edge, !details.live);
      this.steer();
    });
    hls.on(Events.FRAG_CHANGED, (_event, { frag }) => {
      this.#playingFrom = frag.start;
      this.#letGo();
      this.steer();
    });
    hls.on(Events.MANIFEST_PARSED, () => this.steer());
  }

  destroy(): void {
    this.#gone.abort();
  }

  /** The catalogue's news; `duration` in seconds. Resolves to whether the quality menu has changed. */
  async news(rungs: readonly RungNews[], duration: number): Promise<boolean> {
    const pictures = rungs.filter((rung) => rung.kind === "video" && rung.progress > 0);
    for (const { name, progress } of pictures) this.#note(name, progress * duration, progress >= 1);
    const changed = await this.#fetch(pictures.map(({ name, progress }) => `${name}:${progress >= 1}`).join());
    this.steer();
    return changed;
  }

  /** Fixes the quality to the best with at most `lines`, or lets it adapt again. */
  choose(lines: number | undefined): void {
    this.#wanted = lines;
    this.#hls.nextLevel = lines === undefined ? -1 : this.#fixed(this.#cap());
    this.steer();
    // hls.js drops what lies ahead. Who goes back, or has a short video again from the start, wants the new quality too.
    if (this.#playingFrom > 0) {
      this.#hls.trigger(Events.BUFFER_FLUSHING, { startOffset: 0, endOffset: this.#playingFrom, type: "video" });
    }
  }

  get wanted(): number | undefined {
    return this.#wanted;
  }

  get qualities(): Quality[] {
    return this.#hls.levels.filter((level) => level.height > 0).map(qualityOf);
  }

  get playing(): Quality | undefined {
    const level = this.#hls.levels[this.#hls.currentLevel];
    return level === undefined ? undefined : qualityOf(level);
  }

  get reason(): RungReason {
    const { levels, currentLevel } = this.#hls;
    if (levels.length < 2) return "only";
    const lines = this.#wanted;
    const playing = levels[currentLevel];
    if (lines !== undefined) {
      return playing !== undefined && this.#fixed(levels.length - 1) === currentLevel ? "chosen" : "chosen_absent";
    }
    if (currentLevel === levels.length - 1) return "best";
    return currentLevel >= this.#cap() ? "not_there_yet" : "bandwidth";
  }

  /** Whether some rung can be played to its end. */
  get complete(): boolean {
    return this.#rungs().some((rung) => rung.complete);
  }

  /** How far the furthest rung reaches, in seconds. */
  get frontier(): number {
    return Math.max(0, ...this.#rungs().map((rung) => rung.edge));
  }

  steer(): void {
    const hls = this.#hls;
    if (hls.levels.length === 0) return;
    const cap = this.#cap();
    if (this.#wanted !== undefined) {
      const level = this.#fixed(cap);
      if (hls.manualLevel !== level) hls.nextLevel = level;
      return;
    }
    const limit = cap === hls.levels.length - 1 ? -1 : cap;
    if (hls.autoLevelCapping !== limit) {
      hls.autoLevelCapping = limit;
      // hls.js keeps its last choice for one more segment, also when that lies above the new limit.
      hls.nextAutoLevel = Math.min(Math.max(0, hls.loadLevel), cap);
    }
    this.#lift(cap);
  }

  /** Much of a low rung may be in the buffer: a better one that the connection carries must not wait until it is over. */
  #lift(cap: number): void {
    const hls = this.#hls;
    const playing = hls.currentLevel;
    const now = performance.now();
    if (playing < 0 || this.#loadedUntil() - this.#video.currentTime < LONG_BUFFER) return;
    const carried = hls.bandwidthEstimate * UP_SHARE;
    const best = hls.levels.findLastIndex(
      (level, index) => index <= cap && (level.maxBitrate <= carried || this.#succeeds(level, hls.levels[playing])),
    );
    if (best <= Math.max(playing, hls.loadLevel) || now - this.#liftedAt < LIFT_EVERY_MS) return;
    this.#liftedAt = now;
    hls.nextAutoLevel = best;
    hls.nextLevel = -1;
  }

  /** Whether a level takes the place of one that left the playlist: a line that carried the first carries the second. */
  #succeeds(level: Level, playing: Level | undefined): boolean {
    if (playing === undefined || this.#playlist === undefined || linesOf(level) !== linesOf(playing)) return false;
    return level !== playing && !this.#playlist.text.includes(`${rungOf(playing.uri)}/`);
  }

  async #fetch(seen: string): Promise<boolean> {
    if (this.#asking || seen === this.#seen || this.#hls.levels.length === 0) return false;
    this.#asking = true;
    try {
      const address = new URL(this.#address(), location.href).href;
      const answer = await fetch(address, { signal: this.#gone.signal, credentials: "omit" });
      if (!answer.ok) return false;
      const text = await answer.text();
      if (this.#gone.signal.aborted) return false;
      this.#seen = seen;
      this.#playlist = { text, address };
      return takeLevels(this.#hls, text, address);
    } catch {
      // The next news asks again.
      return false;
    } finally {
      this.#asking = false;
    }
  }

  /** A rung that left the playlist while it fed the player goes once another feeds it. */
  #letGo(): void {
    if (this.#playlist !== undefined) takeLevels(this.#hls, this.#playlist.text, this.#playlist.address);
  }

  #note(name: string, edge: number, complete: boolean): void {
    const known = this.#reach.get(name);
    this.#reach.set(name, {
      edge: Math.max(edge, known?.edge ?? 0),
      complete: complete || (known?.complete ?? false),
    });
  }

  #rungs(): Rung[] {
    return this.#hls.levels.map((level) => {
      const name = rungOf(level.uri);
      return { name, edge: 0, complete: false, ...this.#reach.get(name) };
    });
  }

  #cap(): number {
    const rungs = this.#rungs();
    // Before the first playlist nothing is known, and all may be chosen.
    if (this.#reach.size === 0) return rungs.length - 1;
    return highestUseful(rungs, this.#video.currentTime, this.#loadedUntil());
  }

  #fixed(cap: number): number {
    const lines = this.#wanted ?? Number.POSITIVE_INFINITY;
    const level = this.#hls.levels.findLastIndex((candidate) => linesOf(candidate) <= lines);
    return Math.max(0, Math.min(level, cap));
  }

  #loadedUntil(): number {
    return loadedUntil(this.#video, SLACK) ?? this.#video.currentTime;
  }
}

function linesOf({ width, height }: Level): number {
  return Math.min(width, height);
}

function qualityOf(level: Level): Quality {
  const { width, height, bitrate } = level;
  return { name: rungOf(level.uri), lines: linesOf(level), width, height, bitrate };
}

/** Seconds. */
const LONG_BUFFER = 10;
const LIFT_EVERY_MS = 10_000;
/** The share of the estimated bandwidth that hls.js would use for going up, too. */
const UP_SHARE = 0.7;
