import { correction, generate } from "lean-qr";

/** The dark modules of a text's QR code as the path of an SVG, one unit each. */
export function qrPath(text: string): { size: number; path: string } {
  // A quarter of it may be hidden, as on a screen that mirrors.
  const code = generate(text, { minCorrectionLevel: correction.M });
  let path = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      if (!code.get(x, y)) continue;
      const from = x;
      while (code.get(x + 1, y)) x += 1;
      path += `M${from} ${y}h${x + 1 - from}v1h${from - x - 1}z`;
    }
  }
  return { size: code.size, path };
}
