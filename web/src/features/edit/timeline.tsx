import { type ComponentProps, type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { cx } from "@/shared/class-names";
import { t } from "@/shared/i18n/t";
import { preciseClock } from "./clock";
import type { Pieces } from "./pieces";
import type { Tile } from "./storyboard-tiles";
import type { Peaks } from "./waveform";

/** The video from left to right: small pictures, loudness, what is cut, and where the playhead is. */
export function Timeline({
  pieces,
  duration,
  at,
  frame,
  tiles,
  peaks,
  poster,
  isPicture,
  onSeek,
  onBorder,
}: {
  pieces: Pieces;
  duration: number;
  at: number;
  /** One frame in microseconds. */
  frame: number;
  tiles: readonly Tile[];
  peaks: Peaks | undefined;
  poster: number | undefined;
  isPicture: boolean;
  onSeek: (us: number) => void;
  /** `first` where a drag begins: what follows is one change with it. */
  onBorder: (index: number, us: number, first: boolean) => void;
}) {
  const strip = useRef<HTMLDivElement>(null);
  const place = (us: number) => `${(us / duration) * 100}%`;
  const usAt = (clientX: number) => {
    const box = strip.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return 0;
    return Math.min(Math.max((clientX - box.left) / box.width, 0), 1) * duration;
  };
  return (
    <div className="relative touch-none pt-7 select-none">
      <div
        ref={strip}
        className="relative overflow-hidden rounded-lg border border-line bg-sunken"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          onSeek(usAt(event.clientX));
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) onSeek(usAt(event.clientX));
        }}
      >
        {isPicture && <Pictures tiles={tiles} duration={duration} />}
        <Waveform peaks={peaks} tall={!isPicture} />
        {pieces.map((piece) => (
          <div
            key={piece.start}
            aria-hidden="true"
            data-kept={piece.kept}
            className={cx(
              "pointer-events-none absolute inset-y-0 border-x border-black/40",
              !piece.kept && "cut-out bg-black/70",
            )}
            style={{ left: place(piece.start), width: place(piece.end - piece.start) }}
          />
        ))}
        {poster !== undefined && (
          <div
            aria-hidden="true"
            className="pointer-events-none absolute top-1 size-2.5 -translate-x-1/2 rotate-45 bg-accent ring-2 ring-black/60"
            style={{ left: place(poster) }}
          />
        )}
      </div>
      {pieces.slice(0, -1).map((piece, index) => (
        <Border
          // biome-ignore lint/suspicious/noArrayIndexKey: a border that is dragged stays the same one
          key={index}
          number={index + 1}
          us={piece.end}
          frame={frame}
          duration={duration}
          left={place(piece.end)}
          usAt={usAt}
          onMove={(us, first) => onBorder(index, us, first)}
        />
      ))}
      <Playhead at={at} frame={frame} duration={duration} left={place(at)} usAt={usAt} onSeek={onSeek} />
    </div>
  );
}

function Pictures({ tiles, duration }: { tiles: readonly Tile[]; duration: number }) {
  const strip = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (strip.current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(strip.current);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={strip} className="relative h-16 overflow-hidden" aria-hidden="true">
      {shown(tiles, duration, width).map(({ tile, left, scale }) => (
        <div
          key={left}
          className="absolute top-0 origin-top-left bg-no-repeat"
          style={{
            left,
            width: tile.width,
            height: tile.height,
            transform: `scale(${scale})`,
            backgroundImage: `url("${tile.sheet}")`,
            backgroundPosition: `-${tile.x}px -${tile.y}px`,
          }}
        />
      ))}
    </div>
  );
}

const HEIGHT = 64;

/** As many pictures as fit, each the one of its middle, as high as the strip. */
function shown(tiles: readonly Tile[], duration: number, width: number) {
  const [first] = tiles;
  if (first === undefined || width === 0) return [];
  const scale = HEIGHT / first.height;
  const each = first.width * scale;
  return Array.from({ length: Math.ceil(width / each) }, (_, index) => {
    const left = index * each;
    const middle = (((left + each / 2) / width) * duration) / 1e6;
    return { tile: tiles.find((one) => middle < one.end) ?? tiles.at(-1) ?? first, left, scale };
  });
}

