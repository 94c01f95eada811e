/**
 * setup → opening → countdown → recording ⇄ paused → finishing → done. `stuck`: the take ended, but the server does not take the rest of
 * it; it is kept on this device. From anywhere a discard leads back to `setup`.
 */
export type Phase = "setup" | "opening" | "countdown" | "recording" | "paused" | "finishing" | "stuck" | "done";

/** Why a take could not begin, or ended, or what changed in the middle of it. */
export type Trouble =
  | "denied"
  | "denied_screen"
  | "no_device"
  | "busy"
  | "unsupported"
  | "too_short"
  | "camera_lost"
  | "microphone_lost"
  | "sharing_stopped"
  | "recorder_failed"
  | "memory_full"
  | "storage_full"
  | "no_system_audio";

export interface SessionState {
  phase: Phase;
  /** Seconds left of the countdown. */
  countdown: number;
  /** Milliseconds recorded before the running stretch. */
  before: number;
  /** When the running stretch began, on the monotonic clock. */
  since?: number;
  muted: boolean;
  /** Things that happened and that the person should know, the newest last. */
  troubles: readonly Trouble[];
}

export type SessionEvent =
  | { type: "open" }
  | { type: "refused"; trouble?: Trouble }
  | { type: "count"; left: number }
  | { type: "begun" }
  | { type: "pause" }
  | { type: "resume" }
  | { type: "mute"; muted: boolean }
  | { type: "trouble"; trouble: Trouble }
  | { type: "dismiss"; trouble: Trouble }
  | { type: "stop" }
  | { type: "stuck" }
  | { type: "again" }
  | { type: "done" }
  | { type: "reset"; trouble?: Trouble };

export const INITIAL: SessionState = { phase: "setup", countdown: 0, before: 0, muted: false, troubles: [] };

/** The next state. `now` is a monotonic time in milliseconds. An event that does not fit the phase changes nothing. */
export function step(state: SessionState, event: SessionEvent, now: number): SessionState {
  switch (event.type) {
    case "open":
      return state.phase === "setup" || state.phase === "done"
        ? { ...INITIAL, muted: state.muted, phase: "opening" }
        : state;
    case "refused":
      if (state.phase !== "opening" && state.phase !== "countdown") return state;
      return { ...INITIAL, muted: state.muted, troubles: event.trouble ? [event.trouble] : [] };
    case "count":
      return state.phase === "opening" || state.phase === "countdown"
        ? { ...state, phase: "countdown", countdown: event.left }
        : state;
    case "begun":
      return state.phase === "countdown" || state.phase === "opening"
        ? { ...state, phase: "recording", countdown: 0, before: 0, since: now }
        : state;
    case "pause":
      return state.phase === "recording"
        ? { ...state, phase: "paused", before: recordedMs(state, now), since: undefined }
        : state;
    case "resume":
      return state.phase === "paused" ? { ...state, phase: "recording", since: now } : state;
    case "mute":
      return { ...state, muted: event.muted };
    case "trouble":
      return { ...state, troubles: [...state.troubles.filter((other) => other !== event.trouble), event.trouble] };
    case "dismiss":
      return { ...state, troubles: state.troubles.filter((other) => other !== event.trouble) };
    case "stop":
      return isRunning(state.phase)
        ? { ...state, phase: "finishing", before: recordedMs(state, now), since: undefined }
        : state;
    case "stuck":
      return state.phase === "finishing" ? { ...state, phase: "stuck" } : state;
    case "again":
      return state.phase === "stuck" ? { ...state, phase: "finishing" } : state;
    case "done":
      return state.phase === "finishing" ? { ...state, phase: "done" } : state;
    case "reset":
      return { ...INITIAL, muted: state.muted, troubles: event.trouble ? [event.trouble] : [] };
  }
}

/** Whether the recorder takes pictures, or could go on with them. */
export function isRunning(phase: Phase): boolean {
  return phase === "recording" || phase === "paused";
}

/** Whether there is something that a closed tab would interrupt. */
export function isBusy(phase: Phase): boolean {
  return phase !== "setup" && phase !== "done";
}

/** How long the take is so far, without its pauses. Milliseconds. */
export function recordedMs(state: SessionState, now: number): number {
  // A clock that was set back or slept must not shorten what was recorded.
  return state.before + (state.since === undefined ? 0 : Math.max(0, now - state.since));
}
