import type { KeyboardEvent } from "react";

/** For a form's `onKeyDown`: Ctrl+Enter (Cmd+Enter) sends it from every field, also from one with several lines. */
export function submitByKeys(event: KeyboardEvent<HTMLFormElement>): void {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.nativeEvent.isComposing) return;
  event.preventDefault();
  event.currentTarget.requestSubmit();
}
