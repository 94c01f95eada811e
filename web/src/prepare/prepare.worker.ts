import { forecast, look, Refused, run } from "./convert";
import type { Answer, Call } from "./messages";

const scope = self as unknown as { onmessage: (event: MessageEvent<Call>) => void; postMessage(answer: Answer): void };
/** What stops each job that runs. */
const running = new Map<number, () => void>();
const PROGRESS_MS = 100;

scope.onmessage = ({ data: call }) => {
  if (call.kind === "cancel") {
    running.get(call.id)?.();
    return;
  }
  work(call)
    .then(
      (value) => scope.postMessage({ id: call.id, kind: "value", value }),
      (error: unknown) => {
        const refusal = error instanceof Refused ? error.refusal : "failed";
        scope.postMessage({ id: call.id, kind: "refused", refusal, detail: String(error) });
      },
    )
    .finally(() => running.delete(call.id));
};

function work(call: Exclude<Call, { kind: "cancel" }>) {
  switch (call.kind) {
    case "look":
      return look(call.file);
    case "forecast":
      return forecast(call.file, call.height);
    case "run": {
      let told = 0;
      const onProgress = (share: number) => {
        const now = performance.now();
        if (now - told < PROGRESS_MS) return;
        told = now;
        scope.postMessage({ id: call.id, kind: "progress", share });
      };
      return run(call.file, call.job, { onProgress, onCancel: (cancel) => running.set(call.id, cancel) });
    }
  }
}
