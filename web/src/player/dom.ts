/** Makes an element with attributes; those that are undefined are left out. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes?: Record<string, string | undefined>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name];
export function make(
  name: string,
  attributes?: Record<string, string | undefined>,
  ...children: (Node | string)[]
): HTMLElement;
export function make(
  name: string,
  attributes: Record<string, string | undefined> = {},
  ...children: (Node | string)[]
): HTMLElement {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** An icon of 24 × 24 from its path, in the style of media-chrome's own. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** Sets a text only when it differs, so that a screen reader does not say it again. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";
