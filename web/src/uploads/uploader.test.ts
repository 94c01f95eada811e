import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { breakConnection, FakeNetwork, FakeServer, PART, refuse, video } from "./fake-server.test-kit";
import { fingerprint } from "./fingerprint";
import { titleFrom, Uploader } from "./uploader";

let server: FakeServer;
let network: FakeNetwork;
let uploader: Uploader;

function file(bytes: number, name = "my_clip.mp4"): File {
  return new File([new Uint8Array(bytes).fill(7)], name, { type: "video/mp4" });
}

function only() {
  const item = uploader.snapshot()[0];
  if (item === undefined) throw new Error("the list is empty");
  return item;
}

/** Lets `ms` of virtual time pass, and everything that follows from it happen. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** The fingerprint reads the file for real, which virtual time does not cover. */
async function opened(): Promise<void> {
  await vi.waitUntil(() => uploader.snapshot().every((item) => item.phase !== "preparing"), { interval: 1 });
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  network = new FakeNetwork();
  uploader = new Uploader({ transport: server, network, random: () => 0.5, parallel: 4 });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a file that goes up", () => {
  it("is sent in parts, completed with their count, and followed until it is ready", async () => {
    uploader.add([file(PART * 5 + 1)], "unlisted");
    await opened();
    expect(only()).toMatchObject({ title: "my clip", visibility: "unlisted", videoId: "v1" });
    await pass(1000);
    expect([...(server.stored.get("v1") ?? [])].sort(([a], [b]) => a - b)).toEqual([
      [1, PART],
      [2, PART],
      [3, PART],
      [4, PART],
      [5, PART],
      [6, 1],
    ]);
    expect(server.calls).toContain("complete 6");
    expect(only().phase).toBe("processing");
    uploader.receive({ type: "video", video: video("v1", { state: "ready", progress: 1, playable: true }) });
    expect(only().phase).toBe("ready");
    expect(uploader.busy).toBe(false);
  });

  it("keeps four parts under way, not more", async () => {
    uploader.add([file(PART * 20)], "private");
    await opened();
    await pass(5000);
    expect(server.mostInFlight).toBe(4);
    expect(server.stored.get("v1")?.size).toBe(20);
  });

  it("lets the next file wait for its turn, with its link there already", async () => {
    uploader.add([file(PART * 8, "a.mp4"), file(PART * 8 + 1, "b.mp4")], "private");
    await opened();
    await pass(50);
    expect(uploader.snapshot().map((item) => item.phase)).toEqual(["uploading", "queued"]);
    expect(uploader.snapshot()[1]?.videoId).toBeDefined();
    await pass(2000);
    expect(uploader.snapshot().map((item) => item.phase)).toEqual(["processing", "processing"]);
  });

  it("tells how fast it is and how long it takes", async () => {
    server.putMs = 1000;
    uploader.add([file(PART * 40)], "private");
    await opened();
    await pass(5100);
    const { bytesPerSecond = 0, secondsLeft = 0, sentBytes } = only();
    expect(bytesPerSecond).toBeGreaterThan(PART * 3);
    expect(bytesPerSecond).toBeLessThan(PART * 5);
    expect(secondsLeft).toBeCloseTo((PART * 40 - sentBytes) / bytesPerSecond);
  });
});

describe("a bad network", () => {
  it("repeats a part that broke, with growing pauses", async () => {
    server.onPut = (number, attempt) => {
      if (number === 2 && attempt <= 3) breakConnection();
    };
    uploader.add([file(PART * 3)], "private");
    await opened();
    await pass(300);
    expect(server.stored.get("v1")?.has(2)).toBe(false);
    await pass(10_000);
    expect(only().phase).toBe("processing");
  });

  it("asks a person after too many failures, and sends only the rest on the next try", async () => {
    let broken = true;
    server.onPut = (number) => {
      if (number === 3 && broken) refuse(503);
    };
    uploader.add([file(PART * 3)], "private");
    await opened();
    await pass(400_000);
    expect(only()).toMatchObject({ phase: "failed", problem: { code: "network", retryable: true } });
    broken = false;
    server.calls = [];
    uploader.retry(only().key);
    await pass(2000);
    expect(server.calls.filter((call) => call.startsWith("put"))).toEqual(["put 3"]);
    expect(only().phase).toBe("processing");
  });

  it("waits while offline without using up its tries", async () => {
    server.onPut = () => {
      if (!network.online()) breakConnection();
    };
    uploader.add([file(PART * 12)], "private");
    await opened();
    await pass(50);
    network.set(false);
    await pass(3_600_000);
    expect(only().phase).toBe("offline");
    network.set(true);
    await pass(5000);
    expect(only().phase).toBe("processing");
  });
});

