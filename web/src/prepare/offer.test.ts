import { expect, it } from "vitest";
import { heightOf, heightsFor } from "./heights";
import { isSlow, savedBy } from "./offer";

const MEGA = 1_000_000;

it("offers to shrink when that saves a minute and a quarter of the time", () => {
  const slow = { bytesLeft: 300 * MEGA, uplink: MEGA };
  expect(savedBy(slow, { seconds: 60, bytes: 60 * MEGA })).toBe(180);
  expect(savedBy(slow, { seconds: 200, bytes: 60 * MEGA })).toBeUndefined();
  expect(savedBy({ bytesLeft: 80 * MEGA, uplink: MEGA }, { seconds: 5, bytes: 20 * MEGA })).toBeUndefined();
  expect(savedBy({ bytesLeft: 300 * MEGA, uplink: 0 }, { seconds: 1, bytes: 1 })).toBeUndefined();
});

it("measures nothing on a quick line", () => {
  expect(isSlow({ bytesLeft: 300 * MEGA, uplink: 10 * MEGA })).toBe(false);
  expect(isSlow({ bytesLeft: 300 * MEGA, uplink: MEGA })).toBe(true);
  expect(isSlow({ bytesLeft: 300 * MEGA, uplink: 0 })).toBe(false);
});

it("knows no larger size than the video's own, and none that saves little", () => {
  const facts = { duration: 10, width: 1920, height: 1080, shrinkable: true };
  expect(heightsFor({ ...facts, bitrate: 20 * MEGA })).toEqual([1080, 720, 480, 360]);
  expect(heightsFor({ ...facts, bitrate: 3 * MEGA })).toEqual([480, 360]);
  expect(heightsFor({ ...facts, width: 640, height: 360, bitrate: 20 * MEGA })).toEqual([360]);
  expect(heightsFor({ ...facts, bitrate: 20 * MEGA, shrinkable: false })).toEqual([]);
});

it("counts a tall video by its width", () => {
  expect(heightsFor({ duration: 1, width: 720, height: 1280, bitrate: 20 * MEGA, shrinkable: true })[0]).toBe(720);
  expect(heightOf(480, { width: 720, height: 1280 })).toBe(854);
  expect(heightOf(480, { width: 1280, height: 720 })).toBe(480);
});
