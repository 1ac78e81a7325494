// The charts: means over the cases that the filters leave, drawn by Vega-Lite in the methods' own colours and marks.
const views = {};
const drawers = [];

// Means over the shown cases. A method without a value on any of them is left out, and a method whose mean lacks failed
// seeds is shown; the captions name both.
function overCases(field) {
  const entries = DATA.entries[field];
  const found = new Map();
  const cases = new Set();
  for (let k = 0; k < (entries ? entries.case.length : 0); k++) {
    if (!caseShown(entries.case[k])) continue;
    cases.add(entries.case[k]);
    if (state.hidden.has(entries.method[k])) continue;
    if (!found.has(entries.method[k])) found.set(entries.method[k], []);
    if (entries.mean[k] === null) continue;
    found.get(entries.method[k]).push({ mean: entries.mean[k], sd: entries.sd[k], failed: Boolean(entries.failed[k]) });
  }
  return { found, cases: cases.size };
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const means = (lines) => mean(lines.map((line) => line.mean));
const geometric = (lines) => Math.exp(mean(lines.map((line) => Math.log(Math.max(line.mean, 1e-4)))));
const look = (method) => ({ method: DATA.methods[method].name, colour: colour(method), shape: DATA.methods[method].shape,
  fill: DATA.methods[method].filled ? colour(method) : css("--panel") });
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const over = (cases) => (cases === 1 ? "" : `, mean over ${cases} cases`);
const names = (methods) => methods.map((method) => DATA.methods[method].name).join(", ");
const leftOut = (methods) => (methods.length ? ` Left out, for want of a value on every case shown: ${names(methods)}.` : "");
const withFailures = (found) => {
  const methods = [...found].filter(([, lines]) => lines.some((line) => line.failed)).map(([method]) => method);
  return methods.length ? ` Means lack failed seeds: ${names(methods)}.` : "";
};

function theme() {
  const axis = { labelColor: css("--muted"), titleColor: css("--ink"), gridColor: css("--line"), domainColor: css("--muted"),
    tickColor: css("--muted"), labelFontSize: 12, titleFontSize: 12.5, titleFontWeight: "normal" };
  return { background: css("--panel"), font: "system-ui, sans-serif", axis, view: { stroke: null } };
}

// Keeps the chart `name` in step with the filters and the theme; `content` returns its data and the titles of its axes.
async function chart(name, content) {
  const mount = async () => {
    views[name]?.finalize();
    const { data, titles } = content();
    const params = Object.entries({ ...titles, ink: css("--ink") }).map(([key, value]) => ({ name: key, value }));
    const made = await vegaEmbed(`#${name}`, { ...DATA.specs[name], params, datasets: data }, { actions: false, logLevel: 1,
      renderer: "svg", config: theme(), tooltip: { theme: isDark() ? "dark" : "light" } });
    views[name] = made.view;
  };
  drawers.push(mount);
  listeners.push(() => refresh(name, content));
  await mount();
}

async function refresh(name, content) {
  const { data, titles } = content();
  for (const [key, lines] of Object.entries(data)) views[name].data(key, lines);
  for (const [key, title] of Object.entries(titles)) views[name].signal(key, title);
  await views[name].runAsync();
}

async function tradeoffChart() {
  const fields = DATA.measures.filter((each) => each.estimate !== "cost").map((each) => each.field);
  if (!fields.length || !DATA.entries.seconds) { byId("seconds").hidden = true; return; }
  const content = () => {
    const measure = MEASURES.get(select.value);
    const quality = overCases(measure.field);
    const seconds = overCases("seconds").found;
    const points = [];
    const missing = [];
    for (const [method, lines] of quality.found) {
      const times = seconds.get(method) ?? [];
      if (lines.length < quality.cases || times.length < quality.cases) { missing.push(method); continue; }
      const value = means(lines);
      const sd = lines.length === 1 ? lines[0].sd ?? 0 : 0;
      points.push({ ...look(method), seconds: geometric(times), value, low: value - sd, high: value + sd,
        tip: `${DATA.methods[method].name}: ${measure.label} ${withSd(value, sd || null)}, ${number(geometric(times))} s` });
    }
    const sign = measure.higher ? -1 : 1;
    let best = Infinity;
    const front = [...points].sort((a, b) => a.seconds - b.seconds || sign * (a.value - b.value))
      .filter((point) => { const better = sign * point.value < best; if (better) best = sign * point.value; return better; });
    byId("tradeoff-caption").textContent = `Dashed: the methods that no other beats in both.${quality.cases === 1 ? " Bars: sd over seeds." : " Seconds: geometric mean."}${withFailures(quality.found)}${leftOut(missing)}`;
    return { data: { points, front }, titles: { x_title: "seconds, fit + impute (log scale)", y_title: `${measure.label} ${measure.arrow}${over(quality.cases)}` } };
  };
  const select = measureSelect("tradeoff-measure", fields, "point_rmse", () => refresh("tradeoff", content));
  await chart("tradeoff", content);
}

async function distortionChart() {
  const distances = DATA.measures.filter((each) => each.estimate === "draw").map((each) => each.field.slice(5))
    .filter((name) => DATA.entries[`point_${name}`] && !["rmse", "mae"].includes(name));
  if (!distances.length || !DATA.entries.point_rmse || !DATA.entries.draw_rmse) { byId("distortion").hidden = true; return; }
  const content = () => {
    const name = select.value.slice(5);
    const stages = ["point", "shrunk", "draw"].map((stage) => [stage, overCases(`${stage}_rmse`), overCases(`${stage}_${name}`)]);
    const cases = stages[0][1].cases;
    const points = [];
    const missing = [];
    DATA.methods.forEach((style, method) => {
      const path = [];
      stages.forEach(([stage, rmse, distance], step) => {
        const [x, y] = [rmse.found.get(method) ?? [], distance.found.get(method) ?? []];
        if (!x.length || x.length < cases || y.length < cases) return;
        path.push({ ...look(method), step, stage, distortion: means(x), value: means(y),
          tip: `${style.name}, ${stage}: RMSE ${number(means(x))}, ${name} ${number(means(y))}` });
      });
      if (!path.length) { if (stages[0][1].found.has(method)) missing.push(method); return; }
      const moved = path.some((each) => each.distortion !== path[0].distortion || each.value !== path[0].value);
      points.push(...(moved ? path : path.slice(0, 1)).map((each) => ({ ...each, moved })));
    });
    // The stages are named on one path, the last; on all they would hide each other.
    const named = points.filter((each) => each.moved).at(-1)?.method;
    for (const each of points) each.labelled = each.method === named;
    byId("front-caption").textContent = `Each path leads from the point estimate over the shrunk draw, where its RMSE was scored, to draws; a method without draws is one mark. Lower left is better.${withFailures(stages[0][1].found)}${leftOut(missing)}`;
    const measure = MEASURES.get(select.value);
    return { data: { points }, titles: { x_title: `RMSE ↓${over(cases)}`, y_title: `${measure.label.replace(/, draws$/, "")} ↓${over(cases)}` } };
  };
  const select = measureSelect("front-measure", distances.map((name) => `draw_${name}`), "draw_energy", () => refresh("front", content));
  await chart("front", content);
}

async function roundsChart() {
  const rounds = DATA.rounds;
  if (!rounds.key.length) return;
  const content = () => {
    const groups = new Map();
    const truths = new Map();
    const cases = new Set();
    for (let k = 0; k < rounds.key.length; k++) {
      if (rounds.key[k] !== select.value || !shown(rounds.case[k], rounds.method[k])) continue;
      const id = `${rounds.method[k]} ${rounds.round[k]}`;
      if (!groups.has(id)) groups.set(id, { method: rounds.method[k], round: rounds.round[k], values: [], errors: [] });
      groups.get(id).values.push(rounds.mean[k]);
      groups.get(id).errors.push(rounds.se[k]);
      cases.add(rounds.case[k]);
      if (rounds.truth[k] !== null) truths.set(rounds.case[k], rounds.truth[k]);
    }
    const points = [...groups.values()].map(({ method, round, values, errors }) => {
      const value = mean(values);
      const se = Math.hypot(...errors) / errors.length;
      return { ...look(method), round, value, low: value - se, high: value + se,
        tip: `${DATA.methods[method].name}, round ${round}: ${number(value)} ± ${number(se)} over ${values.length} case(s)` };
    }).sort((a, b) => a.round - b.round);
    const truth = truths.size && truths.size === cases.size ? [{ value: mean([...truths.values()]) }] : [];
    byId("rounds-caption").textContent = `Band: standard error.${truth.length ? " Dashed: the truth's own value." : ""} Zero bits (AUC 0.5): a completed row does not tell which cells were missing.`;
    return { data: { points, truth }, titles: { x_title: "round", y_title: `${rounds.titles[select.value]}${over(cases.size)}` } };
  };
  const select = fillSelect("rounds-key", [...new Set(rounds.key)].sort().reverse().map((key) => [key, rounds.titles[key]]), undefined, () => refresh("rounds", content));
  await chart("rounds", content);
}
