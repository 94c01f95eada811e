import { expect, it } from "vitest";
import { awaitsEncode, frontierShare, initialState, type PlayerEvent, type PlayerState, reduce } from "./state";

function after(...events: PlayerEvent[]): PlayerState {
  return events.reduce(reduce, initialState);
}

const growing: PlayerEvent[] = [
  { type: "duration", seconds: 60 },
  { type: "loaded" },
  { type: "frontier", seconds: 8, complete: false },
  { type: "playing" },
];

it("knows the whole length before the encode does", () => {
  const state = after(...growing);
  expect(state.duration).toBe(60);
  expect(frontierShare(state)).toBeCloseTo(8 / 60);
});

it("never shortens the length, and follows a list that turns out longer", () => {
  expect(after(...growing, { type: "duration", seconds: 8 }).duration).toBe(60);
  expect(after(...growing, { type: "frontier", seconds: 60.2, complete: true }).duration).toBe(60.2);
});

it("waits for the encode only beyond the frontier", () => {
  expect(awaitsEncode(after(...growing, { type: "time", seconds: 30 }, { type: "starved" }))).toBe(true);
  expect(awaitsEncode(after(...growing, { type: "time", seconds: 4 }, { type: "starved" }))).toBe(false);
  expect(awaitsEncode(after(...growing, { type: "time", seconds: 7.9 }, { type: "starved" }))).toBe(true);
});

it("stops waiting when the encode passes the place, or the picture comes", () => {
  const waiting: PlayerEvent[] = [...growing, { type: "time", seconds: 30 }, { type: "starved" }];
  expect(awaitsEncode(after(...waiting, { type: "frontier", seconds: 34, complete: false }))).toBe(false);
  expect(awaitsEncode(after(...waiting, { type: "fed" }))).toBe(false);
  expect(awaitsEncode(after(...waiting, { type: "frontier", seconds: 29, complete: true }))).toBe(false);
});

it("fills the bar once the list has its end, whatever the last digits say", () => {
  expect(
    frontierShare(after({ type: "duration", seconds: 60 }, { type: "frontier", seconds: 59.9, complete: true })),
  ).toBe(1);
});

it("says that the browser wants a click, until it plays", () => {
  const blocked = after({ type: "loaded" }, { type: "blocked" });
  expect(blocked).toMatchObject({ blocked: true, playing: false });
  expect(reduce(blocked, { type: "playing" }).blocked).toBe(false);
});

it("ends, and is not ended any more after going back", () => {
  const ended = after(...growing, { type: "time", seconds: 60 }, { type: "ended" });
  expect(ended).toMatchObject({ ended: true, playing: false });
  expect(reduce(ended, { type: "starved" }).starved).toBe(false);
  expect(reduce(ended, { type: "time", seconds: 10 }).ended).toBe(false);
});

it("forgets a failure when it starts over", () => {
  const failed = after(...growing, { type: "failed", problem: { kind: "network", detail: "x" } });
  expect(failed).toMatchObject({ phase: "failed", playing: false });
  expect(reduce(failed, { type: "loading" })).toMatchObject({ phase: "loading", problem: undefined, duration: 60 });
});
