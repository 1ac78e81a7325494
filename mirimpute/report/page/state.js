// What the page shows, and the one filter that all tables and charts below it share.
const DATA = JSON.parse(byId("data").textContent);
const MEASURES = new Map(DATA.measures.map((measure) => [measure.field, measure]));
const state = { dataset: "", mechanism: "", rate: "", hidden: new Set() };
const listeners = [];

function caseShown(index) {
  const each = DATA.cases[index];
  return (!state.dataset || each.dataset === state.dataset)
    && (!state.mechanism || each.mechanism === state.mechanism)
    && (!state.rate || String(each.rate) === state.rate);
}

function shown(caseIndex, method) {
  return caseShown(caseIndex) && !state.hidden.has(method);
}

function filtersChanged() {
  for (const listener of listeners) listener();
}

function fillSelect(id, options, initial, changed) {
  const select = byId(id);
  for (const [value, label] of options) {
    const option = element("option", label);
    option.value = value;
    select.append(option);
  }
  if (initial !== undefined) select.value = initial;
  select.addEventListener("change", changed);
  return select;
}

function measureSelect(id, fields, initial, changed) {
  const options = fields.map((field) => [field, `${MEASURES.get(field).label} ${MEASURES.get(field).arrow}`]);
  return fillSelect(id, options, fields.includes(initial) ? initial : fields[0], changed);
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function colour(method) {
  const style = DATA.methods[method];
  return isDark() ? style.dark : style.colour;
}

function swatch(method) {
  const style = DATA.methods[method];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "-1.6 -1.6 3.2 3.2");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", style.shape);
  path.setAttribute("stroke", colour(method));
  path.setAttribute("stroke-width", "0.3");
  path.setAttribute("fill", style.filled ? colour(method) : "none");
  svg.append(path);
  return svg;
}

function setUpFilters() {
  const unique = (values) => [...new Set(values)].map((value) => [String(value), String(value)]);
  for (const [id, key, values] of [
    ["filter-dataset", "dataset", DATA.cases.map((each) => each.dataset)],
    ["filter-mechanism", "mechanism", DATA.cases.map((each) => each.mechanism)],
    ["filter-rate", "rate", DATA.cases.map((each) => each.rate).sort((a, b) => a - b)],
  ]) {
    fillSelect(id, unique(values), "", (event) => { state[key] = event.target.value; filtersChanged(); });
  }
  const fieldset = document.querySelector("#methods fieldset");
  DATA.methods.forEach((style, method) => {
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => {
      if (box.checked) state.hidden.delete(method); else state.hidden.add(method);
      filtersChanged();
    });
    label.append(box, swatch(method), element("span", style.name));
    fieldset.append(label);
  });
  byId("filters").addEventListener("reset", () => {
    Object.assign(state, { dataset: "", mechanism: "", rate: "" });
    state.hidden.clear();
    setTimeout(filtersChanged);
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
}

function repaintSwatches() {
  document.querySelectorAll("#methods label .swatch").forEach((old, method) => old.replaceWith(swatch(method)));
}
