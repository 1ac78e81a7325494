// The switch between the system's colours, light and dark.
const THEMES = ["", "light", "dark"];
const button = document.getElementById("theme");
let theme = "";
try { theme = localStorage.getItem("mirimpute-theme") ?? ""; } catch { /* a page from disk may have no storage */ }

function apply() {
  if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme;
  button.textContent = `Theme: ${theme || "system"}`;
}

button.addEventListener("click", () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  try { localStorage.setItem("mirimpute-theme", theme); } catch { /* it then lasts as long as the page */ }
  apply();
});
if (!THEMES.includes(theme)) theme = "";
apply();
document.documentElement.dataset.ready = "true";
