import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Elsewhere, type TabMessage, type Wire } from "./elsewhere";

/** Tabs of one browser: everybody hears everybody else. */
class Tabs {
  #listeners: ((message: TabMessage) => void)[] = [];

  wire(): Wire {
    let own: ((message: TabMessage) => void) | undefined;
    return {
      post: (message) => {
        for (const listener of this.#listeners) if (listener !== own) listener(message);
      },
      listen: (listener) => {
        own = listener;
        this.#listeners.push(listener);
      },
    };
  }

  close(index: number): void {
    this.#listeners.splice(index, 1);
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("a tab that asks is told what the others upload, and not what it does itself", async () => {
  const tabs = new Tabs();
  new Elsewhere(tabs.wire(), "a", () => ["v1", "v2"]);
  const asking = new Elsewhere(tabs.wire(), "b", () => ["v3"]);
  const answer = asking.ask();
  await vi.advanceTimersByTimeAsync(200);
  expect([...(await answer)]).toEqual(["v1", "v2"]);
});

it("an upload that ends elsewhere, or whose tab is gone, is told to whoever watches", async () => {
  const tabs = new Tabs();
  let videos = ["v1"];
  const working = new Elsewhere(tabs.wire(), "a", () => videos);
  const watching = new Elsewhere(tabs.wire(), "b", () => []);
  const heard = vi.fn();
  const stop = watching.subscribe(heard);
  expect([...watching.snapshot()]).toEqual(["v1"]);
  videos = [];
  working.announce();
  expect([...watching.snapshot()]).toEqual([]);
  videos = ["v2"];
  working.announce();
  expect(heard).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(20_000);
  expect([...watching.snapshot()]).toEqual(["v2"]);
  tabs.close(0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect([...watching.snapshot()]).toEqual([]);
  stop();
  expect(vi.getTimerCount()).toBe(0);
});
