/** The camera's bubble over the screen: its centre and its diameter, as shares of the picture's width and height. */
export interface Bubble {
  /** Of the width, from the left. */
  x: number;
  /** Of the height, from the top. */
  y: number;
  /** The diameter, of the height. */
  size: number;
}

export const FIRST_BUBBLE: Bubble = { x: 0.11, y: 0.82, size: 0.28 };
const SMALLEST = 0.12;
const LARGEST = 0.6;

/** The bubble, kept whole inside a picture of this shape (width by height). */
export function inside(bubble: Bubble, aspect: number): Bubble {
  const size = Math.min(LARGEST, Math.max(SMALLEST, bubble.size));
  const marginY = size / 2;
  const marginX = Math.min(0.5, size / 2 / aspect);
  return {
    size,
    x: Math.min(1 - marginX, Math.max(marginX, bubble.x)),
    y: Math.min(1 - marginY, Math.max(marginY, bubble.y)),
  };
}

/** What a key does to the bubble; nothing for other keys. */
export function keyMoves(bubble: Bubble, key: string, aspect: number): Bubble | undefined {
  const moves: Record<string, Partial<Bubble>> = {
    ArrowLeft: { x: bubble.x - STEP / aspect },
    ArrowRight: { x: bubble.x + STEP / aspect },
    ArrowUp: { y: bubble.y - STEP },
    ArrowDown: { y: bubble.y + STEP },
    "+": { size: bubble.size + STEP },
    "=": { size: bubble.size + STEP },
    "-": { size: bubble.size - STEP },
  };
  const change = moves[key];
  return change && inside({ ...bubble, ...change }, aspect);
}

const STEP = 0.03;

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The largest rectangle of the picture's shape in the middle of the frame: bars around it, nothing cut off. */
export function letterbox(
  picture: { width: number; height: number },
  frame: { width: number; height: number },
): Rectangle {
  const scale = Math.min(frame.width / picture.width, frame.height / picture.height);
  const width = Math.round(picture.width * scale);
  const height = Math.round(picture.height * scale);
  return { x: Math.round((frame.width - width) / 2), y: Math.round((frame.height - height) / 2), width, height };
}

/** The square in the middle of a picture. */
export function middleSquare(picture: { width: number; height: number }): Rectangle {
  const side = Math.min(picture.width, picture.height);
  return { x: (picture.width - side) / 2, y: (picture.height - side) / 2, width: side, height: side };
}

/** The size of a recording: the source's, made smaller to `height` lines where it is larger, with even sides as 4:2:0 wants them. */
export function recordedSize(
  source: { width: number; height: number },
  height: number,
): { width: number; height: number } {
  const scale = Math.min(1, height / source.height);
  const even = (value: number) => Math.max(2, Math.floor(Math.round(value * scale) / 2) * 2);
  return { width: even(source.width), height: even(source.height) };
}
