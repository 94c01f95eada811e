import { Globe, Link2, Lock } from "lucide-react";
import type { ReactNode } from "react";
import type { Video, VideoState, Visibility } from "@/api/types";
import { cx } from "@/shared/class-names";
import { formatPercent } from "@/shared/format";
import { t } from "@/shared/i18n/t";

function Badge({ tone, children }: { tone: "plain" | "accent" | "bad" | "good"; children: ReactNode }) {
  return (
    <span
      className={cx(
        "inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-xs font-semibold",
        tone === "plain" && "bg-sunken text-ink-soft",
        tone === "accent" && "bg-accent-soft text-accent",
        tone === "bad" && "bg-bad-soft text-bad",
        tone === "good" && "bg-good-soft text-good",
      )}
    >
      {children}
    </span>
  );
}

const visibilityIcons = { public: Globe, unlisted: Link2, private: Lock } as const;

export function VisibilityBadge({ visibility }: { visibility: Visibility }) {
  const Icon = visibilityIcons[visibility];
  return (
    <Badge tone="plain">
      <Icon size={12} aria-hidden="true" />
      {t(`video.visibility.${visibility}`)}
    </Badge>
  );
}

const stateTones: Record<VideoState, "accent" | "bad" | "good"> = {
  ready: "good",
  failed: "bad",
  uploading: "accent",
  processing: "accent",
  waiting: "accent",
  live: "bad",
  interrupted: "accent",
};

export function StateBadge({ video }: { video: Pick<Video, "state" | "progress"> }) {
  const text =
    video.state === "processing"
      ? t("video.processing", { percent: formatPercent(video.progress) })
      : t(`video.state.${video.state}`);
  return <Badge tone={stateTones[video.state]}>{text}</Badge>;
}
