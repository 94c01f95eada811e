import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, NetworkError } from "./problem";
import { Session, type SessionDeps } from "./session";

let stored: Map<string, string>;
let refresh: ReturnType<typeof vi.fn<SessionDeps["refresh"]>>;

function session(): Session {
  return new Session({
    refresh,
    exclusive: (task) => task(),
    storage: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, value) => void stored.set(key, value),
      removeItem: (key) => void stored.delete(key),
    },
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  stored = new Map([["vitascope.session", "1"]]);
  refresh = vi.fn<SessionDeps["refresh"]>(async () => ({ access_token: "fresh", expires_in: 600 }));
});

afterEach(() => vi.useRealTimers());

it("asks nothing for a visitor who never signed in here", async () => {
  stored.clear();
  const mine = session();
  await mine.settled();
  expect(mine.status).toBe("signed_out");
  expect(refresh).not.toHaveBeenCalled();
});

it("shares one refresh between all who ask at the same time", async () => {
  const mine = session();
  const tokens = await Promise.all([mine.refresh(), mine.refresh(), mine.settled().then(() => mine.token)]);
  expect(tokens).toEqual(["fresh", "fresh", "fresh"]);
  expect(refresh).toHaveBeenCalledTimes(1);
  await mine.refresh();
  expect(refresh).toHaveBeenCalledTimes(2);
});

it("refreshes by itself before the token ends", async () => {
  const mine = session();
  await mine.settled();
  await vi.advanceTimersByTimeAsync(539_000);
  expect(refresh).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2000);
  expect(refresh).toHaveBeenCalledTimes(2);
});

it("is signed out and forgets the flag when the cookie is refused", async () => {
  refresh.mockRejectedValue(new ApiError(401, {}));
  const mine = session();
  expect(await mine.refresh()).toBeUndefined();
  expect(mine.status).toBe("signed_out");
  expect(stored.size).toBe(0);
});

it("keeps the flag and tries again when the server could not be reached", async () => {
  refresh.mockRejectedValueOnce(new NetworkError("down"));
  const mine = session();
  await mine.settled();
  expect(mine.status).toBe("signed_out");
  expect(stored.size).toBe(1);
  await vi.advanceTimersByTimeAsync(6000);
  expect(mine.status).toBe("signed_in");
});

it("stays signed out when a refresh answers after signing out", async () => {
  const mine = session();
  const late = mine.refresh();
  mine.signedOut();
  await late;
  expect(mine.status).toBe("signed_out");
  expect(mine.token).toBeUndefined();
});

it("follows another tab that signed out or in", async () => {
  const mine = session();
  await mine.settled();
  stored.clear();
  mine.flagChanged("vitascope.session");
  expect(mine.status).toBe("signed_out");
  stored.set("vitascope.session", "1");
  mine.flagChanged("vitascope.session");
  await vi.advanceTimersByTimeAsync(0);
  expect(mine.status).toBe("signed_in");
});
