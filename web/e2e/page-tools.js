// Runs inside the page, put there before the page's own scripts. A classic script: it leaves one object, `e2e`.
(() => {
  const CELLS = 34;
  const BITS = 28;
  const CHECKS = 4;

  /** The value of 34 brightnesses, or null when they are no barcode. */
  function decode(brightness) {
    const [white, black] = brightness;
    if (!(white - black > 60)) return null;
    const middle = (white + black) / 2;
    const bits = brightness.slice(2).map((level) => level > middle);
    let value = 0;
    for (let bit = 0; bit < BITS; bit += 1) if (bits[bit]) value += 2 ** bit;
    for (let check = 0; check < CHECKS; check += 1) {
      let parity = false;
      for (let bit = check; bit < BITS; bit += CHECKS) parity = parity !== bits[bit];
      if (parity !== bits[BITS + check]) return null;
    }
    return value;
  }

  const canvas = globalThis.document?.createElement("canvas");
  const context = canvas?.getContext("2d", { willReadFrequently: true, alpha: false });

  function pixels(source, sx, sy, sw, sh, width, height) {
    canvas.width = width;
    canvas.height = height;
    context.drawImage(source, sx, sy, sw, sh, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  }

  /** The barcode of the picture that a video shows now (or of a VideoFrame), or null. */
  function readBarcode(video) {
    const { videoWidth: width = video.displayWidth, videoHeight: height = video.displayHeight } = video;
    if (width === 0) return null;
    const band = Math.floor(height / 12);
    const rows = 4;
    const data = pixels(video, 0, band / 4, width, band / 2, width, rows);
    const brightness = [];
    for (let cell = 0; cell < CELLS; cell += 1) {
      const left = Math.floor((width * cell) / CELLS);
      const size = Math.floor((width * (cell + 1)) / CELLS) - left;
      // The middle half of the cell: its edges are blurred by scaling and by the codec.
      const from = left + Math.floor(size / 4);
      const to = Math.max(from + 1, left + Math.ceil((size * 3) / 4));
      let sum = 0;
      for (let row = 0; row < rows; row += 1) {
        for (let column = from; column < to; column += 1) sum += data[(row * width + column) * 4 + 1];
      }
      brightness.push(sum / (rows * (to - from)));
    }
    return decode(brightness);
  }

  /** The average colour of a VideoFrame, and how much its brightness varies over it: 0 is a plain surface. */
  function look(video) {
    const data = pixels(video, 0, 0, video.displayWidth, video.displayHeight, 32, 18);
    const sums = [0, 0, 0];
    let brightness = 0;
    let squares = 0;
    for (let at = 0; at < data.length; at += 4) {
      for (let channel = 0; channel < 3; channel += 1) sums[channel] += data[at + channel];
      const level = (data[at] + data[at + 1] + data[at + 2]) / 3;
      brightness += level;
      squares += level * level;
    }
    const count = data.length / 4;
    const mean = brightness / count;
    return {
      colour: sums.map((sum) => Math.round(sum / count)),
      variation: Math.sqrt(Math.max(0, squares / count - mean * mean)),
    };
  }

  /**
   * Every frame that the video presents during `duration` milliseconds, or until `enough` resolves.
   * `mediaTime` is that of the picture that was read: when the page is busy, the video may be one frame further by then
   * than the callback says.
   */
  function frames(video, duration, enough) {
    return new Promise((resolve) => {
      const seen = [];
      let handle = 0;
      const next = () => {
        handle = video.requestVideoFrameCallback((now, frame) => {
          const picture = new VideoFrame(video);
          seen.push({
            now,
            shown: frame.expectedDisplayTime,
            mediaTime: picture.timestamp / 1e6,
            presentedFrames: frame.presentedFrames,
            width: frame.width,
            height: frame.height,
            barcode: readBarcode(picture),
            ...look(picture),
          });
          picture.close();
          next();
        });
      };
      const end = () => {
        video.cancelVideoFrameCallback(handle);
        resolve(seen);
      };
      next();
      setTimeout(end, duration);
      enough?.then(end);
    });
  }

  // A media element can be given to one audio graph only, so the graph of an element is kept.
  const graphs = new WeakMap();

  function graph(video) {
    let made = graphs.get(video);
    if (made === undefined) {
      const audio = new AudioContext({ latencyHint: "interactive" });
      const source = audio.createMediaElementSource(video);
      const analyser = audio.createAnalyser();
      analyser.fftSize = 2048;
      source.connect(analyser);
      analyser.connect(audio.destination);
      made = { audio, analyser };
      graphs.set(video, made);
    }
    return made;
  }

  /** The loudest sample that the element plays during `duration` milliseconds: 0 is silence, 1 is full scale. */
  async function loudness(video, duration) {
    const { audio, analyser } = graph(video);
    await audio.resume();
    const samples = new Float32Array(analyser.fftSize);
    const end = performance.now() + duration;
    let loudest = 0;
    while (performance.now() < end) {
      analyser.getFloatTimeDomainData(samples);
      for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return loudest;
  }

  const captures = new WeakMap();

  /**
   * Goes to a time, and resolves when the picture there can be read: `seeked` comes a little before that, and the old
   * picture is there until then. A seek that brings no picture ends a second after `seeked`.
   */
  async function seek(video, time) {
    const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    const there = new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
    video.currentTime = time;
    await there;
    await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, 1000))]);
  }

  /** The barcodes after seeks to the middle of each of `count` frames from the start on, of a paused video. */
  async function step(video, rate, count) {
    const seen = [];
    for (let index = 0; index < count; index += 1) {
      await seek(video, (index + 0.5) / rate);
      seen.push(readBarcode(video));
    }
    return seen;
  }

  /**
   * Frames and clicks of the same stretch of playing, until a click was heard or for `duration` milliseconds. A click is the moment when sound begins after silence, on the clock of
   * the page (milliseconds, as `frames` uses it) but for a constant: the sound is taken before it goes to the speakers.
   */
  async function framesAndClicks(video, duration) {
    if (!captures.has(video)) captures.set(video, video.captureStream());
    const track = captures.get(video).getAudioTracks()[0].clone();
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    const clicks = [];
    let heard;
    const enough = new Promise((resolve) => {
      heard = resolve;
    });
    let lag = Number.POSITIVE_INFINITY;
    const listening = (async () => {
      let quiet = 0;
      for (;;) {
        const { value: sound, done } = await reader.read();
        if (done) return;
        // The samples' own clock counts exactly; what it is on the page's clock, the packet that came quickest tells.
        lag = Math.min(lag, performance.now() - sound.timestamp / 1000);
        const samples = new Float32Array(sound.numberOfFrames);
        sound.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        for (let index = 0; index < samples.length; index += 1) {
          if (Math.abs(samples[index]) < 0.1) {
            quiet += 1;
          } else {
            if (quiet > sound.sampleRate * 0.2) {
              clicks.push(sound.timestamp / 1000 + (index * 1000) / sound.sampleRate);
              heard();
            }
            quiet = 0;
          }
        }
        sound.close();
      }
    })();
    const seen = await frames(video, duration, enough);
    await reader.cancel();
    track.stop();
    await listening;
    return { frames: seen, clicks: clicks.map((time) => time + lag) };
  }

  globalThis.e2e = { decode, readBarcode, look, frames, seek, step, loudness, framesAndClicks };
})();
