import { cx } from "@/shared/class-names";
import { t } from "@/shared/i18n/t";

/** The sign, a beam of light that is also a V and a play button, and the name; `tight` leaves that out on a narrow phone. */
export function Wordmark({ markOnly = false, tight = false }: { markOnly?: boolean; tight?: boolean }) {
  return (
    <span className="inline-flex items-center gap-2.5">
      <svg viewBox="0 0 32 32" className="size-8" aria-hidden="true">
        <path
          d="M5.4 4.500h21.200c2.300 0 3.700 2.500 2.500 4.500L18.500 26.500c-1.100 1.900-3.900 1.900-5 0L2.900 9c-1.200-2 .2-4.500 2.500-4.500z"
          className="fill-[#f0a020]"
        />
        <path
          d="M16 4.500H5.400c-2.300 0-3.700 2.500-2.500 4.500l10.600 17.500c.5.900 1.500 1.400 2.500 1.400z"
          className="fill-[#d9730d]"
        />
        <circle cx="16" cy="12" r="3.600" className="fill-white" />
      </svg>
      {!markOnly && (
        <span className={cx("text-[1.3rem] leading-none font-bold tracking-tight", tight && "max-[27rem]:hidden")}>
          {t("app.name")}
        </span>
      )}
    </span>
  );
}
