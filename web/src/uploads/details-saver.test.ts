import { beforeEach, expect, it, vi } from "vitest";
import type { Video, VideoChanges } from "@/api/types";
import { DetailsSaver } from "./details-saver";
import type { SaveState } from "./types";

beforeEach(() => void vi.useFakeTimers());

function saver() {
  const sent: VideoChanges[] = [];
  const states: SaveState["kind"][] = [];
  const made = new DetailsSaver(
    async (changes) => {
      sent.push(changes);
      return {} as Video;
    },
    ({ kind }) => states.push(kind),
  );
  return { made, sent, states };
}

it("waits for a pause, and does not when told", async () => {
  const { made, sent, states } = saver();
  made.start();
  made.edit({ title: "A" });
  expect(sent).toEqual([]);
  made.now();
  expect(sent).toEqual([{ title: "A" }]);
  await vi.runAllTimersAsync();
  expect(sent).toHaveLength(1);
  expect(states).toEqual(["pending", "saving", "saved"]);
});

it("has nothing to save before the video exists, or when nothing was typed", async () => {
  const { made, sent } = saver();
  made.edit({ title: "A" });
  made.now();
  expect(sent).toEqual([]);
  made.start();
  await vi.runAllTimersAsync();
  made.now();
  expect(sent).toEqual([{ title: "A" }]);
});
