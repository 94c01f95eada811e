import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { breakConnection, FakeNetwork, FakeServer, refuse, video } from "@/uploads/fake-server.test-kit";
import { chunk, FakeSpool, META } from "./fakes.test-kit";
import { SafeSpool, SpoolFull } from "./spool/safe-spool";
import { Take, type TakeDeps } from "./take";

let server: FakeServer;
let network: FakeNetwork;
let spool: FakeSpool;

function deps(changes: Partial<TakeDeps> = {}): TakeDeps {
  return {
    transport: server,
    network,
    spool,
    now: () => Date.now(),
    random: () => 0.5,
    onChange: () => undefined,
    onFull: (error) => {
      throw error;
    },
    ...changes,
  };
}

/** Lets `ms` of virtual time pass; blobs are read for real, so real turns of the loop pass too. */
async function pass(ms: number): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(ms / 5);
  }
}

const sent = () => [...(server.stored.get("v1") ?? [])].map(([number]) => number).sort((a, b) => a - b);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  server = new FakeServer();
  server.stored.set("v1", new Map());
  network = new FakeNetwork();
  spool = new FakeSpool();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a take", () => {
  it("gives a sign of life while it is paused, until it ends", async () => {
    const take = await Take.begin(META, deps());
    take.chunk(chunk(1));
    await pass(1000);
    const before = server.calls.length;
    await pass(600_000);
    expect(server.calls.slice(before)).toEqual(Array(10).fill("sign "));
    const ended = take.finish();
    await pass(1000);
    await ended;
    await pass(600_000);
    expect(server.calls.at(-1)).toBe("complete 1");
  });

  it("is sent while it is recorded, completed with its count, and then leaves this device", async () => {
    const take = await Take.begin(META, deps());
    for (const value of [1, 2, 3]) take.chunk(chunk(value));
    take.chunk(new Blob([]));
    await pass(1000);
    expect(sent()).toEqual([1, 2, 3]);
    expect(await spool.list()).toEqual(["v1"]);
    take.chunk(chunk(4));
    const ended = take.finish();
    await pass(1000);
    expect((await ended).id).toBe("v1");
    expect(server.calls.at(-1)).toBe("complete 4");
    expect(await spool.list()).toEqual([]);
  });

  it("has the address of the next part before there is one, so that the last part costs one round trip", async () => {
    const take = await Take.begin(META, deps());
    for (let value = 1; value <= 20; value += 1) {
      take.chunk(chunk(value));
      await pass(500);
      const signed = server.calls.filter((call) => call.startsWith("sign")).flatMap((call) => call.slice(5).split(","));
      expect(signed).toContain(String(value + 1));
    }
    expect(server.signatures).toBe(3);
  });

  it("cuts a chunk that is larger than a part may be", async () => {
    const take = await Take.begin(META, deps());
    take.chunk(chunk(1, META.partSize * 2 + 3));
    await pass(1000);
    expect([...(server.stored.get("v1") ?? [])].sort(([a], [b]) => a - b)).toEqual([
      [1, 8],
      [2, 8],
      [3, 3],
    ]);
  });

  it("goes on while the network is away, and sends everything when it is back", async () => {
    const take = await Take.begin(META, deps());
    take.chunk(chunk(1));
    await pass(500);
    network.set(false);
    for (let value = 2; value <= 61; value += 1) take.chunk(chunk(value));
    await pass(60_000);
    expect(sent()).toEqual([1]);
    expect(take.sender).toMatchObject({ line: "offline", behind: 60 });
    network.set(true);
    await pass(20_000);
    expect(sent()).toHaveLength(61);
    expect(take.sender.behind).toBe(0);
  });

  it("finds a server that was away within six seconds, and never gives up", async () => {
    const take = await Take.begin(META, deps());
    let up = false;
    server.onPut = () => {
      if (!up) breakConnection();
    };
    take.chunk(chunk(1));
    await pass(3_600_000);
    expect(take.sender.line).toBe("retrying");
    up = true;
    await pass(6000);
    expect(sent()).toEqual([1]);
  });

  it("keeps what the server refuses for want of room, tells why, and sends it when there is room", async () => {
    const take = await Take.begin(META, deps());
    const sign = server.sign.bind(server);
    let full = true;
    server.sign = async (id, numbers) => (full ? refuse(413, { code: "quota_exceeded" }) : sign(id, numbers));
    for (const value of [1, 2]) take.chunk(chunk(value));
    await pass(1000);
    expect(take.sender).toMatchObject({ line: "held", behind: 2, problem: { code: "quota", retryable: true } });
    await expect(Promise.race([take.finish(), pass(1000)])).rejects.toMatchObject({ problem: { code: "quota" } });
    full = false;
    const ended = take.finish();
    await pass(2000);
    expect((await ended).id).toBe("v1");
    expect(sent()).toEqual([1, 2]);
  });

  it("holds on while nobody is signed in, and goes on when told", async () => {
    const take = await Take.begin(META, deps());
    const sign = server.sign.bind(server);
    let signedIn = false;
    server.sign = async (id, numbers) => (signedIn ? sign(id, numbers) : refuse(401));
    take.chunk(chunk(1));
    await pass(1000);
    expect(take.sender.problem?.code).toBe("signed_out");
    signedIn = true;
    take.sender.retry();
    await pass(1000);
    expect(sent()).toEqual([1]);
    expect(take.sender.problem).toBeUndefined();
  });

  it("asks for a new address when one has ended", async () => {
    server.onPut = (_, attempt) => {
      if (attempt === 1) refuse(403);
    };
    const take = await Take.begin(META, deps());
    take.chunk(chunk(1));
    await pass(1000);
    expect(sent()).toEqual([1]);
    expect(server.signatures).toBe(2);
  });

  it("goes on when the clock of this device is set forward or back by a day in the middle", async () => {
    let set = 0;
    const take = await Take.begin(META, deps({ now: () => Date.now() + set }));
    for (const [value, days] of [
      [1, 0],
      [2, 1],
      [3, -1],
      [4, 0],
    ] as const) {
      set = days * 86_400_000;
      take.chunk(chunk(value));
      await pass(2000);
      expect(sent()).toHaveLength(value);
    }
    expect(take.sender.problem).toBeUndefined();
  });

  it("makes a video of the beginning that the server has, when it takes no more", async () => {
    server.onPut = (number) => {
      if (number > 2) refuse(507);
    };
    const take = await Take.begin(META, deps());
    for (const value of [1, 2, 3, 4]) take.chunk(chunk(value));
    await pass(1000);
    await take.finishWithSent();
    expect(server.calls.at(-1)).toBe("complete 2");
    expect(await spool.list()).toEqual([]);
  });

  it("takes the video that the server made of it by itself after a long silence", async () => {
    server.onPut = () => refuse(409, { code: "take_ended" });
    const take = await Take.begin(META, deps());
    take.chunk(chunk(1));
    await pass(1000);
    expect(take.sender).toMatchObject({ line: "held", problem: { retryable: false } });
    server.video = async (id) => video(id, { state: "processing" });
    expect((await take.finishWithSent()).state).toBe("processing");
    expect(server.calls).not.toContain("complete 0");
    expect(await spool.list()).toEqual([]);
  });

  it("is nothing when nothing was recorded", async () => {
    const take = await Take.begin(META, deps());
    take.chunk(new Blob([]));
    await expect(take.finish()).rejects.toMatchObject({ problem: { code: "empty" } });
    await take.discard();
    expect(server.calls).toEqual(["remove v1"]);
  });

  it("sends again what a server says it misses", async () => {
    server.onComplete = (attempt) => {
      if (attempt === 1) refuse(409, { missing: [2] });
    };
    const drop = vi.spyOn(spool, "drop").mockResolvedValue();
    const take = await Take.begin(META, deps());
    for (const value of [1, 2]) take.chunk(chunk(value));
    const ended = take.finish();
    await pass(2000);
    await ended;
    expect(server.calls.filter((call) => call === "put 2")).toHaveLength(2);
    expect(drop).toHaveBeenCalled();
  });
});

