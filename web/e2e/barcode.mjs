// The barcode: the time of a frame, burnt into its top twelfth, so that a test can say which frame is on the screen.
//
// 34 cells from left to right: white, black (they set the threshold), 28 bits with the lowest first, 4 check bits. The
// check bit j is the parity of the bits j, j + 4, j + 8, … The value is milliseconds of media time.

export const BITS = 28;
export const CHECKS = 4;
export const CELLS = 2 + BITS + CHECKS;

/** The cells of a value, white as true. */
export function encode(value) {
  const bits = Array.from({ length: BITS }, (_, bit) => Math.floor(value / 2 ** bit) % 2 === 1);
  const checks = Array.from(
    { length: CHECKS },
    (_, check) => bits.filter((set, bit) => set && bit % CHECKS === check).length % 2 === 1,
  );
  return [true, false, ...bits, ...checks];
}

/**
 * FFmpeg's filters that draw the value of `expression` (in the variables of FFmpeg's timeline: `t` in seconds, `n`)
 * into each frame. Boxes only, so no font is needed.
 */
export function barcodeFilter(expression = "t*1000") {
  const value = `floor((${expression})+0.5)`;
  const bit = (index) => `mod(floor(${value}/${2 ** index}),2)`;
  const box = (cell, enable) => {
    const left = `floor(iw*${cell}/${CELLS})`;
    const width = `floor(iw*${cell + 1}/${CELLS})-${left}`;
    const timeline = enable === undefined ? "" : `:enable='${enable}'`;
    return `drawbox=x='${left}':y=0:w='${width}':h='floor(ih/12)':color=white:t=fill${timeline}`;
  };
  const filters = ["drawbox=x=0:y=0:w=iw:h='floor(ih/12)':color=black:t=fill", box(0)];
  for (let index = 0; index < BITS; index += 1) filters.push(box(2 + index, bit(index)));
  for (let check = 0; check < CHECKS; check += 1) {
    const members = Array.from({ length: BITS / CHECKS }, (_, step) => bit(check + step * CHECKS));
    filters.push(box(2 + BITS + check, `mod(${members.join("+")},2)`));
  }
  return filters.join(",");
}
