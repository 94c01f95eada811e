import { Upload } from "lucide-react";
import { useEffect, useState } from "react";
import { t } from "@/shared/i18n/t";
import { addFiles, filesOf } from "./add-files";

/** Takes files dropped anywhere on the page. */
export function DropAnywhere({ onDropped }: { onDropped: () => void }) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    let depth = 0;
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const move = (event: DragEvent) => {
      if (!carriesFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      const files = filesOf(event.dataTransfer);
      if (files.length === 0) return;
      addFiles(files);
      onDropped();
    };
    addEventListener("dragenter", enter, { signal });
    addEventListener("dragleave", leave, { signal });
    addEventListener("dragover", move, { signal });
    addEventListener("drop", drop, { signal });
    return () => stop.abort();
  }, [onDropped]);
  if (!over) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-40 grid place-content-center bg-page/85 p-4" aria-hidden="true">
      <div className="grid justify-items-center gap-4 rounded-3xl border-2 border-dashed border-accent bg-surface px-16 py-14 shadow-lifted">
        <Upload size={40} className="text-accent" />
        <p className="text-2xl font-semibold">{t("upload.dropAnywhere")}</p>
      </div>
    </div>
  );
}
