export type SoundSource = "microphone" | "system";

interface Input {
  source: MediaStreamAudioSourceNode;
  gain: GainNode;
  analyser: AnalyserNode;
}

/** Mixes the microphone with the sound of the tab or system, and measures both. */
export class Mixer {
  #context = new AudioContext({ sampleRate: 48_000, latencyHint: "interactive" });
  #output = this.#context.createMediaStreamDestination();
  #inputs = new Map<SoundSource, Input>();
  #samples = new Float32Array(1024);
  #muted = false;

  constructor() {
    // Without any source the output would give nothing, and a take whose microphone was unplugged would have a sound that ends.
    const silence = new ConstantSourceNode(this.#context, { offset: 0 });
    silence.connect(this.#output);
    silence.start();
    // Begun by a click, so it may run; a browser that disagrees is asked again with each source.
    void this.#context.resume();
  }

  get track(): MediaStreamTrack | undefined {
    return this.#output.stream.getAudioTracks()[0];
  }

  /** Puts a source in the mix, in the place of the one before; `undefined` takes it out. */
  connect(kind: SoundSource, stream: MediaStream | undefined): void {
    const before = this.#inputs.get(kind);
    before?.source.disconnect();
    before?.gain.disconnect();
    this.#inputs.delete(kind);
    if (stream === undefined || stream.getAudioTracks().length === 0) return;
    void this.#context.resume();
    const source = this.#context.createMediaStreamSource(stream);
    const gain = this.#context.createGain();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    source.connect(analyser);
    source.connect(gain);
    gain.connect(this.#output);
    this.#inputs.set(kind, { source, gain, analyser });
    this.mute(this.#muted);
  }

  /** Silences the microphone; what the screen plays goes on. */
  mute(muted: boolean): void {
    this.#muted = muted;
    const input = this.#inputs.get("microphone");
    // A short ramp: a step would click.
    input?.gain.gain.setTargetAtTime(muted ? 0 : 1, this.#context.currentTime, 0.01);
  }

  /** How loud a source is now, before muting: 0 is silence, 1 full scale. */
  level(kind: SoundSource): number {
    const input = this.#inputs.get(kind);
    if (input === undefined) return 0;
    input.analyser.getFloatTimeDomainData(this.#samples);
    let peak = 0;
    for (const sample of this.#samples) peak = Math.max(peak, Math.abs(sample));
    return Math.min(1, peak);
  }

  has(kind: SoundSource): boolean {
    return this.#inputs.has(kind);
  }

  close(): void {
    void this.#context.close();
  }
}
