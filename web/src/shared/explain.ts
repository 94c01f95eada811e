import { ApiError, NetworkError } from "@/api/problem";
import { t } from "./i18n/t";

/** One sentence for a person about a failed call: the server's own where it has one. */
export function explain(error: unknown): string {
  if (error instanceof NetworkError) return t("error.network");
  if (error instanceof ApiError) {
    if (error.status === 429) return t("error.tooMany");
    if (error.status === 401) return t("error.signedOut");
    if (error.message !== "") return error.message;
    return error.status >= 500 ? t("error.server") : t("error.generic");
  }
  return t("error.generic");
}