describe("signed addresses", () => {
  it("are asked for again when one was refused", async () => {
    server.onPut = (number, attempt) => {
      if (number === 1 && attempt === 1) refuse(403);
    };
    uploader.add([file(PART * 2)], "private");
    await opened();
    await pass(1000);
    expect(only().phase).toBe("processing");
    expect(server.calls.filter((call) => call.startsWith("sign"))).toEqual(["sign 1,2", "sign 1"]);
  });

  it("are asked for a few at a time", async () => {
    uploader.add([file(PART * 20)], "private");
    await opened();
    await pass(5000);
    const asked = server.calls.filter((call) => call.startsWith("sign"));
    expect(asked[0]).toBe("sign 1,2,3,4,5,6,7,8");
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  it("that are always refused end the upload instead of going round for ever", async () => {
    server.onPut = () => refuse(403, { detail: "signature does not match" });
    uploader.add([file(PART)], "private");
    await opened();
    await pass(10_000);
    expect(only().problem).toMatchObject({ code: "rejected", detail: "signature does not match" });
  });

  it("are used although the server's clock is behind", async () => {
    server.signedForMs = -60_000;
    uploader.add([file(PART * 3)], "private");
    await opened();
    await pass(2000);
    expect(only().phase).toBe("processing");
  });
});

describe("what the server refuses", () => {
  const cases = [
    { status: 409, code: "conflict", retryable: false },
    { status: 413, code: "too_large", retryable: false },
    { status: 507, code: "disk_full", retryable: true },
    { status: 404, code: "gone", retryable: true },
  ] as const;
  for (const { status, code, retryable } of cases) {
    it(`${status} stops the upload at once as ${code}`, async () => {
      server.onPut = () => refuse(status, { detail: "because" });
      uploader.add([file(PART * 30)], "private");
      await opened();
      await pass(1000);
      expect(only()).toMatchObject({ phase: "failed", problem: { code, retryable, detail: "because" } });
      expect(server.inFlight).toBe(0);
    });
  }

  it("does not hold up the next file", async () => {
    server.onPut = (_number, attempt) => {
      if (attempt === 1) refuse(409);
    };
    uploader.add([file(PART, "a.mp4"), file(PART, "b.mp4")], "private");
    await opened();
    await pass(2000);
    expect(uploader.snapshot().map((item) => item.phase)).toEqual(["failed", "processing"]);
  });

  it("refuses an empty file itself", async () => {
    uploader.add([file(0)], "private");
    await opened();
    expect(only().problem?.code).toBe("empty");
    expect(server.calls).toEqual([]);
  });

  it("sends the parts that complete found missing once more", async () => {
    server.onComplete = (attempt) => {
      if (attempt > 1) return;
      server.stored.get("v1")?.delete(2);
      refuse(422, { missing: [2] });
    };
    uploader.add([file(PART * 3)], "private");
    await opened();
    await pass(3000);
    expect(server.calls.filter((call) => call === "put 2")).toHaveLength(2);
    expect(server.calls.filter((call) => call === "put 1")).toHaveLength(1);
    expect(only().phase).toBe("processing");
  });
});

describe("an upload that a closed tab interrupted", () => {
  it("goes on with the same file and keeps the details the server has", async () => {
    const again = file(PART * 4, "other name.mp4");
    vi.useRealTimers();
    const print = await fingerprint(again);
    vi.useFakeTimers();
    server.stored.set(
      "old",
      new Map([
        [1, PART],
        [3, PART],
      ]),
    );
    server.uploads = [
      {
        id: "old",
        title: "x",
        file_name: "x.mp4",
        size: PART * 4,
        part_size: PART,
        fingerprint: print,
        received_bytes: PART * 2,
        created_at: "2026-01-01T00:00:00Z",
      },
    ];
    uploader.add([again], "public");
    await opened();
    await pass(1000);
    expect(server.inits).toHaveLength(0);
    expect(server.calls.filter((call) => call.startsWith("put")).sort()).toEqual(["put 2", "put 4"]);
    expect(only()).toMatchObject({ videoId: "old", resumed: true, phase: "processing" });
  });
});

describe("cancelling and details", () => {
  it("stops the bytes and deletes the video", async () => {
    uploader.add([file(PART * 50)], "private");
    await opened();
    await pass(250);
    await uploader.cancel(only().key);
    await pass(1000);
    expect(uploader.snapshot()).toEqual([]);
    expect(server.inFlight).toBe(0);
    expect(server.calls).toContain("remove v1");
    expect(server.calls.some((call) => call.startsWith("complete"))).toBe(false);
  });

  it("saves what is typed after a pause, in one request", async () => {
    uploader.add([file(PART * 50)], "private");
    await opened();
    const { key } = only();
    uploader.edit(key, { title: "H" });
    await pass(300);
    uploader.edit(key, { title: "Holiday" });
    uploader.edit(key, { visibility: "public" });
    expect(only().save.kind).toBe("pending");
    await pass(800);
    expect(server.edits).toEqual([{ title: "Holiday", visibility: "public" }]);
    expect(only()).toMatchObject({ title: "Holiday", save: { kind: "saved" } });
  });

  it("is not undone by a message that was under way while typing", async () => {
    uploader.add([file(PART * 50)], "private");
    await opened();
    uploader.edit(only().key, { title: "Typed" });
    uploader.receive({ type: "video", video: video("v1", { title: "Old" }) });
    expect(only().title).toBe("Typed");
  });

  it("takes a video off the list that was deleted elsewhere", async () => {
    uploader.add([file(PART * 50)], "private");
    await opened();
    uploader.receive({ type: "deleted", id: "v1" });
    expect(uploader.snapshot()).toEqual([]);
  });

  it("shows why the server could not process it", async () => {
    uploader.add([file(PART)], "private");
    await opened();
    await pass(500);
    const error = { code: "not_media", message: "This is text." };
    uploader.receive({ type: "video", video: video("v1", { state: "failed", error }) });
    expect(only()).toMatchObject({ phase: "failed", problem: { code: "processing_failed", detail: "This is text." } });
  });
});

it("makes a readable title from a file's name", () => {
  expect(titleFrom("my_holiday_2026.final.mp4")).toBe("my holiday 2026.final");
  expect(titleFrom(".mp4")).toBe(".mp4");
  expect(titleFrom("🎥".repeat(200))).toBe("🎥".repeat(120));
});

describe("a paused upload", () => {
  it("sends nothing until it goes on, and then only what is missing", async () => {
    uploader.add([file(PART * 12)], "private");
    await opened();
    await pass(150);
    uploader.pause(only().key);
    expect(only()).toMatchObject({ phase: "paused", bytesPerSecond: undefined });
    expect(uploader.busy).toBe(false);
    expect(uploader.sending).toEqual(["v1"]);
    await pass(1);
    const stored = server.stored.get("v1")?.size ?? 0;
    expect(stored).toBeGreaterThan(0);
    await pass(60_000);
    expect(server.stored.get("v1")?.size).toBe(stored);
    expect(server.inFlight).toBe(0);
    const before = server.calls.filter((call) => call.startsWith("put")).length;
    uploader.resume(only().key);
    await pass(5000);
    expect(only().phase).toBe("processing");
    expect(server.calls.filter((call) => call.startsWith("put")).length - before).toBe(12 - stored);
  });

  it("in the middle of its first call makes one video, however often it is paused", async () => {
    const init = server.init.bind(server);
    server.init = async (request) => {
      const opened = await init(request);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return opened;
    };
    uploader.add([file(PART * 2)], "private");
    await vi.waitUntil(() => server.inits.length === 1, { interval: 1 });
    for (let round = 0; round < 3; round += 1) {
      uploader.pause(only().key);
      await pass(10);
      uploader.resume(only().key);
    }
    await pass(5000);
    expect(server.inits).toHaveLength(1);
    expect(only()).toMatchObject({ phase: "processing", videoId: "v1" });
  });

  it("cancelled in the middle of its first call leaves nothing behind", async () => {
    const init = server.init.bind(server);
    server.init = async (request) => {
      const opened = await init(request);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return opened;
    };
    uploader.add([file(PART * 2)], "private");
    await vi.waitUntil(() => server.inits.length === 1, { interval: 1 });
    await uploader.cancel(only().key);
    await pass(2000);
    expect(server.calls).toContain("remove v1");
    expect(uploader.snapshot()).toEqual([]);
  });

  it("lets the next file go first, and is cancelled like a running one", async () => {
    uploader.add([file(PART * 8, "a.mp4"), file(PART * 8 + 1, "b.mp4")], "private");
    await opened();
    await pass(50);
    const [first, second] = uploader.snapshot();
    if (first === undefined || second === undefined) throw new Error("two files are listed");
    uploader.pause(first.key);
    await pass(2000);
    expect(uploader.snapshot().map((item) => item.phase)).toEqual(["paused", "processing"]);
    await uploader.cancel(first.key);
    expect(server.calls).toContain(`remove ${first.videoId}`);
    expect(uploader.snapshot()).toHaveLength(1);
  });

  it("that is offline or waits for its turn can be paused, one that is completing cannot", async () => {
    network.set(false);
    uploader.add([file(PART)], "private");
    await vi.waitUntil(() => only().phase === "offline", { interval: 1 });
    uploader.pause(only().key);
    network.set(true);
    await pass(5000);
    expect(only().phase).toBe("paused");
    expect(server.calls).toEqual([]);
    uploader.resume(only().key);
    await opened();
    await pass(500);
    expect(only().phase).toBe("processing");
    uploader.pause(only().key);
    expect(only().phase).toBe("processing");
  });
});

describe("what an upload tells meanwhile", () => {
  it("says 0 when nothing gets through, and its speed again when it does", async () => {
    server.putMs = 500;
    uploader.add([file(PART * 40)], "private");
    await opened();
    await pass(2100);
    expect(only().bytesPerSecond).toBeGreaterThan(PART);
    server.putMs = 20_000;
    await pass(8000);
    expect(only()).toMatchObject({ phase: "uploading", bytesPerSecond: 0, secondsLeft: undefined });
    server.putMs = 500;
    await pass(14_000);
    expect(only().bytesPerSecond).toBeGreaterThan(0);
  });

  it("can be watched before it is whole, as soon as the server says so", async () => {
    server.putMs = 60_000;
    uploader.add([file(PART * 8)], "private");
    await opened();
    await pass(100);
    expect(uploader.watching).toBe(true);
    uploader.receive({ type: "video", video: video("v1", { state: "uploading", playable: true }) });
    expect(only()).toMatchObject({ phase: "uploading", video: { playable: true } });
  });

  it("refuses to send what another tab sends, and goes on once that tab has stopped", async () => {
    const others = new Set(["v9"]);
    uploader = new Uploader({ transport: server, network, random: () => 0.5, elsewhere: async () => others });
    const chosen = file(PART * 2);
    server.stored.set("v9", new Map());
    server.uploads = [
      {
        id: "v9",
        title: "x",
        file_name: "x",
        size: chosen.size,
        part_size: PART,
        fingerprint: await fingerprint(chosen),
        received_bytes: 0,
        created_at: "",
      },
    ];
    uploader.add([chosen], "private");
    await opened();
    expect(only()).toMatchObject({ phase: "failed", problem: { code: "other_tab", retryable: true } });
    others.clear();
    uploader.retry(only().key);
    await opened();
    await pass(1000);
    expect(only()).toMatchObject({ phase: "processing", videoId: "v9", resumed: true });
  });

  it("says that the room is used up, and tries again when some was made", async () => {
    let full = true;
    const init = server.init.bind(server);
    server.init = async (request) => {
      if (full) refuse(413, { code: "quota_exceeded", detail: "no room" });
      return init(request);
    };
    uploader.add([file(PART)], "private");
    await opened();
    expect(only()).toMatchObject({ phase: "failed", problem: { code: "quota", detail: "no room", retryable: true } });
    full = false;
    uploader.retry(only().key);
    await opened();
    await pass(1000);
    expect(only().phase).toBe("processing");
  });
});
