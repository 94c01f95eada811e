/** One video rung as far as the catalogue and the playlists tell; the player chooses among them. */
export interface Rung {
  /** The rung's name, which is also its folder in the playlists. */
  name: string;
  /** How far its segments reach, in seconds. */
  edge: number;
  /** Nothing more will be added to it. */
  complete: boolean;
}

/** What the catalogue says of a rung. */
export interface RungNews {
  name: string;
  kind: string;
  /** 0 to 1. */
  progress: number;
}

/** The name of the rung that a media playlist's address belongs to: `…/{rung}/index.m3u8`. */
export function rungOf(address: string): string {
  const path = address.split(/[?#]/, 1)[0] ?? "";
  return path.split("/").at(-2) ?? "";
}

/**
 * How high the choice may go, as an index into `rungs` (lowest first). A rung that is still made joins when it reaches
 * well past the playhead, and is left before it would make the player wait while another has the pictures.
 */
export function highestUseful(rungs: readonly Rung[], playhead: number, loadedUntil: number): number {
  const joins = rungs.findLastIndex((rung) => rung.complete || rung.edge >= playhead + JOIN_AHEAD);
  const furthest = Math.max(0, ...rungs.map((rung) => (rung.complete ? Number.POSITIVE_INFINITY : rung.edge)));
  const needed = Math.min(loadedUntil + LEAVE_AHEAD, furthest - ONE_SEGMENT);
  const feeds = rungs.findLastIndex((rung) => rung.complete || rung.edge >= needed);
  return Math.max(joins, feeds, 0);
}

/** Seconds of a new rung that must lie before the playhead: the running segment, one to change in, and a reserve. */
const JOIN_AHEAD = 16;
const LEAVE_AHEAD = 0.5;
/** Rungs of one decode grow together; the border of the slower one is up to a segment behind. */
const ONE_SEGMENT = 4.5;

/** Estimates, from how fast the frontier moved lately, when it will reach a place. */
export class FrontierSpeed {
  #points: { at: number; edge: number }[] = [];

  /** `at` in milliseconds of a monotonic clock, `edge` in seconds of media. */
  note(at: number, edge: number): void {
    const last = this.#points.at(-1);
    if (last !== undefined && edge <= last.edge) return;
    this.#points.push({ at, edge });
    // The first points are slow: the encoder starts.
    if (this.#points.length > MOST_POINTS) this.#points.shift();
  }

  /** Seconds from `now` until the frontier reaches `place`; undefined while nothing can be said. */
  secondsUntil(place: number, now: number): number | undefined {
    const first = this.#points[0];
    const last = this.#points.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < SHORTEST_LOOK_MS) return undefined;
    const speed = (last.edge - first.edge) / ((last.at - first.at) / 1000);
    return Math.max(0, (place - last.edge) / speed - (now - last.at) / 1000);
  }
}

const MOST_POINTS = 30;
const SHORTEST_LOOK_MS = 1500;
