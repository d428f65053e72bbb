// Sends each chosen or dropped recording by itself, with its own progress and verdict.
"use strict";

const form = document.querySelector("form.drop");
const list = document.querySelector("ul.arriving");
const files = form.querySelector("input[type=file]");
const token = form.querySelector("input[name=form-token]").value;
const vietnamese = document.documentElement.lang === "vi";
const AT_ONCE = 2;
const waiting = [];
let running = 0;

const make = (kind, text, className) => {
  const element = document.createElement(kind);
  element.textContent = text;
  if (className) element.className = className;
  return element;
};

const add = (file) => {
  const row = make("li", "");
  const says = make("p", form.dataset.sending);
  const bar = make("progress", "");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `${form.dataset.sending}: ${file.name}`);
  row.append(make("p", file.name, "file"), bar, says);
  list.append(row);
  waiting.push({ file, row, bar, says });
  next();
};

const next = () => {
  while (running < AT_ONCE && waiting.length > 0) {
    running += 1;
    send(waiting.shift());
  }
};

const verdict = ({ bar, says }, tone, word, rest) => {
  bar.remove();
  says.replaceChildren(make("span", word, `state ${tone}`), " ", rest);
  running -= 1;
  next();
};

const send = (one) => {
  const { file, bar, says } = one;
  const request = new XMLHttpRequest();
  request.open("POST", `/api/v1/clips?file=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("Loa-Form", token);
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = event.loaded / event.total;
  });
  request.upload.addEventListener("load", () => {
    bar.removeAttribute("value");
    says.textContent = form.dataset.measuring;
  });
  request.addEventListener("load", () => {
    const answer = request.response;
    if (request.status === 201 && answer) {
      const link = make("a", answer.title);
      link.href = `/clips/${answer.id}`;
      verdict(one, "good", form.dataset.taken, link);
    } else {
      const why = answer && ((vietnamese && answer.detail_vi) || answer.detail);
      verdict(one, "bad", form.dataset.refused, why || form.dataset.lost);
    }
  });
  request.addEventListener("error", () => verdict(one, "bad", form.dataset.refused, form.dataset.lost));
  request.send(file);
};

const take = (chosen) => [...chosen].forEach(add);

form.addEventListener("submit", (event) => {
  if (files.files.length === 0) return;
  event.preventDefault();
  take(files.files);
  files.value = "";
});
for (const kind of ["dragenter", "dragover"]) {
  form.addEventListener(kind, (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
}
form.addEventListener("dragleave", (event) => {
  if (!form.contains(event.relatedTarget)) form.classList.remove("over");
});
form.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  take(event.dataTransfer.files);
});
