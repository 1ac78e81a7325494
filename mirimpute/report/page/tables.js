// The tables: DataTables sorts, searches and pages; all cells are written as text.
const text = (title, data, className) => ({ title, data, className, render: DataTable.render.text() });
const figure = (title, data, format = number) => ({
  title,
  className: "right",
  data: (line, kind) => {
    const value = typeof data === "function" ? data(line) : line[data];
    if (kind === "display" || kind === "filter") return value === null ? "—" : format(value, line);
    return value === null ? Number.POSITIVE_INFINITY : value; // no value counts as the largest
  },
  type: "num",
  render: { display: DataTable.render.text().display },
});
// x2 comes before x10.
const padded = (value) => value.replace(/\d+/g, (digits) => digits.padStart(8, "0"));
const COLUMN = { ...text("column", "column"), render: { ...DataTable.render.text(), sort: padded } };
const METHOD = text("method", "method");
const CASE = ["dataset", "mechanism"].map((name) => text(name, name)).concat(figure("rate", "rate", (v) => String(v)));

// On a phone the method and its value come first, because there the rest is out of sight.
function withCase(first, ...rest) {
  const narrow = matchMedia("(max-width: 48rem)").matches;
  return narrow ? [METHOD, ...first, ...CASE, ...rest] : [...CASE, METHOD, ...first, ...rest];
}

const orderBy = (columns, ...titles) => titles.map((title) => [columns.findIndex((each) => each.title === title), "asc"]);

function caseFields(caseIndex, method) {
  const each = DATA.cases[caseIndex];
  return { dataset: each.dataset, mechanism: each.mechanism, rate: each.rate, method: DATA.methods[method].name };
}

function table(id, columns, order, options = {}) {
  return new DataTable(`#${id}`, {
    data: [],
    columns,
    order,
    autoWidth: false,
    deferRender: true,
    pageLength: 25,
    lengthMenu: [10, 25, 100, { label: "all", value: -1 }],
    layout: { topStart: "pageLength", topEnd: "search", bottomStart: "info", bottomEnd: "paging" },
    language: { emptyTable: "nothing to show", zeroRecords: "nothing matches" },
    ...options,
  });
}

// A column that the filters leave one value of says nothing.
function show(target, lines) {
  target.columns().every(function hideFiltered() {
    const title = this.header().textContent;
    if (title in state) this.visible(!state[title], false);
  });
  target.clear().rows.add(lines).columns.adjust().draw();
}

function measureTable() {
  if (!DATA.measures.length) { byId("measures").hidden = true; return; }
  const columns = withCase([figure("mean ± sd", "mean", (value, line) => withSd(value, line.sd))],
    figure("seeds", "n", (v) => String(v)),
    figure("rank", "rank", (v) => String(Number(v.toFixed(2)))),
    text("remarks", "remarks"));
  columns.find((each) => each.title === "mean ± sd").createdCell = (cell, _, line) => cell.classList.toggle("best", Boolean(line.best));
  const made = table("measure-table", columns, orderBy(columns, "dataset", "mechanism", "rate", "mean ± sd"));
  const update = () => {
    const field = select.value;
    const entries = DATA.entries[field];
    const measure = MEASURES.get(field);
    byId("table-caption").textContent = `${measure.description} ${measure.higher === null ? "" : measure.higher ? "Higher is better." : "Lower is better."} ${measure.ownError ? "±: standard error of the estimate." : "Highlighted: the best of a case."}`;
    const lines = [];
    for (let k = 0; k < entries.case.length; k++) {
      if (!shown(entries.case[k], entries.method[k])) continue;
      const remarks = [entries.failed[k], entries.gated[k] ? "gate warned" : ""].filter(Boolean).join(", ");
      lines.push({ ...caseFields(entries.case[k], entries.method[k]), mean: entries.mean[k], sd: entries.sd[k],
        n: entries.n[k], rank: entries.rank[k], remarks, best: entries.best[k] });
    }
    show(made, lines);
  };
  const select = measureSelect("table-measure", Object.keys(DATA.entries), "point_rmse", update);
  listeners.push(update);
  update();
}

