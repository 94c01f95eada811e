import { expect, it } from "vitest";
import { ApiError } from "./problem";

it("reads a problem document", () => {
  const error = new ApiError(422, {
    title: "Invalid",
    detail: "Two fields are wrong.",
    code: "invalid",
    errors: [
      { field: "email", message: "Not an address." },
      { field: "email", message: "Second." },
    ],
    missing: [2, "x", 5],
  });
  expect(error).toMatchObject({
    message: "Two fields are wrong.",
    code: "invalid",
    fields: { email: "Not an address." },
    missing: [2, 5],
  });
});

it.each([undefined, null, "<html>", [], { errors: "no", missing: {}, detail: 7 }])(
  "survives a body that is none: %j",
  (body) => {
    expect(new ApiError(502, body)).toMatchObject({ status: 502, message: "", fields: {}, missing: [] });
  },
);

it("bounds how long it lets itself be told to wait", () => {
  expect(new ApiError(503, {}, "2").retryAfterMs).toBe(2000);
  expect(new ApiError(503, {}, "999999").retryAfterMs).toBe(300_000);
  expect(new ApiError(503, {}, "Wed, 21 Oct 2026 07:28:00 GMT").retryAfterMs).toBeUndefined();
});
