import { Check, Link2 } from "lucide-react";
import { useEffect, useState } from "react";
import { t } from "@/shared/i18n/t";
import { Button } from "./button";
import { toast } from "./toasts";

/** Copies a link; works without the clipboard API, which plain http does not have. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "fixed opacity-0";
    const host = document.querySelector("dialog[open]") ?? document.body;
    host.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function watchUrl(videoId: string): string {
  return new URL(`/w/${videoId}`, location.href).href;
}

export function CopyLinkButton({
  videoId,
  label,
  compact = false,
}: {
  videoId: string;
  /** Names the button where several stand on one page. */
  label?: string;
  compact?: boolean;
}) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    const url = watchUrl(videoId);
    if (await copyText(url)) {
      setCopied(true);
      toast(t("action.copied"));
    } else {
      toast(url);
    }
  };
  const Icon = copied ? Check : Link2;
  return (
    <Button
      size={compact ? "icon" : "small"}
      variant={compact ? "quiet" : "plain"}
      aria-label={label}
      title={compact ? t("action.copyLink") : undefined}
      onClick={() => void copy()}
    >
      <Icon size={compact ? 18 : 16} aria-hidden="true" />
      {!compact && t("action.copyLink")}
    </Button>
  );
}
