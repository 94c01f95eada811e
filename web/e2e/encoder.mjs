// An encoder of broadcasts: FFmpeg sends a picture that says its own time, and a tone, by RTMP.
import { spawn } from "node:child_process";
import { barcodeFilter } from "./barcode.mjs";

/**
 * Sends in real time until it is stopped. The picture says its media time in milliseconds or, with `since`, how many milliseconds after that
 * moment (of `Date.now`) it was made. `rate` is frames per second, as a number or a fraction; a keyframe comes each second. `past` seconds are
 * sent as fast as they can be made before that.
 */
export function encoder(address, { size = "640x360", rate = "30", since, past = 0 } = {}) {
  const [frames, seconds = 1] = rate.split("/").map(Number);
  const wall = `settb=1/90000,setpts='(RTCTIME/1000-${since})*90',${barcodeFilter()},setpts='N*${seconds}/${frames}/TB'`;
  const picture = `testsrc2=s=${size}:r=${rate}`;
  const paced = past === 0 ? `${picture},realtime` : `${picture}:d=${past}[a];${picture},realtime[b];[a][b]concat`;
  const source = `${paced},${since === undefined ? barcodeFilter() : wall}`;
  const words = ["-hide_banner", "-loglevel", "error", "-nostdin", "-f", "lavfi", "-i", source];
  words.push("-f", "lavfi", "-i", "sine=f=440:r=48000", "-c:v", "libx264", "-preset", "ultrafast", "-r", rate);
  words.push("-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", String(Math.round(frames / seconds)));
  words.push(
    "-b:v",
    "3M",
    "-maxrate",
    "3M",
    "-bufsize",
    "3M",
    "-c:a",
    "aac",
    "-ac",
    "2",
    "-flvflags",
    "no_duration_filesize",
  );
  const child = spawn("ffmpeg", [...words, "-f", "flv", address], { stdio: ["ignore", "ignore", "inherit"] });
  process.once("exit", () => child.kill("SIGKILL"));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return {
    /** Lets it send what it has, and end. */
    stop: () => {
      child.kill("SIGINT");
      return ended;
    },
    cut: () => child.kill("SIGKILL"),
  };
}
