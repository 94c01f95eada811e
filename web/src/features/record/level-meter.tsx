import { Mic, Volume2 } from "lucide-react";
import { useEffect, useRef } from "react";
import type { SoundSource } from "@/recorder/mixer";
import { t } from "@/shared/i18n/t";
import { useControls } from "./controls";

const TICK_MS = 80;
/** Quieter than this is drawn as nothing: −60 dB of full scale. */
const FLOOR_DB = -60;

/** How loud a source is, drawn without React: it moves many times a second. */
export function LevelMeter({ kind }: { kind: SoundSource }) {
  const meter = useRef<HTMLMeterElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const controls = useControls();
  useEffect(() => {
    let shown = 0;
    const timer = setInterval(() => {
      const db = 20 * Math.log10(Math.max(1e-6, controls.level(kind)));
      const level = Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
      // Falls slowly, as meters do: a peak can be seen.
      shown = Math.max(level, shown * 0.85);
      if (bar.current) bar.current.style.width = `${Math.round(shown * 100)}%`;
      if (meter.current) meter.current.value = Math.round(shown * 100);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [kind, controls]);
  const Icon = kind === "microphone" ? Mic : Volume2;
  return (
    <div className="flex items-center gap-2.5">
      <Icon size={16} aria-hidden="true" className="shrink-0 text-ink-soft" />
      <div className="h-2 flex-1 overflow-hidden rounded-full bg-sunken">
        <meter ref={meter} aria-label={t(`record.level.${kind}`)} min={0} max={100} className="sr-only" />
        <div ref={bar} className="h-full rounded-full bg-good" style={{ width: 0 }} />
      </div>
    </div>
  );
}
