import { expect, it } from "vitest";
import { FrontierSpeed, highestUseful, type Rung, rungOf } from "./rungs";

const rung = (name: string, edge: number, complete = false): Rung => ({ name, edge, complete });

it("reads a rung's name from its playlist, with and without a grant", () => {
  expect(rungOf("http://x/media/videos/abc/v720/index.m3u8")).toBe("v720");
  expect(rungOf("http://x/media/1.gr/videos/abc/v720/index.m3u8?x=1#y")).toBe("v720");
});

it("joins a growing rung only well past the playhead", () => {
  const low = rung("240", 60, true);
  expect(highestUseful([low, rung("720", 20)], 10, 40)).toBe(0);
  expect(highestUseful([low, rung("720", 26)], 10, 40)).toBe(1);
  expect(highestUseful([low, rung("720", 60, true)], 50, 60)).toBe(1);
});

it("keeps a rung in use until its end would come, and leaves it for one that has more", () => {
  const low = rung("240", 60, true);
  expect(highestUseful([low, rung("720", 30)], 20, 25)).toBe(1);
  expect(highestUseful([low, rung("720", 30)], 20, 30)).toBe(0);
});

it("takes the best of those that grow together at the frontier", () => {
  expect(highestUseful([rung("240", 30), rung("480", 28), rung("720", 12)], 25, 28)).toBe(1);
});

it("goes back to what exists after a seek beyond the better rung", () => {
  expect(highestUseful([rung("240", 60, true), rung("720", 30)], 45, 45)).toBe(0);
});

it("estimates a wait from the frontier's speed, and says nothing before it knows one", () => {
  const speed = new FrontierSpeed();
  expect(speed.secondsUntil(60, 0)).toBeUndefined();
  speed.note(0, 0);
  speed.note(1000, 10);
  expect(speed.secondsUntil(60, 1000)).toBeUndefined();
  speed.note(2000, 20);
  expect(speed.secondsUntil(60, 2000)).toBeCloseTo(4);
  expect(speed.secondsUntil(60, 3000)).toBeCloseTo(3);
  expect(speed.secondsUntil(10, 3000)).toBe(0);
});
