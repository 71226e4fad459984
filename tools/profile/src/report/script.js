(() => {
  const columns = [...document.querySelectorAll(".col")];
  const find = document.getElementById("find");
  const open = document.getElementById("open");
  const none = document.getElementById("none");
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const column of columns) {
      column.hidden = !words.every((word) => column.dataset.find.includes(word));
      shown += column.hidden ? 0 : 1;
    }
    none.hidden = shown > 0;
  });
  open.addEventListener("click", () => {
    const opening = open.textContent === "Open all";
    for (const column of columns) column.open = opening && !column.hidden;
    open.textContent = opening ? "Close all" : "Open all";
  });
})();
