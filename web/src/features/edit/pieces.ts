/** The cutting of a video as a list of pieces: pure, in microseconds of the whole video. */

export interface Span {
  start_us: number;
  end_us: number;
}

/** A stretch of the video; the pieces cover all of it, in order. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly kept: boolean;
}

export type Pieces = readonly Piece[];

/** The server refuses shorter ones. */
export const SHORTEST_US = 100_000;

export function whole(duration: number): Pieces {
  return [{ start: 0, end: duration, kept: true }];
}

/** The pieces of a saved edit. */
export function fromKeep(keep: readonly Span[], duration: number): Pieces {
  const pieces: Piece[] = [];
  let at = 0;
  for (const { start_us, end_us } of keep) {
    if (start_us > at) pieces.push({ start: at, end: start_us, kept: false });
    pieces.push({ start: start_us, end: end_us, kept: true });
    at = end_us;
  }
  if (at < duration) pieces.push({ start: at, end: duration, kept: false });
  return pieces;
}

/** What is kept: neighbours joined. */
export function toKeep(pieces: Pieces): Span[] {
  const keep: Span[] = [];
  for (const { start, end, kept } of pieces) {
    if (!kept) continue;
    const last = keep.at(-1);
    if (last?.end_us === start) last.end_us = end;
    else keep.push({ start_us: start, end_us: end });
  }
  return keep;
}

export function keptLength(pieces: Pieces): number {
  return pieces.reduce((sum, piece) => sum + (piece.kept ? piece.end - piece.start : 0), 0);
}

export function indexAt(pieces: Pieces, us: number): number {
  const index = pieces.findIndex((piece) => us < piece.end);
  return index < 0 ? pieces.length - 1 : index;
}

/** Divides the piece at a moment in two; the same list where one of them would be too short. */
export function split(pieces: Pieces, us: number): Pieces {
  const index = indexAt(pieces, us);
  const piece = pieces[index];
  if (piece === undefined || us - piece.start < SHORTEST_US || piece.end - us < SHORTEST_US) return pieces;
  return [...pieces.slice(0, index), { ...piece, end: us }, { ...piece, start: us }, ...pieces.slice(index + 1)];
}

/** Keeps a piece or cuts it out; the last one that is kept stays. */
export function setKept(pieces: Pieces, index: number, kept: boolean): Pieces {
  if (pieces[index] === undefined || pieces[index].kept === kept) return pieces;
  const next = pieces.map((piece, at) => (at === index ? { ...piece, kept } : piece));
  return next.some((piece) => piece.kept) ? next : pieces;
}

/** Cuts everything before a moment, or after it. */
export function trim(pieces: Pieces, us: number, side: "start" | "end"): Pieces {
  const halves = split(pieces, us);
  const next = halves.map((piece) => {
    const outside = side === "start" ? piece.end <= us : piece.start >= us;
    const inside = side === "start" ? piece.start <= us && us < piece.end : piece.start < us && us <= piece.end;
    if (outside) return { ...piece, kept: false };
    return inside ? { ...piece, kept: true } : piece;
  });
  return next.some((piece) => piece.kept) ? joinCut(next) : pieces;
}

/** Moves the border behind a piece; it stops before its neighbours get too short. */
export function moveBorder(pieces: Pieces, index: number, us: number): Pieces {
  const [left, right] = [pieces[index], pieces[index + 1]];
  if (left === undefined || right === undefined) return pieces;
  const at = Math.min(Math.max(us, left.start + SHORTEST_US), right.end - SHORTEST_US);
  if (at === left.end) return pieces;
  return pieces.map((piece, number) => {
    if (number === index) return { ...piece, end: at };
    return number === index + 1 ? { ...piece, start: at } : piece;
  });
}

/** Where playing goes on: the moment itself when it is kept, the next one that is, or nothing. */
export function nextKept(pieces: Pieces, us: number): number | undefined {
  for (const piece of pieces) if (piece.kept && us < piece.end) return Math.max(us, piece.start);
  return undefined;
}

/** Neighbours that are cut are one. */
function joinCut(pieces: Pieces): Pieces {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last !== undefined && !last.kept && !piece.kept) joined[joined.length - 1] = { ...last, end: piece.end };
    else joined.push(piece);
  }
  return joined;
}

/** The time of the frame nearest to a moment, as the server rounds it; `rate` in frames per 1,000 seconds. */
export function toFrame(us: number, rate: number | undefined, duration: number): number {
  if (rate === undefined || rate <= 0) return Math.round(Math.min(Math.max(us, 0), duration));
  const number = Math.round((us * rate) / 1e9);
  return Math.min(Math.max(Math.round((number * 1e9) / rate), 0), duration);
}

/** Half a frame more, so that a player that is asked for it shows this frame and not the one before. */
export function secondsInside(us: number, rate: number | undefined): number {
  return us / 1e6 + (rate ? Math.min(500 / rate, 0.004) : 0);
}
