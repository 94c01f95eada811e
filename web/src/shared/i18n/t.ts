import { en } from "./en";

export type MessageKey = keyof typeof en;

/** Keys that come as a pair, `_one` and `_other`. */
export type CountedKey = {
  [Key in MessageKey]: Key extends `${infer Stem}_other` ? Stem : never;
}[MessageKey];

const plural = new Intl.PluralRules("en");

/** The text for a key, with `{name}` filled in. */
export function t(key: MessageKey, values?: Record<string, string | number>): string {
  // A newer server may know states this catalogue does not: the key is better than nothing.
  return fill((en as Partial<Record<string, string>>)[key] ?? key, values);
}

/** The text for a count; `{count}` is filled in with `shown`, or the number itself. */
export function tn(key: CountedKey, count: number, shown: string = String(count)): string {
  const form = plural.select(count) === "one" ? "one" : "other";
  return fill(en[`${key}_${form}` as MessageKey], { count: shown });
}

function fill(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
