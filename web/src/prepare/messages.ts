/** What is known of a file before anything is done with it. */
export interface Facts {
  /** Seconds. */
  duration: number;
  /** Pixels as displayed. */
  width: number;
  height: number;
  /** Bits per second of the whole file. */
  bitrate: number;
  /** Whether this browser can decode its picture and encode another one. */
  shrinkable: boolean;
}

/** A stretch of a file in seconds from its beginning. */
export interface Range {
  start: number;
  end: number;
}

/** What is to become of a file. Without a height the bits are copied. */
export interface Job {
  range?: Range;
  /** Pixels; the width follows. */
  height?: number;
}

/** What a shrunk file costs, measured on a piece of it. */
export interface Forecast {
  /** Seconds of work. */
  seconds: number;
  /** Bytes of the result. */
  bytes: number;
}

export interface Prepared {
  file: File;
  /** Where the first kept picture stood in the source, in seconds: a copy begins at a keyframe. */
  start: number;
}

/** Why a file stays as it is. */
export type Refusal = "unreadable" | "unsupported" | "too_short" | "no_room" | "failed";

export type Call =
  | { id: number; kind: "look"; file: File }
  | { id: number; kind: "forecast"; file: File; height: number }
  | { id: number; kind: "run"; file: File; job: Job }
  | { id: number; kind: "cancel" };

export type Answer =
  | { id: number; kind: "value"; value: Facts | Forecast | Prepared }
  | { id: number; kind: "progress"; share: number }
  | { id: number; kind: "refused"; refusal: Refusal; detail: string };
