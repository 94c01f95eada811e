import { recorder } from "@/recorder/recorder";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { defaultVisibility } from "@/shared/video/default-visibility";
import { Dot } from "./dot";

/** The button that everything on this page is about. */
export function StartBar({ account }: { account: string | undefined }) {
  const start = () => {
    if (account === undefined) return;
    const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" }).format(new Date());
    void recorder.start({
      account,
      title: t("record.defaultTitle", { date }),
      visibility: defaultVisibility(),
      show_while_recording: true,
    });
  };
  return (
    <div className="flex justify-center">
      <Button variant="primary" className="min-h-12 px-6 text-lg" disabled={account === undefined} onClick={start}>
        <Dot />
        {t("record.start")}
      </Button>
    </div>
  );
}
