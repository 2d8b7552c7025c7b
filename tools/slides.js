// One slide at a time: arrow keys, space, Home, End, N for the notes; the address keeps the place.

const WIDTH = 1280;
const HEIGHT = 720;
const page = document.documentElement;
const slides = [...document.querySelectorAll(".slide")];
const [place, notes] = ["nav output", "[data-notes]"].map((one) => document.querySelector(one));
const STEPS = {
  ArrowRight: 1,
  ArrowDown: 1,
  PageDown: 1,
  " ": 1,
  ArrowLeft: -1,
  ArrowUp: -1,
  PageUp: -1,
};

let now = 0;

function go(number) {
  now = Math.min(Math.max(number, 0), slides.length - 1);
  slides.forEach((slide, index) => {
    slide.classList.toggle("now", index === now);
    slide.inert = index !== now;
  });
  place.textContent = `${now + 1} / ${slides.length}`;
  location.replace(`#s${now + 1}`);
}

function asked() {
  const number = Number(/^#s(\d+)$/.exec(location.hash)?.[1] ?? 1);
  if (number !== now + 1) go(number - 1);
}

function toggleNotes() {
  notes.setAttribute("aria-pressed", page.classList.toggle("noted"));
}

// What is larger than its place on the slide is made as small as it must be, on paper too.
function fit(shown) {
  const inner = shown.firstElementChild;
  inner.removeAttribute("style");
  const ratio = Math.min(
    shown.clientWidth / inner.scrollWidth,
    shown.clientHeight / inner.scrollHeight,
  );
  if (ratio >= 1) return;
  inner.style.minWidth = `${inner.scrollWidth}px`;
  inner.style.zoom = Math.floor(ratio * 100) / 100;
}

function scale() {
  page.style.setProperty("--scale", Math.min(innerWidth / WIDTH, innerHeight / HEIGHT));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const inside = event.target.closest("button, summary, .notes");
  if (event.key.toLowerCase() === "n") toggleNotes();
  else if (event.key === "Home") go(0);
  else if (event.key === "End") go(slides.length - 1);
  else if (event.key in STEPS && !(inside && /^( |ArrowUp|ArrowDown|Page\w+)$/.test(event.key))) {
    event.preventDefault();
    go(now + STEPS[event.key]);
  }
});
document.querySelector("nav").addEventListener("click", ({ target }) => {
  if (target.dataset.step) go(now + Number(target.dataset.step));
  else if (target === notes) toggleNotes();
});
// A quiz's answers, unfolded, need more room.
document.addEventListener("toggle", ({ target }) => fit(target.closest(".shown")), true);
addEventListener("hashchange", asked);
addEventListener("resize", scale);

page.classList.add("live");
document.querySelector("nav").hidden = false;
scale();
document.fonts.ready.then(() => {
  document.querySelectorAll(".shown").forEach(fit);
  page.dataset.fitted = "";
});
go(Number(/^#s(\d+)$/.exec(location.hash)?.[1] ?? 1) - 1);
