import { backoffMs, sleep } from "./backoff";
import { judge } from "./judge";
import { type Network, UploadFailure } from "./types";

export interface Persistence {
  network: Network;
  signal: AbortSignal;
  random?: () => number;
}

/** Failures in a row, with the network up, after which a person is asked. About three minutes. */
const MOST_ATTEMPTS = 10;

/** Repeats one API call until it succeeds, the server refuses it, or it failed too often. Waits while offline. */
export async function persist<T>(work: () => Promise<T>, { network, signal, random }: Persistence): Promise<T> {
  for (let failures = 0; ; ) {
    await network.whenOnline(signal);
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const verdict = judge(error, "api");
      if (verdict.kind === "stop") throw new UploadFailure(verdict.problem);
      if (!network.online()) continue;
      failures += 1;
      if (failures >= MOST_ATTEMPTS) throw new UploadFailure({ code: "network", retryable: true });
      const asked = verdict.kind === "retry" ? verdict.afterMs : undefined;
      await sleep(asked ?? backoffMs(failures, random), signal);
    }
  }
}

export { MOST_ATTEMPTS };
