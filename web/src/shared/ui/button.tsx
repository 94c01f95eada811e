import type { ButtonHTMLAttributes } from "react";
import { Link, type LinkProps } from "react-router";
import { cx } from "@/shared/class-names";

type Variant = "primary" | "plain" | "quiet" | "danger";
type Size = "normal" | "small" | "icon";

const base =
  "inline-flex items-center justify-center gap-2 rounded-lg font-semibold whitespace-nowrap select-none transition-colors " +
  "disabled:opacity-55 disabled:cursor-default";

const variants: Record<Variant, string> = {
  primary: "bg-ink text-ink-inverse not-disabled:hover:bg-accent",
  plain: "border border-line bg-surface text-ink not-disabled:hover:bg-sunken",
  quiet: "text-ink not-disabled:hover:bg-sunken",
  danger: "bg-bad text-ink-inverse not-disabled:hover:opacity-90",
};

const sizes: Record<Size, string> = {
  normal: "min-h-10 px-4 py-2 text-[0.9375rem]",
  small: "min-h-8 px-3 py-1 text-sm",
  icon: "size-10 text-base",
};

export function buttonClass(variant: Variant = "plain", size: Size = "normal", extra?: string): string {
  return cx(base, variants[variant], sizes[size], extra);
}

interface Look {
  variant?: Variant;
  size?: Size;
}

export function Button({
  variant,
  size,
  className,
  type = "button",
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & Look) {
  return <button type={type} className={buttonClass(variant, size, className)} {...rest} />;
}

export function ButtonLink({ variant, size, className, ...rest }: LinkProps & Look & { className?: string }) {
  return <Link className={buttonClass(variant, size, className)} {...rest} />;
}
