import { expect, it } from "vitest";
import { deviceOf } from "./device";

const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0";

it.each([
  [
    "Firefox",
    "Windows",
    "computer",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
  ],
  ["Chrome", "Linux", "computer", `Mozilla/5.0 (X11; Linux x86_64) ${CHROME} Safari/537.36`],
  [
    "Chrome",
    "Linux",
    "computer",
    `Mozilla/5.0 (X11; Linux x86_64) ${CHROME.replace("Chrome", "HeadlessChrome")} Safari/537.36`,
  ],
  ["Edge", "Windows", "computer", `${WINDOWS} ${CHROME} Safari/537.36 Edg/142.0.0.0`],
  ["Opera", "Windows", "computer", `${WINDOWS} ${CHROME} Safari/537.36 OPR/126.0.0.0`],
  ["Safari", "macOS", "computer", `${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15`],
  ["Chrome", "ChromeOS", "computer", `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME} Safari/537.36`],
  ["Chrome", "Android", "phone", `Mozilla/5.0 (Linux; Android 10; K) ${CHROME} Mobile Safari/537.36`],
  [
    "Samsung Internet",
    "Android",
    "tablet",
    `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Safari/537.36`,
  ],
  [
    "Safari",
    "iPhone",
    "phone",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
  ],
  [
    "Chrome",
    "iPad",
    "tablet",
    "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1",
  ],
  ["Firefox", "Android", "phone", "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0"],
])("%s on %s is a %s", (browser, system, kind, agent) => {
  expect(deviceOf(agent)).toEqual({ browser, system, kind });
});

it("takes what is no browser for a program, by the name it gives itself", () => {
  expect(deviceOf("curl/8.5.0")).toEqual({ browser: "curl", system: undefined, kind: "program" });
  expect(deviceOf("")).toEqual({ browser: undefined, system: undefined, kind: "program" });
  expect(deviceOf("<script>alert(1)</script>")).toEqual({ browser: undefined, system: undefined, kind: "program" });
});
