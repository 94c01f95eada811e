import { useState } from "react";
import { Button } from "@/shared/ui/button";
import { copyText } from "./clipboard";

/** Says at its own place that it has copied: a message at the window's edge stands behind an open dialog. */
export function CopyButton({ text, label, done }: { text: string; label: string; done: string }) {
  const [copied, setCopied] = useState<string>();
  const copy = async () => setCopied((await copyText(text)) ? text : undefined);
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button size="small" variant="primary" onClick={() => void copy()}>
        {label}
      </Button>
      <p role="status" className="text-sm text-good">
        {copied === text && done}
      </p>
    </div>
  );
}
