"use strict";
// The page can be read without this: it sorts tables, switches light and dark, unfolds for print.
(() => {
  const collator = new Intl.Collator("en", { numeric: true });

  const key = (row, place) => {
    const cell = row.cells[place];
    if ("sort" in cell.dataset) return Number(cell.dataset.sort);
    const text = cell.textContent.trim();
    return text === "–" || text === "" ? null : text;
  };

  const sort = (table, head) => {
    const falls = head.getAttribute("aria-sort") === "ascending";
    const place = head.cellIndex;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row, place), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null); // dashes last, either way
      const order =
        typeof a === "number" && typeof b === "number"
          ? Math.sign(a - b) || 0
          : collator.compare(a, b);
      return falls ? -order : order;
    });
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falls ? "descending" : "ascending");
    body.append(...rows.map(([, row]) => row));
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, head));
      head.append(button);
    }
  }

  const theme = document.getElementById("theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  let unfolded = [];
  const unfold = () => {
    const folded = [...document.querySelectorAll("details:not([open])")];
    for (const part of folded) part.open = true;
    unfolded.push(...folded);
  };
  const fold = () => {
    for (const part of unfolded) part.open = false;
    unfolded = [];
  };
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);
  matchMedia("print").addEventListener("change", (event) => (event.matches ? unfold() : fold()));
})();