function cellsTable() {
  const cells = DATA.cells;
  const columns = withCase([figure("value", "value")],
    figure("seed", "seed", (v) => String(v)),
    text("status", "status"),
    text("config", "config"),
    text("pattern", "missing"),
    { title: "row", data: "href", orderable: false, searchable: false, render: () => "",
      createdCell: (cell, href) => { const link = element("a", "row"); link.href = href; cell.replaceChildren(link); } });
  const made = table("cells-table", columns, orderBy(columns, "dataset", "mechanism", "rate", "method", "seed"));
  const update = () => {
    const values = cells.values[select.value];
    const lines = [];
    for (let k = 0; k < cells.case.length; k++) {
      if (!shown(cells.case[k], cells.method[k])) continue;
      lines.push({ ...caseFields(cells.case[k], cells.method[k]), seed: cells.seed[k],
        status: cells.status[k] + (cells.gate[k] && cells.status[k] === "ok" ? "†" : ""),
        value: values ? values[k] : null, config: cells.config[k], missing: cells.missing[k], href: cells.href[k] });
    }
    show(made, lines);
  };
  const select = measureSelect("cells-measure", Object.keys(cells.values), "point_rmse", update);
  listeners.push(update);
  update();
}

function columnsTable() {
  const columns = DATA.columns;
  if (!columns.column.length) return;
  const wrong = [figure("wrong, point", "wrong"), figure("wrong, draw", "drawn_wrong")]; // of categorical columns
  const heads = withCase([COLUMN, figure("RMSE, point", "point"), figure("RMSE, draw", "draw"), figure("W1, draw", "w1"),
    ...(columns.wrong.some((value) => value !== null) ? wrong : [])],
    figure("scored cells", "scored", (v) => String(v)), figure("seed", "seed", (v) => String(v)));
  const made = table("columns-table", heads, orderBy(heads, "dataset", "mechanism", "rate", "column", "RMSE, point"));
  const update = () => show(made, columns.column.flatMap((column, k) => (shown(columns.case[k], columns.method[k])
    ? [{ ...caseFields(columns.case[k], columns.method[k]), seed: columns.seed[k], column, scored: columns.scored[k],
      point: columns.point[k], draw: columns.draw[k], w1: columns.w1[k], wrong: columns.wrong[k],
      drawn_wrong: columns.drawn_wrong[k] }] : [])));
  listeners.push(update);
  update();
}

function failuresTable() {
  const lines = [...DATA.failures, ...DATA.warnings.map((each) => ({ ...each, status: "warning" }))];
  const made = table("failures-table", [
    text("method", "method"), text("reason", "reason", "wide"), figure("cells", (line) => line.cells.length, (v) => String(v)),
    text("status", "status"), text("where", (line) => line.cells.slice(0, 3).join("; ") + (line.cells.length > 3 ? "; …" : ""), "wide"),
  ], [[2, "desc"]]);
  show(made, lines);
}

function plainTable(id, heads, rows) {
  const head = element("thead");
  const line = element("tr");
  heads.forEach((title, k) => { const cell = element("th", title, k ? "right" : ""); cell.scope = "col"; line.append(cell); });
  head.append(line);
  const body = element("tbody");
  for (const row of rows) {
    const made = element("tr");
    row.forEach((value, k) => made.append(value instanceof Node ? value : element("td", value, k ? "right" : "")));
    body.append(made);
  }
  byId(id).replaceChildren(head, body);
}

function rankingTable() {
  if (!DATA.measures.length) { byId("ranking").hidden = true; return () => {}; }
  const update = () => {
    const field = select.value;
    const found = DATA.rankings[field];
    document.querySelectorAll(".diagram").forEach((each) => { each.hidden = each.dataset.field !== field; });
    byId("refusal").hidden = Boolean(found);
    byId("refusal").textContent = DATA.refusals[field] ?? "";
    byId("pairs").hidden = !found;
    const notes = found ? found.notes : [];
    byId("ranking-notes").replaceChildren(...notes.map((note) => element("li", note)));
    if (!found) { byId("ranking-table").replaceChildren(); return; }
    const settings = Object.keys(found.settings);
    const heads = ["method", "average rank", "95 % interval", "wins", "failed cases", ...settings];
    plainTable("ranking-table", heads, found.method.map((method, k) => {
      const name = element("th");
      name.scope = "row";
      name.append(swatch(method), " ", DATA.methods[method].name);
      return [name, found.average[k].toFixed(2), `${found.low[k].toFixed(2)} to ${found.high[k].toFixed(2)}`,
        `${Math.round(100 * found.wins[k])} %`, String(found.failed[k]),
        ...settings.map((setting) => found.settings[setting][k].toFixed(2))];
    }));
    plainTable("pairs-table", ["method", "rival", "wins", "p, Wilcoxon", "p after Holm"], found.pairs.map((pair) => [
      DATA.methods[pair.method].name, DATA.methods[pair.rival].name, `${Math.round(100 * pair.wins)} %`,
      probability(pair.p), probability(pair.holm)]));
  };
  const select = measureSelect("ranking-measure", Object.keys(DATA.entries), "point_rmse", update);
  update();
  return update;
}
