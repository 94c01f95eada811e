import { AppWindow, Monitor, PanelTop, Video } from "lucide-react";
import type { Abilities } from "@/recorder/capture";
import { COUNTDOWNS, FRAME_RATES, HEIGHTS, type Settings, SOURCES, type Source } from "@/recorder/settings";
import type { StudioView } from "@/recorder/view";
import { cx } from "@/shared/class-names";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { Notice } from "@/shared/ui/feedback";
import { SelectField } from "@/shared/ui/field";
import { useControls } from "./controls";
import { DeviceField } from "./device-field";
import { LevelMeter } from "./level-meter";
import { Switch } from "./switch";

const ICONS = { monitor: Monitor, window: AppWindow, browser: PanelTop, camera: Video } as const;

/** What to record, under this heading, with what, and how well. `counts`: there is a countdown. */
export function SetupPanel({
  view,
  able,
  heading,
  counts,
}: {
  view: StudioView;
  able: Abilities;
  heading: string;
  counts: boolean;
}) {
  const { settings, devices, camera, microphone } = view;
  const controls = useControls();
  const withScreen = settings.source !== "camera";
  const wantsCamera = !withScreen || settings.bubble;
  const missing = (wantsCamera && camera === undefined) || (settings.microphone && microphone === undefined);
  return (
    <div className="grid gap-5 rounded-2xl border border-line bg-surface p-5">
      <SourceChoice heading={heading} value={settings.source} screen={able.screen} />
      {!able.screen && <Notice tone="info">{t("record.noScreen")}</Notice>}
      {withScreen && <Toggle name="bubble" label={t("record.bubble")} settings={settings} />}
      {wantsCamera && (
        <DeviceField
          label={t("record.camera")}
          devices={devices.cameras}
          value={settings.cameraId}
          onChange={(cameraId) => controls.choose({ cameraId })}
        />
      )}
      <div className="grid gap-3">
        <Toggle name="microphone" label={t("record.microphoneOn")} settings={settings} />
        {settings.microphone && (
          <>
            <DeviceField
              label={t("record.microphone")}
              devices={devices.microphones}
              value={settings.microphoneId}
              onChange={(microphoneId) => controls.choose({ microphoneId })}
            />
            {microphone && <LevelMeter kind="microphone" />}
            <Toggle name="cleanVoice" label={t("record.cleanVoice")} settings={settings} />
          </>
        )}
      </div>
      {withScreen && (
        <Toggle
          name="systemAudio"
          label={t("record.systemAudio")}
          hint={t("record.systemAudioHint")}
          settings={settings}
        />
      )}
      {missing && (
        <div className="grid justify-items-start gap-2 rounded-xl bg-sunken p-4">
          <p className="text-sm text-ink-soft">{t("record.allowText")}</p>
          <Button size="small" onClick={() => void controls.allow()}>
            {t("record.allow")}
          </Button>
        </div>
      )}
      <Quality settings={settings} counts={counts} />
    </div>
  );
}

function SourceChoice({ heading, value, screen }: { heading: string; value: Source; screen: boolean }) {
  const controls = useControls();
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-semibold">{heading}</legend>
      <div className="grid grid-cols-4 gap-2">
        {SOURCES.map((source) => {
          const Icon = ICONS[source];
          const disabled = source !== "camera" && !screen;
          return (
            <label
              key={source}
              className={cx(
                "grid justify-items-center gap-1.5 rounded-xl border px-1 py-3 text-sm font-semibold",
                "has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent",
                value === source ? "border-accent bg-accent-soft text-accent" : "border-line hover:bg-sunken",
                disabled ? "opacity-50" : "cursor-pointer",
              )}
            >
              <input
                type="radio"
                name="source"
                value={source}
                checked={value === source}
                disabled={disabled}
                onChange={() => controls.choose({ source })}
                className="sr-only"
              />
              <Icon size={22} aria-hidden="true" />
              {t(`record.source.${source}`)}
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

type Flag = "bubble" | "microphone" | "systemAudio" | "cleanVoice";

function Toggle({ name, label, hint, settings }: { name: Flag; label: string; hint?: string; settings: Settings }) {
  const controls = useControls();
  return (
    <Switch label={label} hint={hint} checked={settings[name]} onChange={(on) => controls.choose({ [name]: on })} />
  );
}

function Quality({ settings, counts }: { settings: Settings; counts: boolean }) {
  const controls = useControls();
  return (
    <div className="grid grid-cols-2 gap-3">
      <SelectField
        label={t("record.height")}
        value={settings.height}
        onChange={(event) => controls.choose({ height: Number(event.target.value) })}
      >
        {HEIGHTS.map((height) => (
          <option key={height} value={height}>
            {t("record.lines", { lines: height })}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t("record.frameRate")}
        value={settings.frameRate}
        onChange={(event) => controls.choose({ frameRate: Number(event.target.value) })}
      >
        {FRAME_RATES.map((rate) => (
          <option key={rate} value={rate}>
            {rate}
          </option>
        ))}
      </SelectField>
      {counts && (
        <SelectField
          label={t("record.countdownLength")}
          value={settings.countdown}
          onChange={(event) => controls.choose({ countdown: Number(event.target.value) })}
        >
          {COUNTDOWNS.map((seconds) => (
            <option key={seconds} value={seconds}>
              {seconds === 0 ? t("record.countdownNone") : t("record.countdownSeconds", { n: seconds })}
            </option>
          ))}
        </SelectField>
      )}
    </div>
  );
}
