import { Check, Link2 } from "lucide-react";
import { useEffect, useState } from "react";
import { t } from "@/shared/i18n/t";
import { copyText } from "@/shared/share/clipboard";
import { watchUrl } from "@/shared/share/links";
import { Button } from "./button";
import { toast } from "./toasts";

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
