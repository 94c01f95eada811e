// Questions to the editor's preview, for its test and its bench.

/** Milliseconds between the last picture before a cut and the first one after it, while the preview plays over it; the picture's own time. */
export async function previewJump(page, { from, to, until }) {
  const seen = await page.evaluate(async (end) => {
    const video = document.querySelector("video");
    const pictures = [];
    for (;;) {
      await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
      const value = globalThis.e2e.readBarcode(video);
      pictures.push([value, performance.now()]);
      if (value > end) return pictures;
    }
  }, until);
  const inside = seen.filter(([value]) => value > from && value < to).map(([value]) => value);
  const after = seen.findIndex(([value]) => value >= to);
  return { inside, took: seen[after][1] - seen[after - 1][1] };
}
