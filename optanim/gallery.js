"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const status = document.querySelector(".status");
  const articles = all("article");
  let running = !still.matches;

  // Films: each lies on its still, is fetched when it is first seen and plays while it is in view.

  class Film {
    constructor(figure) {
      this.screen = figure.querySelector(".screen");
      this.controls = figure.querySelector(".controls");
      this.button = figure.querySelector(".play");
      this.slider = figure.querySelector("input");
      this.files = { day: figure.querySelector(".film.day").href, night: figure.querySelector(".film.night").href };
      this.choice = null; // the reader's own, which wins over the page's
      this.seen = false;
      this.video = null;
      this.button.hidden = this.slider.hidden = false;
      this.button.addEventListener("click", () => {
        this.choice = !this.wanted;
        this.update();
      });
      this.slider.addEventListener("input", () => {
        this.choice = false;
        this.update();
        this.seek(this.slider.value / this.slider.max);
      });
    }

    get wanted() {
      return this.choice ?? running;
    }

    get source() {
      return dark.matches ? this.files.night : this.files.day;
    }

    make() {
      const video = document.createElement("video");
      Object.assign(video, { muted: true, loop: true, playsInline: true, preload: "auto", hidden: true });
      video.setAttribute("aria-hidden", "true");
      video.tabIndex = -1;
      video.addEventListener("loadeddata", () => {
        video.hidden = false;
      });
      video.addEventListener("error", () => {
        video.remove();
        this.button.hidden = this.slider.hidden = true;
        this.video = null;
        this.broken = true;
      });
      video.src = this.source;
      this.screen.append(video);
      this.video = video;
    }

    update() {
      if (this.broken) return;
      const plays = this.wanted && this.seen;
      if (plays && !this.video) this.make();
      if (this.video && plays && this.video.paused) {
        this.video.play().catch(() => {
          // Refused by the browser, or called off by a pause: the button says how things are.
          if (this.video && this.video.paused && this.seen) this.label(false);
        });
        this.follow();
      } else if (this.video && !plays) {
        this.video.pause();
      }
      this.label(this.wanted);
    }

    label(on) {
      this.button.classList.toggle("running", on);
      this.button.firstElementChild.textContent = on ? "Pause" : "Play";
    }

    follow() {
      const video = this.video;
      if (!video || video.paused) return;
      if (video.duration) this.slider.value = (video.currentTime / video.duration) * this.slider.max;
      requestAnimationFrame(() => this.follow());
    }

    seek(part) {
      if (!this.video) this.make();
      const video = this.video;
      const go = () => {
        // The very end would be the beginning of the next round.
        video.currentTime = Math.min(part * video.duration, video.duration - 0.05);
      };
      if (video.readyState) go();
      else video.addEventListener("loadedmetadata", go, { once: true });
    }

    recolour() {
      if (!this.video) return;
      const at = this.video.currentTime;
      this.video.src = this.source;
      this.video.addEventListener("loadedmetadata", () => { this.video.currentTime = at; }, { once: true });
      this.update();
    }
  }

  const films = new Map(all("figure.moves").map((figure) => [figure, new Film(figure)]));
  const each = (call) => films.forEach(call);
  const watch = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const film = films.get(entry.target);
        const shown = entry.intersectionRect.height;
        film.seen = shown > 0 && (entry.intersectionRatio > 0.35 || shown > innerHeight / 2);
        film.update();
      }
    },
    { threshold: [0, 0.2, 0.36, 0.6, 0.8] },
  );
  films.forEach((film, figure) => {
    film.label(film.wanted);
    watch.observe(figure);
  });
  dark.addEventListener("change", () => each((film) => film.recolour()));

  const conductor = document.querySelector(".all");
  function conduct(on) {
    running = on;
    conductor.classList.toggle("running", on);
    conductor.firstElementChild.textContent = on ? "Pause all" : "Play all";
    each((film) => {
      film.choice = null;
      film.update();
    });
  }
  conductor.hidden = films.size === 0;
  conductor.addEventListener("click", () => conduct(!running));
  still.addEventListener("change", () => conduct(!still.matches));
  conduct(running);

  // Copying: where there is no clipboard, or it is refused, the text is selected and copied as by hand.

  async function copy(code) {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(code);
      return document.execCommand("copy");
    }
  }

  all(".copy").forEach((button) => {
    let timer;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = await copy(button.closest(".scene").querySelector("code"));
      button.textContent = done ? "Copied" : "Selected";
      status.textContent = done ? "Copied" : "Selected: press Ctrl+C to copy";
      clearTimeout(timer);
      timer = setTimeout(() => {
        button.textContent = "Copy";
        status.textContent = "";
      }, 2000);
    });
  });

  // A text is a stop for the Tab key only where it scrolls.

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) target.tabIndex = target.scrollHeight > target.clientHeight + 1 ? 0 : -1;
  });
  all("pre").forEach((pre) => sizes.observe(pre));

  // Filtering: all words, the optimizer and the landscape must be there.

  const bar = document.querySelector(".filter");
  const fields = all("[name]", bar);
  const count = bar.querySelector("output");
  const none = document.querySelector(".none");
  const main = document.querySelector("main");
  const chapters = document.querySelector("nav");
  const counted = (number) => `${number} ${number === 1 ? "scene" : "scenes"}`;
  const texts = new Map(articles.map((article) => [article, article.textContent.toLowerCase()]));

  function filter() {
    const [words, optimizer, landscape] = fields.map((field) => field.value.trim());
    const wanted = words.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const article of articles) {
      const { optimizers, landscapes } = article.dataset;
      const match =
        wanted.every((word) => texts.get(article).includes(word)) &&
        (!optimizer || optimizers.split(" ").includes(optimizer)) &&
        (!landscape || landscapes.split(" ").includes(landscape));
      article.hidden = !match;
      shown += match;
    }
    for (const section of all("section")) section.hidden = !section.querySelector("article:not([hidden])");
    const narrowed = shown < articles.length;
    none.hidden = shown > 0;
    if (chapters) chapters.hidden = narrowed;
    bar.classList.toggle("narrowed", narrowed);
    count.textContent = narrowed ? `${shown} of ${articles.length}` : counted(shown);
  }

  // What is left may all be above what the reader was looking at.
  function begin() {
    const top = main.getBoundingClientRect().top + scrollY - bar.offsetHeight;
    if (scrollY > top) scrollTo({ top, behavior: "instant" });
  }

  // An address that leads here again; not at every letter, as browsers limit how often it may change.
  function note() {
    const query = new URLSearchParams(fields.filter((f) => f.value.trim()).map((f) => [f.name, f.value.trim()]));
    history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
  }

  function clear() {
    for (const field of fields) field.value = "";
    filter();
    note();
  }

  const asked = new URLSearchParams(location.search);
  for (const field of fields) {
    field.value = asked.get(field.name) ?? "";
    if (field.value === "" && field.options) field.selectedIndex = 0;
    field.addEventListener("input", () => {
      filter();
      begin();
    });
    field.addEventListener("change", note);
  }
  bar.addEventListener("submit", (event) => event.preventDefault());
  none.querySelector("button").addEventListener("click", () => {
    clear();
    fields[0].focus();
  });
  addEventListener("hashchange", () => {
    const target = document.querySelector(":target");
    if (target && target.closest("[hidden]")) {
      const { hash } = location;
      clear();
      history.replaceState(null, "", `${location.pathname}${hash}`);
      target.scrollIntoView();
    }
  });
  bar.hidden = false;
  filter();
})();
