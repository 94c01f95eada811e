import { expect, it } from "vitest";
import { INITIAL, isBusy, recordedMs, type SessionEvent, type SessionState, step } from "./session";

/** Plays events at their times, on a clock of its own. */
function play(...events: [number, SessionEvent][]): SessionState {
  return events.reduce((state, [now, event]) => step(state, event, now), INITIAL);
}

const BEGUN: [number, SessionEvent][] = [
  [0, { type: "open" }],
  [10, { type: "count", left: 1 }],
  [1000, { type: "begun" }],
];

it("counts what was recorded and not what was paused", () => {
  const state = play(...BEGUN, [4000, { type: "pause" }], [60_000, { type: "resume" }]);
  expect(recordedMs(state, 61_500)).toBe(4500);
  const paused = play(...BEGUN, [1000, { type: "pause" }]);
  expect(recordedMs(paused, 99_000)).toBe(0);
});

it("stops from a pause, and the length stays", () => {
  const state = play(...BEGUN, [3000, { type: "pause" }], [9000, { type: "stop" }]);
  expect(state.phase).toBe("finishing");
  expect(recordedMs(state, 50_000)).toBe(2000);
});

it("is not shortened by a clock that was set back", () => {
  const state = play(...BEGUN, [4000, { type: "pause" }], [5000, { type: "resume" }]);
  expect(recordedMs(state, 100)).toBe(3000);
});

it("ignores what does not fit", () => {
  expect(play([0, { type: "pause" }]).phase).toBe("setup");
  expect(play(...BEGUN, [2000, { type: "open" }]).phase).toBe("recording");
  expect(play(...BEGUN, [2000, { type: "refused", trouble: "denied" }]).phase).toBe("recording");
  expect(play(...BEGUN, [2000, { type: "done" }]).phase).toBe("recording");
});

it("says why a take could not begin, and is ready for another one", () => {
  const state = play([0, { type: "open" }], [5, { type: "refused", trouble: "denied_screen" }]);
  expect(state).toMatchObject({ phase: "setup", troubles: ["denied_screen"] });
  expect(step(state, { type: "open" }, 10)).toMatchObject({ phase: "opening", troubles: [] });
});

it("keeps a take that the server refuses until somebody decides", () => {
  const stuck = play(...BEGUN, [5000, { type: "stop" }], [6000, { type: "stuck" }]);
  expect(stuck.phase).toBe("stuck");
  expect(isBusy(stuck.phase)).toBe(true);
  const again = step(step(stuck, { type: "again" }, 7000), { type: "done" }, 8000);
  expect(again.phase).toBe("done");
  expect(isBusy(again.phase)).toBe(false);
});

it("shows each trouble once, the newest last", () => {
  const state = play(
    ...BEGUN,
    [2000, { type: "trouble", trouble: "camera_lost" }],
    [2100, { type: "trouble", trouble: "storage_full" }],
    [2200, { type: "trouble", trouble: "camera_lost" }],
  );
  expect(state.troubles).toEqual(["storage_full", "camera_lost"]);
  expect(step(state, { type: "dismiss", trouble: "storage_full" }, 0).troubles).toEqual(["camera_lost"]);
});
