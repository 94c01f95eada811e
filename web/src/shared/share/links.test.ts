import { beforeEach, expect, it, vi } from "vitest";
import { embedCode, linkAt } from "./links";

beforeEach(() => vi.stubGlobal("location", { href: "https://video.example/w/abc?t=3" }));

it("names a time only when there is one", () => {
  expect(linkAt("abc", 0)).toBe("https://video.example/w/abc");
  expect(linkAt("abc", 90.7)).toBe("https://video.example/w/abc?t=90");
});

it("passes the share link on by which the page was opened, and to no other video", () => {
  vi.stubGlobal("location", { href: "https://video.example/w/abc?share=s3cret" });
  expect(linkAt("abc", 5)).toBe("https://video.example/w/abc?share=s3cret&t=5");
  expect(linkAt("def", 0)).toBe("https://video.example/w/def");
});

it("keeps the picture's shape, and a title inside its attribute", () => {
  const code = embedCode({ videoId: "abc", title: '"><script>', width: 1080, height: 1920, start: 0 });
  expect(code).toContain('src="https://video.example/embed/abc" width="360" height="640"');
  expect(code).toContain('title="&quot;&gt;&lt;script&gt;"');
  expect(embedCode({ videoId: "abc", title: "x", start: 5.5 })).toContain(
    '/embed/abc?start=5" width="640" height="360"',
  );
});
