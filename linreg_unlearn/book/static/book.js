// The book works without this file; it adds search, copying, a choice of light or dark, and a graph
// that answers. Nothing is fetched: the index of the search is a script of its own.
"use strict";

(() => {
  const stored = () => {
    try { return localStorage.getItem("book-theme"); } catch { return null; }
  };
  const theme = stored();
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

  const switchTheme = () => {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("book-theme", root.dataset.theme); } catch { /* only this page then */ }
  };

  // Copying: the clipboard where the browser allows it for files, a selection elsewhere.
  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    let done = false;
    try {
      await navigator.clipboard.writeText(code.textContent);
      done = true;
    } catch {
      getSelection().selectAllChildren(code);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Select and copy by hand";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  };

  // Search: every word has to occur; ids and titles count more than formulas.
  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f_]/g, "");
  const found = (query) => {
    const wanted = plain(query).split(/\s+/).filter(Boolean);
    if (!wanted.length) return [];
    return BOOK_INDEX.map((entry, at) => {
      entry.folded ??= [entry.id, entry.title, entry.text].map(plain);
      const [id, title, text] = entry.folded;
      let score = 0;
      for (const word of wanted) {
        if (id === word) score += 100;
        else if (id.startsWith(word)) score += 20;
        else if (title.includes(word)) score += 8;
        else if (text.includes(word)) score += 2;
        else return null;
      }
      return { entry, score, at };
    }).filter(Boolean).sort((a, b) => b.score - a.score || a.at - b.at).slice(0, 12);
  };
  const startSearch = () => {
    const input = document.querySelector(".search input");
    const list = document.getElementById("results");
    const root = document.body.dataset.root;
    let chosen = -1;
    const choose = (at) => {
      const items = [...list.querySelectorAll("li[role=option]")];
      chosen = items.length ? (at + items.length) % items.length : -1;
      items.forEach((item, i) => item.setAttribute("aria-selected", String(i === chosen)));
      if (chosen >= 0) items[chosen].scrollIntoView({ block: "nearest" });
    };
    const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); };
    const show = () => {
      const matches = found(input.value);
      list.replaceChildren(...matches.map(({ entry }) => {
        const item = document.createElement("li");
        item.role = "option";
        const link = document.createElement("a");
        link.href = root + entry.url;
        link.tabIndex = -1;
        const id = document.createElement("b");
        id.textContent = entry.id;
        const line = document.createElement("small");
        line.textContent = entry.text;
        link.append(id, entry.title, line);
        item.append(link);
        return item;
      }));
      if (input.value.trim() && !matches.length) {
        const none = document.createElement("li");
        none.className = "none";
        none.textContent = "Nothing found.";
        list.append(none);
      }
      list.hidden = !input.value.trim();
      input.setAttribute("aria-expanded", String(!list.hidden));
      choose(0);
    };
    input.addEventListener("input", show);
    input.addEventListener("focus", show);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
        event.preventDefault();
      } else if (event.key === "Enter" && chosen >= 0) {
        list.querySelectorAll("a")[chosen].click();
      } else if (event.key === "Escape") close();
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".search")) close();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.target.closest("input")) {
        input.focus();
        event.preventDefault();
      }
    });
  };

  // The graph: the arrows of one claim, and the claims at their other ends.
  const startGraph = (graph) => {
    const nodes = [...graph.querySelectorAll("a")];
    const lines = [...graph.querySelectorAll("path[data-from]")];
    const point = (name) => {
      const near = new Set(name ? [name] : []);
      for (const line of lines) {
        const { from, to } = line.dataset;
        const touches = name !== null && (from === name || to === name);
        line.classList.toggle("near", touches);
        if (touches) near.add(from).add(to);
      }
      nodes.forEach((node) => node.classList.toggle("near", near.has(node.dataset.name)));
      graph.classList.toggle("chosen", name !== null);
    };
    for (const node of nodes) {
      for (const kind of ["mouseenter", "focus"]) node.addEventListener(kind, () => point(node.dataset.name));
      for (const kind of ["mouseleave", "blur"]) node.addEventListener(kind, () => point(null));
    }
  };

  // A proof that is folded would be missing on paper, and for a link into it.
  const unfold = () => document.querySelectorAll("details:not(.source)").forEach((d) => { d.open = true; });

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector(".theme").addEventListener("click", switchTheme);
    document.querySelectorAll(".copy").forEach((b) => b.addEventListener("click", () => copy(b)));
    document.querySelectorAll("svg.graph").forEach(startGraph);
    startSearch();
    addEventListener("beforeprint", unfold);
  });
})();
