/** What a session runs in, as far as its User-Agent tells; it is the client's own word and proves nothing. */
export interface Device {
  browser: string | undefined;
  system: string | undefined;
  kind: "computer" | "phone" | "tablet" | "program";
}

// In this order: nearly every browser also names the ones it wants to be taken for.
const BROWSERS: readonly [RegExp, string][] = [
  [/\b(?:Edg|EdgA|EdgiOS)\//, "Edge"],
  [/\b(?:OPR|OPT|OPX)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/(?:\b|Headless)(?:Chrome|CriOS)\//, "Chrome"],
  [/\bChromium\//, "Chromium"],
  [/\bVersion\/\S+.*\bSafari\//, "Safari"],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMacintosh\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

/** Reads a User-Agent (RFC 9110 §10.1.5). */
export function deviceOf(agent: string): Device {
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  if (browser === undefined) {
    // A program says its product first: "curl/8.5.0".
    const product = /^([A-Za-z][\w.-]{0,39})(?:\/|$)/.exec(agent)?.[1];
    return { browser: product === "Mozilla" ? undefined : product, system, kind: "program" };
  }
  const tablet = system === "iPad" || (system === "Android" && !/\bMobile\b/.test(agent));
  const kind = tablet ? "tablet" : system === "iPhone" || system === "Android" ? "phone" : "computer";
  return { browser, system, kind };
}
