import { type Bubble, letterbox, middleSquare } from "./bubble";

type Picture = CanvasImageSource;
interface Size {
  width: number;
  height: number;
}

/** Draws the screen, and the camera as a round bubble over it. */
export function draw(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  frame: Size,
  screen: { picture: Picture; size: Size },
  camera: { picture: Picture; size: Size } | undefined,
  bubble: Bubble,
): void {
  const to = letterbox(screen.size, frame);
  if (to.width < frame.width || to.height < frame.height) {
    // The source has changed its shape: black bars instead of what was there before.
    context.fillStyle = "#000";
    context.fillRect(0, 0, frame.width, frame.height);
  }
  context.drawImage(screen.picture, to.x, to.y, to.width, to.height);
  if (camera === undefined) return;
  const diameter = bubble.size * frame.height;
  const [x, y] = [bubble.x * frame.width, bubble.y * frame.height];
  const from = middleSquare(camera.size);
  context.save();
  context.beginPath();
  context.arc(x, y, diameter / 2, 0, 2 * Math.PI);
  context.clip();
  context.drawImage(
    camera.picture,
    from.x,
    from.y,
    from.width,
    from.height,
    x - diameter / 2,
    y - diameter / 2,
    diameter,
    diameter,
  );
  context.restore();
  context.beginPath();
  context.arc(x, y, diameter / 2 - 1, 0, 2 * Math.PI);
  context.strokeStyle = "rgb(255 255 255 / 0.85)";
  context.lineWidth = Math.max(2, frame.height / 360);
  context.stroke();
}
