import { CircleAlert } from "lucide-react";
import { t } from "@/shared/i18n/t";
import { Button } from "@/shared/ui/button";
import { EmptyState } from "@/shared/ui/feedback";

/** The boundary around a page: our own fault, or a part of the app that could not be fetched. */
export function PageError() {
  return (
    <div role="alert">
      <EmptyState level={1} icon={<CircleAlert size={26} />} title={t("error.title")} text={t("error.page")}>
        <Button variant="primary" onClick={() => location.reload()}>
          {t("action.reload")}
        </Button>
      </EmptyState>
    </div>
  );
}
