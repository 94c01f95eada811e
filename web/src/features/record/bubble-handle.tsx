import { User } from "lucide-react";
import { type PointerEvent, useRef } from "react";
import { keyMoves } from "@/recorder/bubble";
import type { StudioView } from "@/recorder/view";
import { cx } from "@/shared/class-names";
import { t } from "@/shared/i18n/t";
import { useControls } from "./controls";
import { Live } from "./stage";

/**
 * The camera's bubble on the stage. Before the take it shows the camera itself; in the take the picture has it already, and this is what
 * one takes hold of.
 */
export function BubbleHandle({ view, filled }: { view: StudioView; filled: boolean }) {
  const { bubble, camera } = view;
  const controls = useControls();
  const grip = useRef<{ x: number; y: number } | undefined>(undefined);
  const aspect = filled ? 16 / 9 : view.aspect;

  const at = (event: PointerEvent<HTMLButtonElement>) => {
    const frame = event.currentTarget.parentElement?.getBoundingClientRect();
    if (frame === undefined) return { x: bubble.x, y: bubble.y };
    return { x: (event.clientX - frame.left) / frame.width, y: (event.clientY - frame.top) / frame.height };
  };
  return (
    <button
      type="button"
      aria-label={t("record.bubbleHandle")}
      title={t("record.bubbleHandle")}
      className={cx(
        "absolute -translate-1/2 cursor-grab touch-none overflow-hidden rounded-full active:cursor-grabbing",
        "outline-offset-4 hover:outline-2 hover:outline-white/80 focus-visible:outline-white",
        filled && "grid place-items-center border-2 border-white/85 bg-[#3a332c]",
      )}
      style={{ left: `${bubble.x * 100}%`, top: `${bubble.y * 100}%`, height: `${bubble.size * 100}%`, aspectRatio: 1 }}
      onPointerDown={(event) => {
        const { x, y } = at(event);
        grip.current = { x: x - bubble.x, y: y - bubble.y };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (grip.current === undefined) return;
        const { x, y } = at(event);
        controls.moveBubble({ ...bubble, x: x - grip.current.x, y: y - grip.current.y });
      }}
      onPointerUp={() => {
        grip.current = undefined;
      }}
      onPointerCancel={() => {
        grip.current = undefined;
      }}
      onKeyDown={(event) => {
        const moved = keyMoves(bubble, event.key, aspect);
        if (moved === undefined) return;
        event.preventDefault();
        controls.moveBubble(moved);
      }}
    >
      {filled &&
        (camera ? (
          <Live stream={camera} label={t("record.cameraPreview")} className="size-full object-cover" />
        ) : (
          <User size={36} aria-hidden="true" className="text-white/70" />
        ))}
    </button>
  );
}
