import type { Visibility } from "@/api/types";
import { visibilities } from "./visibility-field";

const KEY = "vitascope.visibility";

/** What new videos are: the last choice on this device, private at first. */
export function defaultVisibility(): Visibility {
  try {
    const stored = localStorage.getItem(KEY);
    return visibilities.find((visibility) => visibility === stored) ?? "private";
  } catch {
    return "private";
  }
}

export function rememberVisibility(visibility: Visibility): void {
  try {
    localStorage.setItem(KEY, visibility);
  } catch {
    // Without storage the choice lasts for this page.
  }
}
