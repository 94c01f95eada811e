import { t, tn } from "./i18n/t";

const LOCALE = "en";

/** `7` → "0:07", `3725` → "1:02:05". */
export function formatClock(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "0:00";
  const whole = Math.floor(seconds);
  const s = String(whole % 60).padStart(2, "0");
  const m = Math.floor(whole / 60) % 60;
  const h = Math.floor(whole / 3600);
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}

/** The other way round: "1:02:05", "90" or "1m30s" in seconds; nothing for anything else. */
export function parseClock(text: string): number | undefined {
  const clean = text.trim();
  if (/^(\d+:)?[0-5]?\d:[0-5]\d$/.test(clean))
    return clean.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const seconds = parseStart(clean);
  return seconds > 0 || /^0+s?$/.test(clean) ? seconds : undefined;
}

/** A length of time in words, rounded to what one wants to know: "5 seconds", "2 minutes", "1 h 20 min". */
export function formatSpan(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "";
  if (seconds < 10) return t("time.fewSeconds");
  if (seconds < 55) return t("time.seconds", { n: Math.ceil(seconds / 5) * 5 });
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return tn("time.minutes", minutes);
  const h = Math.floor(minutes / 60);
  const m = minutes % 60;
  return m === 0 ? t("time.hours", { h }) : t("time.hoursMinutes", { h, m });
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Decimal units with three figures: "999 B", "1.23 MB", "45.6 GB". */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return "0 B";
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** A share from 0 to 1 as a percentage that reaches 100 % only at the end. */
export function formatPercent(share: number): string {
  if (!Number.isFinite(share) || share <= 0) return "0 %";
  if (share >= 1) return "100 %";
  return `${Math.floor(share * 100)} %`;
}

/** 1234 → "1.2K". */
export function formatCount(count: number): string {
  return new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 }).format(count);
}

/** "14 March 2026". */
export function formatDate(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long" }).format(date);
}

/** "14 Mar 2026, 17:05", on this device's clock. */
export function formatMoment(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(date);
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "3 hours ago", "yesterday", "just now". */
export function formatAgo(iso: string, now: number = Date.now()): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return "";
  const seconds = Math.max(0, (now - at) / 1000);
  for (const [unit, size] of STEPS) {
    if (seconds >= size) {
      return new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" }).format(-Math.floor(seconds / size), unit);
    }
  }
  return t("time.justNow");
}

/** `?t=` of a link: seconds ("90", "90.5", "90s") or "1h2m3s". Anything else is 0. */
export function parseStart(value: string | null): number {
  if (value === null) return 0;
  if (/^\d+(\.\d+)?s?$/.test(value)) return Number.parseFloat(value);
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(value);
  if (!parts) return 0;
  return Number(parts[1] ?? 0) * 3600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0);
}
