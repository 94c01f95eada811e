import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { message, Outbox } from "./outbox";
import { Rate } from "./rate";
import { type Refusal, Refused, Uplink } from "./uplink";

const blob = (text: string) => new Blob([text]);

describe("the outbox", () => {
  it("keeps what has not arrived, in order", () => {
    const outbox = new Outbox();
    for (const text of ["a", "bb", "ccc"]) outbox.add(blob(text));
    expect([outbox.first, outbox.bytes, outbox.count]).toEqual([0, 6, 3]);
    outbox.arrived(1);
    expect([outbox.first, outbox.bytes]).toEqual([2, 3]);
    outbox.arrived(0);
    expect(outbox.from(0).map(({ number }) => number)).toEqual([2]);
    outbox.arrived(2);
    expect([outbox.first, outbox.bytes]).toEqual([3, 0]);
  });

  it("numbers each message", async () => {
    const bytes = new Uint8Array(await message({ number: 258, data: blob("x") }).arrayBuffer());
    expect([...bytes]).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 120]);
  });
});

it("tells the rate of the last seconds", () => {
  const rate = new Rate();
  expect(rate.at(0)).toBe(0);
  for (let at = 0; at <= 4000; at += 1000) rate.add(125_000, at);
  expect(rate.at(5000)).toBeCloseTo(1_000_000, -5);
  expect(rate.at(60_000)).toBe(0);
});

/** A server's end of a socket. */
class FakeSocket {
  onopen: () => void = () => undefined;
  onmessage: (event: { data: unknown }) => void = () => undefined;
  onclose: (event: { code: number }) => void = () => undefined;
  sent: unknown[] = [];
  send(data: unknown) {
    this.sent.push(data);
  }
  close() {}
  say(said: object) {
    this.onmessage({ data: JSON.stringify(said) });
  }
}

describe("the uplink", () => {
  let sockets: FakeSocket[];
  let refused: Refusal[];
  let address: () => Promise<string>;
  beforeEach(() => {
    vi.useFakeTimers();
    sockets = [];
    refused = [];
    address = async () => "ws://x";
  });
  afterEach(() => vi.useRealTimers());

  const uplink = () =>
    new Uplink(
      {
        address: () => address(),
        open: () => {
          const socket = new FakeSocket();
          sockets.push(socket);
          return socket as unknown as WebSocket;
        },
        now: () => 0,
        onChange: () => undefined,
        onRefused: (refusal) => refused.push(refusal),
      },
      { mime: "video/webm", take: "t" },
    );
  const opened = async (number: number) => {
    await vi.advanceTimersByTimeAsync(6000);
    const socket = sockets[number] as FakeSocket;
    socket.onopen();
    return socket;
  };

  it("sends again what the server did not have", async () => {
    const line = uplink();
    const first = await opened(0);
    line.send(blob("a"));
    expect(first.sent).toHaveLength(1);
    first.say({ ready: true, next: 0 });
    line.send(blob("b"));
    line.send(blob("c"));
    expect(first.sent).toHaveLength(4);
    first.say({ ack: 0 });
    first.onclose({ code: 1006 });
    expect(line.line).toBe("lost");
    line.send(blob("d"));
    const second = await opened(1);
    expect(JSON.parse(second.sent[0] as string)).toEqual({ mime: "video/webm", take: "t", resume_from: 1 });
    // The second one had arrived, and only its answer was lost.
    second.say({ ready: true, next: 2 });
    expect(second.sent).toHaveLength(3);
    let settled = false;
    void line.settled().then(() => {
      settled = true;
    });
    second.say({ ack: 3 });
    await vi.advanceTimersByTimeAsync(0);
    expect([line.waiting, line.line, settled]).toEqual([0, "open", true]);
  });

  it("gives up when the server says that it is over", async () => {
    uplink();
    const socket = await opened(0);
    socket.say({ error: "replaced", message: "Another one." });
    socket.onclose({ code: 4409 });
    expect(refused).toEqual([{ code: 4409, message: "Another one." }]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
  });

  it("asks again for an address, but not for one that there will never be", async () => {
    address = () => Promise.reject(new Error("no network"));
    uplink();
    await vi.advanceTimersByTimeAsync(2000);
    expect(refused).toEqual([]);
    address = () => Promise.reject(new Refused({ code: 4410, message: "Over." }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(refused).toEqual([{ code: 4410, message: "Over." }]);
  });
});
