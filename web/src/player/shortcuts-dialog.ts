import { type MessageKey, t } from "@/shared/i18n/t";
import { commands } from "./commands";

/** Lists what the keyboard can do, from the same records that the keys run. */
export class ShortcutsDialog {
  readonly element: HTMLDialogElement;

  constructor() {
    const dialog = document.createElement("dialog");
    dialog.className = "vs-shortcuts";
    const heading = document.createElement("h2");
    heading.textContent = t("player.shortcuts");
    heading.id = "vs-shortcuts-heading";
    dialog.setAttribute("aria-labelledby", heading.id);
    const list = document.createElement("dl");
    for (const [label, keys] of byLabel()) {
      const term = document.createElement("dt");
      term.textContent = t(label);
      const definition = document.createElement("dd");
      for (const key of keys) {
        const cap = document.createElement("kbd");
        cap.textContent = keyName(key);
        definition.append(cap, " ");
      }
      list.append(term, definition);
    }
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = t("action.close");
    close.addEventListener("click", () => dialog.close());
    dialog.append(heading, list, close);
    this.element = dialog;
  }

  show(): void {
    if (!this.element.open) this.element.showModal();
  }
}

function byLabel(): Map<MessageKey, string[]> {
  const rows = new Map<MessageKey, string[]>();
  for (const { label, keys } of commands) {
    // The media keys have their meaning printed on them.
    const written = keys.filter((key) => !key.startsWith("media"));
    const shown = written.length > 3 ? [`${written[0]} – ${written.at(-1)}`] : written;
    rows.set(label, [...(rows.get(label) ?? []), ...shown]);
  }
  return rows;
}

const NAMES: Record<string, string> = {
  arrowleft: "←",
  arrowright: "→",
  arrowup: "↑",
  arrowdown: "↓",
  "ctrl+enter": "Ctrl + Enter",
};

function keyName(key: string): string {
  if (key === " ") return t("player.key.space");
  return NAMES[key] ?? key.toUpperCase();
}
