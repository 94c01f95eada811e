import { expect, it } from "vitest";
import type { Video } from "@/api/types";
import { askEvery } from "./ask-every";
import { reasonsOf } from "./plan-reasons";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const video = (fields: Partial<Video>): Video =>
  ({ state: "ready", playable: true, playback: { captions: [], hls_url: "" }, ...fields }) as Video;

it("asks only while nobody tells and something is still to come", () => {
  expect(askEvery(video({}), false, NOW)).toBe(false);
  expect(askEvery(video({ state: "processing" }), true, NOW)).toBe(false);
  expect(askEvery(video({ state: "processing" }), false, NOW)).toBe(2000);
  expect(askEvery(video({ state: "uploading", playable: false }), false, NOW)).toBe(1000);
  expect(askEvery(video({ state: "failed" }), false, NOW)).toBe(false);
});

it("asks for a fresh address before the old one ends, also when it is told of changes", () => {
  const until = (expires_at: string) => video({ playback: { captions: [], hls_url: "", expires_at } });
  expect(askEvery(until("2026-11-21T13:00:00Z"), true, NOW)).toBe(50 * 60_000);
  expect(askEvery(until("2026-11-21T12:00:10Z"), true, NOW)).toBe(5000);
  expect(askEvery(until("2027-11-21T12:00:00Z"), true, NOW)).toBe(false);
});

it("reads the sentences of a plan, whatever else it holds", () => {
  expect(reasonsOf({ reasons: ["a", "a", 1, "", "b"] })).toEqual(["a", "b"]);
  expect(reasonsOf(undefined)).toEqual([]);
  expect(reasonsOf({ reasons: "x" })).toEqual([]);
});
