import { ApiError, NetworkError } from "@/api/problem";
import type { UploadProblem } from "./types";

/** What to do about a failed call. */
export type Verdict =
  | { kind: "retry"; afterMs?: number }
  /** The signed URL has ended: ask for a new one. */
  | { kind: "sign_again" }
  | { kind: "stop"; problem: UploadProblem };

/** `put` is a PUT to a signed URL, `api` any call with the access token. */
export function judge(error: unknown, call: "put" | "api"): Verdict {
  if (error instanceof NetworkError) return { kind: "retry" };
  if (!(error instanceof ApiError)) throw error;
  const detail = error.message === "" ? undefined : error.message;
  const stop = (code: UploadProblem["code"], retryable: boolean): Verdict => ({
    kind: "stop",
    problem: { code, detail, retryable },
  });
  switch (error.status) {
    case 401:
      return call === "put" ? { kind: "sign_again" } : stop("signed_out", true);
    case 403:
      return call === "put" ? { kind: "sign_again" } : stop("rejected", false);
    case 404:
    case 410:
      return stop("gone", true);
    case 408:
    case 425:
    case 429:
      return { kind: "retry", afterMs: error.retryAfterMs };
    case 409:
      return stop("conflict", false);
    case 413:
      return error.code === "quota_exceeded" ? stop("quota", true) : stop("too_large", false);
    case 507:
      return stop("disk_full", true);
  }
  if (error.status >= 500) return { kind: "retry", afterMs: error.retryAfterMs };
  return stop("rejected", false);
}
