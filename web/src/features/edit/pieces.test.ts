import { describe, expect, it } from "vitest";
import { begin, step } from "./history";
import {
  fromKeep,
  keptLength,
  moveBorder,
  nextKept,
  type Pieces,
  setKept,
  split,
  toFrame,
  toKeep,
  trim,
  whole,
} from "./pieces";

const S = 1_000_000;
const D = 60 * S;
const covers = (pieces: Pieces) => {
  let at = 0;
  for (const piece of pieces) {
    expect(piece.start).toBe(at);
    expect(piece.end).toBeGreaterThan(piece.start);
    at = piece.end;
  }
  expect(at).toBe(D);
};

describe("pieces", () => {
  it("come back from what was saved", () => {
    const keep = [
      { start_us: 2 * S, end_us: 5 * S },
      { start_us: 8 * S, end_us: D },
    ];
    const pieces = fromKeep(keep, D);
    covers(pieces);
    expect(toKeep(pieces)).toEqual(keep);
    expect(toKeep(whole(D))).toEqual([{ start_us: 0, end_us: D }]);
  });

  it("are split, and cut out of the middle", () => {
    let pieces = split(split(whole(D), 10 * S), 20 * S);
    covers(pieces);
    expect(toKeep(pieces)).toEqual([{ start_us: 0, end_us: D }]);
    pieces = setKept(pieces, 1, false);
    expect(toKeep(pieces)).toEqual([
      { start_us: 0, end_us: 10 * S },
      { start_us: 20 * S, end_us: D },
    ]);
    expect(keptLength(pieces)).toBe(50 * S);
    expect(nextKept(pieces, 12 * S)).toBe(20 * S);
    expect(nextKept(pieces, 30 * S)).toBe(30 * S);
    expect(split(pieces, 10 * S + 10)).toBe(pieces);
  });

  it("are trimmed at both ends, and back", () => {
    let pieces = trim(trim(whole(D), 5 * S, "start"), 50 * S, "end");
    covers(pieces);
    expect(toKeep(pieces)).toEqual([{ start_us: 5 * S, end_us: 50 * S }]);
    expect(nextKept(pieces, 55 * S)).toBeUndefined();
    pieces = trim(pieces, 2 * S, "start");
    expect(toKeep(pieces)).toEqual([{ start_us: 2 * S, end_us: 50 * S }]);
  });

  it("never go away altogether", () => {
    expect(setKept(whole(D), 0, false)).toEqual(whole(D));
  });

  it("have borders that stop at their neighbours", () => {
    const pieces = moveBorder(split(whole(D), 10 * S), 0, 70 * S);
    covers(pieces);
    expect(pieces[0]?.end).toBe(D - 100_000);
  });
});

it("finds frames as the server rounds them", () => {
  expect(toFrame(1_010_000, 30_000, D)).toBe(1_000_000);
  expect(toFrame(1_020_000, 30_000, D)).toBe(1_033_333);
  expect(toFrame(1_010_000, 29_970, D)).toBe(1_001_001);
  expect(toFrame(-5, 25_000, D)).toBe(0);
  expect(toFrame(D + S, 25_000, D)).toBe(D);
  expect(toFrame(1_010_001, undefined, D)).toBe(1_010_001);
});

it("undoes and does again, and a drag is one step", () => {
  let history = step(begin(1), { type: "to", value: 2 });
  history = step(history, { type: "while", value: 3 });
  expect(step(history, { type: "undo" }).now).toBe(1);
  const back = step(history, { type: "undo" });
  expect(step(back, { type: "redo" }).now).toBe(3);
  expect(step(step(back, { type: "to", value: 9 }), { type: "redo" }).now).toBe(9);
  expect(step(begin(1), { type: "undo" }).now).toBe(1);
});
