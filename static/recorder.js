// Runs beside the sound: hands the samples of the microphone over as they come.
"use strict";

registerProcessor("loa-recorder", class extends AudioWorkletProcessor {
  process([input]) {
    if (input.length > 0) this.port.postMessage(input[0].slice());
    return true;
  }
});
