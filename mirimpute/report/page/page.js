// Sets everything up, and the switch between light and dark.
const THEMES = ["", "light", "dark"];

function applyTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark", isDark()); // what DataTables looks at
  byId("theme").textContent = `Theme: ${theme || "system"}`;
}

async function repaint(rankings) {
  document.documentElement.classList.toggle("dark", isDark());
  repaintSwatches();
  rankings();
  for (const mount of drawers) await mount();
}

async function start() {
  let theme = "";
  try { theme = localStorage.getItem("mirimpute-theme") ?? ""; } catch { /* a page from disk may have no storage */ }
  applyTheme(THEMES.includes(theme) ? theme : "");
  if (matchMedia("(max-width: 48rem)").matches) byId("methods").open = false;
  setUpFilters();
  const rankings = rankingTable();
  measureTable();
  columnsTable();
  failuresTable();
  cellsTable();
  byId("theme").addEventListener("click", async () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    try { localStorage.setItem("mirimpute-theme", theme); } catch { /* it then lasts as long as the page */ }
    applyTheme(theme);
    await repaint(rankings);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => repaint(rankings));
  await tradeoffChart();
  await distortionChart();
  await roundsChart();
  document.documentElement.dataset.ready = "true";
}

start();
