// The pages of bulletins: the time that is left, who has begun, and a recording by the microphone. Browsers' own recordings
// are Opus, which stations do not play: this makes a WAV file of the samples themselves.
"use strict";

const RATE = 48000;
const LONGEST = 600;

function left(until) {
  const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

for (const place of document.querySelectorAll(".countdown")) {
  const until = Date.parse(place.dataset.until);
  const words = place.textContent;
  const show = () => { place.textContent = `${words} · ${left(until)}`; };
  show();
  setInterval(show, 1000);
}

// Whatever changes at the stations is shown as the server words it; where the bulletin itself changes, so does the page.
const live = document.querySelector("#live");
if (live) {
  let state = null;
  const events = new EventSource(live.dataset.events);
  events.onmessage = async (event) => {
    const report = JSON.parse(event.data);
    const decided = state === "asked" && report.state !== state;
    state = report.state;
    if (decided) {
      location.reload();
      return;
    }
    const answer = await fetch(live.dataset.part, { credentials: "same-origin" });
    if (answer.ok && !answer.redirected) live.innerHTML = await answer.text();
  };
}

function wav(parts) {
  const count = parts.reduce((sum, part) => sum + part.length, 0);
  const view = new DataView(new ArrayBuffer(44 + count * 2));
  const text = (at, letters) => [...letters].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + count * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, count * 2, true);
  let at = 44;
  for (const part of parts) {
    for (const sample of part) {
      view.setInt16(at, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true);
      at += 2;
    }
  }
  return new Blob([view], { type: "audio/wav" });
}

class Recorder {
  constructor(place) {
    this.place = place;
    this.start = place.querySelector(".start");
    this.stop = place.querySelector(".stop");
    this.meter = place.querySelector("meter");
    this.time = place.querySelector("output");
    this.player = place.querySelector("audio");
    this.says = place.querySelector(".says");
    this.field = place.querySelector("input[name=recording]");
    this.start.addEventListener("click", () => this.begin());
    this.stop.addEventListener("click", () => this.end());
    place.hidden = false;
  }

  say(what) {
    this.says.textContent = what ? this.says.dataset[what] : "";
    this.says.classList.toggle("error", what === "failed" || what === "denied");
  }

  async begin() {
    this.place.querySelector("input[type=radio]").checked = true;
    this.field.value = "";
    this.say("");
    try {
      this.sound = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false } });
      this.context = new AudioContext({ sampleRate: RATE });
      await this.context.audioWorklet.addModule(this.place.dataset.recorder);
      await this.context.resume();
    } catch {
      this.silence();
      this.say("denied");
      return;
    }
    this.parts = [];
    this.count = 0;
    const node = new AudioWorkletNode(this.context, "loa-recorder", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    node.port.onmessage = ({ data }) => this.take(data);
    this.context.createMediaStreamSource(this.sound).connect(node);
    this.running(true);
  }

  take(samples) {
    this.parts.push(samples);
    this.count += samples.length;
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    this.meter.value = Math.max(peak, this.meter.value * 0.98);
    const seconds = Math.floor(this.count / RATE);
    this.time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds >= LONGEST) this.end();
  }

  running(is) {
    this.start.hidden = is;
    this.stop.hidden = !is;
    this.meter.hidden = !is;
  }

  silence() {
    this.sound?.getTracks().forEach((track) => track.stop());
    this.context?.close();
    this.sound = this.context = null;
  }

  async end() {
    this.running(false);
    this.silence();
    const recording = wav(this.parts);
    this.player.src = URL.createObjectURL(recording);
    this.player.hidden = false;
    this.say("sending");
    try {
      const token = document.querySelector("[data-form-token]").dataset.formToken;
      const answer = await fetch("/api/v1/bulletins/recordings", {
        method: "POST", body: recording, credentials: "same-origin",
        headers: { "Content-Type": "audio/wav", "Loa-Form": token },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      this.field.value = (await answer.json()).sha256;
      this.say("ready");
    } catch {
      this.say("failed");
    }
  }
}

const recorder = document.querySelector(".recorder");
if (recorder && window.isSecureContext && navigator.mediaDevices && window.AudioWorkletNode) new Recorder(recorder);

// Who ticks a station does not mean every one.
for (const box of document.querySelectorAll("input[name=station]")) {
  box.addEventListener("change", () => { document.querySelector("input[name=place][value=some]").checked = true; });
}
