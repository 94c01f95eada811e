import { QrCode } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";

/** Shows a link as a picture for the camera of another device. The code that draws it is loaded when it is wanted. */
export function QrToggle({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div className="grid gap-3">
      <div>
        <Button size="small" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
          <QrCode size={16} aria-hidden="true" />
          {t(open ? "share.hideQr" : "share.showQr")}
        </Button>
      </div>
      <div id={id} className="grid">
        {open && <QrPicture text={text} />}
      </div>
    </div>
  );
}

/** Modules of quiet around the code (ISO/IEC 18004 §6.3.8). */
const QUIET = 4;

function QrPicture({ text }: { text: string }) {
  const [drawn, setDrawn] = useState<{ size: number; path: string }>();
  useEffect(() => {
    let over = false;
    import("./qr-path").then(({ qrPath }) => {
      if (!over) setDrawn(qrPath(text));
    });
    return () => {
      over = true;
    };
  }, [text]);
  const side = (drawn?.size ?? 33) + 2 * QUIET;
  return (
    // White in both themes: cameras read dark on light.
    <svg
      role="img"
      aria-label={t("share.qr")}
      viewBox={`${-QUIET} ${-QUIET} ${side} ${side}`}
      shapeRendering="crispEdges"
      className="aspect-square w-full max-w-56 rounded-lg border border-line bg-white"
    >
      {drawn && <path d={drawn.path} fill="black" />}
    </svg>
  );
}