describe("after a crash", () => {
  /** Records `count` chunks of which the server gets `got`, and loses the tab. */
  async function crashed(count: number, got: number, torn = 0): Promise<void> {
    server.onPut = (number) => {
      if (number > got) breakConnection();
    };
    const take = await Take.begin(META, deps());
    for (let value = 1; value <= count; value += 1) take.chunk(chunk(value));
    await pass(1000);
    take.sender.close();
    spool.disk.crash(torn);
    server.onPut = () => undefined;
  }

  it("every chunk that was recorded is still there, and only what is missing is sent", async () => {
    await crashed(7, 3);
    const before = server.calls.length;
    const stored = await spool.open("v1");
    expect(stored).toMatchObject({ meta: META, count: undefined });
    if (stored === undefined) return;
    server.video = async (id) => video(id, { state: "uploading" });
    const found = await Take.recover(stored, deps());
    if (found.kind !== "open") throw new Error(found.kind);
    const ended = found.take.finish();
    await pass(2000);
    await ended;
    expect(sent()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(
      server.calls
        .slice(before)
        .filter((call) => call.startsWith("put"))
        .sort(),
    ).toEqual(["put 4", "put 5", "put 6", "put 7"]);
    expect(server.calls.at(-1)).toBe("complete 7");
  });

  it("a take that the server has ended meanwhile is left to it", async () => {
    await crashed(3, 2);
    const stored = await spool.open("v1");
    if (stored === undefined) throw new Error("nothing is stored");
    server.video = async (id) => video(id, { state: "ready" });
    expect((await Take.recover(stored, deps())).kind).toBe("ended");
    expect(await spool.list()).toEqual([]);
  });

  it("a take that the server does not know is gone, but its bytes are not thrown away unasked", async () => {
    await crashed(3, 2);
    const stored = await spool.open("v1");
    if (stored === undefined) throw new Error("nothing is stored");
    server.video = async () => refuse(404);
    expect((await Take.recover(stored, deps())).kind).toBe("gone");
    expect(await spool.list()).toEqual(["v1"]);
  });
});

describe("when the storage is full", () => {
  it("the take goes on from memory, and nothing is lost", async () => {
    const told = vi.fn();
    const safe = new SafeSpool(spool, told);
    const take = await Take.begin(META, deps({ spool: safe, parallel: () => (safe.inMemory("v1") ? 1 : 3) }));
    network.set(false);
    take.chunk(chunk(1));
    await pass(100);
    spool.disk.room = 10;
    for (const value of [2, 3, 4]) take.chunk(chunk(value));
    await pass(100);
    expect(told).toHaveBeenCalledExactlyOnceWith("v1");
    // What was cut short is taken back: the part before it can still be read.
    expect((await spool.open("v1"))?.numbers).toEqual([1]);
    network.set(true);
    const ended = take.finish();
    await pass(2000);
    await ended;
    expect(sent()).toEqual([1, 2, 3, 4]);
  });

  it("memory has an end too", async () => {
    const onFull = vi.fn();
    const safe = new SafeSpool(undefined, () => undefined, 10);
    network.set(false);
    const take = await Take.begin(META, deps({ spool: safe, onFull }));
    take.chunk(chunk(1, 6));
    take.chunk(chunk(2, 6));
    await take.settled();
    expect(onFull).toHaveBeenCalledExactlyOnceWith(expect.any(SpoolFull));
    expect(take.count).toBe(1);
  });
});
