import { describe, expect, it } from "vitest";
import { inside, keyMoves, letterbox, recordedSize } from "./bubble";
import { chooseType, fileName, videoBitRate } from "./codecs";
import { DEFAULTS, loadSettings } from "./settings";

describe("the type of a recording", () => {
  const debian = (type: string) => !/mp4a/.test(type) && /^video\/(webm|mp4|x-matroska)/.test(type);
  const safari = (type: string) => /^video\/mp4(;codecs=avc1\.42E01F,mp4a\.40\.2)?$/.test(type);

  it("is H.264 in Matroska where there is such a thing, then in MP4, then WebM", () => {
    expect(chooseType(debian, true)).toBe("video/x-matroska;codecs=avc1.640028,opus");
    expect(chooseType(debian, false)).toBe("video/x-matroska;codecs=avc1.640028");
    expect(chooseType(safari, true)).toBe("video/mp4;codecs=avc1.42E01F,mp4a.40.2");
    expect(chooseType((type) => type.startsWith("video/webm;codecs=vp8"), true)).toBe("video/webm;codecs=vp8,opus");
    expect(chooseType(() => false, true)).toBeUndefined();
  });

  it("gives the file its name", () => {
    expect(fileName("video/x-matroska;codecs=avc1,opus")).toBe("recording.mkv");
    expect(fileName("video/mp4")).toBe("recording.mp4");
  });

  it("gets more bits for more lines and more frames", () => {
    expect(videoBitRate(720, 30)).toBeLessThan(videoBitRate(1080, 30));
    expect(videoBitRate(1080, 30)).toBeLessThan(videoBitRate(1080, 60));
  });
});

describe("the bubble", () => {
  it("stays whole inside the picture, however it is moved", () => {
    for (const aspect of [16 / 9, 9 / 16, 1]) {
      for (const x of [-5, 0, 0.5, 1, 5]) {
        const { x: left, y: top, size } = inside({ x, y: 1 - x, size: 0.3 }, aspect);
        expect(left - size / 2 / aspect).toBeGreaterThanOrEqual(-1e-9);
        expect(left + size / 2 / aspect).toBeLessThanOrEqual(1 + 1e-9);
        expect(top + size / 2).toBeLessThanOrEqual(1 + 1e-9);
      }
    }
  });

  it("moves and grows by keys", () => {
    const bubble = { x: 0.5, y: 0.5, size: 0.3 };
    expect(keyMoves(bubble, "ArrowUp", 1)?.y).toBeLessThan(0.5);
    expect(keyMoves(bubble, "+", 1)?.size).toBeGreaterThan(0.3);
    expect(keyMoves(bubble, "a", 1)).toBeUndefined();
  });
});

describe("the size", () => {
  it("is never above the source, and has even sides", () => {
    expect(recordedSize({ width: 1366, height: 769 }, 1080)).toEqual({ width: 1366, height: 768 });
    expect(recordedSize({ width: 3840, height: 2160 }, 1080)).toEqual({ width: 1920, height: 1080 });
  });

  it("has bars when the source changes its shape", () => {
    expect(letterbox({ width: 100, height: 100 }, { width: 200, height: 100 })).toEqual({
      x: 50,
      y: 0,
      width: 100,
      height: 100,
    });
  });
});

it("remembers only settings that make sense", () => {
  const stored = { source: "camera", height: 7, frameRate: 60, bubble: "yes", cameraId: 5, microphoneId: "m1" };
  const settings = loadSettings({ getItem: () => JSON.stringify(stored) });
  expect(settings).toEqual({ ...DEFAULTS, source: "camera", frameRate: 60, microphoneId: "m1" });
  expect(loadSettings({ getItem: () => "{" })).toEqual(DEFAULTS);
  expect(loadSettings(undefined)).toEqual(DEFAULTS);
});
