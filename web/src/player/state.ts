import type { Quality } from "./steering";

/** What the quality menu offers and which one is on the screen. */
export interface Choices {
  /** Lowest first. */
  qualities: readonly Quality[];
  /** The fixed quality by its lines; undefined is automatic. */
  chosenLines: number | undefined;
  playing: Quality | undefined;
}

/** What went wrong for good, after the engine's own attempts. */
export interface PlayerProblem {
  kind: "network" | "gone" | "media" | "unsupported";
  /** For a log or a report, not for people. */
  detail: string;
}

/** All that a view needs to know. Facts come from the media element and hls.js; nothing here is hoped for. */
export interface PlayerState {
  phase: "loading" | "ready" | "failed";
  playing: boolean;
  /** The element has no picture for where it stands. */
  starved: boolean;
  /** The browser refused to start without a click. */
  blocked: boolean;
  ended: boolean;
  /** Seconds. */
  time: number;
  /** The whole length in seconds, known from the catalogue before the encode is done; 0 when not known. */
  duration: number;
  /** How far the encode has come, in seconds. */
  frontier: number;
  /** The list of segments has its end: nothing more will come. */
  complete: boolean;
  choices: Choices;
  problem?: PlayerProblem;
}

export type PlayerEvent =
  | { type: "loading" }
  | { type: "loaded" }
  | { type: "playing" }
  | { type: "paused" }
  | { type: "starved" }
  | { type: "fed" }
  | { type: "blocked" }
  | { type: "ended" }
  | { type: "time"; seconds: number }
  | { type: "duration"; seconds: number }
  | { type: "frontier"; seconds: number; complete: boolean }
  | { type: "choices"; choices: Choices }
  | { type: "failed"; problem: PlayerProblem };

export const initialState: PlayerState = {
  phase: "loading",
  playing: false,
  starved: false,
  blocked: false,
  ended: false,
  time: 0,
  duration: 0,
  frontier: 0,
  complete: false,
  choices: { qualities: [], chosenLines: undefined, playing: undefined },
};

export function reduce(state: PlayerState, event: PlayerEvent): PlayerState {
  switch (event.type) {
    case "loading":
      return { ...state, phase: "loading", problem: undefined };
    case "loaded":
      return { ...state, phase: "ready", problem: undefined };
    case "playing":
      return { ...state, playing: true, blocked: false, ended: false };
    case "paused":
      return { ...state, playing: false };
    case "starved":
      return state.ended ? state : { ...state, starved: true };
    case "fed":
      return { ...state, starved: false };
    case "blocked":
      return { ...state, blocked: true, playing: false };
    case "ended":
      return { ...state, ended: true, playing: false, starved: false };
    case "time":
      return { ...state, time: event.seconds, ended: state.ended && event.seconds >= state.duration - END_SLACK };
    case "duration":
      return event.seconds > state.duration ? { ...state, duration: event.seconds } : state;
    case "frontier":
      return {
        ...state,
        frontier: Math.max(state.frontier, event.seconds),
        duration: Math.max(state.duration, event.seconds),
        complete: state.complete || event.complete,
      };
    case "choices":
      return { ...state, choices: event.choices };
    case "failed":
      return { ...state, phase: "failed", problem: event.problem, playing: false, starved: false };
  }
}

/** The place somebody wants to watch has not been encoded yet; it plays on by itself once it is. */
export function awaitsEncode(state: PlayerState): boolean {
  return state.phase === "ready" && state.starved && !state.complete && state.time >= state.frontier - FRONTIER_SLACK;
}

/** The encoded share of the bar, 0 to 1. */
export function frontierShare(state: PlayerState): number {
  if (state.complete) return 1;
  if (state.duration <= 0) return 0;
  return Math.min(1, state.frontier / state.duration);
}

const END_SLACK = 0.5;
/** The picture stops up to about a frame and an audio packet before the end of the list. */
const FRONTIER_SLACK = 0.35;
