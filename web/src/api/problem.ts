/** A problem document (RFC 9457) that the server answered with. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string | undefined;
  /** What is wrong with which field, by the field's name in the request. */
  readonly fields: Readonly<Record<string, string>>;
  /** The parts that `complete` found missing. */
  readonly missing: readonly number[];
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, body: unknown, retryAfter: string | null = null) {
    const problem = isRecord(body) ? body : {};
    const detail = text(problem.detail) ?? text(problem.title) ?? "";
    super(detail);
    this.status = status;
    this.code = text(problem.code);
    this.fields = fieldErrors(problem.errors);
    this.missing = Array.isArray(problem.missing) ? problem.missing.filter((n) => Number.isInteger(n)) : [];
    const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
    this.retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 300) * 1000 : undefined;
  }
}

/** The server could not be reached, or the connection broke before its answer. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function fieldErrors(value: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  if (!Array.isArray(value)) return fields;
  for (const entry of value) {
    if (!isRecord(entry)) continue;
    const field = text(entry.field);
    const message = text(entry.message);
    if (field !== undefined && message !== undefined) fields[field] ??= message;
  }
  return fields;
}
