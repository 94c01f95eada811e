import { Compass } from "lucide-react";
import { t } from "@/shared/i18n/t";
import { ButtonLink } from "@/shared/ui/button";
import { EmptyState } from "@/shared/ui/feedback";
import { useTitle } from "@/shared/ui/use-title";

export function Component() {
  useTitle(t("notFound.title"));
  return (
    <EmptyState level={1} icon={<Compass size={26} />} title={t("notFound.title")} text={t("notFound.text")}>
      <ButtonLink to="/" variant="primary">
        {t("action.goHome")}
      </ButtonLink>
    </EmptyState>
  );
}