function Waveform({ peaks, tall }: { peaks: Peaks | undefined; tall: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (element === null || !context) return;
    const { width, height } = element;
    context.clearRect(0, 0, width, height);
    if (peaks === undefined) return;
    context.fillStyle = getComputedStyle(element).color;
    for (let x = 0; x < width; x += 1) {
      const peak = peaks[Math.floor((x / width) * peaks.length)] ?? 0;
      const tall = Math.max(1, Math.sqrt(peak) * height);
      context.fillRect(x, (height - tall) / 2, 1, tall);
    }
  }, [peaks]);
  return (
    <div aria-hidden="true">
      <canvas
        ref={canvas}
        width={1200}
        height={96}
        className={cx("block w-full text-accent", tall ? "h-28" : "h-12")}
      />
    </div>
  );
}

function Border({
  number,
  us,
  frame,
  duration,
  left,
  usAt,
  onMove,
}: {
  number: number;
  us: number;
  frame: number;
  duration: number;
  left: string;
  usAt: (clientX: number) => number;
  onMove: (us: number, first: boolean) => void;
}) {
  const dragging = useRef(false);
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    onMove(usAt(event.clientX), !dragging.current);
    dragging.current = true;
  };
  return (
    <Handle
      label={t("edit.border", { n: number })}
      us={us}
      frame={frame}
      duration={duration}
      onStep={(to) => onMove(to, true)}
      className="group absolute top-7 bottom-0 z-10 w-6 -translate-x-1/2 cursor-ew-resize rounded"
      style={{ left }}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.focus();
        event.currentTarget.setPointerCapture(event.pointerId);
        dragging.current = false;
      }}
      onPointerMove={drag}
    >
      <span className="absolute inset-y-1 left-1/2 w-1.5 -translate-x-1/2 rounded-full bg-white shadow-[0_0_0_1px_rgb(0_0_0/0.6)] group-hover:bg-accent group-focus-visible:bg-accent" />
    </Handle>
  );
}

function Playhead({
  at,
  frame,
  duration,
  left,
  usAt,
  onSeek,
}: {
  at: number;
  frame: number;
  duration: number;
  left: string;
  usAt: (clientX: number) => number;
  onSeek: (us: number) => void;
}) {
  return (
    <>
      <span
        aria-hidden="true"
        className="pointer-events-none absolute top-4 bottom-0 z-20 w-0.5 -translate-x-1/2 bg-bad"
        style={{ left }}
      />
      <Handle
        label={t("edit.playhead")}
        us={at}
        frame={frame}
        duration={duration}
        onStep={onSeek}
        className="absolute top-0 z-20 grid size-6 -translate-x-1/2 cursor-ew-resize place-content-center rounded-full"
        style={{ left }}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) onSeek(usAt(event.clientX));
        }}
      >
        <span className="size-4 rounded-full bg-bad" />
      </Handle>
    </>
  );
}

/** What stands at a moment and is moved by keys; how a pointer moves it, the caller says. */
function Handle({
  label,
  us,
  frame,
  duration,
  onStep,
  ...rest
}: {
  label: string;
  us: number;
  frame: number;
  duration: number;
  onStep: (us: number) => void;
} & Omit<ComponentProps<"div">, "role" | "onKeyDown">) {
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.round(duration / 1e6)}
      aria-valuenow={Math.round(us / 1e6)}
      aria-valuetext={preciseClock(us)}
      onKeyDown={(event) => {
        const by = arrows(event, frame);
        if (by === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        onStep(us + by);
      }}
      {...rest}
    />
  );
}

/** How far a key moves: a frame, with Shift a second. */
export function arrows(event: Pick<KeyboardEvent, "key" | "shiftKey">, frame: number): number | undefined {
  const step = event.shiftKey ? 1_000_000 : frame;
  if (event.key === "ArrowLeft") return -step;
  return event.key === "ArrowRight" ? step : undefined;
}
