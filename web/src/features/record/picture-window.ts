import "@/recorder/browser-types";
import { useEffect, useState } from "react";

const SIZE = { width: 460, height: 96 };

/**
 * A small window that stays above others, for the controls while another window is recorded. `open` is absent where the browser has none
 * (Document Picture-in-Picture).
 */
export function usePictureWindow(): { open: (() => void) | undefined; body: HTMLElement | undefined } {
  const [small, setSmall] = useState<Window>();
  useEffect(() => () => small?.close(), [small]);
  const maker = window.documentPictureInPicture;
  const open = async () => {
    const opened = await maker?.requestWindow(SIZE);
    if (opened === undefined) return;
    const { documentElement, head, body } = opened.document;
    // The app's own files of styles; nothing inline, as the content security policy wants it.
    for (const sheet of document.querySelectorAll('link[rel="stylesheet"]')) head.append(sheet.cloneNode());
    documentElement.lang = document.documentElement.lang;
    documentElement.dataset.theme = document.documentElement.dataset.theme ?? "";
    body.className = "bg-page text-ink";
    opened.document.title = document.title;
    opened.addEventListener("pagehide", () => setSmall(undefined));
    setSmall(opened);
  };
  return {
    open: maker === undefined ? undefined : () => void open().catch(() => undefined),
    body: small?.document.body,
  };
}
